import type { Probability } from '../../core/units.ts';
import type { PacingController } from './controller.ts';

/** Takes part in everything until the budget is spent. */
export const asapPacing: PacingController = {
  name: 'asap',
  step: () => 1 as Probability,
};
