/**
 * Shades a first-price bid to the greatest expected surplus (value − bid) · F(bid), where F is the chance to win learned
 * from the market: Pan et al. 2020, "Bid Shading by Win-Rate Estimation and Surplus Maximization". Worth 4.00 where half
 * of the auctions are won at 1.00 and 60 in 100 at 2.00: bids 1.00, for 3 · 0.5 is more than 2 · 0.6.
 */
import type { CpmMicros } from '../../core/units.ts';
import type { PriceLandscape, Pricer } from './pricer.ts';

/** Below so many observations nothing is shaded: a lost impression costs more than a dear one. */
const OBSERVATIONS_MIN = 200;

export const surplusPricer: Pricer = {
  name: 'surplus',
  bid: ({ valueCpmMicros, floorCpmMicros, auctionType, landscape }) => {
    const value = Number.isFinite(valueCpmMicros) ? Math.max(0, Math.floor(valueCpmMicros)) : 0;
    const floor = Number.isFinite(floorCpmMicros) ? Math.max(0, Math.ceil(floorCpmMicros)) : 0;
    return priceFor(value, floor, auctionType, landscape) as CpmMicros;
  },
};

/** Second price and an exchange's own rules are bid at value; under rule 3 the floor is the price that was agreed. */
function priceFor(
  value: number,
  floor: number,
  auctionType: number,
  landscape: PriceLandscape | undefined,
): number {
  if (value <= floor) return value;
  if (auctionType === 3) return floor > 0 ? floor : value;
  if (auctionType !== 1 || !landscape || !(landscape.observations >= OBSERVATIONS_MIN)) return value;
  return shaded(value, floor, landscape);
}

/** Cheaper than this share of the value no bid is looked at. */
const LEAST_SHARE = 0.01;
/** Prices looked at where the landscape names none. */
const STEPS = 80;
/** Prices looked at between the best one's neighbours. */
const FINE_STEPS = 12;

/**
 * A scan rather than a golden section: a histogram's surplus has more than one hill, with the tops at the far edges of
 * its bins. A whole bid costs about 2 µs (bench/micro/shading.ts). Where no bid up to the value was ever seen to win, the value
 * itself is bid, as the only chance.
 */
function shaded(value: number, floor: number, landscape: PriceLandscape): number {
  let best = value;
  let bestSurplus = 0;
  const look = (price: number): void => {
    const surplus = (value - price) * landscape.winProbability(price);
    if (surplus > bestSurplus) {
      bestSurplus = surplus;
      best = price;
    }
  };
  const least = Math.max(1, floor, Math.ceil(value * LEAST_SHARE));
  look(least);
  const knots = landscape.knots ?? evenly(least, value);
  for (let knot = firstAbove(knots, least); knot < knots.length && knots[knot]! < value; knot++)
    look(Math.ceil(knots[knot]!));
  // The bin that the value itself lies in has its far edge beyond it.
  look(Math.floor((value + Math.max(least, knots[firstAbove(knots, value) - 1] ?? least)) / 2));
  const nearby = firstAbove(knots, best - 1);
  const from = Math.max(least, knots[nearby - 1] ?? least);
  const to = Math.min(value, knots[nearby + 1] ?? value);
  for (let step = 1; step < FINE_STEPS; step++) look(Math.floor(from + ((to - from) * step) / FINE_STEPS));
  return Math.max(least, Math.min(best, value));
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
