/** Probability of a click, given where an ad would be shown. */
import type { Probability } from '../../core/units.ts';

export interface PredictInput {
  readonly lineItemId: string;
  readonly creativeId: string;
  /** Impressions and clicks of the line item so far, and of the whole account. */
  readonly lineTrials: number;
  readonly lineClicks: number;
  readonly accountTrials: number;
  readonly accountClicks: number;
}

export interface Predictor {
  readonly name: string;
  pClick(input: PredictInput): Probability;
}

/**
 * A chance by the features of a showing, learned as outcomes come. Features are integers from a hash, `base` is the chance that
 * is known without them and is given back while little was learned. Always above 0 and below 1, whatever it is told.
 */
export interface ClickModel {
  predict(features: readonly number[], base: number): Probability;
  /**
   * One showing and what came of it. `weight` undoes a sampling: a showing kept with rate r counts 1/r. What came late may be told
   * as a showing that nothing came of and one that it did: with chances of a percent the difference is a percent of them.
   */
  learn(features: readonly number[], base: number, came: boolean, weight?: number): void;
  save(): Uint8Array;
  /** A copy for bids, which later lessons do not change. */
  freeze(): FrozenClickModel;
  /** Adds what another node has learned. False, and nothing added, for what cannot be believed. */
  merge(saved: Uint8Array): boolean;
}

export type FrozenClickModel = Pick<ClickModel, 'predict'>;
