/**
 * Thompson sampling for a world that moves, by how evidence is read: each trial counting less the older it is (Raj & Kalyani 2017, "Taming
 * Non-stationary Bandits"), trials of the last days alone (Trovò, Paladino, Restelli & Gatti 2020, "Sliding-Window Thompson Sampling"), or all of
 * it since the last change that the record shows. The reading is done by `evidence.ts`, where counts are kept by the hour and never faded in place.
 */
import type { CreativePolicy } from './policy.ts';
import { thompsonShares } from './rates.ts';

export const discountedPolicy: CreativePolicy = {
  name: 'discounted',
  memory: 'fading',
  shares: (belief, offered) => thompsonShares(belief, offered),
};

export const slidingWindowPolicy: CreativePolicy = {
  name: 'sliding_window',
  memory: 'window',
  shares: (belief, offered) => thompsonShares(belief, offered),
};

export const changeAwarePolicy: CreativePolicy = {
  name: 'change_aware',
  memory: 'since_change',
  shares: (belief, offered) => thompsonShares(belief, offered),
};
