/**
 * Holds a prediction to what came of it: the ratio of results to expectations, for one line item, shrunk to 1.
 *
 *   ratio = (came + k₀) / (expected to have come by now + k₀)
 *
 * Results that may still come must not count against the prediction, so an expectation counts only as far as it has had time: by
 * the share of delays that its age covers (`delay.ts`), or not before a fixed window has passed.
 * With k₀ = 20, 30 results where 50 were expected give 50 / 70 = 0.71, not yet 0.6.
 */

/** Expectations of as many results count beside what was seen: a ratio is known to a fifth before it moves by half. */
const RESULTS_LENT = 20;

/** Above 0 and finite, whatever was counted. */
export function recalibration(came: number, expectedMatured: number): number {
  return (counted(came) + RESULTS_LENT) / (counted(expectedMatured) + RESULTS_LENT);
}

function counted(sum: number): number {
  return sum > 0 ? Math.min(sum, Number.MAX_SAFE_INTEGER) : 0;
}
