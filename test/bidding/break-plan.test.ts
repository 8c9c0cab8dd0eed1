import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { PlannedSpot } from '../../src/bidding/break-plan.ts';
import { planBreak } from '../../src/bidding/break-plan.ts';

const spot = (worth: number, seconds: number, ...marks: string[]): PlannedSpot => ({ worth, seconds, marks });
const worthOf = (spots: readonly PlannedSpot[]) => spots.reduce((sum, { worth }) => sum + worth, 0);

/** Every subset, for the plain twin. */
function bestOfAll(spots: readonly PlannedSpot[], seconds: number, places: number): number {
  let best = 0;
  for (let subset = 0; subset < 1 << spots.length; subset++) {
    const taken = spots.filter((_, index) => subset & (1 << index));
    const marks = taken.flatMap((each) => each.marks);
    const length = taken.reduce((sum, each) => sum + each.seconds, 0);
    if (taken.length <= places && length <= seconds && new Set(marks).size === marks.length)
      best = Math.max(best, worthOf(taken));
  }
  return best;
}

describe('the plan of a break', () => {
  it('does not waste places on spots that are only short', () => {
    const plan = planBreak([spot(5, 6), spot(5, 6), spot(20, 30)], { seconds: 60, places: 2 });
    expect(worthOf(plan)).toBe(25);
  });

  it('does not waste seconds on a spot that is only dear', () => {
    const plan = planBreak([spot(20, 60), spot(12, 30), spot(12, 30)], { seconds: 60, places: 4 });
    expect(worthOf(plan)).toBe(24);
  });

  it('takes no two spots that the seller counts as the same', () => {
    const plan = planBreak([spot(9, 15, 'domain a'), spot(8, 15, 'domain a'), spot(1, 15, 'domain b')], {
      seconds: 60,
      places: 3,
    });
    expect(worthOf(plan)).toBe(10);
  });

  const spots = fc.array(
    fc.record({
      worth: fc.integer({ min: 1, max: 100 }),
      seconds: fc.constantFrom(6, 10, 15, 20, 30, 60),
      marks: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 1 }),
    }),
    { maxLength: 9 },
  );
  test.prop([spots, fc.integer({ min: 6, max: 120 }), fc.integer({ min: 1, max: 5 })], { seed: 20261123 })(
    'keeps to both limits, repeats no mark, and is worth at least half of the best there is',
    (offered, seconds, places) => {
      const plan = planBreak(offered, { seconds, places });
      const marks = plan.flatMap((each) => each.marks);
      expect(plan.length).toBeLessThanOrEqual(places);
      expect(plan.reduce((sum, each) => sum + each.seconds, 0)).toBeLessThanOrEqual(seconds);
      expect(new Set(marks).size).toBe(marks.length);
      expect(worthOf(plan)).toBeGreaterThanOrEqual(bestOfAll(offered, seconds, places) / 2);
    },
  );

  it('comes within a twentieth of the best there is on the whole', () => {
    let planned = 0;
    let possible = 0;
    for (const [offered, seconds, places] of fc.sample(
      fc.tuple(spots, fc.integer({ min: 30, max: 120 }), fc.integer({ min: 1, max: 5 })),
      { seed: 7, numRuns: 300 },
    )) {
      planned += worthOf(planBreak(offered, { seconds, places }));
      possible += bestOfAll(offered, seconds, places);
    }
    expect(planned / possible).toBeGreaterThan(0.95);
  });
});
