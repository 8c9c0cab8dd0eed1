/**
 * Spends a budget evenly over its period by throttling participation.
 *
 * Multiplicative dual descent (Balseiro, Lu & Mirrokni 2020, "Dual Mirror Descent for Online Allocation Problems", entropy
 * mirror map) on the share of opportunities instead of on the bid, as in Agarwal et al. 2014, "Budget Pacing for
 * Targeted Online Advertisements at LinkedIn":
 *
 *   log participation += GAIN · step · (1 − spent in the step / what the rest of the budget allows for the step)
 *
 * A line item that was to spend 100 a day and has spent 60 by noon may spend 40 in the other half: at the old pace of 60
 * a half day it takes part less with every step until the pace is 40. The correction is linear in the spend, so that
 * single impressions in short steps balance out; a cut is in proportion to the excess, so that finding the right share
 * p from 1 costs about ln(1/p) / GAIN of the budget: 5 % of it for p = 0.01.
 */
import type { Probability } from '../../core/units.ts';
import type { PacingController, PacingInput } from './controller.ts';

/** Per whole period: 7 % a minute of a day. Stable while spend is reported within about a quarter of an hour of a day. */
const GAIN = 100;
/** No step multiplies or divides by more. */
const STEP_LOG_MAX = Math.log(4);
/** Anti-wind-up: the state is the participation itself, held in bounds that it can leave within the hour. */
const PARTICIPATION_MIN = 1e-4;

export const evenPacing: PacingController = {
  name: 'even',
  step: (input) => {
    const before = within(input.participation, PARTICIPATION_MIN, 1);
    const allowed = allowance(input);
    if (allowed === undefined) return before as Probability;
    const excess = within(positive(input.spentSinceMicros) / allowed, 0, Number.MAX_VALUE);
    const change = GAIN * within(input.stepElapsed, 0, 1) * (1 - excess);
    const bounded = within(change, -STEP_LOG_MAX, STEP_LOG_MAX);
    return within(before * Math.exp(bounded), PARTICIPATION_MIN, 1) as Probability;
  },
};

/**
 * What the step may spend if the rest of the budget lasts for the rest of the period. Undefined where there is nothing to
 * steer: no time passed, or the budget is gone, when the purse refuses and participation waits as it is for the next period.
 */
function allowance(input: PacingInput): number | undefined {
  const step = within(input.stepElapsed, 0, 1);
  const left = positive(input.budgetMicros) - positive(input.spentMicros);
  if (step === 0 || !(left > 0)) return undefined;
  const rest = Math.max(1 - within(input.elapsed, 0, 1), step);
  const allowed = (left / rest) * step;
  return allowed > 0 ? allowed : undefined;
}

function positive(value: number): number {
  return value > 0 ? Math.min(value, Number.MAX_VALUE) : 0;
}

/** Not a number counts as the least. */
function within(value: number, least: number, most: number): number {
  return value > least ? Math.min(value, most) : least;
}
