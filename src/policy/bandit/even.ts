import type { CreativePolicy } from './policy.ts';

/** Every creative equally often: the fair split of an A/B test. Three arms: each with propensity 1/3. */
export const evenPolicy: CreativePolicy = {
  name: 'even',
  memory: 'all',
  shares: (_, offered) => new Float64Array(offered.length).fill(1 / offered.length),
};
