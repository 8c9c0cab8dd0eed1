/** The treasury and its ledger under any order of events. This file is one thing: the law of money, as properties. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BudgetRef } from '../../src/core/budget.ts';
import { dayBucket, lifetimeBucket } from '../../src/core/budget.ts';
import type { BidFacts } from '../../src/core/event.ts';
import { cpmMicros, impressionCostCeiling } from '../../src/core/units.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import type { SqliteState } from '../../src/state/sqlite/open.ts';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import { Treasury } from '../../src/state/treasury.ts';
import { billingOf, DAY, factsOf, MINUTE, NOW } from '../contract/state-events.ts';

const SEED = 20261123;
const HOLD_MS = 5 * MINUTE;

let state: SqliteState;
beforeAll(async () => {
  state = await openSqliteState({ directory: ':memory:' });
});
afterAll(() => state.close());

type Act =
  | { readonly do: 'bid'; readonly line: number; readonly cpm: number }
  | { readonly do: 'bill' | 'lose' | 'extend'; readonly which: number; readonly share: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'crash' }
  | { readonly do: 'limit'; readonly factor: number };

const act = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('bid'),
      line: fc.nat(1),
      cpm: fc.integer({ min: 1, max: 9_000_000 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('bill', 'bill', 'lose', 'extend'),
      which: fc.nat(1000),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      ms: fc.oneof(fc.nat(2000), fc.nat(HOLD_MS * 2), fc.constant(6 * 3_600_000)),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' }) },
) as fc.Arbitrary<Act>;
const withLimits = fc.oneof(
  { weight: 15, arbitrary: act },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('limit'),
      factor: fc.double({ min: 0.3, max: 2, noNaN: true }),
    }),
  },
) as fc.Arbitrary<Act>;

interface Bid {
  readonly facts: BidFacts;
  told: boolean;
}

let run = 0;

/** A campaign with two line items, all with limits; random bids, wins, losses, waits and crashes. */
class World {
  readonly #number = ++run;
  readonly zone = zoneNamed('America/New_York');
  nowMs = NOW;
  bids: Bid[] = [];
  refused = 0;
  limitsMax: number;
  #limits: number;
  treasury!: Treasury;
  #serial = 0;

  constructor(limits: number) {
    this.#limits = limits;
    this.limitsMax = limits;
  }

  budgets(): BudgetRef[] {
    const of = (scope: BudgetRef['scope'], id: string, share: number): BudgetRef => ({
      scope,
      id,
      zone: this.zone,
      lifetimeMicros: Math.floor(this.#limits * 3 * share),
      dailyMicros: Math.floor(this.#limits * share),
      lifetimeImpressions: undefined,
      dailyImpressions: scope === 'campaign' ? 200 : undefined,
    });
    return [
      of('campaign', this.campaignId, 1),
      of('line_item', this.line(0), 0.7),
      of('line_item', this.line(1), 2),
    ];
  }

  get campaignId(): string {
    return `world-${this.#number}`;
  }

  line(index: number): string {
    return `world-${this.#number}-${index}`;
  }

  async start(): Promise<void> {
    this.treasury = await Treasury.open(state.ledger, this.budgets(), this.nowMs, {
      longestHoldMs: 2 * HOLD_MS,
    });
  }

  async apply(one: Act): Promise<void> {
    switch (one.do) {
      case 'bid':
        return this.bid(one.line, one.cpm);
      case 'wait':
        this.nowMs += one.ms;
        return this.treasury.tick(this.nowMs);
      case 'crash':
        // All that lived in memory is gone; nothing is given back.
        return this.start();
      case 'limit':
        this.#limits = Math.floor(this.#limits * one.factor);
        this.limitsMax = Math.max(this.limitsMax, this.#limits);
        return this.treasury.configure(this.budgets(), this.nowMs);
      default:
        return this.tell(one.do, one.which, one.share);
    }
  }

  bid(line: number, cpm: number): void {
    const lineItemId = this.line(line);
    const budgets = this.budgets().filter(({ id }) => id === this.campaignId || id === lineItemId);
    const facts = factsOf({
      bidId: `world-${this.#number}-bid-${this.#serial++}`,
      bidAtMs: this.nowMs,
      campaignId: this.campaignId,
      lineItemId,
      budgetDay: this.zone.at(this.nowMs).day,
      leaseId: this.treasury.leaseId,
      bidCpmMicros: cpmMicros(cpm),
    });
    const refusal = this.treasury.reserve({
      bidId: facts.bidId,
      budgets,
      costMicros: impressionCostCeiling(facts.bidCpmMicros),
      impressions: 1,
      nowMs: this.nowMs,
      expiresAtMs: this.nowMs + HOLD_MS,
    });
    if (refusal) this.refused++;
    else this.bids.push({ facts, told: false });
  }

  async tell(what: 'bill' | 'lose' | 'extend', which: number, share: number): Promise<void> {
    const open = this.bids.filter(({ told }) => !told);
    const bid = open[which % Math.max(1, open.length)];
    if (!bid) return;
    if (what === 'extend') return this.treasury.extend(bid.facts.bidId, bid.facts.bidAtMs + 2 * HOLD_MS);
    bid.told = true;
    if (what === 'lose') return this.treasury.release(bid.facts.bidId);
    const price = Math.floor(bid.facts.bidCpmMicros * share);
    const appended = await state.journal.appendNotice(billingOf(bid.facts, price, { atMs: this.nowMs }));
    this.treasury.settle(bid.facts.bidId, appended.charges);
  }

  /** Money of every bucket that any bid used, and of today’s. */
  async spend() {
    const days = new Set([...this.bids.map(({ facts }) => facts.budgetDay), this.zone.at(this.nowMs).day]);
    const buckets = [...days].flatMap((day) => [
      dayBucket('campaign', this.campaignId, day),
      dayBucket('line_item', this.line(0), day),
      dayBucket('line_item', this.line(1), day),
    ]);
    const lives = [
      lifetimeBucket('campaign', this.campaignId),
      lifetimeBucket('line_item', this.line(0)),
      lifetimeBucket('line_item', this.line(1)),
    ];
    return (await state.ledger.bucketStates([...buckets, ...lives])).filter(({ unit }) => unit === 'micros');
  }

  limitOf(bucket: string, limits: number): number {
    const share = bucket.startsWith('campaign') ? 1 : bucket.includes(`${this.line(0)}/`) ? 0.7 : 2;
    return Math.floor(bucket.endsWith('/life') ? limits * 3 * share : limits * share);
  }
}

/** Whatever happened, this holds. */
async function checkLaws(world: World): Promise<void> {
  const sums = new Map<string, number>();
  for (const { bucket, unit, balance } of world.treasury.accounts())
    sums.set(`${bucket} ${unit}`, (sums.get(`${bucket} ${unit}`) ?? 0) + balance);
  expect([...sums.values()].filter((sum) => sum !== 0)).toEqual([]);
  const views = new Map(
    world.treasury
      .states()
      .filter(({ unit }) => unit === 'micros')
      .map((view) => [view.bucket, view]),
  );
  for (const { bucket, spent, leased, late } of await world.spend()) {
    const limit = world.limitOf(bucket, world.limitsMax);
    expect(spent + leased, `${bucket}: spent ${spent}, leased ${leased}`).toBeLessThanOrEqual(
      limit + (late ?? 0),
    );
    const view = views.get(bucket);
    if (!view) continue;
    expect(view.spent, bucket).toBe(spent);
    // The ledger covers at least what this process believes it may still spend.
    expect(leased, bucket).toBeGreaterThanOrEqual(view.free + view.reserved);
  }
}

describe('the treasury over a real ledger', () => {
  it('never spends more than the limit and what it declares as late, through crashes and edits of the limit', async () => {
    let bids = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20_000, max: 400_000 }),
        fc.array(withLimits, { minLength: 20, maxLength: 150 }),
        async (limits, acts) => {
          const world = new World(limits);
          await world.start();
          for (const one of acts) {
            await world.apply(one);
            await checkLaws(world);
          }
          bids += world.bids.length;
          refused += world.refused;
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
    // Both sides of the limit were seen.
    expect(bids).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(100);
  }, 60_000);

  it('spends nothing above the limit where no win is told after its hold fell, crashes or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20_000, max: 100_000 }),
        fc.array(
          act.filter((one) => one.do !== 'wait'),
          { minLength: 40, maxLength: 150 },
        ),
        async (limits, acts) => {
          const world = new World(limits);
          await world.start();
          for (const one of acts) await world.apply(one);
          // Everything that is still open is won, at its full price.
          while (world.bids.some(({ told }) => !told)) await world.tell('bill', 0, 1);
          for (const { bucket, spent, late } of await world.spend()) {
            expect(spent, bucket).toBeLessThanOrEqual(world.limitOf(bucket, limits));
            expect(late, bucket).toBe(0);
          }
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
  }, 60_000);

  it('delivers the whole budget, to the last bid that fits', async () => {
    for (const cpm of [4_000_000, 3_333_333, 70_000_000]) {
      const world = new World(1_000_000);
      await world.start();
      let idle = 0;
      while (idle < 3) {
        const before = world.bids.length;
        world.bid(1, cpm);
        if (world.bids.length > before) {
          await world.tell('bill', 0, 1);
          idle = 0;
        } else idle++;
        await world.treasury.tick(world.nowMs);
      }
      const day = dayBucket('campaign', world.campaignId, world.zone.at(world.nowMs).day);
      const { spent } = (await state.ledger.bucketStates([day]))[0]!;
      // 200 impressions a day are the other limit.
      const cost = Math.ceil(cpm / 1000);
      expect(1_000_000 - spent < cost || world.bids.length === 200).toBe(true);
    }
  });
});

describe('the treasury', () => {
  const budget = (id: string, more: Partial<BudgetRef> = {}): BudgetRef => ({
    scope: 'campaign',
    id,
    zone: zoneNamed('UTC'),
    lifetimeMicros: undefined,
    dailyMicros: 10_000,
    lifetimeImpressions: undefined,
    dailyImpressions: undefined,
    ...more,
  });
  const open = (budgets: readonly BudgetRef[], nowMs = NOW) =>
    Treasury.open(state.ledger, budgets, nowMs, { longestHoldMs: 2 * HOLD_MS });
  let serial = 0;
  const holdOf = (budgets: readonly BudgetRef[], costMicros: number, nowMs = NOW) => ({
    bidId: `hold-${++serial}`,
    budgets,
    costMicros: costMicros as ReturnType<typeof impressionCostCeiling>,
    impressions: 1,
    nowMs,
    expiresAtMs: nowMs + HOLD_MS,
  });
  const viewOf = (treasury: Treasury, bucket: string) =>
    treasury.states().find((one) => one.bucket === bucket && one.unit === 'micros')!;

  it('takes from every limited bucket or from none', async () => {
    const budgets = [
      budget('all-or-none'),
      budget('all-or-none-line', { scope: 'line_item', dailyMicros: 100 }),
    ];
    const treasury = await open(budgets);
    const held = treasury.reserve(holdOf(budgets, 60));
    expect(held).toBeUndefined();
    expect(treasury.reserve(holdOf(budgets, 60))).toBeDefined();
    expect(viewOf(treasury, 'campaign/all-or-none/2026-11-23').reserved).toBe(60);
  });

  it('names why it refuses: spent, on hold, or not granted yet', async () => {
    const budgets = [budget('why', { dailyMicros: 100 })];
    const treasury = await open(budgets);
    for (let tick = 0; tick < 5; tick++) await treasury.tick(NOW + tick);
    const first = holdOf(budgets, 70);
    expect(treasury.reserve(first)).toBeUndefined();
    expect(treasury.reserve(holdOf(budgets, 101))).toBe('budget_spent');
    expect(treasury.reserve(holdOf(budgets, 50))).toBe('budget_on_hold');
    treasury.settle(first.bidId, [
      { bucket: 'campaign/why/2026-11-23', micros: 70, impressions: 1, leaseId: treasury.leaseId },
    ]);
    expect(treasury.reserve(holdOf(budgets, 50))).toBe('budget_spent');
    const unknown = [budget('never configured')];
    expect(treasury.reserve(holdOf(unknown, 1))).toBe('no_budget_lease');
  });

  it('holds nothing for bids without a limit', async () => {
    const free = [budget('free', { dailyMicros: undefined })];
    const treasury = await open(free);
    expect(treasury.reserve(holdOf(free, 1_000_000))).toBeUndefined();
    expect(treasury.overspendBound().openReservations).toBe(0);
  });

  it('lets a hold fall when its time is over, later where it was won', async () => {
    const budgets = [budget('fall')];
    const treasury = await open(budgets);
    const [lost, won] = [holdOf(budgets, 10), holdOf(budgets, 20)];
    treasury.reserve(lost);
    treasury.reserve(won);
    treasury.extend(won.bidId, NOW + 2 * HOLD_MS);
    const reservedAt = async (nowMs: number) => {
      await treasury.tick(nowMs);
      return viewOf(treasury, 'campaign/fall/2026-11-23').reserved;
    };
    expect(await reservedAt(NOW + HOLD_MS - 1)).toBe(30);
    expect(await reservedAt(NOW + HOLD_MS)).toBe(20);
    expect(await reservedAt(NOW + 2 * HOLD_MS)).toBe(0);
    expect(treasury.overspendBound().reservedMicros).toBe(0);
  });

  it('holds what was won as long as its bid was to stand, where that is longer than usual', async () => {
    const budgets = [budget('stand')];
    const treasury = await open(budgets);
    const won = { ...holdOf(budgets, 20), wonExpiresAtMs: NOW + 3 * HOLD_MS };
    treasury.reserve(won);
    treasury.extend(won.bidId, NOW + 2 * HOLD_MS);
    await treasury.tick(NOW + 3 * HOLD_MS - 1);
    expect(viewOf(treasury, 'campaign/stand/2026-11-23').reserved).toBe(20);
    await treasury.tick(NOW + 3 * HOLD_MS);
    expect(viewOf(treasury, 'campaign/stand/2026-11-23').reserved).toBe(0);
  });

  it('lets no hold fall whose charge is already on its way', async () => {
    const budgets = [budget('on-its-way')];
    const treasury = await open(budgets);
    const hold = holdOf(budgets, 5000);
    treasury.reserve(hold);
    const facts = factsOf({ bidId: hold.bidId, campaignId: 'on-its-way', leaseId: treasury.leaseId });
    const seen: number[] = [];
    const settled = state.journal.appendNotice(billingOf(facts, 5_000_000)).then(({ charges }) => {
      seen.push(viewOf(treasury, 'campaign/on-its-way/2026-11-23').reserved);
      treasury.settle(hold.bidId, charges);
    });
    await treasury.tick(NOW + HOLD_MS);
    await settled;
    expect(seen).toEqual([5000]);
  });

  it('lets nothing fall while the ledger does not answer', async () => {
    const own = await openSqliteState({ directory: ':memory:' });
    const budgets = [budget('deaf')];
    const treasury = await Treasury.open(own.ledger, budgets, NOW, { longestHoldMs: HOLD_MS });
    treasury.reserve(holdOf(budgets, 10));
    await own.close();
    await expect(treasury.tick(NOW + HOLD_MS)).rejects.toThrow();
    expect(treasury.overspendBound().openReservations).toBe(1);
  });

  it('opens tomorrow two minutes early, in the zone of the campaign', async () => {
    const zone = zoneNamed('America/New_York');
    const budgets = [budget('morrow', { zone })];
    const { dayEndMs } = zone.at(NOW);
    const treasury = await open(budgets);
    const buckets = () => treasury.states().map(({ bucket }) => bucket);
    await treasury.tick(dayEndMs - 2 * MINUTE - 1);
    expect(buckets()).toEqual(['campaign/morrow/2026-11-23']);
    await treasury.tick(dayEndMs - 2 * MINUTE);
    expect(buckets()).toContain('campaign/morrow/2026-11-24');
    expect(treasury.reserve(holdOf(budgets, 10, dayEndMs))).toBeUndefined();
    await treasury.tick(dayEndMs + DAY / 2);
    expect(buckets()).toEqual(['campaign/morrow/2026-11-24']);
  });

  it('charges a win of an earlier process to that one’s lease, not to its own', async () => {
    const budgets = [budget('heir')];
    const dead = await open(budgets);
    const hold = holdOf(budgets, 4000);
    dead.reserve(hold);
    const facts = factsOf({ bidId: hold.bidId, campaignId: 'heir', leaseId: dead.leaseId });
    const heir = await open(budgets);
    const before = viewOf(heir, 'campaign/heir/2026-11-23');
    const { charges } = await state.journal.appendNotice(billingOf(facts, 4_000_000));
    heir.settle(facts.bidId, charges);
    const after = viewOf(heir, 'campaign/heir/2026-11-23');
    expect(after).toEqual({ ...before, spent: before.spent + 4000 });
  });

  it('keeps what was spent when the limit is edited', async () => {
    const budgets = [budget('edited')];
    const treasury = await open(budgets);
    const hold = holdOf(budgets, 4000);
    treasury.reserve(hold);
    const facts = factsOf({ bidId: hold.bidId, campaignId: 'edited', leaseId: treasury.leaseId });
    treasury.settle(hold.bidId, (await state.journal.appendNotice(billingOf(facts, 4_000_000))).charges);
    const lower = [budget('edited', { dailyMicros: 4500 })];
    await treasury.configure(lower, NOW);
    expect(treasury.reserve(holdOf(lower, 600))).toBe('budget_spent');
    expect(treasury.reserve(holdOf(lower, 500))).toBeUndefined();
    const higher = [budget('edited', { dailyMicros: 50_000 })];
    await treasury.configure(higher, NOW);
    await treasury.tick(NOW + 1);
    expect(treasury.reserve(holdOf(higher, 600))).toBeUndefined();
    expect(viewOf(treasury, 'campaign/edited/2026-11-23').spent).toBe(4000);
  });

  it('gives back what is free when it closes, and keeps what open bids may cost', async () => {
    const budgets = [budget('closing')];
    const treasury = await open(budgets);
    treasury.reserve(holdOf(budgets, 4000));
    await treasury.close();
    const states = await state.ledger.bucketStates(['campaign/closing/2026-11-23']);
    expect(states.find(({ unit }) => unit === 'micros')).toMatchObject({ leased: 4000 });
    expect(treasury.reserve(holdOf(budgets, 1))).toBe('no_budget_lease');
  });

  it('refuses beyond the number of holds it can keep', async () => {
    const budgets = [budget('crowd')];
    const treasury = await Treasury.open(state.ledger, budgets, NOW, { longestHoldMs: HOLD_MS, holdsMax: 2 });
    expect([1, 2, 3].map(() => treasury.reserve(holdOf(budgets, 1)))).toEqual([
      undefined,
      undefined,
      'budget_on_hold',
    ]);
  });
});
