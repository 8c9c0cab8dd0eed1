import type { Probability } from '../../core/units.ts';
import type { Arm, CreativePolicy } from './policy.ts';

/**
 * In proportion to the buyer's weights. Weights 3, 1, 0: propensities 0.75, 0.25, 0. Where no weight is above zero
 * all creatives count the same, since a line item must show something.
 */
export const weightedPolicy: CreativePolicy = {
  name: 'weighted',
  choose: (arms, random) => {
    const greatest = arms.reduce((most, arm) => Math.max(most, weightOf(arm)), 0);
    const shares = arms.map((arm) => (greatest > 0 ? weightOf(arm) / greatest : 1));
    const total = shares.reduce((sum, share) => sum + share, 0);
    let left = random.next() * total;
    let index = 0;
    let last = 0;
    for (; index < shares.length; index++) {
      if (shares[index]! <= 0) continue;
      last = index;
      left -= shares[index]!;
      if (left < 0) break;
    }
    // Rounding may leave a speck over; it belongs to the last arm that has a weight.
    return { index: last, propensity: (shares[last]! / total) as Probability };
  },
};

function weightOf(arm: Arm): number {
  return arm.weight > 0 ? Math.min(arm.weight, Number.MAX_VALUE) : 0;
}
