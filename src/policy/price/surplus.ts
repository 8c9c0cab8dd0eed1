/**
 * Shades a first-price bid to the greatest expected surplus (α · value − bid) · F(bid), where F is the chance to win learned
 * from the market: Pan et al. 2020, "Bid Shading by Win-Rate Estimation and Surplus Maximization". Worth 4.00 where half
 * of the auctions are won at 1.00 and 60 in 100 at 2.00: bids 1.00, for 3 · 0.5 is more than 2 · 0.6.
 */
import type { CpmMicros } from '../../core/units.ts';
import { exploringPrice } from './explore.ts';
import type { PriceInput, PriceLandscape, Pricer } from './pricer.ts';
import { worthOf } from './pricer.ts';

/** Below so many observations nothing is shaded: any share of 100 is within 5 in 100 of the market's two times in three. */
const OBSERVATIONS_MIN = 100;

export const surplusPricer: Pricer = {
  name: 'surplus',
  bid: (input) => {
    const { floorCpmMicros } = input;
    const floor = Number.isFinite(floorCpmMicros) ? Math.max(0, Math.ceil(floorCpmMicros)) : 0;
    return priceFor(worthOf(input), floor, input) as CpmMicros;
  },
};

/** Second price and an exchange's own rules are bid at worth; under rule 3 the floor is the price that was agreed. */
function priceFor(worth: number, floor: number, { auctionType, landscape, draws }: PriceInput): number {
  if (worth <= floor) return worth;
  if (auctionType === 3) return floor > 0 ? floor : worth;
  if (auctionType !== 1 || !landscape || !(landscape.observations >= OBSERVATIONS_MIN)) return worth;
  const least = Math.max(1, floor, Math.ceil(worth * LEAST_SHARE));
  const { knots, shares, errors } = landscape;
  const looked =
    draws && knots && shares && errors
      ? exploringPrice(worth, least, { knots, shares, errors }, draws)
      : undefined;
  return looked ?? bestPrice(worth, least, landscape);
}

/** Cheaper than this share of the worth no bid is looked at; the rare impression worth a hundred times the usual is won at the usual price. */
const LEAST_SHARE = 0.001;
/** Prices looked at where the landscape names none. */
const STEPS = 80;

/**
 * A scan of all knots rather than a golden section: the surplus of what was observed has more than one hill. Between two knots F is
 * even, so the surplus is a parabola whose top is worked out beside the best knot, and in the stretch that the worth itself lies in,
 * whose knot is beyond it. A whole bid costs about 4 µs (bench/micro/shading.ts). Where no bid up to the worth was ever
 * seen to win, the worth itself is bid, as the only chance.
 */
function bestPrice(worth: number, least: number, landscape: PriceLandscape): number {
  let best = worth;
  let bestSurplus = 0;
  const look = (price: number, share: number): void => {
    const surplus = (worth - price) * share;
    if (surplus > bestSurplus) {
      bestSurplus = surplus;
      best = price;
    }
  };
  const lookAt = (price: number): void => look(price, landscape.winProbability(price));
  lookAt(least);
  const knots = landscape.knots ?? evenly(least, worth);
  const { shares } = landscape;
  const first = firstAbove(knots, least);
  let end = first;
  for (; end < knots.length && knots[end]! < worth; end++) {
    const price = Math.ceil(knots[end]!);
    look(price, shares && price === knots[end] ? shares[end]! : landscape.winProbability(price));
  }
  const nearby = firstAbove(knots, best - 1);
  for (const stretch of landscape.errors ? [] : [nearby, nearby + 1, end]) {
    const from = Math.max(least, knots[stretch - 1] ?? least);
    const to = Math.min(worth, knots[stretch] ?? worth);
    if (from < to) lookAt(topBetween(from, to, worth, landscape));
  }
  return Math.max(least, Math.min(best, worth));
}

/** Where (worth − price) · F is greatest between two prices with an even F: half way from where F would be 0 to the worth. */
function topBetween(from: number, to: number, worth: number, landscape: PriceLandscape): number {
  const share = landscape.winProbability(from);
  const slope = (landscape.winProbability(to) - share) / (to - from);
  const top = slope > 0 ? Math.round((worth + from - share / slope) / 2) : from;
  return Math.min(Math.max(top, Math.ceil(from)), Math.floor(to));
}

/** In the logarithm. */
function evenly(from: number, to: number): Float64Array {
  return Float64Array.from({ length: STEPS }, (_, step) => from * (to / from) ** ((step + 1) / STEPS));
}

function firstAbove(sorted: Float64Array, price: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! > price) high = middle;
    else low = middle + 1;
  }
  return low;
}
