/**
 * What a multiplier costs: spend of an opportunity, in the mean, by the multiplier α of bids α·value. In a second-price auction a
 * bid wins where price / value ≤ α, so every win tells at which α it would first have been won, and an opportunity bid on at α
 * tells of every lower one too. For each narrow span of price / value
 *
 *   spend rate = spend of the wins within the span / opportunities bid on at an α above it
 *
 * and the cost of α is the sum of the rates up to it (an occurrence / exposure estimate, as of right-censored life times: Nelson
 * 1972; it needs no price of a lost auction). Spans of a twentieth, old evidence fades, room for 5·10⁵ up and down of the
 * multiplier it began with: a fixed few kilobytes, however many auctions there were.
 *
 * Ten thousand opportunities at α = 2 that bought 500 impressions for 1,000 in all, 300 of which at no more than once their value,
 * cost 0.1 each at α = 2; what α = 1 costs is known as well, without ever having bid it.
 */

const STEP = 0.05;
const BINS = 512;
/** A span's rate is shrunk to that of the span below with the weight of this many wins, at what spans have in the mean. */
const WINS_LENT = 2;
/** Spans that matter: those that nearly all the spend of a multiplier lies in. */
const SPANS_IN_USE = 60;
/** Below this many opportunities of late, a span counts as not yet tried. */
const TRIED_MIN = 4.5;
/** A fading weight grows without end; before it leaves the range of doubles all sums are scaled. */
const WEIGHT_MAX = 1e100;

export interface SpendLimits {
  /** Most that an opportunity may cost in the mean. */
  readonly spendMax: number;
  /**
   * Spend of an opportunity less `costPerValue` × value bought with it may be no more than `overrunMax`, in the mean. A multiplier
   * below `costPerValue` only makes it worse, so none is asked for on account of this.
   */
  readonly cost?: { readonly costPerValue: number; readonly overrunMax: number };
}

export interface SavedSpendCurve {
  readonly version: 1;
  readonly origin: number;
  readonly wins: number;
  readonly opportunities: number;
  /** Bin, spend of its wins, opportunities whose multiplier ended in it. Empty ones are left out. */
  readonly bins: readonly (readonly [bin: number, spend: number, opportunities: number])[];
}

export class SpendCurve {
  /** Logarithm of the lower end of the first span. */
  readonly #origin: number;
  readonly #spend = new Float64Array(BINS);
  readonly #ended = new Float64Array(BINS);
  #weight = 1;
  #wins = 0;
  #opportunities = 0;
  #first = BINS;
  #highest = -1;

  /** @throws RangeError for a multiplier that is not above zero and finite. */
  constructor(multiplier: number) {
    if (!(multiplier > 0 && multiplier < Number.POSITIVE_INFINITY))
      throw new RangeError(`not a multiplier: ${multiplier}`);
    this.#origin = Math.log(multiplier) - (STEP * BINS) / 2;
  }

  /** The multipliers that can be told apart are the upper ends of spans. */
  multiplierOf(bin: number): number {
    return Math.exp(this.#origin + STEP * (within(bin, 0, BINS - 1) + 1));
  }

  /** The highest span that lies wholly below a multiplier; the first where none does. */
  binBelow(multiplier: number): number {
    // A multiplier that came from `multiplierOf` belongs to its own span, whatever the last digit of the logarithm.
    return within(Math.floor((Math.log(multiplier) - this.#origin) / STEP + 1e-6) - 1, 0, BINS - 1);
  }

  get wins(): number {
    return this.#wins / this.#weight;
  }

  get opportunities(): number {
    return this.#opportunities / this.#weight;
  }

  /** Bid on at the multiplier of a span. Evidence that is `memory` opportunities old counts 1/e. */
  offered(bin: number, opportunities: number, memory: number): void {
    if (!(opportunities > 0 && opportunities <= Number.MAX_SAFE_INTEGER)) return;
    const span = within(bin, 0, BINS - 1);
    this.#weight *= Math.exp(Math.min(opportunities / Math.max(memory, 1), 200));
    this.#ended[span]! += this.#weight * opportunities;
    this.#opportunities += this.#weight * opportunities;
    this.#highest = Math.max(this.#highest, span);
    if (this.#weight > WEIGHT_MAX) this.#rescale();
  }

  /** One that was bid on at the multiplier of span `bin`; what is no price of a second-price win counts at the nearest that is. */
  won(bin: number, value: number, paid: number): void {
    if (!(value > 0 && paid >= 0 && paid <= Number.MAX_SAFE_INTEGER)) return;
    const place = paid > 0 ? Math.floor((Math.log(paid / value) - this.#origin) / STEP) : 0;
    const span = within(place, 0, within(bin, 0, BINS - 1));
    this.#spend[span]! += this.#weight * paid;
    this.#wins += this.#weight;
    if (paid > 0) this.#first = Math.min(this.#first, span);
  }

  /**
   * The highest span within the limits. Where that is not known yet, since all that was tried is within them, at most `rise`
   * spans above the highest ever tried.
   */
  highestWithin({ spendMax, cost }: SpendLimits, rise: number): number {
    const weight = this.#weight;
    const lent = WINS_LENT * SPANS_IN_USE * this.#opportunities * Math.min(1, weight / this.#wins);
    let exposed = this.#opportunities;
    let rate = 0;
    let spend = 0;
    let overrun = 0;
    const start = Math.min(this.#first, BINS);
    for (let bin = 0; bin < start; bin++) exposed -= this.#ended[bin]!;
    for (let bin = start; bin < BINS; bin++) {
      if (exposed <= TRIED_MIN * weight) return this.#untried(bin, rise);
      rate = (this.#spend[bin]! + lent * rate) / (exposed + lent);
      spend += rate;
      if (spend > spendMax) return Math.max(0, bin - 1);
      if (cost) {
        const ratio = Math.exp(this.#origin + STEP * (bin + 0.5));
        overrun += rate * (1 - cost.costPerValue / ratio);
        if (ratio > cost.costPerValue && overrun > cost.overrunMax) return Math.max(0, bin - 1);
      }
      exposed -= this.#ended[bin]!;
    }
    return this.#untried(BINS - 1, rise);
  }

  /** Sums of another node's curve of the same origin; one of another origin says nothing here. */
  merge(other: SavedSpendCurve): void {
    if (!(Math.abs(other.origin - this.#origin) < STEP / 1000)) return;
    for (const [bin, spend, ended] of other.bins) {
      this.#spend[bin]! += this.#weight * spend;
      this.#ended[bin]! += this.#weight * ended;
      if (spend > 0) this.#first = Math.min(this.#first, bin);
      if (ended > 0) this.#highest = Math.max(this.#highest, bin);
    }
    this.#wins += this.#weight * other.wins;
    this.#opportunities += this.#weight * other.opportunities;
  }

  save(): SavedSpendCurve {
    const weight = this.#weight;
    const bins: [number, number, number][] = [];
    for (let bin = 0; bin < BINS; bin++)
      if (this.#spend[bin]! > 0 || this.#ended[bin]! > 0)
        bins.push([bin, this.#spend[bin]! / weight, this.#ended[bin]! / weight]);
    return {
      version: 1,
      origin: this.#origin,
      wins: this.#wins / weight,
      opportunities: this.#opportunities / weight,
      bins,
    };
  }

  #untried(bin: number, rise: number): number {
    return within(bin, 0, within(this.#highest + Math.max(0, Math.floor(rise)), 0, BINS - 1));
  }

  #rescale(): void {
    for (let bin = 0; bin < BINS; bin++) {
      this.#spend[bin]! /= this.#weight;
      this.#ended[bin]! /= this.#weight;
    }
    this.#wins /= this.#weight;
    this.#opportunities /= this.#weight;
    this.#weight = 1;
  }
}

/** Undefined for what cannot be believed. */
export function restoreSpendCurve(saved: SavedSpendCurve | undefined): SpendCurve | undefined {
  if (!isSaved(saved)) return undefined;
  const curve = new SpendCurve(Math.exp(saved.origin + (STEP * BINS) / 2));
  curve.merge(saved);
  return curve;
}

function isSaved(saved: SavedSpendCurve | undefined): saved is SavedSpendCurve {
  const isSum = (sum: unknown): boolean =>
    typeof sum === 'number' && sum >= 0 && sum < Number.POSITIVE_INFINITY;
  return (
    typeof saved === 'object' &&
    saved !== null &&
    saved.version === 1 &&
    Math.abs(saved.origin) < 700 &&
    isSum(saved.wins) &&
    isSum(saved.opportunities) &&
    Array.isArray(saved.bins) &&
    saved.bins.every(
      (bin) =>
        Array.isArray(bin) &&
        Number.isInteger(bin[0]) &&
        bin[0] >= 0 &&
        bin[0] < BINS &&
        isSum(bin[1]) &&
        isSum(bin[2]),
    )
  );
}

/** Not a number counts as the least. */
function within(value: number, least: number, most: number): number {
  return value > least ? Math.min(value, most) : least;
}
