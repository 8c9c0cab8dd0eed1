/** What every pricer must do. Run by test/policy/price.test.ts over the family's list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CpmMicros } from '../../src/core/units.ts';
import { LandscapeHistogram } from '../../src/policy/price/landscape.ts';
import type { PriceInput, Pricer } from '../../src/policy/price/pricer.ts';

const SEED = 73;

const anyPrice = fc.oneof(fc.integer({ min: 0, max: 50_000_000 }), fc.integer({ min: 0, max: 2000 }));
export const anyLandscape = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 40_000_000 }), fc.double({ min: 0.1, max: 100, noNaN: true })), {
    maxLength: 60,
  })
  .map((observations) => {
    const histogram = new LandscapeHistogram();
    for (const [price, weight] of observations) histogram.observe(price, weight);
    return histogram.publish();
  });

export function pricerContract(pricer: Pricer): void {
  const bid = (input: {
    value: number;
    floor: number;
    auctionType: number;
    landscape: PriceInput['landscape'];
  }): number =>
    pricer.bid({
      valueCpmMicros: input.value as CpmMicros,
      floorCpmMicros: input.floor as CpmMicros,
      auctionType: input.auctionType,
      landscape: input.landscape,
    });

  describe(`pricer ${pricer.name}`, () => {
    it('bids whole micros from the floor up to the value; the value itself where that is below the floor', () => {
      fc.assert(
        fc.property(
          anyPrice,
          anyPrice,
          fc.constantFrom(1, 2, 3, 500),
          fc.option(anyLandscape, { nil: undefined }),
          (value, floor, auctionType, landscape) => {
            const price = bid({ value, floor, auctionType, landscape });
            expect(Number.isSafeInteger(price)).toBe(true);
            expect(price).toBeLessThanOrEqual(value);
            expect(price).toBeGreaterThanOrEqual(Math.min(floor, value));
          },
        ),
        { seed: SEED, numRuns: 600 },
      );
    });

    it('bids the value in a second-price auction', () => {
      fc.assert(
        fc.property(anyPrice, fc.option(anyLandscape, { nil: undefined }), (value, landscape) => {
          expect(bid({ value, floor: 0, auctionType: 2, landscape })).toBe(value);
        }),
        { seed: SEED, numRuns: 100 },
      );
    });

    it('bids nothing where there is no worth that can be counted', () => {
      for (const value of [0, -5, Number.NaN, Number.POSITIVE_INFINITY]) {
        const price = bid({ value, floor: 0, auctionType: 1, landscape: undefined });
        expect(price).toBe(0);
      }
    });

    it('is pure', () => {
      fc.assert(
        fc.property(anyPrice, anyPrice, anyLandscape, (value, floor, landscape) => {
          const input = { value, floor, auctionType: 1, landscape };
          expect(bid(input)).toBe(bid(input));
        }),
        { seed: SEED, numRuns: 100 },
      );
    });
  });
}
