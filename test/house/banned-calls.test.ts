import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bannedFaults, FILES_WITH_IO } from './banned-calls.ts';
import { expectNoFaults, ROOT, readSourceTree, treeOf } from './source-tree.ts';

const FOLDERS = ['src', 'test', 'bench'].filter((folder) => existsSync(join(ROOT, folder)));

describe('the source', () => {
  it('makes no banned call', () => {
    expectNoFaults(bannedFaults(readSourceTree(FOLDERS)));
  });

  it('still has the files that are excused', () => {
    expect(FILES_WITH_IO.filter(([path]) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

function verdict(path: string, text: string): string[] {
  return bannedFaults(treeOf({ [path]: text })).map((fault) => fault.what);
}

describe('a banned call', () => {
  it.each([
    ['src/insight/report.ts', 'const now = Date.now();', 'uses Date.now'],
    ['src/insight/report.ts', 'const read = Date.now;', 'uses Date.now'],
    ['src/insight/report.ts', 'performance.now();', 'uses performance.now'],
    ['src/insight/report.ts', 'globalThis.performance.now();', 'uses performance.now'],
    ['src/insight/report.ts', 'process.hrtime.bigint();', 'uses process.hrtime.bigint'],
    ['src/insight/report.ts', 'new Date();', 'uses new Date() without a time'],
    ['src/insight/report.ts', 'Date();', 'uses Date()'],
    ['src/core/random.ts', 'Math.random();', 'uses Math.random'],
    ['src/server/log.ts', "process['env'];", 'uses process.env'],
    ['src/server/log.ts', "import { env } from 'node:process';", 'imports env from process'],
    ['src/compose.ts', 'process.exit(1);', 'uses process.exit'],
    ['src/campaign/campaign.ts', "import { readFileSync } from 'node:fs';", 'imports node:fs'],
    ['src/core/ids.ts', "import type { Logger } from 'pino';", 'imports pino'],
    ['src/policy/price/plain.ts', "const { Redis } = await import('ioredis');", 'imports ioredis'],
    ['src/bidding/pick.ts', 'export async function pick() {}', 'has an async function'],
    ['src/bidding/pick.ts', 'await later;', 'awaits'],
    ['src/bidding/pick.ts', 'for await (const one of many) {}', 'awaits in a loop'],
    ['src/server/log.ts', 'console.log(1);', 'uses console.log'],
    ['src/console/view.tsx', 'console.error(1);', 'uses console.error'],
    ['test/core/clock.test.ts', 'const x = y as any;', 'casts to any'],
    ['src/core/units.ts', '// @ts-ignore\nconst x = 1;', 'silences the compiler'],
    ['src/core/units.ts', 'export default 1;', 'has a default export'],
    ['src/core/units.ts', 'const a = 1; export { a as default };', 'has a default export'],
    ['src/console/view.tsx', "import { join } from 'node:path';", 'imports node:path'],
    ['src/console/view.tsx', 'process.cwd();', 'uses process'],
    ['src/core/utils.ts', '', 'has a name for a drawer, not for a thing'],
    ['src/bidding/types/bid.ts', '', 'has a name for a drawer, not for a thing'],
  ])('in %s: %s', (path, text, what) => {
    expect(verdict(path, text)).toContain(what);
  });

  it.each([
    ['src/core/clock.ts', 'Date.now(); performance.now(); new Date();'],
    ['src/core/zone.ts', 'new Date(0); Date.UTC(2020, 1);'],
    ['src/config.ts', 'process.env;'],
    ['src/main.ts', 'process.exit(1); console.log(1);'],
    ['src/cli/check.ts', 'console.log(1);'],
    ['src/state/sqlite/file.ts', "import { readFileSync } from 'node:fs';"],
    ['src/core/ids.ts', "import { createHmac } from 'node:crypto';"],
    ['src/bidding/bid.ts', 'export async function bid() { await hydrate(); }'],
    ['src/console/vite.config.ts', "import { join } from 'node:path'; export default join('a');"],
    ['src/insight/report.ts', "// Date.now()\nconst text = 'Math.random()';"],
    ['src/insight/report.ts', 'row.console.log(1); user.date.now;'],
    ['src/core/units.ts', '// @ts-expect-error a wrong unit must not compile\nconst x = 1;'],
    ['test/setup/server.ts', 'Date.now(); process.env; console.log(1);'],
  ])('is none in %s: %s', (path, text) => {
    expect(verdict(path, text)).toEqual([]);
  });
});
