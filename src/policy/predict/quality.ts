/**
 * How good predictions were, by what came of them. A calibration ratio near 1 says that spend will be as planned, the area under the
 * curve that the order is right, and the entropies both together.
 */

export interface Judged {
  /** 0..1. */
  readonly chance: ArrayLike<number>;
  /** 1 where it came, else 0. */
  readonly came: ArrayLike<number>;
}

/** Results for each that was expected: 0.5 says twice as many were predicted as came. Not a number where none was expected. */
export function calibrationRatio({ chance, came }: Judged): number {
  let expected = 0;
  let results = 0;
  for (let index = 0; index < chance.length; index++) {
    expected += chance[index]!;
    results += came[index]!;
  }
  return results / expected;
}

/** Mean of −log of the chance that was given to what happened, in nats. A certainty that was wrong counts as one in 10¹⁵. */
export function logLoss({ chance, came }: Judged): number {
  let sum = 0;
  for (let index = 0; index < chance.length; index++) {
    const given = came[index] === 1 ? chance[index]! : 1 - chance[index]!;
    sum -= Math.log(Math.max(given, 1e-15));
  }
  return sum / chance.length;
}

/**
 * Log-loss for that of one who knew the average and nothing else (He et al. 2014, "Practical Lessons from Predicting Clicks on Ads at
 * Facebook"): below 1 the features help. Unlike the log-loss itself it does not get better by results getting rarer.
 */
export function normalisedEntropy(judged: Judged): number {
  let results = 0;
  for (let index = 0; index < judged.came.length; index++) results += judged.came[index]!;
  const rate = results / judged.came.length;
  return logLoss(judged) / -(rate * Math.log(rate) + (1 - rate) * Math.log(1 - rate));
}

/** Chance that one that came was ranked above one that did not (Mann & Whitney 1947); ties count half. Half is no skill. */
export function areaUnderCurve({ chance, came }: Judged): number {
  const order = Uint32Array.from({ length: chance.length }, (_, index) => index).sort(
    (a, b) => chance[a]! - chance[b]!,
  );
  let ranks = 0;
  let positives = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && chance[order[to]!] === chance[order[from]!]) to++;
    for (let index = from; index < to; index++)
      if (came[order[index]!] === 1) {
        positives++;
        // Those of equal chance share the middle of their ranks.
        ranks += (from + 1 + to) / 2;
      }
    from = to;
  }
  const negatives = order.length - positives;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Of all that came, the share among the part of them that was given the greatest chances: 0.5 at 0.1 says that a tenth holds half. */
export function gainsAt({ chance, came }: Judged, part: number): number {
  const order = Uint32Array.from({ length: chance.length }, (_, index) => index).sort(
    (a, b) => chance[b]! - chance[a]!,
  );
  const first = Math.round(part * order.length);
  let all = 0;
  let held = 0;
  order.forEach((index, place) => {
    all += came[index]!;
    if (place < first) held += came[index]!;
  });
  return held / all;
}
