import type { Probability } from '../../core/units.ts';
import type { CreativePolicy } from './policy.ts';

/** Every creative equally often: the fair split of an A/B test. Three arms: each with propensity 1/3. */
export const evenPolicy: CreativePolicy = {
  name: 'even',
  choose: (arms, random) => ({
    index: Math.floor(random.next() * arms.length),
    propensity: (1 / arms.length) as Probability,
  }),
};
