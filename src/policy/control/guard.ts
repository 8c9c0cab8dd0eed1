/**
 * Stops a line item before it runs away: when what it spent should long have brought more conversions than came, even at twice
 * its target, and chance alone would hardly explain it.
 *
 * Owed are the conversions that the spend should have brought by now at the target, each spend weighed by the share of conversions
 * that comes by its age. The count that came is Poisson around what is owed; with 14 owed at twice the target and none come,
 * chance explains it once in a million. It goes on by itself when later conversions make that likely again, or when the target
 * is raised.
 */

/** A cost of so many times the target is what may not happen. */
const RUNAWAY = 2;
/** The line item stops where chance explains less than this, and goes on from ten times as much. */
const STOP_BELOW = 1e-3;
const RESUME_FROM = 1e-2;

export interface GuardVerdict {
  readonly stopped: boolean;
  /** Probability of so few conversions, or fewer, if they cost twice the target. */
  readonly chance: number;
}

export function exposureGuard(owed: number, came: number, wasStopped: boolean): GuardVerdict {
  const chance = poissonAtMost(came, (owed > 0 ? owed : 0) / RUNAWAY);
  return { stopped: chance < (wasStopped ? RESUME_FROM : STOP_BELOW), chance };
}

/** P(X ≤ count) for a Poisson mean, summed from the greatest term so that nothing underflows. */
export function poissonAtMost(count: number, mean: number): number {
  if (!(mean > 0)) return 1;
  if (count < 0) return 0;
  // Above a few hundred the normal approximation with continuity correction is good to a percent where it matters.
  if (mean > 500) return normalAtMost((count + 0.5 - mean) / Math.sqrt(mean));
  let term = Math.exp(-mean);
  let sum = term;
  for (let k = 1; k <= count; k++) {
    term *= mean / k;
    sum += term;
  }
  return Math.min(1, sum);
}

/** Abramowitz & Stegun 26.2.17, to 7.5e-8. */
function normalAtMost(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const polynomial =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
  return z > 0 ? 1 - tail : tail;
}
