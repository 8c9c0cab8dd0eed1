/** Where somebody stands between the first sight of them and their leaving for good. */
import type { Stage } from '../../core/profile.ts';
import type { Customer } from './customer.ts';

export interface Standing {
  readonly customer: Customer | undefined;
  /** Of customers; undefined while it is not known. */
  readonly churnRisk: number | undefined;
  readonly daysSinceSeen: number;
  /** Searched, clicked or filled a cart within `FRESH_DAYS`. */
  readonly showedIntent: boolean;
}

/** What was done longer ago says little of what somebody wants now. */
export const FRESH_DAYS = 30;
/** More likely gone than not, with some room; and all but gone. */
export const AT_RISK = 0.6;
export const LAPSED = 0.85;

export function stageOf({ customer, churnRisk = 0, daysSinceSeen, showedIntent }: Standing): Stage {
  if (!customer) {
    if (daysSinceSeen > FRESH_DAYS) return 'dormant';
    return showedIntent ? 'prospect' : 'visitor';
  }
  if (customer.repeats === 0 && customer.ageDays <= FRESH_DAYS) return 'new_customer';
  if (churnRisk >= LAPSED) return 'lapsed';
  return churnRisk >= AT_RISK ? 'at_risk' : 'active_customer';
}
