/** `imp.rwdd`. */
import { flagDimension } from './value-dimension.ts';

export const rewarded = flagDimension({
  name: 'rewarded',
  description: 'true: only where people are rewarded for watching; false: nowhere of this kind.',
  cost: 25,
  value: ({ impression }) => impression.rewarded,
});
