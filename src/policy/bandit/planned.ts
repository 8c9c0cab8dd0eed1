/**
 * For who knows how many impressions are still to come: the arm whose index is the greatest, its mean and as many of its standard deviations as
 * learning about it can still pay for. The index is that of a bandit of finite horizon: the known rate at which one would be indifferent between it and
 * trying the arm on (Bradt, Johnson & Karlin 1956; Gittins 1979; boundaries as in Chernoff & Petkau 1986 and Brezzi & Lai 2002). With the
 * belief as a normal it depends on one number, the impressions that are left over those that the belief is worth.
 *
 * On real tests it takes more of the possible uplift than beliefs that narrow (npm run eval -- bandit-replay). A few of the choices stay Thompson
 * sampling's, so that every choice has a propensity that can be divided by. Without a plan all of them are.
 */
import type { Arm, CreativePolicy, Prior } from './policy.ts';
import { thompsonShares } from './rates.ts';

export const plannedPolicy: CreativePolicy = {
  name: 'planned',
  memory: 'all',
  shares: (belief, offered) => {
    const { left, ahead, ...known } = belief;
    if (left === undefined) return thompsonShares(belief, offered);
    const indexes = offered.map((place) => indexOf(known.arms[place]!, known.prior, left));
    const greatest = Math.max(...indexes);
    const first = indexes.filter((index) => index >= greatest).length;
    return thompsonShares(known, offered).map(
      (share, place) =>
        THOMPSON_SHARE * share + (indexes[place]! >= greatest ? (1 - THOMPSON_SHARE) / first : 0),
    );
  },
};

const THOMPSON_SHARE = 0.01;
/** Beliefs that narrow by themselves do best with a light prior; an index does with a fairer one. */
const PRIOR_WEIGHT = 2;
const COUNT_MAX = 1e12;

/** What was shown and may still be rewarded is not shown again to learn the same: it narrows the belief, and says nothing of the mean. */
function indexOf({ trials, rewards, shown = trials }: Arm, prior: Prior, left: number): number {
  const successes = Math.min(Math.max(0, rewards), COUNT_MAX) + PRIOR_WEIGHT * prior.rate * prior.trials;
  const all = Math.min(Math.max(0, trials, rewards), COUNT_MAX) + PRIOR_WEIGHT * prior.trials;
  const mean = Math.min(1, successes / all);
  const worth = all + Math.min(Math.max(0, shown - trials), COUNT_MAX);
  return mean + Math.sqrt((mean * (1 - mean)) / worth) * deviationsWorth(left / worth);
}

/**
 * Standard deviations above the mean at which one is indifferent, by the impressions left over those that the belief is worth; ≥ 0, rising. Knots of
 * the boundary in continuous time, by square roots of log(1 + left/worth), near nought as 0.64 of that.
 */
export function deviationsWorth(left: number): number {
  const at = Math.sqrt(Math.log1p(Math.max(0, left)));
  let knot = 1;
  while (knot < KNOTS.length - 1 && KNOTS[knot]![0] < at) knot++;
  const [fromX, fromY] = KNOTS[knot - 1]!;
  const [toX, toY] = KNOTS[knot]!;
  return fromY + ((at - fromX) / (toX - fromX)) * (toY - fromY);
}

const KNOTS: readonly (readonly [number, number])[] = [
  [0, 0],
  ...(
    [
      [0.1, 0.202],
      [0.2, 0.291],
      [0.35, 0.392],
      [0.5, 0.478],
      [0.75, 0.603],
      [1, 0.717],
      [1.5, 0.927],
      [2, 1.128],
      [3, 1.514],
      [4, 1.888],
      [5, 2.246],
      [6, 2.585],
      [7, 2.902],
      [8, 3.199],
      [10, 3.738],
      [12, 4.215],
      [14, 4.648],
    ] as const
  ).map(([log, deviations]) => [Math.sqrt(log), deviations] as const),
];
