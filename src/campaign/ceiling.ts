/** The most that a line item can bid, whoever asks: what lets a bid leave most of them unasked. */
import { goesByResults } from './bid-strategy.ts';
import type { LineItem } from './campaign.ts';

/** As much as any price that a buyer can give. */
export const CPM_MICROS_MAX = 1e10;

/**
 * CPM micros of the account's currency; its worth of an impression, factors of hours included, never exceeds it, unless the person
 * is in a pack by which it bids more: see `packsBidMoreFor`.
 */
export function ceilingOf({ bid, targeting }: Pick<LineItem, 'bid' | 'targeting'>): number {
  if (goesByResults(bid)) return ('maxCpmMicros' in bid ? bid.maxCpmMicros : undefined) ?? CPM_MICROS_MAX;
  const price = bid.strategy === 'fixed_cpm' ? bid.priceCpmMicros : (bid.maxCpmMicros ?? CPM_MICROS_MAX);
  // Outside its hours it does not bid.
  const hours = targeting.daypart ? targeting.daypart.slots.map(({ multiplier = 1 }) => multiplier) : [1];
  return Math.ceil(price * Math.max(...hours));
}

/** Packs whose members it can be worth more to than its ceiling. */
export function packsBidMoreFor({
  bid,
  audienceWeights,
}: Pick<LineItem, 'bid' | 'audienceWeights'>): readonly string[] {
  if (goesByResults(bid)) return [];
  return audienceWeights.filter(({ multiplier }) => multiplier > 1).map(({ audience }) => audience);
}
