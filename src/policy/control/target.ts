/**
 * Holds what results cost to what they are worth, by one factor on the bid.
 *
 * Dual ascent on the constraint Σ cost ≤ Σ worth (Balseiro et al. 2023, "A Field Guide for Pacing Budget and ROS Constraints"):
 * the factor α of a bid α·v rises while results come cheaper than they are worth and falls while they come dearer. What is
 * counted is the expected worth of what was won, since conversions come days later and few; `learning/results.ts` holds
 * those expectations to what did come. Few results say little, so the ascent is slow until some have come.
 *
 * Ascent alone looks at the latest price. What was over- or underpaid before is made good over the results to come: by a part in
 * proportion to the whole error, spread over about as many of them as half of those that came.
 *
 * A line with a target of 10 that has spent 900 for 100 expected results bids a fifth above what ascent says; one that has spent
 * 1,100, as much below it.
 */

export interface TargetState {
  /** Logarithm of the multiplier that ascent has come to. */
  readonly integral: number;
}

export interface TargetInput {
  /** Since the last step: what was spent, and what the results to be expected of it are worth. */
  readonly spentMicros: number;
  readonly worthMicros: number;
  /** The same of all time, as it is seen now. */
  readonly spentTotalMicros: number;
  readonly worthTotalMicros: number;
  /** What one result is worth. */
  readonly resultWorthMicros: number;
  /** Results that came. */
  readonly results: number;
  /** Logarithm of what another constraint allows at most: no use in winding up beyond it. */
  readonly logLimit: number;
}

/** Results' worth of error that moves the integral by one. */
const ASCENT_RESULTS = 10;
/** With so many results the ascent has half its speed. */
const HALF_SURE_RESULTS = 20;
/** An error is made good over so many results, or half of those that came where that is more. */
const RECOVERY_RESULTS_MIN = 30;
const RECOVERY_SHARE = 0.5;
const RECOVERY_LOG_MAX = 0.5;
/** No step moves the multiplier further. */
const STEP_MAX = 0.25;
export const LOG_FACTOR_MIN = Math.log(0.05);
export const LOG_FACTOR_MAX = Math.log(20);
/** How far the integral may stay above what another constraint allows. */
const HEADROOM = Math.log(1.5);

export const FIRST_TARGET_STATE: TargetState = { integral: 0 };

export function stepTarget(state: TargetState, input: TargetInput): TargetState {
  const before = within(state.integral, LOG_FACTOR_MIN, LOG_FACTOR_MAX);
  const unit = ASCENT_RESULTS * finite(input.resultWorthMicros);
  if (unit === 0) return { integral: before };
  const results = finite(input.results);
  const sure = results / (results + HALF_SURE_RESULTS);
  // What is to be made good may cost more or less than it is worth, or ascent would undo the other part.
  const allowed = finite(input.worthMicros) * Math.exp(recoveryOf(input));
  const error = (allowed - finite(input.spentMicros)) / unit;
  const step = within(sure * error, -STEP_MAX, STEP_MAX);
  const ceiling = Math.max(LOG_FACTOR_MIN, Math.min(LOG_FACTOR_MAX, input.logLimit + HEADROOM));
  return { integral: within(before + step, LOG_FACTOR_MIN, ceiling) };
}

/** Logarithm of the factor on the worth. Finite and bounded whatever came in. */
export function logFactorOf({ integral }: TargetState, input: TargetInput): number {
  return within(integral + recoveryOf(input), LOG_FACTOR_MIN, LOG_FACTOR_MAX);
}

/** What was over- or underpaid so far, as a share of the results to come that make it good. */
function recoveryOf({ results, resultWorthMicros, worthTotalMicros, spentTotalMicros }: TargetInput): number {
  const ahead = Math.max(RECOVERY_RESULTS_MIN, RECOVERY_SHARE * finite(results));
  const unit = ahead * finite(resultWorthMicros);
  const error = unit === 0 ? 0 : (finite(worthTotalMicros) - finite(spentTotalMicros)) / unit;
  return within(error, -RECOVERY_LOG_MAX, RECOVERY_LOG_MAX);
}

function finite(value: number): number {
  return value > 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : 0;
}

/** Not a number counts as the least. */
function within(value: number, least: number, most: number): number {
  return value > least ? Math.min(value, most) : least;
}
