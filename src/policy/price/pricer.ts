/** From worth to bid. Priced by the mean, never by a lucky draw (DESIGN law 7). */
import type { Random } from '../../core/random.ts';
import type { CpmMicros } from '../../core/units.ts';

/** What it takes to win in one market, as it was learned; never written to. */
export interface PriceLandscape {
  /** Observations so far, weights included; of a context, those of the whole market that it borrows from. */
  readonly observations: number;
  /** F(price): estimated probability that a bid at this price wins. Never falls; between knots it rises evenly. */
  winProbability(priceCpmMicros: number): number;
  /** Rising whole prices at which the slope of F changes, where the estimate has such; shared, never written to. */
  readonly knots?: Float64Array;
  /** F at each knot; there where the knots are. */
  readonly shares?: Float64Array;
  /** Standard error of each share, where prices are never told: then bids must look around to learn more. */
  readonly errors?: Float64Array;
}

/** A landscape with what is known of parts of its market. */
export interface MarketLandscape extends PriceLandscape {
  /** The narrowest context that was seen: values of the market's keys, the widest first. */
  within(context: readonly string[]): PriceLandscape;
}

export interface PriceInput {
  readonly valueCpmMicros: CpmMicros;
  readonly floorCpmMicros: CpmMicros;
  /** OpenRTB `at` that governs this bid (the deal's where it has one). */
  readonly auctionType: number;
  readonly landscape: PriceLandscape | undefined;
  /**
   * α, the combined multiplier of budget and cost-per-action control; 1 where absent. The bid is the best for a worth of α ·
   * value: one optimisation, for a shaded bid that is then paced is shaded twice.
   */
  readonly multiplier?: number;
  /** For looking around where the landscape asks for it; without it bids are always the best known. */
  readonly draws?: Random;
}

/** Never above multiplier × value; never below the floor unless that is; finite and ≥ 0. */
export interface Pricer {
  readonly name: 'full' | 'surplus';
  bid(input: PriceInput): CpmMicros;
}

/** What the bid is made for: α · value in whole micros, 0 where that is no amount. */
export function worthOf({
  valueCpmMicros,
  multiplier = 1,
}: Pick<PriceInput, 'valueCpmMicros' | 'multiplier'>): number {
  const worth = Math.floor(valueCpmMicros * multiplier);
  return worth > 0 && worth <= Number.MAX_SAFE_INTEGER ? worth : 0;
}
