import { describe, expect, it } from 'vitest';
import type { CatalogLine } from '../../src/campaign/catalog.ts';
import type { BudgetRef } from '../../src/core/budget.ts';
import { dayBucket, lifetimeBucket } from '../../src/core/budget.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import { Pacer } from '../../src/learning/pace.ts';
import type { TablesPort } from '../../src/state/port.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const ZONE = zoneNamed('America/New_York');
/** Midnight in New York. */
const START_MS = Date.UTC(2026, 10, 23, 5);

function budget(more: Partial<BudgetRef>): BudgetRef {
  return {
    scope: 'campaign',
    id: 'autumn',
    zone: ZONE,
    lifetimeMicros: undefined,
    dailyMicros: undefined,
    lifetimeImpressions: undefined,
    dailyImpressions: undefined,
    ...more,
  };
}

function line(
  pacing: 'even' | 'asap',
  budgets: readonly BudgetRef[],
  flightEndMs = Number.POSITIVE_INFINITY,
) {
  return {
    lineItem: { bid: { strategy: 'fixed_cpm', priceCpmMicros: 1e6 }, pacing },
    budgets,
    flightEndMs,
  } as CatalogLine;
}

/** A ledger in which every budget is charged by hand. */
function handLedger() {
  const spent = new Map<string, number>();
  return {
    charge: (of: BudgetRef, atMs: number, micros: number) => {
      for (const bucket of [
        dayBucket(of.scope, of.id, of.zone.at(atMs).day),
        lifetimeBucket(of.scope, of.id),
      ])
        spent.set(bucket, (spent.get(bucket) ?? 0) + micros);
    },
    spent: async (buckets: readonly string[]) =>
      Float64Array.from(buckets.flatMap((bucket) => [spent.get(bucket) ?? 0, 0])),
  };
}

/** A day in which full participation would spend `fullMicros` evenly; what was spent by each hour. */
async function dayOf(pacer: Pacer, of: BudgetRef, fullMicros: number, startMs: number, flightEndMs?: number) {
  const ledger = handLedger();
  const lines = [line('even', [of], flightEndMs)];
  const byHour: number[] = [];
  let total = 0;
  for (let minute = 0; minute < 1440; minute++) {
    const nowMs = startMs + minute * MINUTE_MS;
    const [share = 1] = await pacer.step(lines, ledger, nowMs);
    const spend = Math.round((fullMicros / 1440) * share);
    ledger.charge(of, nowMs, spend);
    total += spend;
    if (minute % 60 === 59) byHour.push(total);
  }
  return byHour;
}

describe('pacing', () => {
  it('spreads a daily budget over its day', async () => {
    const byHour = await dayOf(new Pacer(), budget({ dailyMicros: 100e6 }), 500e6, START_MS);
    expect(byHour.at(-1)! / 100e6).toBeGreaterThan(0.97);
    expect(byHour.at(-1)! / 100e6).toBeLessThan(1.01);
    expect(byHour[11]! / 100e6).toBeGreaterThan(0.45);
    expect(byHour[11]! / 100e6).toBeLessThan(0.6);
  });

  it('gives each day of a flight its part of a lifetime budget', async () => {
    const of = budget({ lifetimeMicros: 400e6 });
    const byHour = await dayOf(new Pacer(), of, 500e6, START_MS, START_MS + 4 * DAY_MS);
    expect(byHour.at(-1)! / 100e6).toBeGreaterThan(0.97);
    expect(byHour.at(-1)! / 100e6).toBeLessThan(1.03);
  });

  it('holds back neither a line item that is to spend at once, nor one without a limit or an end', async () => {
    const pacer = new Pacer();
    const ledger = handLedger();
    const daily = budget({ dailyMicros: 1e6 });
    const open = budget({ id: 'open', lifetimeMicros: 1e6 });
    const lines = [line('asap', [daily]), line('even', []), line('even', [open]), line('even', [daily])];
    await pacer.step(lines, ledger, START_MS);
    ledger.charge(daily, START_MS, 900_000);
    ledger.charge(open, START_MS, 900_000);
    const shares = await pacer.step(lines, ledger, START_MS + 10 * MINUTE_MS);
    expect([...shares.slice(0, 3)]).toEqual([1, 1, 1]);
    expect(shares[3]).toBeLessThan(0.5);
  });

  it('goes by the tightest budget, and gives line items of one campaign the same share', async () => {
    const pacer = new Pacer();
    const ledger = handLedger();
    const campaign = budget({ dailyMicros: 100e6 });
    const own = budget({ scope: 'line_item', id: 'small', dailyMicros: 1e6 });
    const lines = [line('even', [campaign]), line('even', [campaign]), line('even', [campaign, own])];
    await pacer.step(lines, ledger, START_MS);
    ledger.charge(campaign, START_MS, 1e6);
    ledger.charge(own, START_MS, 1e6 / 2);
    const [first, second, third] = await pacer.step(lines, ledger, START_MS + 5 * MINUTE_MS);
    expect(first).toBe(second);
    expect(third).toBeLessThan(first!);
  });

  it('begins the next day with the share it had found', async () => {
    const pacer = new Pacer();
    const of = budget({ dailyMicros: 100e6 });
    await dayOf(pacer, of, 500e6, START_MS);
    const before = pacer.shares([line('even', [of])])[0]!;
    const [share] = await pacer.step([line('even', [of])], handLedger(), START_MS + DAY_MS);
    expect(share).toBeCloseTo(before, 6);
    expect(share).toBeLessThan(0.5);
  });

  it('comes back after a restart, and begins anew where its table cannot be believed', async () => {
    const kept = new Map<string, Uint8Array>();
    const store: TablesPort = {
      load: async (name) => kept.get(name),
      save: async (name, bytes) => void kept.set(name, bytes),
    };
    const of = budget({ dailyMicros: 100e6 });
    const pacer = new Pacer();
    await dayOf(pacer, of, 500e6, START_MS);
    await pacer.save(store);
    const again = new Pacer();
    expect(await again.restore(store)).toBe(true);
    expect(again.shares([line('even', [of])])).toEqual(pacer.shares([line('even', [of])]));
    for (const text of [
      '',
      'null',
      '[1]',
      '{"campaign/autumn/micros":2}',
      '{"campaign/autumn/micros":null}',
    ]) {
      kept.set('pacing', Buffer.from(text));
      const fresh = new Pacer();
      expect([text, await fresh.restore(store), fresh.shares([line('even', [of])])[0]]).toEqual([
        text,
        false,
        1,
      ]);
    }
  });
});

describe('pacing along the traffic', () => {
  /** Two days alike, 1,000 requests a minute from eight o'clock and 200 before; the spend of each hour of the second. */
  async function secondDay(pacing: 'even' | 'ahead') {
    const pacer = new Pacer();
    const of = budget({ dailyMicros: 100e6 });
    const byHour = Array.from({ length: 24 }, () => 0);
    for (let day = 0; day < 2; day++) {
      const ledger = handLedger();
      for (let minute = 0; minute < 1440; minute++) {
        const nowMs = START_MS + day * DAY_MS + minute * MINUTE_MS;
        const traffic = minute >= 8 * 60 ? 1000 : 200;
        pacer.countTraffic(traffic, nowMs);
        const lines = [{ ...line('even', [of]), lineItem: { ...line('even', []).lineItem, pacing } }];
        const [share = 1] = await pacer.step(lines as CatalogLine[], ledger, nowMs);
        const spend = Math.round(traffic * share * 500);
        ledger.charge(of, nowMs, spend);
        if (day === 1) byHour[Math.floor(minute / 60)]! += spend / 100e6;
      }
    }
    return byHour;
  }
  const sumOf = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0);

  it('spends by night in proportion to what there is by night', async () => {
    const byHour = await secondDay('even');
    expect(sumOf(byHour)).toBeGreaterThan(0.96);
    // The clock alone would spend a third in the first eight hours; there is an eleventh of the traffic, seen once.
    expect(sumOf(byHour.slice(0, 8))).toBeLessThan(0.19);
  });

  it('spends more of it early where asked to', async () => {
    const [even, ahead] = [await secondDay('even'), await secondDay('ahead')];
    expect(sumOf(ahead.slice(0, 14)) - sumOf(even.slice(0, 14))).toBeGreaterThan(0.03);
    expect(sumOf(ahead)).toBeGreaterThan(0.96);
  });

  it('remembers the traffic, and says so where the memory is damaged', async () => {
    const tables = new Map<string, Uint8Array>();
    const store: TablesPort = {
      load: async (name) => tables.get(name),
      save: async (name, bytes) => void tables.set(name, bytes),
    };
    await new Pacer().save(store);
    expect(await new Pacer().restore(store)).toBe(true);
    tables.set('traffic', Buffer.from('{"version":7}'));
    expect(await new Pacer().restore(store)).toBe(false);
  });
});
