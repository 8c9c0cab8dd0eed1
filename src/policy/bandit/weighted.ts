import type { Arm, CreativePolicy } from './policy.ts';

/**
 * In proportion to the buyer's weights. Weights 3, 1, 0: propensities 0.75, 0.25, 0. Where no weight is above zero
 * all creatives count the same, since a line item must show something.
 */
export const weightedPolicy: CreativePolicy = {
  name: 'weighted',
  memory: 'all',
  shares: ({ arms }, offered) => {
    const weights = Float64Array.from(offered, (place) => weightOf(arms[place]!));
    const greatest = weights.reduce((most, weight) => Math.max(most, weight), 0);
    const parts = weights.map((weight) => (greatest > 0 ? weight / greatest : 1));
    const total = parts.reduce((sum, part) => sum + part, 0);
    return parts.map((part) => part / total);
  },
};

function weightOf(arm: Arm): number {
  return arm.weight > 0 ? Math.min(arm.weight, Number.MAX_VALUE) : 0;
}
