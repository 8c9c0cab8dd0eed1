/**
 * Five hundred clients that are slow on purpose (headers or a body without end, each socket opened anew once it is cut), beside honest ones:
 * latency of the honest with and without them, in turn and each first in every other round. Bidder, honest sender and slow clients are a process each.
 * And how long a body is looked at that is small and unpacks to much.
 *
 *   node bench/load/slow.ts [--rounds 8] [--seconds 8] [--rate 100]      → bench/results/slow-clients.json
 */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { commit, machine } from '../machine.ts';
import { PATHS } from './book.ts';
import type { HonestOrder, HonestTold } from './honest-sender.ts';
import { startBidder } from './servers.ts';
import type { SlowOrder, SlowTold } from './slow-clients.ts';

const SLOW = 500;
const SEED = 1;
const SIZE = { lines: 1000, packs: 20, people: 10_000 };
const BOMB_BYTES = 64 * 2 ** 20;
const BOMB_TRIES = 20;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '8' },
    rate: { type: 'string', default: '100' },
  },
});
const [rounds, seconds, rate] = [values.rounds, values.seconds, values.rate].map(Number) as [
  number,
  number,
  number,
];

function child(file: string): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), { stdio: 'inherit' });
}

async function asked<Told>(process: ChildProcess, order: HonestOrder | SlowOrder): Promise<Told> {
  const told = once(process, 'message');
  process.send(order);
  return (await told)[0] as Told;
}

const bidder = await startBidder(SEED, SIZE);
const sender = child('./honest-sender.ts');
const slow = child('./slow-clients.ts');

function honest(): Promise<HonestTold> {
  return asked(sender, {
    port: bidder.port,
    seed: SEED,
    people: SIZE.people,
    requestsPerSecond: rate,
    seconds,
  });
}

async function besideSlow(): Promise<HonestTold & { readonly cut: number }> {
  await asked<SlowTold>(slow, { open: SLOW, port: bidder.port });
  const told = await honest();
  const { cut } = await asked<SlowTold>(slow, 'end');
  return { ...told, cut };
}

async function bombs(): Promise<Record<string, number>> {
  const zeros = Buffer.alloc(BOMB_BYTES);
  const middle: Record<string, number> = {};
  for (const [coding, body] of [
    ['gzip', gzipSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['br', brotliCompressSync(zeros)],
    ['zstd', zstdCompressSync(zeros)],
  ] as const) {
    const took: number[] = [];
    for (let attempt = 0; attempt < BOMB_TRIES; attempt++) {
      const sentMs = performance.now();
      const answer = await fetch(`http://127.0.0.1:${bidder.port}${PATHS[0]}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': coding },
        body,
      });
      took.push(performance.now() - sentMs);
      if (answer.status !== 400) throw new Error(`${coding}: ${answer.status}`);
    }
    middle[coding] = Math.round(took.sort((a, b) => a - b)[BOMB_TRIES >> 1]! * 100) / 100;
  }
  return middle;
}

function middleOf(sorted: readonly number[]): number {
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

function figuresOf(ratios: readonly number[]): { median: number; lowest: number; highest: number } {
  const sorted = [...ratios].sort((a, b) => a - b);
  return { median: middleOf(sorted), lowest: sorted[0]!, highest: sorted.at(-1)! };
}

try {
  await honest();
  const pairs: { without: HonestTold; beside: HonestTold & { readonly cut: number } }[] = [];
  for (let round = 0; round < rounds; round++) {
    // Each is first in every other round: what drifts on the machine falls to both.
    if (round % 2 === 0) {
      const without = await honest();
      pairs.push({ without, beside: await besideSlow() });
    } else {
      const beside = await besideSlow();
      pairs.push({ without: await honest(), beside });
    }
  }
  const p99 = figuresOf(pairs.map(({ without, beside }) => beside.p99Us / without.p99Us));
  const p50 = figuresOf(pairs.map(({ without, beside }) => beside.p50Us / without.p50Us));
  const figures = {
    slowClients: SLOW,
    rounds,
    secondsEach: seconds,
    requestsPerSecond: rate,
    p99Ratio: p99.median,
    p99RatioLowest: p99.lowest,
    p99RatioHighest: p99.highest,
    p50Ratio: p50.median,
    p50RatioLowest: p50.lowest,
    p50RatioHighest: p50.highest,
    cut: pairs.reduce((sum, { beside }) => sum + beside.cut, 0),
    oddAnswers: pairs.reduce((sum, { without, beside }) => sum + without.odd + beside.odd, 0),
    pairs,
    bombMedianMs: await bombs(),
  };
  const result = { name: 'slow-clients', seed: SEED, commit: commit(), machine: machine(), figures };
  writeFileSync(
    new URL('../results/slow-clients.json', import.meta.url),
    `${JSON.stringify(result, undefined, 2)}\n`,
  );
  console.log(JSON.stringify(figures));
} finally {
  sender.disconnect();
  slow.disconnect();
  await bidder.stop();
}
