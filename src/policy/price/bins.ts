/** Prices in logarithmic bins, shared by all that is learned of prices: constant memory, and sums that nodes can add up. */

/** A bin is 1.1 % wide, as fine as the steps in which prices are quoted, so that little is paid above the price most quoted. */
export const BINS_PER_DOUBLING = 64;
const DOUBLINGS = 20;
const LEAST_CPM_MICROS = 1000;

/** From 0.001 to 1,048.576 CPM, each a whole number of micros. Bin n holds what lies above knot n − 1, up to knot n. */
export const KNOTS: Float64Array = Float64Array.from(
  { length: BINS_PER_DOUBLING * DOUBLINGS + 1 },
  (_, bin) => Math.ceil(LEAST_CPM_MICROS * 2 ** (bin / BINS_PER_DOUBLING)),
);
export const BINS: number = KNOTS.length;

/**
 * Every second knot, for bids whose prices are never told: there each price has to be tried by itself, and twice as many would
 * each be tried half as often.
 */
export const BID_KNOTS: Float64Array = KNOTS.filter((_, bin) => bin % 2 === 0);

/** The bin that holds the price: its knot is at or above it, save that the last bin holds all that is dearer. */
export function binOf(priceCpmMicros: number): number {
  const place = Math.ceil(Math.log2(Math.max(priceCpmMicros, 1) / LEAST_CPM_MICROS) * BINS_PER_DOUBLING);
  let bin = Math.min(BINS - 1, Math.max(0, place));
  // Knots are rounded up to whole micros, so the logarithm can be a bin off on either side.
  while (bin < BINS - 1 && KNOTS[bin]! < priceCpmMicros) bin++;
  while (bin > 0 && KNOTS[bin - 1]! >= priceCpmMicros) bin--;
  return bin;
}

/** Weights by bin. Only doublings that were seen take memory: a market's prices span five or so of the twenty. */
export class BinnedWeights {
  readonly #chunks: (Float64Array | undefined)[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(bin: number, weight: number): void {
    const chunk = Math.floor(bin / BINS_PER_DOUBLING);
    let weights = this.#chunks[chunk];
    if (!weights) this.#chunks[chunk] = weights = new Float64Array(BINS_PER_DOUBLING);
    weights[bin % BINS_PER_DOUBLING]! += weight;
    this.#total += weight;
  }

  /** Keeps this share of every weight. */
  decay(keep: number): void {
    for (const weights of this.#chunks)
      if (weights) for (let at = 0; at < weights.length; at++) weights[at]! *= keep;
    this.#total *= keep;
  }

  merge(other: BinnedWeights): void {
    for (const [bin, weight] of other.entries()) this.add(bin, weight);
  }

  /** Bins of some weight, in rising order. */
  *entries(): Generator<readonly [bin: number, weight: number]> {
    for (let chunk = 0; chunk < this.#chunks.length; chunk++) {
      const weights = this.#chunks[chunk];
      if (!weights) continue;
      for (let at = 0; at < weights.length; at++)
        if (weights[at]! > 0) yield [chunk * BINS_PER_DOUBLING + at, weights[at]!];
    }
  }

  /** All bins of KNOTS, those of no weight as 0. */
  dense(): Float64Array {
    const all = new Float64Array(BINS);
    this.#chunks.forEach((weights, chunk) => {
      const at = chunk * BINS_PER_DOUBLING;
      // The last chunk has one bin: all that is dearer than the rest.
      if (weights) all.set(at + BINS_PER_DOUBLING > BINS ? weights.subarray(0, BINS - at) : weights, at);
    });
    return all;
  }

  /** The same by BID_KNOTS: what lies between two of them counts at the dearer one. */
  denseByBid(): Float64Array {
    const all = new Float64Array(BID_KNOTS.length);
    for (const [bin, weight] of this.entries()) all[(bin + 1) >> 1]! += weight;
    return all;
  }
}
