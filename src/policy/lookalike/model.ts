/**
 * Who is like the people of a seed: logistic regression of the seed against others drawn from everybody, over hashed features,
 * by the learner that predicts clicks (`predict/ftrl.ts`). The order of the scores is what counts: of a seed that is a fair draw of some
 * kind of people, the most alike are of that kind (Elkan & Noto 2008, "Learning Classifiers from Only Positive and Unlabeled Data").
 *
 * How good it is, is measured on a fifth of the seed that it never saw: what part of them is among the most alike 1 %, 2 %, 5 % …
 * of everybody. That is the trade-off between size and likeness, and what a buyer chooses from.
 */
import { FtrlModel } from '../predict/ftrl.ts';

export interface AlikeExample {
  readonly features: readonly number[];
  readonly isSeed: boolean;
}

export type Alikeness = (features: readonly number[]) => number;

const BITS = 16;
const PASSES = 6;
const EXAMPLES_A_STEP = 200;

/** The examples are gone through in their order, so they come shuffled. */
export function* fitAlike(examples: readonly AlikeExample[]): Generator<undefined, Alikeness> {
  const model = new FtrlModel(BITS);
  const seeds = examples.filter(({ isSeed }) => isSeed).length;
  const base = (seeds + 1) / (examples.length + 2);
  for (let pass = 0; pass < PASSES; pass++)
    for (const [index, { features, isSeed }] of examples.entries()) {
      model.learn(features, base, isSeed);
      if (index % EXAMPLES_A_STEP === 0) yield;
    }
  return (features) => model.predict(features, base);
}

/** A point of the trade-off: taking in so much of everybody finds so much of the people that were sought. */
export interface GainPoint {
  /** Of everybody, 0..1. */
  readonly share: number;
  /** Of those sought, 0..1, with the bounds of a 95 % interval (Wilson 1927). */
  readonly found: number;
  readonly foundLow: number;
  readonly foundHigh: number;
  /** How many times more than by chance. */
  readonly lift: number;
}

export const GAIN_SHARES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5] as const;

/** `everybody` and `sought` are scores; the sought are among everybody. */
export function gainsOf(everybody: Float64Array, sought: Float64Array): readonly GainPoint[] {
  const falling = everybody.slice().sort().reverse();
  return GAIN_SHARES.map((share) => {
    const found = shareFound(falling, sought, share);
    const [foundLow, foundHigh] = wilson(found * sought.length, sought.length);
    return { share, found, foundLow, foundHigh, lift: found / share };
  });
}

/** Of equal scores at the edge only as many count as there is room for. */
function shareFound(falling: Float64Array, sought: Float64Array, share: number): number {
  const room = Math.max(1, Math.round(share * falling.length));
  const edge = falling[room - 1]!;
  let above = 0;
  let at = 0;
  for (const score of sought) {
    if (score > edge) above++;
    else if (score === edge) at++;
  }
  const first = falling.indexOf(edge);
  const last = falling.lastIndexOf(edge);
  return sought.length === 0 ? 0 : (above + (at * (room - first)) / (last - first + 1)) / sought.length;
}

function wilson(hits: number, trials: number): readonly [number, number] {
  if (trials === 0) return [0, 1];
  const z = 1.96;
  const p = hits / trials;
  const centre = p + (z * z) / (2 * trials);
  const half = z * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials));
  const whole = 1 + (z * z) / trials;
  return [Math.max(0, (centre - half) / whole), Math.min(1, (centre + half) / whole)];
}
