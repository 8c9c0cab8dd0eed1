import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BID_KNOTS, BINS, BinnedWeights, binOf, KNOTS } from '../../src/policy/price/bins.ts';
import { isotonic } from '../../src/policy/price/isotonic.ts';
import { productLimit } from '../../src/policy/price/product-limit.ts';

const SEED = 29;

describe('price bins', () => {
  it('hold what lies above the knot before and up to their own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_048_576_000 }), (price) => {
        const bin = binOf(price);
        expect(KNOTS[bin]!).toBeGreaterThanOrEqual(price);
        if (bin > 0) expect(KNOTS[bin - 1]!).toBeLessThan(price);
      }),
      { seed: SEED, numRuns: 1000 },
    );
    for (let bin = 0; bin < BINS; bin++) expect(binOf(KNOTS[bin]!)).toBe(bin);
    expect([binOf(0), binOf(1e15)]).toEqual([0, BINS - 1]);
  });

  it('are every second one for bids, at or above the bid', () => {
    for (const price of [1, 1001, 700_000, 1_000_000, 999_999_999]) {
      const weights = new BinnedWeights();
      weights.add(binOf(price), 3);
      const bin = weights.denseByBid().indexOf(3);
      expect(BID_KNOTS[bin]!).toBeGreaterThanOrEqual(price);
      if (bin > 0) expect(BID_KNOTS[bin - 1]!).toBeLessThan(price);
    }
  });
});

/** The max-min formula of isotonic regression: the greatest over starts of the least over ends of the mean between. */
function slowIsotonic(values: readonly number[], weights: readonly number[]): number[] {
  const mean = (from: number, to: number) => {
    let sum = 0;
    let mass = 0;
    for (let index = from; index <= to; index++) {
      sum += values[index]! * weights[index]!;
      mass += weights[index]!;
    }
    return sum / mass;
  };
  return values.map((_, index) => {
    let greatest = Number.NEGATIVE_INFINITY;
    for (let from = 0; from <= index; from++) {
      let least = Number.POSITIVE_INFINITY;
      for (let to = index; to < values.length; to++) least = Math.min(least, mean(from, to));
      greatest = Math.max(greatest, least);
    }
    return greatest;
  });
}

describe('isotonic regression', () => {
  it('pools what falls', () => {
    const fitted = new Float64Array(3);
    isotonic([0.2, 0.5, 0.3], [1, 1, 1], fitted);
    expect([...fitted]).toEqual([0.2, 0.4, 0.4]);
  });

  it('is the max-min formula', () => {
    const pairs = fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.1, max: 20, noNaN: true })),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(pairs, (rows) => {
        const [values, weights] = [rows.map(([value]) => value), rows.map(([, weight]) => weight)];
        const fitted = new Float64Array(rows.length);
        isotonic(values, weights, fitted);
        slowIsotonic(values, weights).forEach((value, index) => {
          expect(fitted[index]!).toBeCloseTo(value, 9);
        });
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

/** One observation at a time: the known price, or the winning bid that it was no dearer than. */
function slowProductLimit(seen: readonly number[], wonAt: readonly number[], at: number): number {
  const known = [...seen, ...wonAt];
  let share = 1;
  for (const price of new Set(seen.filter((each) => each > at)))
    share *= 1 - seen.filter((each) => each === price).length / known.filter((each) => each <= price).length;
  return share;
}

function limited(seen: readonly number[], wonAt: readonly number[], bins: number): Float64Array {
  const count = (of: readonly number[]) =>
    Float64Array.from({ length: bins }, (_, bin) => of.filter((each) => each === bin).length);
  const shares = new Float64Array(bins);
  productLimit(count(seen), count(wonAt), shares);
  return shares;
}

describe('the product limit', () => {
  it('is the table worked out by hand', () => {
    // Prices 2, 4, 4, 5 seen by losers; wins at 3 and 5 (so no dearer than that). From the top:
    // F(5) = 1; F(4) = 1 − 1/6 (six are at most 5, one is 5); F(3) = 5/6 · (1 − 2/4); F(2) = F(3); F(1) = 5/12 · (1 − 1/1).
    const shares = limited([2, 4, 4, 5], [3, 5], 7);
    [0, 0, 5 / 12, 5 / 12, 5 / 6, 1, 1].forEach((share, bin) => {
      expect(shares[bin]!).toBeCloseTo(share, 12);
    });
  });

  it('is the share of all prices where all are seen', () => {
    expect([...limited([1, 2, 2, 3], [], 5)].map((share) => Math.round(share * 1e9) / 1e9)).toEqual([
      0, 0.25, 0.75, 1, 1,
    ]);
  });

  it('is what single observations give', () => {
    const prices = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 15 });
    fc.assert(
      fc.property(prices, prices, (seen, wonAt) => {
        const shares = limited(seen, wonAt, 10);
        for (let bin = 0; bin < 10; bin++)
          expect(shares[bin]!).toBeCloseTo(slowProductLimit(seen, wonAt, bin), 9);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
