/**
 * What was seen of the prices of one market, or of one context in it, and the win probability that follows. Exchanges differ in
 * what they tell, and each is taken as the censoring it is:
 *
 * - the least winning price after every bid (second price; `${AUCTION_MIN_TO_WIN}` to winners and losers): a plain distribution;
 * - that price to losers alone: the product limit in reversed time, a winner's bid bounding the price from above;
 * - won or lost and nothing more: a smooth curve under an isotonic one.
 *
 * All of it is sums by bin, which fade, merge across nodes, and are saved as they are.
 */
import { BID_KNOTS, BINS, BinnedWeights, binOf, KNOTS } from './bins.ts';
import type { PriceLandscape } from './pricer.ts';
import { productLimit } from './product-limit.ts';
import { winRates } from './win-rate.ts';

/** Above this share of losses without a price, prices told on some losses would be a biased few. */
const UNPRICED_SHARE_MAX = 0.1;
/** Of its parent's prices a context counts so many as its own. */
const PARENT_WEIGHT = 50;
/** The same where wins are censored: an observation then says half as much or less. */
const CENSORED_PARENT_WEIGHT = 100;
/** Where winners are not told the price: so that what lies below all bids does not look free. Spread over the bins. */
const CENSORED_ROOT_WEIGHT = 5;

/** A win probability that was worked out; what is narrower starts from it. */
export interface Fit {
  /** BID_KNOTS where the fit is to bare wins and losses, else KNOTS. */
  readonly knots: Float64Array;
  readonly shares: Float64Array;
  readonly errors: Float64Array | undefined;
}

export class LandscapeHistogram {
  readonly #seen = new BinnedWeights();
  /** Wins whose price stayed unknown, by the bid. */
  readonly #censored = new BinnedWeights();
  readonly #wins = new BinnedWeights();
  readonly #losses = new BinnedWeights();
  #unpricedLosses = 0;

  /** The least price that would have won, whoever told it. What is no price, or has no weight, is left out. */
  observe(minToWinCpmMicros: number, weight = 1): void {
    if (isPrice(minToWinCpmMicros) && isWeight(weight)) this.#seen.add(binOf(minToWinCpmMicros), weight);
  }

  /** What became of a bid, and the least price that would have won where it was told. */
  learn(bidCpmMicros: number, won: boolean, minToWinCpmMicros?: number, weight = 1): void {
    if (!isPrice(bidCpmMicros) || !isWeight(weight)) return;
    // Both at the same knot, though a loss at a bid below it is no loss at it: else wins and losses of one bid would part.
    (won ? this.#wins : this.#losses).add(binOf(bidCpmMicros), weight);
    if (minToWinCpmMicros !== undefined) this.observe(minToWinCpmMicros, weight);
    else if (won) this.#censored.add(binOf(bidCpmMicros), weight);
    else this.#unpricedLosses += weight;
  }

  /** Keeps this share of all that was observed, 0..1. */
  decay(keep: number): void {
    if (!(keep >= 0 && keep < 1)) return;
    for (const table of this.#tables()) table.decay(keep);
    this.#unpricedLosses *= keep;
  }

  /** Adds what another node saw. */
  merge(other: LandscapeHistogram): void {
    const theirs = other.#tables();
    this.#tables().forEach((table, index) => table.merge(theirs[index]!));
    this.#unpricedLosses += other.#unpricedLosses;
  }

  /** Of everything: what a context is worth keeping for. */
  get weight(): number {
    return Math.max(this.#seen.total + this.#censored.total, this.#wins.total + this.#losses.total);
  }

  /** Losses come without a price here. */
  get bare(): boolean {
    return this.#unpricedLosses > UNPRICED_SHARE_MAX * this.#losses.total;
  }

  /** Nothing can be concluded from wins alone: whoever always wins learns of no price. */
  get observations(): number {
    if (this.bare) return this.#wins.total > 0 ? this.#wins.total + this.#losses.total : 0;
    return this.#seen.total > 0 ? this.#seen.total + this.#censored.total : 0;
  }

  /** From the sums alone, so that what was saved and restored, or merged, fits as the original does. */
  fit(parent?: Fit): Fit {
    const isBare = parent ? parent.knots === BID_KNOTS : this.bare;
    if (isBare) {
      const rates = winRates(this.#wins.denseByBid(), this.#losses.denseByBid(), parent?.shares);
      return { knots: BID_KNOTS, ...rates };
    }
    const seen = this.#seen.dense();
    const censored = this.#censored.dense();
    const isCensored = this.#censored.total > 0;
    const parentWeight = isCensored ? CENSORED_PARENT_WEIGHT : PARENT_WEIGHT;
    const rootWeight = isCensored ? CENSORED_ROOT_WEIGHT / BINS : 0;
    for (let bin = 0; bin < BINS; bin++)
      seen[bin]! += parent
        ? parentWeight * (parent.shares[bin]! - (parent.shares[bin - 1] ?? 0))
        : rootWeight;
    const shares = new Float64Array(BINS);
    productLimit(seen, censored, shares);
    return { knots: KNOTS, shares, errors: undefined };
  }

  /** A copy that later observations do not change. */
  publish(): PriceLandscape {
    return landscapeOf(this.observations, this.fit());
  }

  /** Format 2: the losses without a price, then for each table its number of bins and each bin's number and weight. */
  serialise(): Uint8Array {
    const tables = this.#tables().map((table) => [...table.entries()]);
    const bytes = HEADER_BYTES + tables.reduce((sum, table) => sum + 2 + table.length * ENTRY_BYTES, 0);
    const view = new DataView(new ArrayBuffer(bytes));
    view.setUint16(0, MARK);
    view.setUint16(2, FORMAT);
    view.setFloat64(4, this.#unpricedLosses);
    let at = HEADER_BYTES;
    for (const table of tables) {
      view.setUint16(at, table.length);
      at += 2;
      for (const [bin, weight] of table) {
        view.setUint16(at, bin);
        view.setFloat64(at + 2, weight);
        at += ENTRY_BYTES;
      }
    }
    return new Uint8Array(view.buffer);
  }

  /** False, and left half filled, for bytes that are no saved landscape. */
  #read(view: DataView): boolean {
    if (view.byteLength < HEADER_BYTES) return false;
    this.#unpricedLosses = view.getFloat64(4);
    if (this.#unpricedLosses !== 0 && !isWeight(this.#unpricedLosses)) return false;
    let at = HEADER_BYTES;
    for (const table of this.#tables()) {
      if (at + 2 > view.byteLength) return false;
      const bins = view.getUint16(at);
      at += 2;
      if (at + bins * ENTRY_BYTES > view.byteLength) return false;
      for (const end = at + bins * ENTRY_BYTES; at < end; at += ENTRY_BYTES) {
        const bin = view.getUint16(at);
        const weight = view.getFloat64(at + 2);
        if (bin >= BINS || !isWeight(weight)) return false;
        table.add(bin, weight);
      }
    }
    return at === view.byteLength;
  }

  #tables(): readonly BinnedWeights[] {
    return [this.#seen, this.#censored, this.#wins, this.#losses];
  }

  /** Undefined for bytes that are not a landscape of a format we know, or hold what no landscape can. */
  static restore(bytes: Uint8Array): LandscapeHistogram | undefined {
    if (bytes.length < 4) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint16(0) !== MARK) return undefined;
    if (view.getUint16(2) === 1) return restoreFirstFormat(view);
    const histogram = new LandscapeHistogram();
    return view.getUint16(2) === FORMAT && histogram.#read(view) ? histogram : undefined;
  }
}

/** Nothing is known where nothing was observed: no bid is then said to win. */
export function landscapeOf(observations: number, { knots, shares, errors }: Fit): PriceLandscape {
  const fine = knots === KNOTS;
  return {
    observations,
    knots,
    shares,
    ...(errors ? { errors } : {}),
    winProbability: (priceCpmMicros) => {
      if (!(observations > 0 && priceCpmMicros > 0)) return 0;
      const bin = fine ? binOf(priceCpmMicros) : (binOf(priceCpmMicros) + 1) >> 1;
      const knot = knots[bin]!;
      if (priceCpmMicros >= knot) return shares[bin]!;
      const below = knots[bin - 1] ?? 0;
      const least = shares[bin - 1] ?? 0;
      return least + ((priceCpmMicros - below) / (knot - below)) * (shares[bin]! - least);
    },
  };
}

const FORMAT = 2;
const HEADER_BYTES = 12;
const ENTRY_BYTES = 10;
/** "PL", to tell the table from another one saved under its name. */
const MARK = 0x504c;

/** Format 1: a histogram of prices seen, in 320 bins four times as wide as today's. */
const FIRST_BINS = 320;
const FIRST_WIDTH = 4;
const FIRST_HEADER_BYTES = 8;

function restoreFirstFormat(view: DataView): LandscapeHistogram | undefined {
  if (view.byteLength !== FIRST_HEADER_BYTES + FIRST_BINS * 8 || view.getUint32(4) !== FIRST_BINS)
    return undefined;
  const histogram = new LandscapeHistogram();
  for (let bin = 0; bin < FIRST_BINS; bin++) {
    const weight = view.getFloat64(FIRST_HEADER_BYTES + bin * 8);
    if (weight !== 0 && !isWeight(weight)) return undefined;
    for (let part = 1; part <= FIRST_WIDTH; part++)
      histogram.observe(KNOTS[FIRST_WIDTH * bin + part]!, weight / FIRST_WIDTH);
  }
  return histogram;
}

function isPrice(value: number): boolean {
  return value >= 0 && value < Number.POSITIVE_INFINITY;
}

function isWeight(value: number): boolean {
  return value > 0 && value < Number.POSITIVE_INFINITY;
}
