/** The evaluations: one line each. */
import { anomaly } from './anomaly.ts';
import { attribution } from './attribution.ts';
import { banditDrift } from './bandit-drift.ts';
import { banditReplay } from './bandit-replay.ts';
import { banditSim } from './bandit-sim.ts';
import { bidReplay } from './bid-replay.ts';
import { cpa } from './cpa.ts';
import { ecpc } from './ecpc.ts';
import type { Evaluation } from './evaluation.ts';
import { experiment } from './experiment.ts';
import { forecast } from './forecast.ts';
import { lookalike } from './lookalike.ts';
import { ope } from './ope.ts';
import { predict } from './predict.ts';
import { rfm } from './rfm.ts';
import { shading } from './shading.ts';
import { simulate } from './simulate.ts';

export const EVALUATIONS: readonly Evaluation[] = [
  anomaly,
  attribution,
  banditDrift,
  banditReplay,
  banditSim,
  bidReplay,
  cpa,
  ecpc,
  experiment,
  forecast,
  lookalike,
  ope,
  predict,
  rfm,
  shading,
  simulate,
];
