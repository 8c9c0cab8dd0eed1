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
