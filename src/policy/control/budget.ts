/**
 * Makes a budget last by one factor on the bid. The same dual descent as pacing by participation (`policy/pacing/even.ts`), on
 * the multiplier of the worth instead: what is bought with less is then the best of it, where throttling buys a random part.
 *
 *   log factor += GAIN · step · (1 − spent in the step / what the rest of the budget allows for the step)
 */

/** Per whole period; as in even pacing. */
const GAIN = 100;
const STEP_LOG_MAX = Math.log(2);
export const LOG_BUDGET_MIN = Math.log(1e-3);
export const LOG_BUDGET_MAX = Math.log(1e3);

export interface BudgetStep {
  /** Length of the step as a share of the period. */
  readonly length: number;
  readonly spentMicros: number;
  /** Of the rest of the budget, this step's part. */
  readonly allowedMicros: number;
  /** The greatest logarithm that anything else leaves in force: above it the factor has no effect and stops rising. */
  readonly logLimit: number;
}

/** Headroom above what is in force, so that a budget that begins to bind is felt within minutes. */
const HEADROOM = Math.log(1.5);

export function stepBudget(logFactor: number, step: BudgetStep): number {
  const before = within(logFactor, LOG_BUDGET_MIN, LOG_BUDGET_MAX);
  if (!(step.allowedMicros > 0)) return before;
  const excess = within(step.spentMicros / step.allowedMicros, 0, Number.MAX_VALUE);
  const change = within(GAIN * within(step.length, 0, 1) * (1 - excess), -STEP_LOG_MAX, STEP_LOG_MAX);
  const ceiling = Math.max(LOG_BUDGET_MIN, Math.min(LOG_BUDGET_MAX, step.logLimit + HEADROOM));
  // Headroom bounds the rise; what is already above it falls by itself once it is felt.
  return within(before + change, LOG_BUDGET_MIN, Math.max(before, ceiling));
}

/** Not a number counts as the least. */
function within(value: number, least: number, most: number): number {
  return value > least ? Math.min(value, most) : least;
}
