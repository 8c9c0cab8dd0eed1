/**
 * Daily budgets through days of 23 and 25 hours, and through clocks that are set back and forward under a running bidder: the whole engine bids and is
 * charged, late ones after midnight too, and what each civil day was charged is held against a calendar that is not ours.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/compose.ts';
import { compose } from '../../src/compose.ts';
import { dayBucket, lifetimeBucket } from '../../src/core/budget.ts';
import { seededRandom } from '../../src/core/random.ts';
import { ask, configurationOf, fire } from '../fixture/engine.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const STEP_MS = 20 * MINUTE_MS;
/** Eight bids at 4.00 for a thousand, and it is spent within three hours. */
const DAILY_MICROS = 34_000;
const LIFE_MICROS = 1_000_000;

let engine: Engine | undefined;
const folders: string[] = [];
afterEach(async () => {
  await engine?.close();
  engine = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'bidwright-clocks-'));
  folders.push(made);
  return made;
}

function bookIn(timeZone: string): string {
  const made = folder();
  writeFileSync(
    join(made, 'book.yaml'),
    JSON.stringify({
      account: { id: 'a', currency: 'USD', timeZone, signalMissing: 'allow' },
      exchanges: [{ id: 'example', seat: 'bidwright' }],
      advertisers: [{ id: 'b', domains: ['b.example'] }],
      campaigns: [
        { id: 'c', advertiserId: 'b', budget: { dailyMicros: DAILY_MICROS, lifetimeMicros: LIFE_MICROS } },
      ],
      lineItems: [
        {
          id: 'l',
          campaignId: 'c',
          bid: { strategy: 'fixed_cpm', priceCpmMicros: 4e6 },
          pacing: 'asap',
          creatives: [{ id: 'd' }],
        },
      ],
      creatives: [
        {
          id: 'd',
          advertiserId: 'b',
          format: 'banner',
          sizes: [{ width: 300, height: 250 }],
          html: '<a href="{clickUrl}">x</a>',
          landingPage: 'https://b.example/',
        },
      ],
    }),
  );
  return made;
}

interface Clocks {
  now(): number;
  monotonic(): number;
}

interface Walk {
  readonly zone: string;
  readonly fromMs: number;
  readonly steps: number;
  /** What somebody does to the wall's clock before a step, by its number. */
  readonly jumps?: Readonly<Record<number, number>>;
  /** The process begins anew on the same disk before these. */
  readonly restarts?: readonly number[];
}

/** What an exchange would have of it: charges by the civil day of the bid, and when the first bid of each day came. */
async function walk({ zone, fromMs, steps, jumps = {}, restarts = [] }: Walk, seed = 11) {
  const dataDir = folder();
  const configuration = configurationOf(bookIn(zone), { dataDir, signingSecret: 's'.repeat(40) });
  let elapsedMs = 0;
  let offsetMs = 0;
  const clock: Clocks = { now: () => fromMs + elapsedMs + offsetMs, monotonic: () => elapsedMs };
  const calendar = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const random = seededRandom(seed).stream('walk');
  const charged = new Map<string, number>();
  const firstBidMs = new Map<string, number>();
  const firstStepMs = new Map<string, number>();
  let waiting: { burl: string; day: string; price: number }[] = [];
  const open = async (): Promise<Engine> => {
    engine = compose(configuration, {
      clock,
      random: seededRandom(seed + elapsedMs),
      state: restarts.length > 0 ? 'disk' : 'memory',
    });
    await engine.ready();
    return engine;
  };
  let now = await open();
  const bill = async (): Promise<void> => {
    for (const { burl, day, price } of waiting) {
      expect((await fire(now, burl, { AUCTION_PRICE: String(price) })).statusCode).toBe(204);
      charged.set(day, (charged.get(day) ?? 0) + Math.round(price * 1000));
    }
    waiting = [];
  };
  for (let step = 0; step < steps; step++) {
    if (restarts.includes(step)) {
      await now.close();
      now = await open();
    }
    offsetMs += jumps[step] ?? 0;
    // Duties run each second; a night's change is prepared minutes before it.
    for (let part = 0; part < 4; part++) {
      elapsedMs += STEP_MS / 4;
      await now.tick();
    }
    const day = calendar.format(clock.now());
    if (!firstStepMs.has(day)) firstStepMs.set(day, clock.now());
    await bill();
    for (let each = 0; each < 2; each++) {
      const answer = await ask(now, {
        id: `r-${step}-${each}`,
        at: 1,
        imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
        site: { domain: 'news.example' },
      });
      if (answer.status !== 200) continue;
      if (!firstBidMs.has(day)) firstBidMs.set(day, clock.now());
      const price = 2 + Math.floor(random.next() * 20) / 10;
      const bid = { burl: String(answer.json.seatbid[0].bid[0].burl), day, price };
      // A third is told at once, one at the next step, which may be tomorrow, and one never.
      const fate = random.next();
      if (fate < 0.66) waiting.push(bid);
      if (fate < 0.33) await bill();
    }
  }
  await bill();
  const days = [...new Set([...charged.keys(), ...firstStepMs.keys()])].sort();
  const buckets = await now.buckets([
    ...days.map((day) => dayBucket('campaign', 'c', day)),
    lifetimeBucket('campaign', 'c'),
  ]);
  const spent = new Map(
    buckets.filter(({ unit }) => unit === 'micros').map(({ bucket, spent: all }) => [bucket, all]),
  );
  const [sums] = await now.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] });
  expect(now.faults()).toBe(0);
  for (const day of days) {
    const ofDay = spent.get(dayBucket('campaign', 'c', day)) ?? 0;
    expect([zone, seed, day, ofDay]).toEqual([zone, seed, day, charged.get(day) ?? 0]);
    expect(ofDay).toBeLessThanOrEqual(DAILY_MICROS);
  }
  const all = [...charged.values()].reduce((sum, one) => sum + one, 0);
  expect(spent.get(lifetimeBucket('campaign', 'c'))).toBe(all);
  expect([sums?.spendMicros, sums?.lateSpendMicros]).toEqual([all, 0]);
  return { days, charged, firstBidMs, firstStepMs };
}

describe('a daily budget', () => {
  it.each([
    ['a day of 23 hours', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29', 23],
    ['a day of 25 hours', 'Europe/Berlin', '2026-10-24T12:00Z', '2026-10-25', 25],
    ['a day whose midnight comes twice', 'America/Havana', '2026-10-31T12:00Z', '2026-11-01', 25],
    ['a day without a midnight', 'America/Havana', '2026-03-07T12:00Z', '2026-03-08', 23],
    ['a day that ends twice', 'America/Santiago', '2026-04-04T12:00Z', '2026-04-04', 25],
    ['a day of 24 and a half hours', 'Australia/Lord_Howe', '2026-04-03T20:00Z', '2026-04-05', 24.5],
  ])('begins anew once and is kept through %s', async (_, zone, from, changed, hours) => {
    const steps = (60 * HOUR_MS) / STEP_MS;
    const { days, charged, firstBidMs, firstStepMs } = await walk({ zone, fromMs: Date.parse(from), steps });
    expect(days).toContain(changed);
    expect(charged.get(changed)).toBeGreaterThan(DAILY_MICROS / 3);
    // Each day bids from its first moment on, and stops well before its end.
    for (const day of days) expect([day, firstBidMs.get(day)]).toEqual([day, firstStepMs.get(day)]);
    const next = days[days.indexOf(changed) + 1]!;
    const first = days[0] === changed ? undefined : firstStepMs.get(changed)!;
    if (first !== undefined) expect((firstStepMs.get(next)! - first) / HOUR_MS).toBeCloseTo(hours, 0);
  });

  it.each([
    ['an hour back across midnight', { 40: -HOUR_MS }],
    ['a day back', { 50: -24 * HOUR_MS }],
    ['a day forward', { 20: 24 * HOUR_MS }],
    ['back and forward again', { 40: -3 * HOUR_MS, 45: 3 * HOUR_MS, 70: -30 * HOUR_MS, 74: 30 * HOUR_MS }],
  ])('is never counted twice where the clock is set %s', async (_, jumps) => {
    // Midnight of Berlin is ten hours after the beginning: steps 30 and 102.
    const { charged } = await walk({
      zone: 'Europe/Berlin',
      fromMs: Date.parse('2026-06-10T12:00Z'),
      steps: 150,
      jumps,
    });
    expect(charged.size).toBeGreaterThanOrEqual(2);
  });

  it('is never counted twice where the process begins anew with a clock of its own', async () => {
    const { charged } = await walk({
      zone: 'Europe/Berlin',
      fromMs: Date.parse('2026-10-24T20:00Z'),
      steps: 120,
      jumps: { 9: -2 * HOUR_MS, 30: 2 * HOUR_MS },
      restarts: [8, 9, 10, 31, 80],
    });
    expect(charged.size).toBeGreaterThanOrEqual(2);
  });
});
