/**
 * Tests that may be looked at as they go. `groupSequential` spends the chance of a false alarm over the planned experiment as O'Brien
 * and Fleming would (Lan & DeMets 1983, "Discrete sequential boundaries for clinical trials"): little at first, nearly all at the end, so that it
 * loses next to no power against a test at the horizon. `alwaysValid` needs no plan and pays for it (Johari, Koomen, Pekelis & Walsh 2017).
 */
import { normalAt, normalBelow } from './normal.ts';

const GRID_POINTS = 401;
/** No difference reaches it by chance. */
const NEVER = 8;

/**
 * |z| from which the difference is real, for each look: `fractions` of the planned sample, rising, at most 1. Over all looks together a
 * difference that is not there is taken for one with chance `alpha`.
 * Two-sided 0.05, five even looks: 4.88, 3.36, 2.68, 2.29, 2.03 (the published table of that paper's spending function).
 */
export function groupSequential(fractions: readonly number[], alpha = 0.05): readonly number[] {
  // Each side spends half of it by the same function.
  const quantile = normalAt(1 - alpha / 4);
  const spent = (fraction: number): number => 4 * normalBelow(-quantile / Math.sqrt(fraction));
  const bounds: number[] = [];
  // The sum of what was seen, as a Brownian motion in the fraction: its density among those that have not crossed yet.
  let before: { points: Float64Array; weights: Float64Array } | undefined;
  let last = 0;
  for (const fraction of fractions) {
    const step = Math.sqrt(fraction - last);
    const wanted = spent(fraction) - (last > 0 ? spent(last) : 0);
    const root = Math.sqrt(fraction);
    const beyond = (bound: number): number =>
      before === undefined ? 2 * normalBelow((-bound * root) / step) : crossing(before, bound * root, step);
    let low = 0;
    let high = NEVER;
    if (beyond(NEVER) < wanted) {
      while (high - low > 1e-7) {
        const middle = (low + high) / 2;
        if (beyond(middle) > wanted) low = middle;
        else high = middle;
      }
    }
    bounds.push(high);
    before = among(before, high * root, step);
    last = fraction;
  }
  return bounds;
}

type Density = { readonly points: Float64Array; readonly weights: Float64Array };

function crossing({ points, weights }: Density, edge: number, step: number): number {
  let sum = 0;
  for (let at = 0; at < points.length; at++) {
    const from = points[at]!;
    sum += weights[at]! * (normalBelow((-edge - from) / step) + normalBelow((from - edge) / step));
  }
  return sum;
}

/** Weights hold the density times the width of Simpson's rule. */
function among(before: Density | undefined, edge: number, step: number): Density {
  const points = new Float64Array(GRID_POINTS);
  const weights = new Float64Array(GRID_POINTS);
  const width = (2 * edge) / (GRID_POINTS - 1);
  const normal = 1 / (step * Math.sqrt(2 * Math.PI));
  for (let at = 0; at < GRID_POINTS; at++) {
    const point = -edge + at * width;
    points[at] = point;
    let density = 0;
    if (before === undefined) density = normal * Math.exp((-point * point) / (2 * step * step));
    else
      for (let from = 0; from < before.points.length; from++) {
        const distance = (point - before.points[from]!) / step;
        if (distance > -NEVER && distance < NEVER)
          density += before.weights[from]! * normal * Math.exp((-distance * distance) / 2);
      }
    const rule = at === 0 || at === GRID_POINTS - 1 ? 1 : at % 2 === 1 ? 4 : 2;
    weights[at] = (density * rule * width) / 3;
  }
  return { points, weights };
}

/**
 * The mixture sequential probability ratio of a difference of two rates after `people` in each arm: below `alpha` at any look it is real.
 * `scale` is the deviation of differences that are expected.
 */
export function alwaysValid(difference: number, variance: number, people: number, scale: number): number {
  if (!(variance > 0) || people === 0) return 1;
  const spread = variance + people * scale * scale;
  const logRatio =
    0.5 * Math.log(variance / spread) +
    (people * people * scale * scale * difference * difference) / (2 * variance * spread);
  return Math.min(1, Math.exp(-logRatio));
}
