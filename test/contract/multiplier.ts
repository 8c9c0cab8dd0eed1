/** What every kind of multiplier must do. Run by test/policy/control/multiplier.test.ts over the family's list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import type { Multiplier, MultiplierKind, PeriodGoal } from '../../src/policy/control/multiplier.ts';

const SEED = 77;

const anyNumber = fc.oneof(
  fc.double(),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.constantFrom(0, -1, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, 1e-300),
);

const anyGoal: fc.Arbitrary<PeriodGoal> = fc.record(
  {
    opportunities: anyNumber,
    opportunitiesLeft: anyNumber,
    spendLeft: anyNumber,
    target: fc.record({
      costPerAction: anyNumber,
      actionsPerValue: anyNumber,
      spent: anyNumber,
      actions: anyNumber,
      came: anyNumber,
    }),
  },
  { requiredKeys: ['opportunities', 'opportunitiesLeft', 'spendLeft'] },
);

const anyCall = fc.oneof(
  fc.record({ call: fc.constant('offered' as const), count: anyNumber }),
  fc.record({ call: fc.constant('won' as const), value: anyNumber, paid: anyNumber }),
  fc.record({ call: fc.constant('step' as const), goal: anyGoal }),
);

interface Market {
  readonly opportunities: number;
  readonly budget: number;
  readonly first: number;
  readonly seed: number;
  readonly costPerAction?: number;
  readonly actionsPerValue?: number;
  /** Prices from here on, as a factor; by share of the period. */
  readonly priceAt?: (elapsed: number) => number;
  readonly after?: (multiplier: Multiplier, elapsed: number) => void;
}

/** Second-price auctions, price and value uniform in 0..1 and independent: a multiplier α ≤ 1 costs α² / 6 of each. */
export function buy(kind: MultiplierKind, market: Market) {
  const { opportunities, budget, first, costPerAction, actionsPerValue = 1 } = market;
  const random = seededRandom(market.seed);
  let multiplier = kind.start(first);
  let spent = 0;
  let value = 0;
  for (let index = 0; index < opportunities; index++) {
    const worth = random.next();
    const price = random.next() * (market.priceAt?.(index / opportunities) ?? 1);
    multiplier.step({
      opportunities,
      opportunitiesLeft: opportunities - index,
      spendLeft: budget - spent,
      ...(costPerAction !== undefined && {
        target: { costPerAction, actionsPerValue, spent, actions: value * actionsPerValue, came: 1000 },
      }),
    });
    multiplier.offered(1);
    if (Math.min(multiplier.multiplier * worth, budget - spent) >= price) {
      spent += price;
      value += worth;
      multiplier.won(worth, price);
    }
    if (index % 500 === 499) multiplier = kind.restore(JSON.parse(JSON.stringify(multiplier.save())))!;
    market.after?.(multiplier, index / opportunities);
  }
  return { spent, value, multiplier: multiplier.multiplier };
}

export function multiplierContract(kind: MultiplierKind): void {
  describe(`multiplier ${kind.name}`, () => {
    it('is above 0 and finite whatever it is told, in whichever order, also after a restore', () => {
      fc.assert(
        fc.property(
          fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
          fc.array(anyCall, { maxLength: 40 }),
          (first, calls) => {
            let multiplier = kind.start(first);
            for (const call of calls) {
              if (call.call === 'offered') multiplier.offered(call.count);
              else if (call.call === 'won') multiplier.won(call.value, call.paid);
              else multiplier.step(call.goal);
              const now = multiplier.multiplier;
              expect(now > 0 && now < Number.POSITIVE_INFINITY, `gave ${now}`).toBe(true);
            }
            const saved = JSON.parse(JSON.stringify(multiplier.save()));
            const restored = kind.restore(saved);
            expect(restored, JSON.stringify(saved)).toBeDefined();
            expect(restored!.multiplier).toBeCloseTo(multiplier.multiplier, 6);
            multiplier = restored!;
            multiplier.offered(1);
            multiplier.step({ opportunities: 100, opportunitiesLeft: 50, spendLeft: 1 });
            expect(multiplier.multiplier).toBeGreaterThan(0);
          },
        ),
        { seed: SEED, numRuns: 500 },
      );
    });

    it('moves by no more than a factor of two in a step', () => {
      fc.assert(
        fc.property(fc.array(anyCall, { maxLength: 20 }), anyGoal, (calls, goal) => {
          const multiplier = kind.start(1);
          for (const call of calls) {
            if (call.call === 'offered') multiplier.offered(call.count);
            else if (call.call === 'won') multiplier.won(call.value, call.paid);
          }
          // A target that first comes into force may be far below what the budget alone had led to.
          const { target: _, ...budgetOnly } = goal;
          const before = multiplier.multiplier;
          multiplier.step(budgetOnly);
          expect(Math.abs(Math.log(multiplier.multiplier / before))).toBeLessThan(Math.log(2) + 0.06);
        }),
        { seed: SEED, numRuns: 300 },
      );
    });

    it('finds the multiplier at which the budget lasts, from far below and far above', () => {
      for (const first of [0.006, 0.06, 5]) {
        const budget = (20_000 * 0.3 ** 2) / 6;
        const { spent, value } = buy(kind, { opportunities: 20_000, budget, first, seed: 5 });
        // All of the budget at the best constant multiplier: value α/3 of each auction.
        expect(spent / budget, `from ${first}`).toBeGreaterThan(0.98);
        expect(value / ((20_000 * 0.3) / 3), `from ${first}`).toBeGreaterThan(0.93);
      }
    });

    it('holds the average cost to the target where the budget would allow more', () => {
      // At α an action costs (α² / 6) / (α / 3) = α / 2 on average.
      const { spent, value } = buy(kind, {
        opportunities: 30_000,
        budget: 30_000,
        first: 0.05,
        seed: 6,
        costPerAction: 0.2,
      });
      expect(spent / value / 0.2).toBeGreaterThan(0.95);
      expect(spent / value / 0.2).toBeLessThan(1.03);
    });

    it('goes by the tighter of budget and target', () => {
      const market = { opportunities: 30_000, first: 0.05, seed: 7, costPerAction: 0.2 };
      const both = buy(kind, { ...market, budget: (30_000 * 0.2 ** 2) / 6 });
      expect(both.spent / ((30_000 * 0.2 ** 2) / 6)).toBeGreaterThan(0.98);
      expect(both.spent / both.value).toBeLessThan(0.12);
    });

    it('does not wind up: hours in which nothing can be bought are forgotten soon', () => {
      const budget = (20_000 * 0.3 ** 2) / 6;
      let worst = 0;
      const priceAt = (elapsed: number) => (elapsed < 0.3 ? 1000 : 1);
      buy(kind, {
        opportunities: 20_000,
        budget,
        first: 0.3,
        seed: 8,
        priceAt,
        after: (multiplier, elapsed) => {
          if (elapsed > 0.5) worst = Math.max(worst, multiplier.multiplier);
        },
      });
      // What is left for 0.7 of the auctions allows 0.3 / √0.7 = 0.36.
      expect(worst).toBeLessThan(0.9);
    });

    it('believes no other saved state', () => {
      for (const saved of [undefined, null, 1, 'x', [], {}, { version: 2 }, { version: 1 }])
        expect(kind.restore(saved)).toBeUndefined();
      for (const first of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
        expect(() => kind.start(first)).toThrow(RangeError);
    });
  });
}
