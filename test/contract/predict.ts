/** What every predictor must do. Run by test/policy/predict.test.ts over the family's list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Predictor } from '../../src/policy/predict/predictor.ts';

const SEED = 74;
const anyCount = fc.oneof(
  fc.integer({ min: 0, max: 1e9 }),
  fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY),
);

export function predictorContract(predictor: Predictor): void {
  const predict = (lineTrials: number, lineClicks: number, accountTrials: number, accountClicks: number) =>
    predictor.pClick({
      lineItemId: 'line',
      creativeId: 'creative',
      lineTrials,
      lineClicks,
      accountTrials,
      accountClicks,
    });

  describe(`predictor ${predictor.name}`, () => {
    it('gives a chance above 0 and up to 1 whatever was counted', () => {
      fc.assert(
        fc.property(anyCount, anyCount, anyCount, anyCount, (a, b, c, d) => {
          const chance = predict(a, b, c, d);
          expect(chance > 0 && chance <= 1, `gave ${chance}`).toBe(true);
        }),
        { seed: SEED, numRuns: 500 },
      );
    });

    it('never predicts less for more clicks', () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 500 }), (a, b) => {
          const less = predict(1000, Math.min(a, b), 1e6, 2000);
          expect(predict(1000, Math.max(a, b), 1e6, 2000)).toBeGreaterThanOrEqual(less);
        }),
        { seed: SEED, numRuns: 100 },
      );
    });

    it('comes to the line item’s own rate in the end', () => {
      expect(predict(1e8, 5e5, 1e9, 1e6)).toBeCloseTo(0.005, 4);
    });
  });
}
