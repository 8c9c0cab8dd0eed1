/**
 * The load benchmark: an open loop of mixed bodies against the public port of a bidder with a book of many line items,
 * alternating with a bare fastify route that parses the same bodies and answers a canned bid. Figures are ratios in one run.
 *
 *   npm run bench -- [--json] [--rate 1000] [--seconds 8] [--rounds 3] [--lines 1000] [--seed 1]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { build } from 'hdr-histogram-js';
import { median } from 'simple-statistics';
import { commit, machine } from '../machine.ts';
import { loadBodies } from './bodies.ts';
import { loadBook } from './book.ts';
import { runOpenLoop } from './client.ts';
import type { Served } from './process.ts';
import { serve, usage } from './process.ts';

interface Round {
  readonly cpuUsPerRequest: number;
  readonly achievedPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly bidRate: number;
  readonly otherStatuses: number;
  readonly residentMib: number;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    lines: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
  },
});
const rate = Number(values.rate);
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const lines = Number(values.lines);
const seed = Number(values.seed);
const CONNECTIONS = 64;
const WARM_UP_SECONDS = 3;

const folder = mkdtempSync(join(tmpdir(), 'bidwright-bench-'));
const result = await measure().finally(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(new URL('../results/', import.meta.url), { recursive: true });
writeFileSync(new URL('../results/load.json', import.meta.url), `${JSON.stringify(result, undefined, 2)}\n`);
writeFileSync(new URL('../results/load.md', import.meta.url), report(result));
process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : report(result));

async function measure() {
  const configuration = join(folder, 'config');
  mkdirSync(configuration);
  writeFileSync(join(configuration, 'book.json'), JSON.stringify(loadBook(seed, lines)));
  const bodies = loadBodies(seed, 4000);
  const bidder = await serve(
    ['src/main.ts', 'serve', '--config', configuration],
    {
      BIDWRIGHT_PUBLIC_PORT: '0',
      BIDWRIGHT_PRIVATE_PORT: '0',
      BIDWRIGHT_DATA_DIR: join(folder, 'data'),
      BIDWRIGHT_PUBLIC_HOST: '127.0.0.1',
    },
    (output) => portIn(/Bidder\s+http:\/\/[^:]+:(\d+)/, output),
  );
  const bare = await serve(['bench/load/bare.ts'], {}, (output) => portIn(/"port":(\d+)/, output));
  try {
    await openLoop(bidder, bodies, WARM_UP_SECONDS);
    await openLoop(bare, bodies, WARM_UP_SECONDS);
    const ours: Round[] = [];
    const reference: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await openLoop(bidder, bodies, seconds));
      reference.push(await openLoop(bare, bodies, seconds));
    }
    const closed = { bidder: await closedLoop(bidder, bodies), bare: await closedLoop(bare, bodies) };
    return summary(ours, reference, closed);
  } finally {
    await bidder.stop();
    await bare.stop();
  }
}

function portIn(pattern: RegExp, output: string): number | undefined {
  const found = pattern.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}

async function openLoop(served: Served, bodies: readonly Buffer[], forSeconds: number): Promise<Round> {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const statuses = new Map<number, number>();
  let next = Math.floor(bodies.length * 0.37);
  const before = usage(served.pid);
  const startMs = performance.now();
  await runOpenLoop({
    port: served.port,
    path: '/openrtb2/example',
    requestsPerSecond: rate,
    seconds: forSeconds,
    connections: CONNECTIONS,
    nextBody: () => bodies[next++ % bodies.length]!,
    done: ({ status, latencyUs }) => {
      histogram.recordValue(Math.max(1, latencyUs));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    },
  });
  const elapsedSeconds = (performance.now() - startMs) / 1000;
  const after = usage(served.pid);
  const requests = Math.floor(rate * forSeconds);
  const bids = statuses.get(200) ?? 0;
  return {
    cpuUsPerRequest: (after.cpuUs - before.cpuUs) / requests,
    achievedPerSecond: requests / elapsedSeconds,
    p50Us: histogram.getValueAtPercentile(50),
    p99Us: histogram.getValueAtPercentile(99),
    p999Us: histogram.getValueAtPercentile(99.9),
    bidRate: bids / requests,
    otherStatuses: requests - bids - (statuses.get(204) ?? 0),
    residentMib: after.residentBytes / 2 ** 20,
  };
}

/** A first look at capacity: as many requests as the server answers, without an intended time. */
async function closedLoop(served: Served, bodies: readonly Buffer[]): Promise<number> {
  const outcome = await autocannon({
    url: `http://127.0.0.1:${served.port}/openrtb2/example`,
    connections: 32,
    duration: 5,
    requests: bodies
      .slice(0, 500)
      .map((body) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body })),
  });
  return outcome.requests.average;
}

function summary(
  ours: readonly Round[],
  reference: readonly Round[],
  closed: { bidder: number; bare: number },
) {
  const middle = (rows: readonly Round[], key: keyof Round) => median(rows.map((row) => row[key]));
  const ratios = ours.map(
    (row, round) => row.cpuUsPerRequest / (reference[round]?.cpuUsPerRequest ?? Number.NaN),
  );
  const figures = {
    requestsPerSecondIntended: rate,
    requestsPerSecondAchieved: middle(ours, 'achievedPerSecond'),
    cpuRatioToBareRoute: median(ratios),
    cpuRatioLowest: Math.min(...ratios),
    cpuRatioHighest: Math.max(...ratios),
    cpuUsPerRequest: middle(ours, 'cpuUsPerRequest'),
    bareCpuUsPerRequest: middle(reference, 'cpuUsPerRequest'),
    p50Us: middle(ours, 'p50Us'),
    p99Us: middle(ours, 'p99Us'),
    p999Us: middle(ours, 'p999Us'),
    bareP50Us: middle(reference, 'p50Us'),
    bareP99Us: middle(reference, 'p99Us'),
    bareP999Us: middle(reference, 'p999Us'),
    bidRate: middle(ours, 'bidRate'),
    otherStatuses: ours.reduce((sum, row) => sum + row.otherStatuses, 0),
    residentMib: Math.max(...ours.map((row) => row.residentMib)),
    closedLoopPerSecond: closed.bidder,
    bareClosedLoopPerSecond: closed.bare,
    lineItems: lines,
  };
  const goals = { otherStatuses: '<= 0' };
  return {
    name: 'load',
    seed,
    commit: commit(),
    machine: machine(),
    settings: { rate, seconds, rounds, connections: CONNECTIONS },
    figures,
    goals,
    pass: figures.otherStatuses === 0,
  };
}

function report({ figures, commit: at, machine: on, settings }: ReturnType<typeof summary>): string {
  const rows = Object.entries(figures).map(
    ([name, value]) => `| ${name} | ${Number.isInteger(value) ? value : value.toPrecision(4)} |`,
  );
  return [
    '# Load benchmark',
    '',
    `Commit ${at}; ${on.processors} × ${on.processor}, ${on.memoryGib} GiB, Node ${on.node}; seed ${seed}; open loop of ${settings.rate} requests/s for ${settings.seconds} s,`,
    `${settings.rounds} rounds alternating with a bare fastify route that parses the same bodies; medians over rounds; latency from the intended send time.`,
    '',
    '| figure | value |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
