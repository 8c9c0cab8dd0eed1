/**
 * Logistic regression that learns as it goes, over hashed features: FTRL-Proximal (McMahan et al. 2013, "Ad Click Prediction: a View from
 * the Trenches", algorithm 1). For each feature i of a showing with p = σ(offset + Σ wᵢ) and outcome y:
 *
 *   g = p − y;  σᵢ = (√(nᵢ + g²) − √nᵢ) / α;  zᵢ += g − σᵢ·wᵢ;  nᵢ += g²
 *   wᵢ = 0 where |zᵢ| ≤ λ₁, else −(zᵢ − sgn(zᵢ)·λ₁) / ((β + √nᵢ) / α + λ₂)
 *
 * The offset is the log-odds of what is known without the features: a line item's pooled rate. A model that has learned nothing
 * gives that rate back, and a feature speaks up only as its evidence passes λ₁, so thin data falls back by itself.
 *
 * A feature is an integer from a good hash; the table takes as many of its lower bits as it has. Those that meet in one place
 * share a weight (Weinberger et al. 2009). With 2^18 places the state is 5 MB, however many features there are.
 */
import type { Probability } from '../../core/units.ts';
import type { ClickModel, FrozenClickModel } from './predictor.ts';

/** Of the range that the paper's authors and others found good; one for all tables, so that what was saved stays comparable. */
const ALPHA = 0.05;
const BETA = 1;
const L1 = 1;
const L2 = 1;
const BITS_MIN = 10;
const BITS_MAX = 22;
/** Chances are kept away from 0 and 1, where a wrong outcome would weigh without bound. */
const CHANCE_MIN = 1e-6;

const MAGIC = 0x4654524c;
const VERSION = 1;
const HEADER_BYTES = 16;
const PLACE_BYTES = 20;

export class FtrlModel implements ClickModel {
  readonly #bits: number;
  readonly #mask: number;
  readonly #z: Float64Array;
  readonly #n: Float64Array;
  /** As z and n give them: worked out when one of them changes, which is seldomer than a weight is read. */
  readonly #weights: Float32Array;

  /** @throws RangeError for a table of more or less places than are of use. */
  constructor(bits = 18) {
    if (!(Number.isInteger(bits) && bits >= BITS_MIN && bits <= BITS_MAX))
      throw new RangeError(`not the size of a table: 2^${bits}`);
    this.#bits = bits;
    this.#mask = 2 ** bits - 1;
    this.#z = new Float64Array(2 ** bits);
    this.#n = new Float64Array(2 ** bits);
    this.#weights = new Float32Array(2 ** bits);
  }

  predict(features: readonly number[], base: number): Probability {
    return predictFrom(this.#weights, this.#mask, features, base);
  }

  freeze(): FrozenClickModel {
    const weights = this.#weights.slice();
    const mask = this.#mask;
    return { predict: (features, base) => predictFrom(weights, mask, features, base) };
  }

  learn(features: readonly number[], base: number, came: boolean, weight = 1): void {
    if (!(weight > 0 && weight <= Number.MAX_SAFE_INTEGER)) return;
    const gradient = weight * (this.predict(features, base) - (came ? 1 : 0));
    const square = gradient * gradient;
    for (const feature of features) {
      const place = feature & this.#mask;
      const weightNow = this.#weights[place]!;
      const before = this.#n[place]!;
      const slowing = (Math.sqrt(before + square) - Math.sqrt(before)) / ALPHA;
      this.#z[place]! += gradient - slowing * weightNow;
      this.#n[place] = before + square;
      this.#weights[place] = this.#weightAt(place);
    }
  }

  /** Places in use, and no others: 20 bytes each. */
  save(): Uint8Array {
    let used = 0;
    for (const n of this.#n) if (n > 0) used++;
    const bytes = new Uint8Array(HEADER_BYTES + used * PLACE_BYTES);
    const view = new DataView(bytes.buffer);
    [MAGIC, VERSION, this.#bits, used].forEach((word, index) => {
      view.setUint32(4 * index, word);
    });
    let at = HEADER_BYTES;
    for (let place = 0; place <= this.#mask; place++) {
      if (this.#n[place] === 0) continue;
      view.setUint32(at, place);
      view.setFloat64(at + 4, this.#z[place]!);
      view.setFloat64(at + 12, this.#n[place]!);
      at += PLACE_BYTES;
    }
    return bytes;
  }

  /**
   * Adds what another node learned from showings of its own, both having begun with nothing: gradients and their squares are
   * sums, the proximal terms are nearly. False, and nothing added, for what cannot be believed.
   */
  merge(saved: Uint8Array): boolean {
    const places = readPlaces(saved);
    if (places?.bits !== this.#bits) return false;
    for (const { place, z, n } of places.all) {
      this.#z[place]! += z;
      this.#n[place]! += n;
      this.#weights[place] = this.#weightAt(place);
    }
    return true;
  }

  #weightAt(place: number): number {
    const z = this.#z[place]!;
    if (Math.abs(z) <= L1) return 0;
    return -(z - Math.sign(z) * L1) / ((BETA + Math.sqrt(this.#n[place]!)) / ALPHA + L2);
  }
}

/** Undefined for what cannot be believed. */
export function restoreFtrl(saved: Uint8Array): FtrlModel | undefined {
  const places = readPlaces(saved);
  if (!places) return undefined;
  const model = new FtrlModel(places.bits);
  return model.merge(saved) ? model : undefined;
}

interface Place {
  readonly place: number;
  readonly z: number;
  readonly n: number;
}

function readPlaces(
  saved: Uint8Array,
): { readonly bits: number; readonly all: readonly Place[] } | undefined {
  if (saved.byteLength < HEADER_BYTES) return undefined;
  const view = new DataView(saved.buffer, saved.byteOffset, saved.byteLength);
  const [magic, version, bits, used] = [0, 4, 8, 12].map((at) => view.getUint32(at)) as [
    number,
    number,
    number,
    number,
  ];
  const sound =
    magic === MAGIC &&
    version === VERSION &&
    bits >= BITS_MIN &&
    bits <= BITS_MAX &&
    saved.byteLength === HEADER_BYTES + used * PLACE_BYTES;
  if (!sound) return undefined;
  const all: Place[] = [];
  for (let at = HEADER_BYTES; at < saved.byteLength; at += PLACE_BYTES) {
    const read = { place: view.getUint32(at), z: view.getFloat64(at + 4), n: view.getFloat64(at + 12) };
    if (
      read.place >= 2 ** bits ||
      !Number.isFinite(read.z) ||
      !(read.n >= 0 && read.n < Number.POSITIVE_INFINITY)
    )
      return undefined;
    all.push(read);
  }
  return { bits, all };
}

function predictFrom(
  weights: Float32Array,
  mask: number,
  features: readonly number[],
  base: number,
): Probability {
  let sum = logOdds(base);
  for (const feature of features) sum += weights[feature & mask]!;
  return chanceOf(sum) as Probability;
}

function chanceOf(sum: number): number {
  return within(1 / (1 + Math.exp(-sum)), CHANCE_MIN, 1 - CHANCE_MIN);
}

function logOdds(chance: number): number {
  const bounded = within(chance, CHANCE_MIN, 1 - CHANCE_MIN);
  return Math.log(bounded / (1 - bounded));
}

/** Not a number counts as the least. */
function within(value: number, least: number, most: number): number {
  return value > least ? Math.min(value, most) : least;
}
