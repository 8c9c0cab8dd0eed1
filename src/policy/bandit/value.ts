/**
 * For rewards of different worth: the mean worth of a trial of each arm is believed to be normal, and an arm is shown with the probability
 * that its mean is the greatest (Thompson sampling with normal beliefs: Agrawal & Goyal 2013, "Further Optimal Regret Bounds for Thompson
 * Sampling"). Worth per trial is mostly nought and now and then much, so its variance is measured: that of all arms together, since one
 * arm alone with one lucky order would be far too sure of itself.
 */
import { chancesOfNormals } from './greatest-normal.ts';
import type { CreativePolicy } from './policy.ts';
import { spreadOf } from './rates.ts';

export const valuePolicy: CreativePolicy = {
  name: 'value',
  memory: 'all',
  shares: ({ arms, prior, ahead }, offered) => {
    const shown = arms.filter(({ trials }) => trials > 0);
    const trials = shown.reduce((sum, arm) => sum + arm.trials, 0);
    const rewards = shown.reduce((sum, arm) => sum + Math.max(0, arm.rewards), 0);
    const value = shown.reduce((sum, { value: own = 0 }) => sum + Math.max(0, own), 0);
    const squares = shown.reduce((sum, { valueSquares: own = 0 }) => sum + Math.max(0, own), 0);
    // Less than one reward in all says nothing of their worth.
    if (
      !(rewards >= 1 && value > 1e-9 && value < COUNT_MAX && squares < COUNT_MAX ** 2 && trials < COUNT_MAX)
    )
      return new Float64Array(offered.length).fill(1 / offered.length);
    const worth = value / rewards;
    const mean = (value + worth * prior.rate * prior.trials) / (trials + prior.trials);
    // At least that of orders of equal worth, so that a single one does not count as certainty.
    const variance =
      Math.max(squares / trials - mean * mean, worth * worth * (rewards / trials)) + mean * mean;
    const spread = spreadOf(ahead);
    return chancesOfNormals(
      offered.map((place) => {
        const arm = arms[place]!;
        const weight = Math.max(0, arm.trials) + prior.trials;
        return {
          mean: (Math.max(0, arm.value ?? 0) + mean * prior.trials) / weight,
          variance: (spread ** 2 * variance) / weight,
        };
      }),
    );
  },
};

const COUNT_MAX = 1e15;
