/**
 * What is left of a bidder that is asked for more than it can do: 1, 2, 5 and 10 times the rate at which it just answers everything, in an open loop, with notices
 * coming all the while. An exchange that has no connection free within a fifth of the tmax sends nothing: 256 connections and a sender on the same two
 * processors take some 6,000 requests a second, so of ten times the knee most are never sent. Good answers are those that were decided, not turned away, and reached the sender within 0.8 of the shortest tmax.
 */
import { build } from 'hdr-histogram-js';
import { loadRequests, messages } from './bodies.ts';
import { PATHS } from './book.ts';
import { runOpenLoop } from './client.ts';
import type { PartResult, PartSettings } from './part.ts';
import type { Bidder } from './servers.ts';
import { ADMIN_TOKEN, startBidder } from './servers.ts';

const SIZE = { lines: 1000, packs: 100, people: 10_000 };
const CONNECTIONS = 256;
const REQUESTS = 8000;
const TMAX_MS = 100;
const IN_TIME_US = 0.8 * TMAX_MS * 1000;
const GIVE_UP_MS = 0.2 * TMAX_MS;
const TIMES = [1, 2, 5, 10];
const SECONDS = 20;
const KNEE_SECONDS = 4;
const KNEE_FIRST = 300;
const KNEE_FACTOR = 1.25;
/** At the knee so much is still turned away or late, for a collector's pause is no overload. */
const KNEE_LOST = 0.02;
const NOTICES_PER_SECOND = 20;
const SETTLE_SECONDS = 2;

type Step = {
  readonly rate: number;
  /** Given up by the sender, by second. */
  readonly unsent: number;
  /** Answers of any kind by second. */
  readonly answered: number;
  readonly good: number;
  readonly shed: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly resets: number;
  readonly otherStatuses: number;
  readonly noticesSent: number;
  readonly noticesRefused: number;
};

export async function overload({ seed }: PartSettings): Promise<PartResult> {
  const bidder = await startBidder(seed, SIZE);
  try {
    const json = messages(loadRequests(seed, REQUESTS, SIZE.people), PATHS);
    const notices = await noticesOf(bidder, seed);
    const run = (rate: number, seconds: number) => step(bidder, json, notices, rate, seconds);
    await run(KNEE_FIRST, KNEE_SECONDS);
    let knee = await run(KNEE_FIRST, KNEE_SECONDS);
    for (let rate = KNEE_FIRST * KNEE_FACTOR; ; rate *= KNEE_FACTOR) {
      const found = await run(rate, KNEE_SECONDS);
      tell(found);
      if (found.good < (1 - KNEE_LOST) * found.rate) break;
      knee = found;
    }
    const calm = await run(knee.rate / 2, KNEE_SECONDS);
    const rows: (Step & { name: string })[] = [];
    for (const times of TIMES) {
      const found = await run(times * knee.rate, SECONDS);
      tell(found);
      rows.push({ name: `${times} ×`, ...found });
    }
    await new Promise((resolve) => setTimeout(resolve, 1000 * SETTLE_SECONDS));
    const after = await run(knee.rate / 2, KNEE_SECONDS);
    const [first, last] = [rows[0]!, rows[rows.length - 1]!];
    return {
      figures: {
        kneePerSecond: knee.rate,
        lostOfGoodAtTenTimes: 1 - last.good / Math.max(1, first.good),
        p99ToTmaxAtTenTimes: last.p99Us / (TMAX_MS * 1000),
        resets: rows.reduce((sum, row) => sum + row.resets, 0),
        noticesRefused: rows.reduce((sum, row) => sum + row.noticesRefused, 0),
        otherStatuses: rows.reduce((sum, row) => sum + row.otherStatuses, 0),
        afterwardsToBefore: after.p50Us / calm.p50Us,
        shedAfterwards: after.shed,
      },
      goals: {
        lostOfGoodAtTenTimes: 0.1,
        p99ToTmaxAtTenTimes: 0.8,
        resets: 0,
        noticesRefused: 0,
        otherStatuses: 0,
      },
      rows: [{ name: 'half, before', ...calm }, ...rows, { name: 'half, after 2 s', ...after }],
    };
  } finally {
    await bidder.stop();
  }
}

function tell({ rate, good, shed, p99Us }: Step): void {
  process.stderr.write(
    `  ${Math.round(rate)}/s: ${Math.round(good)} good, ${Math.round(shed)} turned away, p99 ${(p99Us / 1000).toFixed(1)} ms\n`,
  );
}

async function step(
  bidder: Bidder,
  json: readonly Buffer[],
  notices: readonly string[],
  rate: number,
  seconds: number,
): Promise<Step> {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 120_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const counts = { inTime: 0, answers: 0, resets: 0, other: 0 };
  const shedBefore = await shedBy(bidder);
  const sending = sendNotices(notices, seconds);
  let next = Math.floor(json.length * 0.37);
  const startMs = performance.now();
  const unsent = await runOpenLoop({
    port: bidder.port,
    giveUpMs: GIVE_UP_MS,
    requestsPerSecond: rate,
    seconds,
    connections: CONNECTIONS,
    next: () => json[next++ % json.length]!,
    done: ({ status, latencyUs }) => {
      if (status === 0) {
        counts.resets++;
        return;
      }
      counts.answers++;
      histogram.recordValue(Math.max(1, latencyUs));
      if (status !== 200 && status !== 204) counts.other++;
      if (latencyUs <= IN_TIME_US) counts.inTime++;
    },
  });
  const took = (performance.now() - startMs) / 1000;
  const { sent, refused } = await sending;
  const shed = (await shedBy(bidder)) - shedBefore;
  return {
    rate,
    unsent: unsent / took,
    answered: counts.answers / took,
    // Those turned away are the quickest of all, and so among those in time.
    good: Math.max(0, counts.inTime - shed) / took,
    shed: shed / took,
    p50Us: histogram.getValueAtPercentile(50),
    p99Us: histogram.getValueAtPercentile(99),
    resets: counts.resets,
    otherStatuses: counts.other,
    noticesSent: sent,
    noticesRefused: refused,
  };
}

async function shedBy({ privatePort }: Bidder): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${privatePort}/metrics`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  const counts = (await answer.text()).matchAll(/^bidder_requests_shed_total\{[^}]*\} (\S+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Addresses of billing notices of bids that were made for them. */
async function noticesOf(bidder: Bidder, seed: number): Promise<readonly string[]> {
  const addresses: string[] = [];
  for (const offered of loadRequests(seed + 1, 400, SIZE.people)) {
    const answer = await fetch(`http://127.0.0.1:${bidder.port}${PATHS[0]}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(offered),
    });
    if (answer.status !== 200) continue;
    const { seatbid } = (await answer.json()) as {
      readonly seatbid: readonly {
        readonly bid: readonly { readonly burl?: string; readonly price: number }[];
      }[];
    };
    for (const { burl, price } of seatbid.flatMap(({ bid }) => bid)) {
      if (!burl) continue;
      const { pathname, search } = new URL(burl.replaceAll('${AUCTION_PRICE}', String(price)));
      addresses.push(`http://127.0.0.1:${bidder.port}${pathname}${search}`);
    }
  }
  if (addresses.length === 0) throw new Error('no bid has a billing notice');
  return addresses;
}

async function sendNotices(
  notices: readonly string[],
  seconds: number,
): Promise<{ readonly sent: number; readonly refused: number }> {
  const total = NOTICES_PER_SECOND * seconds;
  let refused = 0;
  const waiting: Promise<void>[] = [];
  for (let sent = 0; sent < total; sent++) {
    const told = fetch(notices[sent % notices.length]!).then(
      (answer) => {
        if (!answer.ok) refused++;
      },
      () => {
        refused++;
      },
    );
    waiting.push(told);
    await new Promise((resolve) => setTimeout(resolve, 1000 / NOTICES_PER_SECOND));
  }
  await Promise.all(waiting);
  return { sent: total, refused };
}
