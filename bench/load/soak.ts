/**
 * Hours in short: a steady open loop of people who are never met twice, each under several ids, with everything on. What must not grow
 * is looked at every ten seconds, right after a collection: the heap, what lies beside it, descriptors.
 *
 *   node bench/load/soak.ts [--minutes 30] [--rate 700] [--ids 8] [--lines 1000] [--seed 1]
 *
 * The slope is that of the least squares over the second half, when tables that are bounded are full or grow as they should.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { commit, machine } from '../machine.ts';
import type { LoadRequest } from './bodies.ts';
import { loadRequests, messages, personId } from './bodies.ts';
import { PATHS } from './book.ts';
import { runOpenLoop } from './client.ts';
import { usage } from './process.ts';
import { startBidder } from './servers.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '700' },
    ids: { type: 'string', default: '8' },
    lines: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
  },
});
const [minutes, rate, ids, lines, seed] = [
  values.minutes,
  values.rate,
  values.ids,
  values.lines,
  values.seed,
].map(Number) as [number, number, number, number, number];

const LOOK_MS = 10_000;
const MIB = 2 ** 20;
/** In the bidder: collects and says what is left. */
const LOOK = `setInterval(() => {
  gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  process.stderr.write('soak ' + JSON.stringify({ heapUsed, external, arrayBuffers }) + '\\n');
}, ${LOOK_MS}).unref();`;

interface Look {
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
}

const size = { lines, packs: 100, people: 10_000 };
const bidder = await startBidder(seed, size, {}, [
  '--expose-gc',
  '--import',
  `data:text/javascript,${encodeURIComponent(LOOK)}`,
]);
try {
  const offered = loadRequests(seed, 4000, size.people);
  let sent = 0;
  const statuses = new Map<number, number>();
  const descriptors = (): number => readdirSync(`/proc/${bidder.pid}/fd`).length;
  const first = descriptors();
  const started = performance.now();
  await runOpenLoop({
    port: bidder.port,
    connections: 64,
    requestsPerSecond: rate,
    seconds: 60 * minutes,
    next: () => messages([strangers(offered[sent % offered.length]!, sent++)], PATHS)[0]!,
    done: ({ status }) => statuses.set(status, (statuses.get(status) ?? 0) + 1),
  });
  const seconds = (performance.now() - started) / 1000;
  const looks = [...bidder.output().matchAll(/^soak (.*)$/gm)].map(([, text]) => JSON.parse(text!) as Look);
  const half = looks.slice(Math.floor(looks.length / 2));
  const others = [...statuses].filter(([status]) => status !== 200 && status !== 204);
  const figures = {
    minutes: seconds / 60,
    requests: sent,
    distinctIds: sent * ids,
    requestsPerSecond: sent / seconds,
    bidRate: (statuses.get(200) ?? 0) / sent,
    otherStatuses: others.reduce((sum, [, count]) => sum + count, 0),
    heapMibFirst: looks[0]!.heapUsed / MIB,
    heapMibLast: looks.at(-1)!.heapUsed / MIB,
    heapMibAMinute: slopeOf(half.map(({ heapUsed }) => heapUsed)),
    besideHeapMibLast: (looks.at(-1)!.external + looks.at(-1)!.arrayBuffers) / MIB,
    besideHeapMibAMinute: slopeOf(half.map(({ external, arrayBuffers }) => external + arrayBuffers)),
    residentMibLast: usage(bidder.pid).residentBytes / MIB,
    descriptorsMore: descriptors() - first,
  };
  const result = {
    name: 'soak',
    seed,
    commit: commit(),
    machine: machine(),
    settings: { rate, ids, size },
    figures,
  };
  mkdirSync(new URL('../results/', import.meta.url), { recursive: true });
  writeFileSync(
    new URL('../results/soak.json', import.meta.url),
    `${JSON.stringify(result, undefined, 2)}\n`,
  );
  console.table(figures);
} finally {
  await bidder.stop();
}

/** The same request of somebody who was never there, under as many ids as asked for. */
function strangers(request: LoadRequest, number: number): LoadRequest {
  const eids = Array.from({ length: Math.max(0, ids - 1) }, (_, place) => ({
    source: `ids-${place}.example`,
    uids: [{ id: `${personId(number)}-${place}` }],
  }));
  return { ...request, id: `soak-${number}`, user: { buyeruid: personId(10_000_000 + number), eids } };
}

/** MiB a minute. */
function slopeOf(bytes: readonly number[]): number {
  const [middle, mean] = [(bytes.length - 1) / 2, bytes.reduce((sum, each) => sum + each, 0) / bytes.length];
  let [over, under] = [0, 0];
  for (const [place, each] of bytes.entries()) {
    over += (place - middle) * (each - mean);
    under += (place - middle) ** 2;
  }
  return ((over / under) * (60_000 / LOOK_MS)) / MIB;
}
