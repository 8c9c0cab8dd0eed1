/** docs/api.md: every example runs against the demo's book as it stands, and every route has its place. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';

const TOKEN = 'operator-token-1';
const PAGE = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
const [SETUP = '', ...EXAMPLES] = [...PAGE.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, code = '']) => code);
const isCurlHere = spawnSync('curl', ['--version']).status === 0;

let engine: TestEngine;
let address: string;
beforeAll(async () => {
  engine = await testEngine('demo', { settings: { adminToken: TOKEN } });
  address = await engine.privateApp.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => engine.close());

async function shell(code: string): Promise<{ status: number; said: string }> {
  const run = promisify(execFile);
  const env = { ...process.env, BIDWRIGHT_ADMIN_TOKEN: TOKEN, BIDWRIGHT: `${address}/api/v1` };
  try {
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', code], { env, maxBuffer: 1 << 26 });
    return { status: 0, said: stdout };
  } catch (error) {
    const { code: status, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status, said: `${stdout}\n${stderr}`.slice(-2_000) };
  }
}

describe.skipIf(!isCurlHere)('the examples (skipped where there is no curl)', () => {
  it('begin with what all of them need', () => {
    expect(SETUP).toContain('api()');
    expect(EXAMPLES.length).toBeGreaterThan(8);
  });

  it.each(EXAMPLES.map((code) => [code.split('\n')[0], code]))('%s', async (_, code) => {
    const ran = await shell(`${SETUP}${code}`);
    expect(ran.status, ran.said).toBe(0);
  });

  it('would be seen to fail', async () => {
    expect((await shell(`${SETUP}api "$BIDWRIGHT/nowhere"`)).status).not.toBe(0);
  });
});

it('names every route', async () => {
  const answer = await engine.privateApp.inject({
    url: '/api/v1/openapi.json',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const { paths } = answer.json() as { paths: Record<string, Record<string, unknown>> };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const lists = /`GET \/api\/v1\/\{([a-z,-]+)\}`/.exec(PAGE)?.[1]?.split(',') ?? [];
  const isNamed = (route: string): boolean =>
    PAGE.includes(`\`${route}\``) || lists.some((list) => route === `GET /api/v1/${list}`);
  expect(routes.length).toBeGreaterThan(80);
  expect(routes.filter((route) => !isNamed(route))).toEqual([]);
});
