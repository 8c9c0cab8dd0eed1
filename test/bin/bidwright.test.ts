import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Stands for src/main.ts: tells where it runs, and waits for a signal when it is told to. */
const STUB = `
const args: string[] = process.argv.slice(2);
if (args[0] === 'wait') {
  process.once('SIGTERM', () => process.exit(7));
  setInterval(() => {}, 1000);
} else if (args[0] === 'die') {
  process.kill(process.pid, 'SIGKILL');
} else {
  process.exitCode = Number(args[0]);
}
console.log(JSON.stringify({ major: Number.parseInt(process.versions.node), args }));
`;

/** Makes this Node look older to the launcher; what the launcher starts is not affected. */
const PRETEND_OLD = `data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })",
)}`;

const folders: string[] = [];

function checkout(withPinnedNode: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'bidwright-bin-'));
  folders.push(folder);
  for (const name of ['bin', 'src', 'node_modules/node/bin'])
    mkdirSync(join(folder, name), { recursive: true });
  copyFileSync(join(ROOT, 'bin/bidwright.js'), join(folder, 'bin/bidwright.js'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'src/main.ts'), STUB);
  writeFileSync(join(folder, 'node_modules/node/package.json'), '{"name":"node"}');
  if (withPinnedNode) symlinkSync(process.execPath, join(folder, 'node_modules/node/bin/node'));
  return folder;
}

function launch(folder: string, nodeOptions: readonly string[], args: readonly string[]): ChildProcess {
  const launcher = join(folder, 'bin/bidwright.js');
  return spawn(process.execPath, [...nodeOptions, launcher, ...args], {
    cwd: dirname(folder),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ending(
  child: ChildProcess,
): Promise<{ code: number | null; signal: string | null; out: string; err: string }> {
  const [[code, signal], out, err] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout!),
    text(child.stderr!),
  ]);
  return { code, signal, out, err };
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ['a Node that is new enough', []],
  ['an older Node, through the pinned one', ['--import', PRETEND_OLD]],
])('the launcher on %s', (_, nodeOptions) => {
  it('hands on arguments and exit code', async () => {
    const { code, out } = await ending(launch(checkout(true), nodeOptions, ['3', '--config', 'a folder']));
    expect(code).toBe(3);
    expect(JSON.parse(out)).toEqual({ major: expect.any(Number), args: ['3', '--config', 'a folder'] });
    expect(JSON.parse(out).major).toBeGreaterThanOrEqual(24);
  });

  it('hands on SIGTERM and waits for the end', async () => {
    const child = launch(checkout(true), nodeOptions, ['wait']);
    child.stdout!.once('data', () => child.kill('SIGTERM'));
    expect(await ending(child)).toMatchObject({ code: 7, signal: null });
  });

  it('dies of the signal that killed the program', async () => {
    expect(await ending(launch(checkout(true), nodeOptions, ['die']))).toMatchObject({
      code: null,
      signal: 'SIGKILL',
    });
  });
});

describe('the launcher', () => {
  it('says what is missing when there is no Node to run on', async () => {
    const { code, err } = await ending(launch(checkout(false), ['--import', PRETEND_OLD], ['0']));
    expect(code).toBe(1);
    expect(err).toContain('needs Node 24 or newer');
  });
});
