/**
 * Recency, frequency, monetary value: each customer's fifth of all customers by how lately, how often and for how much they bought
 * (Hughes 1994, "Strategic Database Marketing"). 5 is the best fifth; equal customers get equal scores. The classes cut the grid of
 * recency against the mean of the other two, as the trade draws it.
 */
import type { RfmClass } from '../../core/profile.ts';
import type { Customer } from './customer.ts';

export interface RfmScores {
  /** 1..5 each. */
  readonly recency: number;
  readonly frequency: number;
  readonly monetary: number;
}

export interface RfmScale {
  scoresOf(customer: Customer): RfmScores;
}

/** The four cuts between fifths, for each of the three. */
export function rfmScale(customers: readonly Customer[]): RfmScale {
  const cuts = {
    recency: cutsOf(customers.map(lateness)),
    frequency: cutsOf(customers.map(({ repeats }) => repeats)),
    monetary: cutsOf(customers.map(({ spendMicros }) => spendMicros)),
  };
  return {
    scoresOf: (customer) => ({
      recency: fifthOf(lateness(customer), cuts.recency),
      frequency: fifthOf(customer.repeats, cuts.frequency),
      monetary: fifthOf(customer.spendMicros, cuts.monetary),
    }),
  };
}

export function rfmSum({ recency, frequency, monetary }: RfmScores): number {
  return recency + frequency + monetary;
}

export function rfmClass({ recency, frequency, monetary }: RfmScores): RfmClass {
  const worth = (frequency + monetary) / 2;
  if (recency >= 4) {
    if (worth >= 4) return recency === 5 ? 'champion' : 'loyal';
    if (worth >= 2.5) return 'promising';
    return 'new';
  }
  if (recency === 3) return worth >= 4 ? 'loyal' : 'needs_attention';
  if (worth >= 4.5 && recency === 1) return 'cannot_lose';
  if (worth >= 3) return 'at_risk';
  return recency === 2 ? 'asleep' : 'lost';
}

/** The greater, the later the last purchase was. */
function lateness({ ageDays, recencyDays }: Customer): number {
  return recencyDays - ageDays;
}

function cutsOf(values: readonly number[]): readonly number[] {
  const sorted = Float64Array.from(values).sort();
  return [0.2, 0.4, 0.6, 0.8].map((share) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
}

function fifthOf(value: number, cuts: readonly number[]): number {
  let fifth = 1;
  for (const cut of cuts) if (value > cut) fifth++;
  return fifth;
}
