/** The predictors: one line each. */
import { pooledPredictor } from './pooled.ts';
import type { Predictor } from './predictor.ts';

export const PREDICTORS: readonly Predictor[] = [pooledPredictor];

export function predictorNamed(name: string): Predictor {
  const predictor = PREDICTORS.find((member) => member.name === name);
  if (!predictor) throw new Error(`no predictor is named ${name}`);
  return predictor;
}
