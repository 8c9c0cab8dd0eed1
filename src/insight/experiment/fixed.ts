/** Tests at a horizon that was fixed before, what they can find, and whether people were divided as intended. */
import { normalAt, normalBelow } from './normal.ts';

export interface Arm {
  readonly people: number;
  readonly successes: number;
}

export interface Difference {
  /** Of the rates: variant less control. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly z: number;
  readonly p: number;
}

/** Two-proportion z test; the interval is of 95 % and not pooled. */
export function twoProportions(control: Arm, variant: Arm): Difference {
  const [a, b] = [rateOf(control), rateOf(variant)];
  const pooled = (control.successes + variant.successes) / (control.people + variant.people);
  const usual = Math.sqrt(pooled * (1 - pooled) * (1 / control.people + 1 / variant.people));
  const own = Math.sqrt((a * (1 - a)) / control.people + (b * (1 - b)) / variant.people);
  return told(b - a, usual, own);
}

export interface Sample {
  readonly people: number;
  readonly mean: number;
  readonly variance: number;
}

/** Welch's test for values. With as many people as an experiment has, its t is normal. */
export function welch(control: Sample, variant: Sample): Difference {
  const own = Math.sqrt(control.variance / control.people + variant.variance / variant.people);
  return told(variant.mean - control.mean, own, own);
}

function told(difference: number, usual: number, own: number): Difference {
  const z = usual > 0 ? difference / usual : 0;
  const reach = normalAt(0.975) * own;
  return {
    difference,
    low: difference - reach,
    high: difference + reach,
    z,
    p: 2 * normalBelow(-Math.abs(z)),
  };
}

/** The chance of a division as uneven as this one, had people been divided as intended. Below 0.001 the experiment is not to be believed. */
export function sampleRatio(control: number, variant: number, variantShare: number): number {
  const all = control + variant;
  if (all === 0) return 1;
  const z = (variant - all * variantShare) / Math.sqrt(all * variantShare * (1 - variantShare));
  return 2 * normalBelow(-Math.abs(z));
}

/** People in each arm, for a relative change of a rate to be found with chance `power` by a two-sided test at `alpha`. */
export function peopleNeeded(rate: number, relativeChange: number, power = 0.8, alpha = 0.05): number {
  const changed = rate * (1 + relativeChange);
  const variance = rate * (1 - rate) + changed * (1 - changed);
  const reach = normalAt(1 - alpha / 2) + normalAt(power);
  return Math.ceil((reach * reach * variance) / (changed - rate) ** 2);
}

/** The least relative rise that is found with chance `power` among so many people in each arm. */
export function leastRise(rate: number, people: number, power = 0.8, alpha = 0.05): number {
  let low = 0;
  let high = (1 - rate) / rate;
  if (peopleNeeded(rate, high, power, alpha) > people) return Number.POSITIVE_INFINITY;
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (peopleNeeded(rate, middle, power, alpha) > people) low = middle;
    else high = middle;
  }
  return high;
}

function rateOf({ people, successes }: Arm): number {
  return people > 0 ? successes / people : 0;
}
