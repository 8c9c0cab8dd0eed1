import type { CpmMicros } from '../../core/units.ts';
import type { Pricer } from './pricer.ts';

/** Bids the value, whatever the auction: what a fixed price means, and what is best in a second-price auction. */
export const fullPricer: Pricer = {
  name: 'full',
  bid: ({ valueCpmMicros }) =>
    (Number.isFinite(valueCpmMicros) ? Math.max(0, Math.floor(valueCpmMicros)) : 0) as CpmMicros,
};
