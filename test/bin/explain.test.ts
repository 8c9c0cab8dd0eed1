import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { bytesOf } from '../exchange/protobuf-sender.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'bidwright-explain-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const request = {
  id: 'one',
  at: 1,
  imp: [{ id: '1', banner: { w: 300, h: 250 } }],
  site: { domain: 'a.example' },
};
const json = join(folder, 'request.json');
const protobuf = join(folder, 'request.pb');
writeFileSync(json, JSON.stringify(request));
writeFileSync(protobuf, bytesOf(request));

async function explained(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const run = promisify(execFile)(
    process.execPath,
    ['src/main.ts', 'explain', '--config', 'config/wide-open', '--request', ...args],
    { cwd: ROOT },
  );
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error) => ({ code: error.code, out: error.stdout, err: error.stderr }),
  );
}

it('explains a request in JSON and in protobuf alike, told by its bytes or by name', async () => {
  const ofJson = await explained(json);
  expect(ofJson.out).toContain('request one from example: bid');
  expect(await explained(protobuf)).toEqual(ofJson);
  expect(await explained(protobuf, '--format', 'protobuf')).toEqual(ofJson);
}, 30_000);

it('says in which format it could not be read', async () => {
  const refused = await explained(protobuf, '--format', 'json');
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining('not a bid request in openrtb-json'),
  });
}, 30_000);
