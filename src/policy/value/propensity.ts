/**
 * How likely somebody is to buy within a period: a base (what the model of repeat purchases says of a customer, the rate of all
 * others) moved by what they did of late, learned from what people did before an earlier day and whether they bought after it.
 * Logistic regression over hashed buckets (`predict/ftrl.ts`), so it says nothing new where there is nothing to learn from.
 */
import type { Profile } from '../../core/profile.ts';
import { STANDARD_EVENTS } from '../../core/profile.ts';
import { hash32 } from '../../core/random.ts';
import { FtrlModel } from '../predict/ftrl.ts';
import type { RfmScores } from './rfm.ts';

export interface PropensityExample {
  readonly features: readonly number[];
  readonly base: number;
  readonly came: boolean;
}

/** Undefined while there were too few purchases to learn from: then the base holds. */
export type Propensity = ((features: readonly number[], base: number) => number) | undefined;

const WINDOW_DAYS = [1, 3, 7, 14, 30, 90] as const;
const BITS = 12;
/** Passes over the examples: they are few, and each is seen as often as a model of many would see its like. */
const PASSES = 3;
const PURCHASES_MIN = 50;
const EXAMPLES_A_STEP = 50;
const BUCKETS_MAX = 34;

/** Of every event, window and bucket: hashing texts took half of the time that scoring takes. */
const HASHES = STANDARD_EVENTS.map((name) =>
  WINDOW_DAYS.map((days) =>
    Array.from({ length: BUCKETS_MAX }, (_, bucket) => hash32(`${name} ${days} ${bucket}`, 0)),
  ),
);

/** What was done until the end of a day, in buckets: how often each event came within each window, and the fifths among customers. */
export function propensityFeatures(
  profile: Profile,
  day: number,
  base: number,
  scores: RfmScores | undefined,
): readonly number[] {
  const features = [hash32(`base ${Math.round(2 * Math.log(base / (1 - base)))}`, 0)];
  for (const [event, name] of STANDARD_EVENTS.entries()) {
    const first = profile.firstDay(name);
    if (first === undefined || first > day) continue;
    for (const [window, days] of WINDOW_DAYS.entries()) {
      const { count } = profile.totals(name, day - days + 1, day);
      features.push(HASHES[event]![window]![bucketOf(count)]!);
    }
  }
  if (scores) {
    const { recency, frequency, monetary } = scores;
    features.push(
      hash32(`recency ${recency}`, 0),
      hash32(`frequency ${frequency}`, 0),
      hash32(`monetary ${monetary}`, 0),
      hash32(`cell ${recency} ${frequency} ${monetary}`, 0),
    );
  }
  return features;
}

export function* fitPropensity(examples: readonly PropensityExample[]): Generator<undefined, Propensity> {
  if (examples.filter(({ came }) => came).length < PURCHASES_MIN) return undefined;
  const model = new FtrlModel(BITS);
  for (let pass = 0; pass < PASSES; pass++)
    for (let index = 0; index < examples.length; index++) {
      const { features, base, came } = examples[index]!;
      model.learn(features, base, came);
      if (index % EXAMPLES_A_STEP === 0) yield;
    }
  return (features, base) => model.predict(features, base);
}

/** 0, 1, 2, 3–4, 5–8, … */
function bucketOf(count: number): number {
  return count === 0 ? 0 : 1 + Math.ceil(Math.log2(count));
}
