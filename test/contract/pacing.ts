/** What every pacing controller must do. Run by test/policy/pacing.test.ts over the family's list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PacingController, PacingInput } from '../../src/policy/pacing/controller.ts';

const SEED = 72;

const anyNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -1, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, 1e-300),
);

export function pacingContract(controller: PacingController): void {
  describe(`pacing controller ${controller.name}`, () => {
    it('answers with a share in 0..1 whatever it is told', () => {
      fc.assert(
        fc.property(fc.array(anyNumber, { minLength: 6, maxLength: 6 }), (numbers) => {
          const [participation, budgetMicros, spentMicros, elapsed, spentSinceMicros, stepElapsed] =
            numbers as [number, number, number, number, number, number];
          const share = controller.step({
            participation,
            budgetMicros,
            spentMicros,
            elapsed,
            spentSinceMicros,
            stepElapsed,
          } as PacingInput);
          expect(share >= 0 && share <= 1, `gave ${share}`).toBe(true);
        }),
        { seed: SEED, numRuns: 1000 },
      );
    });

    it('never takes part more for having spent more', () => {
      const share = fc.double({ min: 0, max: 1, noNaN: true });
      fc.assert(
        fc.property(share, share, share, share, (participation, elapsed, spent, more) => {
          const at = (spentShare: number) =>
            controller.step({
              participation,
              budgetMicros: 1e9,
              spentMicros: spentShare * 1e9,
              elapsed,
              spentSinceMicros: 1e9 / 1440,
              stepElapsed: 1 / 1440,
            } as PacingInput);
          // The last of the budget is the purse's affair: pacing then rests.
          const less = Math.min(spent, more) * 0.99;
          const greater = Math.max(spent, more) * 0.99;
          expect(at(greater)).toBeLessThanOrEqual(at(less));
        }),
        { seed: SEED, numRuns: 300 },
      );
    });

    it('is pure: the same input gives the same share', () => {
      const input = {
        participation: 0.4,
        budgetMicros: 1e9,
        spentMicros: 3e8,
        elapsed: 0.5,
        spentSinceMicros: 1e6,
        stepElapsed: 0.001,
      } as PacingInput;
      expect(controller.step(input)).toBe(controller.step(Object.freeze({ ...input })));
    });
  });
}
