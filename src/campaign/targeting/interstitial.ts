/** `imp.instl`. */
import { flagDimension } from './value-dimension.ts';

export const interstitial = flagDimension({
  name: 'interstitial',
  description: 'true: full-screen placements only; false: none of them.',
  cost: 24,
  value: ({ impression }) => impression.interstitial,
});
