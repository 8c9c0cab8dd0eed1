/**
 * The embedded journal: notices a second, and what one caller waits for its commit, at several numbers of callers at once.
 * Beside it the bare cost of a durable write, so that the disk's share shows.
 *
 *   node bench/micro/journal.ts [--notices N] [--directory DIR]
 */
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BidFacts, NoticeEvent } from '../../src/core/event.ts';
import { bidIdFrom } from '../../src/core/ids.ts';
import { seededRandom } from '../../src/core/random.ts';
import { cpmMicros } from '../../src/core/units.ts';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import { commit, machine } from '../machine.ts';

const { values } = parseArgs({
  options: {
    notices: { type: 'string', default: '20000' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const NOTICES = Number(values.notices);
const CALLERS = [1, 16, 256, 2048];
const LINES = 50;

const random = seededRandom(1);
const NOW = Date.UTC(2026, 10, 23, 15);

function notice(index: number, leaseId: number): NoticeEvent {
  const line = random.uint32() % LINES;
  const facts: BidFacts = {
    bidId: bidIdFrom(random, NOW + index),
    bidAtMs: NOW + index,
    exchangeId: 'example',
    advertiserId: 'advertiser',
    campaignId: `campaign-${line % 10}`,
    lineItemId: `line-${line}`,
    creativeId: `creative-${random.uint32() % 100}`,
    media: 'banner',
    budgetDay: '2026-11-23',
    leaseId,
    bidCpmMicros: cpmMicros(5_000_000),
    floorCpmMicros: cpmMicros(0),
    currency: 'USD',
    rateMicros: 1_000_000,
    multiplierMilli: 1000,
    userKey: `person-${random.uint32() % 100_000}`,
    test: false,
    place: `site-${random.uint32() % 300}.example|phone|DEU|DEU-BE|300x250|banner||buyers|`,
  };
  return {
    type: 'notice',
    kind: 'billing',
    facts,
    atMs: NOW + index,
    priceCpmMicros: cpmMicros(1 + (random.uint32() % 5_000_000)),
    priceFlag: '',
    billable: true,
    lossCode: undefined,
    minToWinCpmMicros: undefined,
    late: false,
  };
}

interface Measured {
  readonly callers: number;
  readonly noticesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function measure(directory: string, callers: number): Promise<Measured> {
  const state = await openSqliteState({ directory: join(directory, `journal-${callers}`) });
  const leaseId = await state.ledger.openLease(NOW, NOW + 3_600_000);
  const count = callers === 1 ? Math.min(NOTICES, 2000) : NOTICES;
  const events = Array.from({ length: count }, (_, index) => notice(index, leaseId));
  const waits: number[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let event = events[next++]; event; event = events[next++]) {
      const askedMs = performance.now();
      await state.journal.appendNotice(event);
      waits.push(performance.now() - askedMs);
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - startMs) / 1000;
  await state.close();
  waits.sort((a, b) => a - b);
  const at = (share: number): number => rounded(waits[Math.floor(waits.length * share)]!);
  return { callers, noticesPerSecond: Math.round(count / seconds), p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** A page of 4 KiB written and synced: what a commit cannot be cheaper than. */
function bareSync(directory: string): { p50Ms: number; p99Ms: number } {
  const file = openSync(join(directory, 'bare'), 'w');
  const page = Buffer.alloc(4096);
  const waits = Array.from({ length: 500 }, () => {
    const startMs = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    return performance.now() - startMs;
  }).sort((a, b) => a - b);
  closeSync(file);
  return { p50Ms: rounded(waits[250]!), p99Ms: rounded(waits[495]!) };
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

const directory = mkdtempSync(join(values.directory, 'bidwright-journal-'));
const bare = bareSync(directory);
const runs: Measured[] = [];
for (const callers of CALLERS) runs.push(await measure(directory, callers));

const restart = performance.now();
const again = await openSqliteState({ directory: join(directory, `journal-${CALLERS.at(-1)}`) });
const touches = await again.journal.touchesSince(0, () => undefined);
const restartMs = performance.now() - restart;
await again.close();
rmSync(directory, { recursive: true });

const figures = {
  notices: NOTICES,
  bareSyncP50Ms: bare.p50Ms,
  bareSyncP99Ms: bare.p99Ms,
  ...Object.fromEntries(
    runs.flatMap(({ callers, noticesPerSecond, p50Ms, p99Ms }) => [
      [`noticesPerSecond${callers}`, noticesPerSecond],
      [`p50Ms${callers}`, p50Ms],
      [`p99Ms${callers}`, p99Ms],
    ]),
  ),
  reopenAndReadTouchesMs: Math.round(restartMs),
  touches,
};
console.table(runs);
const result = { name: 'micro-journal', commit: commit(), machine: machine(), figures };
console.log(JSON.stringify(result));
mkdirSync(join(import.meta.dirname, '../results'), { recursive: true });
const file = join(import.meta.dirname, '../results/micro-journal.json');
writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
