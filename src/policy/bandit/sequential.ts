import type { CreativePolicy } from './policy.ts';

/**
 * A story in the order of the line item's creatives: each person sees the one after the last they saw, and after the last of all the
 * first again. One that does not fit is skipped. Who cannot be known sees the first.
 */
export const sequentialPolicy: CreativePolicy = {
  name: 'sequential',
  memory: 'all',
  shares: (_, offered, { lastSeen }) => {
    const shares = new Float64Array(offered.length);
    let first = 0;
    let next = -1;
    offered.forEach((place, index) => {
      if (place < offered[first]!) first = index;
      if (lastSeen !== undefined && place > lastSeen && (next < 0 || place < offered[next]!)) next = index;
    });
    shares[next >= 0 ? next : first] = 1;
    return shares;
  },
};
