/**
 * Choice of a combination: an element for each slot, without going through all combinations. Each slot is chosen by itself,
 * 50 × 50 × 20 elements cost 120 shares rather than 50,000; a combination that may not be is drawn again. So a combination has the
 * product of its slots' shares, divided by the part of all that is permitted.
 *
 * What two elements do beside each other is left out: learned as an effect of each pair it made regret in the mean of five seeds 0.76 in place of 0.40, and 0.81
 * in place of 0.45 in a world where pairs do differ (bench/results/creative-interactions.json). People see pairs in the console.
 */
import type { Random } from '../../core/random.ts';
import { seededRandom } from '../../core/random.ts';
import type { Probability } from '../../core/units.ts';
import { drawFrom, sharesOf } from './choose.ts';
import type { Belief, CreativePolicy, Scene } from './policy.ts';

/** One slot: what is known of its elements, and those that may be shown now (places in `belief.arms`). */
export interface Slot {
  readonly belief: Belief;
  readonly offered: readonly number[];
}

export interface Combination {
  /** For each slot the place of its element in `belief.arms`. */
  readonly elements: readonly number[];
  readonly propensity: Probability;
}

/** Pure; asked by places, as `Combination.elements`. Give the same function as long as the rules are the same: it is remembered by. */
export type Forbidden = (elements: readonly number[]) => boolean;

/** Undefined where a slot is empty, or where no permitted combination was found. */
export function combine(
  policy: CreativePolicy,
  slots: readonly Slot[],
  scene: Scene,
  random: Random,
  forbidden?: Forbidden,
): Combination | undefined {
  if (slots.some(({ offered }) => offered.length === 0)) return undefined;
  const shares = slots.map(({ belief, offered }) => sharesOf(policy, belief, offered, scene));
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const elements = drawAll(slots, shares, random);
    if (forbidden?.(elements)) continue;
    return { elements, propensity: propensityIn(slots, shares, elements, forbidden) };
  }
  return undefined;
}

/** The probability of a combination under this policy, 0 for one that may not be: what a draft policy would have done. */
export function combinationShare(
  policy: CreativePolicy,
  slots: readonly Slot[],
  scene: Scene,
  elements: readonly number[],
  forbidden?: Forbidden,
): number {
  if (elements.length !== slots.length || forbidden?.(elements)) return 0;
  if (slots.some(({ offered }, slot) => !offered.includes(elements[slot]!))) return 0;
  const shares = slots.map(({ belief, offered }) => sharesOf(policy, belief, offered, scene));
  return propensityIn(slots, shares, elements, forbidden);
}

/** With nine of ten combinations forbidden one in 10^11 choices finds none. */
const ATTEMPTS_MAX = 256;
/** Up to so many combinations the permitted part is summed up, above it is sampled. */
const SUMMED_MAX = 4096;
const SAMPLES = 2048;

function drawAll(slots: readonly Slot[], shares: readonly Float64Array[], random: Random): number[] {
  return slots.map(({ offered }, slot) => offered[drawFrom(shares[slot]!, random)]!);
}

function propensityIn(
  slots: readonly Slot[],
  shares: readonly Float64Array[],
  elements: readonly number[],
  forbidden: Forbidden | undefined,
): Probability {
  let product = 1;
  for (let slot = 0; slot < slots.length; slot++)
    product *= shares[slot]![slots[slot]!.offered.indexOf(elements[slot]!)]!;
  const permitted = forbidden ? permittedPart(slots, shares, forbidden) : 1;
  return Math.min(1, Math.max(product / permitted, Number.MIN_VALUE)) as Probability;
}

const parts = new WeakMap<
  Float64Array,
  { readonly shares: readonly Float64Array[]; by: Forbidden; part: number }
>();

/** Shares are remembered by their belief, so as long as these are the same arrays the part is the same number. */
function permittedPart(
  slots: readonly Slot[],
  shares: readonly Float64Array[],
  forbidden: Forbidden,
): number {
  const first = shares[0];
  if (!first) return 1;
  const known = parts.get(first);
  if (known && known.by === forbidden && known.shares.every((each, slot) => each === shares[slot]))
    return known.part;
  const count = slots.reduce((product, { offered }) => product * offered.length, 1);
  const part = count <= SUMMED_MAX ? summed(slots, shares, forbidden) : sampled(slots, shares, forbidden);
  parts.set(first, { shares, by: forbidden, part });
  return part;
}

function summed(slots: readonly Slot[], shares: readonly Float64Array[], forbidden: Forbidden): number {
  let part = 0;
  const elements: number[] = [];
  const walk = (slot: number, product: number): void => {
    if (slot === slots.length) {
      if (!forbidden(elements)) part += product;
      return;
    }
    slots[slot]!.offered.forEach((place, index) => {
      elements[slot] = place;
      walk(slot + 1, product * shares[slot]![index]!);
    });
  };
  walk(0, 1);
  return Math.max(part, Number.MIN_VALUE);
}

/** Standard error 0.011 at the worst; a seed of its own, so that the same question has the same answer. */
function sampled(slots: readonly Slot[], shares: readonly Float64Array[], forbidden: Forbidden): number {
  const random = seededRandom('permitted combinations');
  let permitted = 0;
  for (let sample = 0; sample < SAMPLES; sample++)
    if (!forbidden(drawAll(slots, shares, random))) permitted++;
  return Math.max(permitted, 1) / SAMPLES;
}
