// Which floor a bid must reach (§7.11.2): under a deal the deal's own, if it has any; else for video and
// audio that of the medium; else the impression's.

import type { BidCase } from './bid-case.ts';
import type { Json } from './reading.ts';
import { isFilled, numberOf, objectsOf, textOf } from './reading.ts';

export interface Floor {
  readonly cpm: number;
  readonly currency: string;
  readonly isOfDeal: boolean;
  /** The field the floor came from, for the message. */
  readonly source: string;
}

/** Undefined when the floor depends on a duration that neither the markup nor the bid tells. */
export function floorOf({ deal, imp, medium, offer, seconds }: BidCase): Floor | undefined {
  // imp.bidfloorcur holds for every floor inside the impression, but a deal does not inherit it (§3.2.12).
  const impCurrency = textOf(imp.bidfloorcur)?.toUpperCase() ?? 'USD';
  const impFloor = numberOf(imp.bidfloor) ?? 0;
  if (deal !== undefined && hasGuidance(deal)) {
    const found = dealFloor(deal, seconds);
    return found && { ...found, currency: textOf(deal.bidfloorcur)?.toUpperCase() ?? 'USD', isOfDeal: true };
  }
  if ((medium === 'video' || medium === 'audio') && hasGuidance(offer)) {
    const found = guidedFloor(offer, seconds, impFloor);
    return found && { ...found, currency: impCurrency, isOfDeal: false };
  }
  return { cpm: impFloor, currency: impCurrency, isOfDeal: false, source: 'imp.bidfloor' };
}

// §3.2.12: the price of the deal is settled, and bidfloor is that price.
const AGREED_PRICE = 3;

function dealFloor(deal: Json, seconds: number | undefined): { cpm: number; source: string } | undefined {
  const cpm = numberOf(deal.bidfloor) ?? 0;
  if (numberOf(deal.at) === AGREED_PRICE && isFilled(deal.bidfloor)) return { cpm, source: 'agreed price' };
  return guidedFloor(deal, seconds, cpm);
}

/** Only a deal has `bidfloor` among these; video and audio have no field of that name. */
function hasGuidance(owner: Json): boolean {
  return isFilled(owner.mincpmpersec) || isFilled(owner.durfloors) || isFilled(owner.bidfloor);
}

/** At most one form is given (§7.11.2); where several are, the price per second goes first (§7.6). */
function guidedFloor(
  owner: Json,
  seconds: number | undefined,
  fallback: number,
): { cpm: number; source: string } | undefined {
  const perSecond = numberOf(owner.mincpmpersec);
  if (perSecond !== undefined) {
    return seconds === undefined ? undefined : { cpm: perSecond * seconds, source: 'mincpmpersec' };
  }
  const ranges = objectsOf(owner.durfloors);
  if (ranges.length === 0) return { cpm: fallback, source: 'bidfloor' };
  if (seconds === undefined) return undefined;
  const matching = ranges
    .filter((range) => isInRange(range, seconds))
    .map((range) => numberOf(range.bidfloor) ?? 0);
  // §3.2.35 leaves overlapping ranges to the two parties, so only a price below all of them is surely too
  // low.
  return matching.length === 0
    ? { cpm: fallback, source: 'bidfloor, outside durfloors' }
    : { cpm: Math.min(...matching), source: 'durfloors' };
}

function isInRange(range: Json, seconds: number): boolean {
  const low = numberOf(range.mindur) ?? Number.NEGATIVE_INFINITY;
  const high = numberOf(range.maxdur) ?? Number.POSITIVE_INFINITY;
  return seconds >= low && seconds <= high;
}
