/** From worth to bid. Priced by the mean, never by a lucky draw (DESIGN law 7). */
import type { CpmMicros } from '../../core/units.ts';

/** Empirical distribution of the least price that would have won, in logarithmic bins. */
export interface PriceLandscape {
  /** Observations so far, weights included. */
  readonly observations: number;
  /** F(price): estimated probability that a bid at this price wins. */
  winProbability(priceCpmMicros: number): number;
  /** Rising prices at which the slope of F changes, where the estimate has such; shared, never written to. */
  readonly knots?: Float64Array;
}

export interface PriceInput {
  readonly valueCpmMicros: CpmMicros;
  readonly floorCpmMicros: CpmMicros;
  /** OpenRTB `at` that governs this bid (the deal's where it has one). */
  readonly auctionType: number;
  readonly landscape: PriceLandscape | undefined;
}

/** Never above the value; never below the floor unless the value is; finite and ≥ 0. */
export interface Pricer {
  readonly name: 'full' | 'surplus';
  bid(input: PriceInput): CpmMicros;
}
