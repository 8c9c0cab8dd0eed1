import type { CpmMicros } from '../../core/units.ts';
import type { Pricer } from './pricer.ts';
import { worthOf } from './pricer.ts';

/** Bids the worth, whatever the auction: what a fixed price means, and what is best in a second-price auction. */
export const fullPricer: Pricer = {
  name: 'full',
  bid: (input) => worthOf(input) as CpmMicros,
};
