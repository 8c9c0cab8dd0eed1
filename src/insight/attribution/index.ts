/** The models of attribution: one line each. */
import { firstTouch, lastTouch, linear, positionBased, timeDecay } from './by-place.ts';
import { markov } from './markov.ts';
import type { AttributionModel } from './path.ts';
import { shapley } from './shapley.ts';

export const ATTRIBUTION_MODELS: readonly AttributionModel[] = [
  lastTouch,
  firstTouch,
  linear,
  positionBased,
  timeDecay,
  markov,
  shapley,
];
