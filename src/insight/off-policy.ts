/**
 * What a draft policy would have earned, judged on the log of another one: every choice was written down with the probability it
 * was made with, so a choice counts by how much more often the draft would have made it, w = π(a|x) / π₀(a|x).
 *
 *   ips    n⁻¹ Σ w·r                                   unbiased, and wild where weights are
 *   snips  Σ w·r / Σ w                                 steadier, with a bias that fades as 1/n (Swaminathan & Joachims 2015)
 *   dr     n⁻¹ Σ [q(x, π) + w·(r − q(x, a))]           right where propensities or the model q are (Dudík, Langford & Li 2011)
 *
 * Intervals are of 95 %, by the normal limit of each mean. The effective sample size (Σw)² / Σw² (Kong 1992) is how many choices of
 * its own the draft would have needed to know as much; where it is small a few rows decide everything, and nothing is concluded.
 */

export interface LoggedChoice {
  /** With which it was chosen, above 0. */
  readonly propensity: number;
  /** With which the draft would have chosen the same, 0..1. */
  readonly draft: number;
  readonly reward: number;
  /** What a model expects of what was chosen, and of what the draft would choose in its place. */
  readonly expected: number;
  readonly expectedOfDraft: number;
}

/** Value of a choice, in rewards. */
export interface Valuation {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface OffPolicyVerdict {
  readonly choices: number;
  readonly effectiveSize: number;
  /** Of the policy that made the log, by its own rewards. */
  readonly logged: Valuation;
  readonly ips: Valuation;
  readonly snips: Valuation;
  readonly dr: Valuation;
  /** What a choice of the draft earns more than one of the log, doubly robust, both on the same rows. */
  readonly difference: Valuation;
  /** The draft and the log have too little in common to conclude anything. */
  readonly refused: boolean;
}

/** Below either nothing is concluded: a hundredth of the log, and as many choices as a mean needs to be nearly normal. */
const EFFECTIVE_SHARE_MIN = 0.01;
const EFFECTIVE_MIN = 100;
const Z95 = 1.959964;

/** @throws RangeError for a propensity that no choice can have been made with. */
export function judgeOffPolicy(log: readonly LoggedChoice[]): OffPolicyVerdict {
  const weights = Float64Array.from(log, ({ propensity, draft }) => {
    if (!(propensity > 0 && propensity <= 1)) throw new RangeError(`not a propensity: ${propensity}`);
    return draft / propensity;
  });
  const sum = total(weights);
  const squares = total(weights.map((weight) => weight * weight));
  const effectiveSize = squares > 0 ? (sum * sum) / squares : 0;
  const weighted = Float64Array.from(log, ({ reward }, row) => weights[row]! * reward);
  const snips = sum > 0 ? total(weighted) / sum : Number.NaN;
  // The delta method: a ratio of sums varies as the residuals of its numerator do.
  const residuals = total(weighted.map((_, row) => (weights[row]! * (log[row]!.reward - snips)) ** 2));
  const robust = Float64Array.from(
    log,
    ({ reward, expected, expectedOfDraft }, row) => expectedOfDraft + weights[row]! * (reward - expected),
  );
  return {
    choices: log.length,
    effectiveSize,
    logged: meanOf(Float64Array.from(log, ({ reward }) => reward)),
    ips: meanOf(weighted),
    snips: around(snips, Math.sqrt(residuals) / sum),
    dr: meanOf(robust),
    difference: meanOf(robust.map((value, row) => value - log[row]!.reward)),
    refused: effectiveSize < Math.max(EFFECTIVE_MIN, EFFECTIVE_SHARE_MIN * log.length),
  };
}

function meanOf(values: Float64Array): Valuation {
  const mean = total(values) / values.length;
  const variance = total(values.map((value) => (value - mean) ** 2)) / Math.max(1, values.length - 1);
  return around(mean, Math.sqrt(variance / values.length));
}

function around(value: number, deviation: number): Valuation {
  return { value, low: value - Z95 * deviation, high: value + Z95 * deviation };
}

function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
