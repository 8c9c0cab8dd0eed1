/** The other bidders of an auction. */
import type { Random } from '../core/random.ts';
import { drawExponential, drawLogNormal } from '../core/sampling.ts';
import { zoneNamed } from '../core/zone.ts';
import type { OfferedImpression } from './placement.ts';
import type { Place, Scenario } from './story.ts';
import { changeFactor } from './story.ts';

export interface AuctionMoment {
  readonly place: Place;
  /** Zone of the person, whose hour moves the price. */
  readonly zone: string;
  readonly atMs: number;
  readonly flightHour: number;
}

const RIVALS_MAX = 12;

/** Prices of the rivals, log-normal around the place's price at this hour; none in a private auction. */
export function rivalPrices(
  impression: OfferedImpression,
  moment: AuctionMoment,
  { market, changes }: Scenario,
  random: Random,
): number[] {
  if (impression.privateAuction) return [];
  const hour = zoneNamed(moment.zone).at(moment.atMs).hourOfWeek % 24;
  const median =
    moment.place.priceCpm *
    market.mediumPrice[impression.slot.medium] *
    market.hourPrice[hour]! *
    changeFactor(changes, 'rivalPrice', moment.flightHour, moment.place.domain);
  const prices: number[] = [];
  // Arrivals of a Poisson process within one unit of time: their number has the mean asked for.
  let passed = drawExponential(random) / Math.max(market.rivals, 1e-9);
  while (passed < 1 && prices.length < RIVALS_MAX) {
    prices.push(Math.round(drawLogNormal(median, market.priceSigma, random) * 1e6));
    passed += drawExponential(random) / market.rivals;
  }
  return prices;
}
