/**
 * A commit against another: CPU of a request of two bidders on the same messages, rounds in turn, everything on. Guards against
 * becoming slower by one change at a time.
 *
 *   node bench/compare.ts --base REF [--rounds 5] [--requests 4000] [--lines 10000] [--packs 1000] [--people 100000] [--seed 1]
 *
 * Ends with 1 where a kind of request costs more than `--limit` (1.1) times what it cost, in the best case of all rounds.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { LoadRequest } from './load/bodies.ts';
import { fromNowhere, isPlainBanner, loadRequests, messages } from './load/bodies.ts';
import { PATHS } from './load/book.ts';
import type { Compared } from './load/servers.ts';
import { compare, startBidder, statusesOf } from './load/servers.ts';
import { commit, machine } from './machine.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OFFERED = 8000;

const { values } = parseArgs({
  options: {
    base: { type: 'string' },
    limit: { type: 'string', default: '1.1' },
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '4000' },
    lines: { type: 'string', default: '10000' },
    packs: { type: 'string', default: '1000' },
    people: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});
if (values.base === undefined) throw new Error('--base names the commit to compare with');
const [seed, rounds, requests] = [values.seed, values.rounds, values.requests].map(Number) as [
  number,
  number,
  number,
];
const size = { lines: Number(values.lines), packs: Number(values.packs), people: Number(values.people) };
const git = (...words: string[]): string =>
  execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).trim();

const folder = join(mkdtempSync(join(tmpdir(), 'bidwright-base-')), 'checkout');
git('worktree', 'add', '--detach', folder, values.base);
try {
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const base = await startBidder(seed, size, {}, [], [], folder);
  const branch = await startBidder(seed, size);
  try {
    const offered = loadRequests(seed, OFFERED, size.people);
    const statuses = await statusesOf({ served: branch, messages: messages(offered, PATHS) });
    const bids = offered.filter((_, number) => statuses[number] === 200);
    const kinds: Readonly<Record<string, readonly LoadRequest[]>> = {
      'no bid at lookup': bids.map(fromNowhere),
      'no bid after it': offered.filter((_, number) => statuses[number] === 204),
      'single-imp banner bid': bids.filter(isPlainBanner),
      'all kinds of bids': bids,
    };
    const rows: Record<string, Compared> = {};
    for (const [name, asked] of Object.entries(kinds)) {
      const json = messages(asked, PATHS);
      rows[name] = await compare(
        { served: branch, messages: json },
        { served: base, messages: json },
        rounds,
        requests,
      );
    }
    report(rows);
  } finally {
    await base.stop();
    await branch.stop();
  }
} finally {
  git('worktree', 'remove', '--force', folder);
  rmSync(join(folder, '..'), { recursive: true, force: true });
}

function report(rows: Readonly<Record<string, Compared>>): void {
  const about = {
    base: git('rev-parse', '--short', values.base!),
    commit: commit(),
    settings: { seed, rounds, requests, size },
  };
  const result = { name: 'compare', ...about, machine: machine(), rows };
  mkdirSync(new URL('results/', import.meta.url), { recursive: true });
  writeFileSync(
    new URL('results/compare.json', import.meta.url),
    `${JSON.stringify(result, undefined, 2)}\n`,
  );
  const figures = Object.fromEntries(Object.entries(rows).map(([name, { ratio }]) => [name, ratio]));
  appendFileSync(
    new URL('history.jsonl', import.meta.url),
    `${JSON.stringify({ date: new Date().toISOString(), part: 'compare', ...about, figures })}\n`,
  );
  console.table(rows);
  // Noise makes single rounds dear; what is dear in each of them has become slower.
  if (Object.values(rows).some(({ lowest }) => lowest > Number(values.limit))) process.exitCode = 1;
}
