/**
 * Where the knee lies, and what an open loop at half of it gives: answers as the sender sees them, as the server measures them,
 * the longest pauses of the collector, memory.
 */
import autocannon from 'autocannon';
import { build } from 'hdr-histogram-js';
import type { LoadRequest } from './bodies.ts';
import { loadRequests, messages } from './bodies.ts';
import { PATHS } from './book.ts';
import { runOpenLoop } from './client.ts';
import type { PartResult, PartSettings } from './part.ts';
import { usage } from './process.ts';
import type { Bidder } from './servers.ts';
import { ADMIN_TOKEN, startBidder } from './servers.ts';

const CONNECTIONS = 64;
const STEP_SECONDS = 6;
const STEADY_SECONDS = 30;
const RATE_FIRST = 250;
const RATE_FACTOR = 1.3;
/** Past the knee answers come later than this, or fewer than are asked for. */
const KNEE_P99_US = 25_000;
const KNEE_ACHIEVED = 0.97;
const REQUESTS = 8000;

interface Step {
  readonly rate: number;
  readonly achieved: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly otherStatuses: number;
}

export async function latency({ seed, size }: PartSettings): Promise<PartResult> {
  const bidder = await startBidder(seed, size, {}, ['--trace-gc']);
  try {
    const offered = loadRequests(seed, REQUESTS, size.people);
    const json = messages(offered, PATHS);
    const residentStartedMib = usage(bidder.pid).residentBytes / 2 ** 20;
    await step(bidder, json, RATE_FIRST, STEP_SECONDS);
    const firstLookPerSecond = await firstLook(bidder, offered.slice(0, 500));
    const rows: Step[] = [];
    let knee = 0;
    for (let rate = RATE_FIRST; ; rate *= RATE_FACTOR) {
      const found = await step(bidder, json, Math.round(rate), STEP_SECONDS);
      rows.push(found);
      process.stderr.write(`  ${found.rate}/s: p99 ${(found.p99Us / 1000).toFixed(1)} ms\n`);
      if (found.p99Us > KNEE_P99_US || found.achieved < KNEE_ACHIEVED * found.rate) break;
      knee = found.rate;
    }
    const printedBefore = bidder.output().length;
    const before = await durations(bidder);
    const steady = await step(bidder, json, Math.max(1, Math.round(knee / 2)), STEADY_SECONDS);
    const inServer = between(before, await durations(bidder));
    const pauses = pausesIn(bidder.output().slice(printedBefore));
    return {
      figures: {
        firstLookPerSecond,
        kneePerSecond: knee,
        steadyPerSecond: steady.rate,
        steadyP50Us: steady.p50Us,
        steadyP99Us: steady.p99Us,
        steadyP999Us: steady.p999Us,
        serverP99MsAtMost: quantileIn(inServer, 0.99),
        serverP999MsAtMost: quantileIn(inServer, 0.999),
        collections: pauses.length,
        longestCollectionMs: Math.max(0, ...pauses),
        residentStartedMib,
        residentMib: usage(bidder.pid).residentBytes / 2 ** 20,
        otherStatuses: rows.reduce((sum, row) => sum + row.otherStatuses, steady.otherStatuses),
      },
      goals: {
        serverP99MsAtMost: 2,
        serverP999MsAtMost: 10,
        longestCollectionMs: 10,
        residentMib: 600,
        otherStatuses: 0,
      },
      rows: [...rows.map((row) => ({ name: 'ramp', ...row })), { name: 'steady', ...steady }],
    };
  } finally {
    await bidder.stop();
  }
}

/** As many as are answered by a closed loop, by another program's sender: an upper bound of the knee. */
async function firstLook({ port }: Bidder, offered: readonly LoadRequest[]): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const { requests } = await autocannon({
    url: `http://127.0.0.1:${port}${PATHS[0]}`,
    connections: 32,
    duration: STEP_SECONDS,
    requests: offered.map((request) => ({ method: 'POST', headers, body: JSON.stringify(request) })),
  });
  return requests.average;
}

async function step(bidder: Bidder, json: readonly Buffer[], rate: number, seconds: number): Promise<Step> {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  let next = Math.floor(json.length * 0.37);
  let other = 0;
  const startMs = performance.now();
  await runOpenLoop({
    port: bidder.port,
    requestsPerSecond: rate,
    seconds,
    connections: CONNECTIONS,
    next: () => json[next++ % json.length]!,
    done: ({ status, latencyUs }) => {
      histogram.recordValue(Math.max(1, latencyUs));
      if (status !== 200 && status !== 204) other++;
    },
  });
  return {
    rate,
    achieved: (rate * seconds) / ((performance.now() - startMs) / 1000),
    p50Us: histogram.getValueAtPercentile(50),
    p99Us: histogram.getValueAtPercentile(99),
    p999Us: histogram.getValueAtPercentile(99.9),
    otherStatuses: other,
  };
}

/** Answers by the upper bound of their bucket, milliseconds, summed up from the fastest, over exchanges and outcomes. */
type Buckets = ReadonlyMap<number, number>;

async function durations({ privatePort }: Bidder): Promise<Buckets> {
  const answer = await fetch(`http://127.0.0.1:${privatePort}/metrics`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  const sums = new Map<number, number>();
  for (const [, bound, count] of (await answer.text()).matchAll(
    /^bidder_bid_duration_seconds_bucket\{.*?le="([^"]+)".*?\} (\S+)$/gm,
  )) {
    const ms = bound === '+Inf' ? Number.POSITIVE_INFINITY : 1000 * Number(bound);
    sums.set(ms, (sums.get(ms) ?? 0) + Number(count));
  }
  return sums;
}

function between(before: Buckets, after: Buckets): Buckets {
  return new Map([...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]));
}

/** The bound under which so many of them lie. */
function quantileIn(buckets: Buckets, share: number): number {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const all = sorted[sorted.length - 1]?.[1] ?? 0;
  return sorted.find(([, count]) => count >= share * all)?.[0] ?? Number.NaN;
}

/** Milliseconds that the collector held everything still, as the runtime tells them. */
function pausesIn(output: string): number[] {
  return [...output.matchAll(/(?:Scavenge|Mark-Compact)[^\n]*? MB, (?:pooled: [^,]*, )?([\d.]+) \/ /g)].map(
    ([, ms]) => Number(ms),
  );
}
