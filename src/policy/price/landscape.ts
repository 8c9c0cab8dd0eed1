/**
 * The price landscape of one market: how often which price was the least that would have won. Exchanges tell it with wins
 * and with losses (`${AUCTION_MIN_TO_WIN}`), so it is a plain histogram, with logarithmic bins and weights that fade.
 */
import type { PriceLandscape } from './pricer.ts';

/** 16 bins for each doubling, from 0.001 to 1,048.576 CPM: a bin is 4.4 % wide. */
const BINS_PER_DOUBLING = 16;
const DOUBLINGS = 20;
const BINS = BINS_PER_DOUBLING * DOUBLINGS;
const LEAST_CPM_MICROS = 1000;

const KNOTS = Float64Array.from(
  { length: BINS + 1 },
  (_, bin) => LEAST_CPM_MICROS * 2 ** (bin / BINS_PER_DOUBLING),
);

const FORMAT = 1;
const HEADER_BYTES = 8;
const BYTES = HEADER_BYTES + BINS * 8;
/** "PL", to tell the table from another one saved under its name. */
const MARK = 0x504c;

/** Owned by learning, which publishes frozen copies; a bid only ever sees those. */
export class LandscapeHistogram {
  readonly #weights: Float64Array;

  constructor(weights = new Float64Array(BINS)) {
    this.#weights = weights;
  }

  /** What is no price, or has no weight, is left out. */
  observe(minToWinCpmMicros: number, weight = 1): void {
    if (!(minToWinCpmMicros >= 0 && minToWinCpmMicros < Number.POSITIVE_INFINITY)) return;
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) return;
    this.#weights[Math.min(BINS - 1, Math.max(0, Math.floor(placeOf(minToWinCpmMicros))))]! += weight;
  }

  /** Keeps this share of all that was observed, 0..1. */
  decay(keep: number): void {
    if (!(keep >= 0 && keep < 1)) return;
    for (let bin = 0; bin < BINS; bin++) this.#weights[bin]! *= keep;
  }

  /** A copy that later observations do not change. */
  publish(): PriceLandscape {
    const upTo = new Float64Array(BINS + 1);
    for (let bin = 0; bin < BINS; bin++) upTo[bin + 1] = upTo[bin]! + this.#weights[bin]!;
    const observations = upTo[BINS]!;
    return {
      observations,
      knots: KNOTS,
      winProbability: (priceCpmMicros) => {
        if (!(observations > 0 && priceCpmMicros > 0)) return 0;
        const place = Math.min(BINS, Math.max(0, placeOf(priceCpmMicros)));
        const bin = Math.min(BINS - 1, Math.floor(place));
        return (upTo[bin]! + (place - bin) * (upTo[bin + 1]! - upTo[bin]!)) / observations;
      },
    };
  }

  serialise(): Uint8Array {
    const view = new DataView(new ArrayBuffer(BYTES));
    view.setUint16(0, MARK);
    view.setUint16(2, FORMAT);
    view.setUint32(4, BINS);
    for (let bin = 0; bin < BINS; bin++) view.setFloat64(HEADER_BYTES + bin * 8, this.#weights[bin]!);
    return new Uint8Array(view.buffer);
  }
}

/** Undefined for bytes that are not a landscape of this format, or hold what no landscape can. */
export function restoreLandscape(bytes: Uint8Array): LandscapeHistogram | undefined {
  if (bytes.length !== BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0) !== MARK || view.getUint16(2) !== FORMAT || view.getUint32(4) !== BINS)
    return undefined;
  const weights = new Float64Array(BINS);
  for (let bin = 0; bin < BINS; bin++) {
    const weight = view.getFloat64(HEADER_BYTES + bin * 8);
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) return undefined;
    weights[bin] = weight;
  }
  return new LandscapeHistogram(weights);
}

/** Bin and the part of it that lies below the price; less than 0 below the least price. */
function placeOf(priceCpmMicros: number): number {
  return Math.log2(Math.max(priceCpmMicros, 1) / LEAST_CPM_MICROS) * BINS_PER_DOUBLING;
}
