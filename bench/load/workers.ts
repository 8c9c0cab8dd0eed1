/**
 * One process by itself, one with a store, and two workers with the store, in turn in one run: answers a second and CPU of an answer, by the
 * closed loop of this process. On a machine of two processors the sender, the store and the workers share them, so the figure of two
 * workers is what they reach beside the others; shares of the CPU are told with it.
 *
 *   node bench/load/workers.ts [--rounds 3] [--requests 4000] [--lines 1000] [--seed 1]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startRedis } from '../../test/fixture/redis-server.ts';
import { commit, machine } from '../machine.ts';
import { loadRequests, messages } from './bodies.ts';
import { PATHS } from './book.ts';
import { usage } from './process.ts';
import type { Bidder } from './servers.ts';
import { send, startBidder } from './servers.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '4000' },
    lines: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
  },
});
const [rounds, requests, lines, seed] = [values.rounds, values.requests, values.lines, values.seed].map(
  Number,
) as [number, number, number, number];
const size = { lines, packs: 20, people: 10_000 };
const json = messages(loadRequests(seed, 4000, size.people), PATHS);

interface Measured {
  readonly answersPerSecond: number;
  readonly cpuUsPerAnswer: number;
  /** Of all CPU used meanwhile: the bidder's processes, and this one that sends. */
  readonly bidderCpuShare: number;
  readonly senderCpuShare: number;
  readonly storeCpuShare: number;
  readonly bids: number;
}

/** With its workers. */
function cpuOf(pid: number): number {
  if (pid === process.pid) return usage(pid).cpuUs;
  let children: number[] = [];
  try {
    children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)])
      .toString()
      .trim()
      .split(/\s+/)
      .map(Number);
  } catch {
    // It has none.
  }
  return [pid, ...children.filter((child) => child > 0)].reduce((sum, each) => sum + usage(each).cpuUs, 0);
}

async function measure(bidder: Bidder, storePid: number, round: number): Promise<Measured> {
  const before = [bidder.pid, storePid, process.pid].map(cpuOf);
  const startMs = performance.now();
  const statuses = await send({ served: bidder, messages: json }, requests, round * requests);
  const seconds = (performance.now() - startMs) / 1000;
  const [own = 0, store = 0, sender = 0] = [bidder.pid, storePid, process.pid].map(
    (pid, at) => cpuOf(pid) - before[at]!,
  );
  const all = own + store + sender;
  return {
    answersPerSecond: requests / seconds,
    cpuUsPerAnswer: own / requests,
    bidderCpuShare: own / all,
    senderCpuShare: sender / all,
    storeCpuShare: store / all,
    bids: statuses.get(200) ?? 0,
  };
}

const store = await startRedis();
const storePid = Number(
  execFileSync('pgrep', ['-f', `redis-server.*:${new URL(store.url).port}`])
    .toString()
    .trim()
    .split('\n')[0],
);
const shared = { BIDWRIGHT_REDIS_URL: `${store.url}/0` };
const ways: Record<string, Bidder> = {
  embedded: await startBidder(seed, size),
  store: await startBidder(seed, size, { ...shared, BIDWRIGHT_NODE_ID: 'alone' }),
  'two workers': await startBidder(
    seed,
    size,
    { ...shared, BIDWRIGHT_NODE_ID: 'pair' },
    [],
    ['--workers', '2'],
  ),
};
try {
  const measured: Record<string, Measured[]> = {};
  for (let round = 0; round <= rounds; round++) {
    // Each of them begins in its turn, so that what a round leaves behind falls on all.
    const names = Object.keys(ways);
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      const one = await measure(ways[name]!, storePid, round);
      if (round > 0) (measured[name] ??= []).push(one);
    }
  }
  const middle = (name: string, of: (one: Measured) => number): number => {
    const sorted = measured[name]!.map(of).sort((a, b) => a - b);
    return sorted[sorted.length >> 1]!;
  };
  const cpu = (name: string): number => middle(name, (one) => one.cpuUsPerAnswer);
  const speed = (name: string): number => middle(name, (one) => one.answersPerSecond);
  const result = {
    name: 'workers',
    seed,
    commit: commit(),
    machine: machine(),
    settings: { rounds, requests, size },
    figures: {
      storeToEmbeddedCpu: cpu('store') / cpu('embedded'),
      storeToEmbeddedSpeed: speed('store') / speed('embedded'),
      twoWorkersToOneSpeed: speed('two workers') / speed('store'),
      twoWorkersToOneCpu: cpu('two workers') / cpu('store'),
    },
    rows: measured,
  };
  const folder = new URL('../results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('workers.json', folder), `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`${JSON.stringify({ ...result, rows: undefined })}\n`);
} finally {
  for (const bidder of Object.values(ways)) await bidder.stop();
  await store.stop();
}
