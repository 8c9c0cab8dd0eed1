/** The most that a line item can bid, whoever asks: what lets a bid leave most of them unasked. */
import { goesByResults } from './bid-strategy.ts';
import type { LineItem } from './campaign.ts';

/** As much as any price that a buyer can give. */
export const CPM_MICROS_MAX = 1e10;

/** CPM micros of the account's currency; its worth of an impression, factors of hours and packs included, never exceeds it. */
export function ceilingOf({
  bid,
  targeting,
  audienceWeights,
}: Pick<LineItem, 'bid' | 'targeting' | 'audienceWeights'>): number {
  if (goesByResults(bid)) return ('maxCpmMicros' in bid ? bid.maxCpmMicros : undefined) ?? CPM_MICROS_MAX;
  const price = bid.strategy === 'fixed_cpm' ? bid.priceCpmMicros : (bid.maxCpmMicros ?? CPM_MICROS_MAX);
  // Outside its hours it does not bid; outside its packs no weight applies.
  const hours = targeting.daypart ? targeting.daypart.slots.map(({ multiplier = 1 }) => multiplier) : [1];
  const packs = audienceWeights.map(({ multiplier }) => multiplier);
  return Math.ceil(price * Math.max(...hours) * Math.max(1, ...packs));
}
