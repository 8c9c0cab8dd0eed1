/**
 * Thompson sampling with a uniform prior: Thompson 1933; Chapelle & Li 2011, "An Empirical Evaluation of Thompson
 * Sampling". Each arm's rate is believed to be Beta(1 + rewards, 1 + trials − rewards); one draw each, the greatest is
 * shown. Two arms with 30 and 20 clicks of 1,000: the first is shown in about 92 of 100 cases.
 */
import { drawBeta } from '../../core/sampling.ts';
import type { Probability } from '../../core/units.ts';
import type { Arm, CreativePolicy } from './policy.ts';

export const thompsonPolicy: CreativePolicy = {
  name: 'thompson',
  choose: (arms, random) => {
    let index = 0;
    let best = -1;
    for (let arm = 0; arm < arms.length; arm++) {
      const { a, b } = beliefOf(arms[arm]!);
      const drawn = drawBeta(a, b, random);
      if (drawn > best) {
        best = drawn;
        index = arm;
      }
    }
    return { index, propensity: remembered(arms)[index] as Probability };
  },
};

interface Belief {
  readonly a: number;
  readonly b: number;
}

/** More rewards than trials (clicks that came before their impression) count as no failure. */
function beliefOf({ trials, rewards }: Arm): Belief {
  const successes = rewards > 0 ? Math.min(rewards, COUNT_MAX) : 0;
  const all = trials > 0 ? Math.min(trials, COUNT_MAX) : 0;
  return { a: 1 + successes, b: 1 + Math.max(0, all - successes) };
}

const COUNT_MAX = 1e12;
const REMEMBERED_MAX = 4096;
const memory = new Map<string, Float64Array>();

/**
 * Arms change only when learning publishes, so the same few sets come again and again. A whole choice among four arms
 * takes 1.4 µs where the set is known and 70 µs where it is new (bench/micro/thompson.ts). A pure function's memory:
 * forgetting it changes no answer.
 */
function remembered(arms: readonly Arm[]): Float64Array {
  let key = '';
  for (const arm of arms) key += `${arm.trials},${arm.rewards};`;
  let shares = memory.get(key);
  if (!shares) {
    if (memory.size >= REMEMBERED_MAX) memory.clear();
    shares = thompsonPropensities(arms);
    memory.set(key, shares);
  }
  return shares;
}

/** Nodes a belief brings to the common grid, and how many of its standard deviations they reach to each side. */
const NODES = 40;
const REACH = 9;

/**
 * P(arm k draws the greatest) = ∫ f_k Π_{j≠k} F_j, by the Hermite rule on a grid over the log-odds, where every belief
 * is one smooth hump. The grid is the union of a fan of nodes for each arm, dense at its peak. Accuracy, against a
 * grid of 20 times as many nodes over 600 random sets of 2 to 12 arms: within 2·10⁻⁵, and within 3 % of every
 * propensity above 10⁻⁴. The shares are scaled to add up to one; none is zero, since whoever was chosen could be.
 */
export function thompsonPropensities(arms: readonly Arm[], nodes = NODES): Float64Array {
  const beliefs = arms.map(beliefOf);
  const grid = gridOf(beliefs, nodes);
  const logX = grid.map((odds) => -softplus(-odds));
  const logRest = grid.map((odds) => -softplus(odds));
  const densities: Float64Array[] = [];
  const slopes: Float64Array[] = [];
  const below: Float64Array[] = [];
  for (const belief of beliefs) {
    const [density, slope] = densityOn(belief, grid, logX, logRest);
    const share = cumulate(grid, density, slope);
    const whole = share[grid.length - 1]!;
    for (const column of [density, slope, share])
      for (let node = 0; node < column.length; node++) column[node]! /= whole;
    densities.push(density);
    slopes.push(slope);
    below.push(share);
  }
  const shares = winnings(grid, densities, slopes, below);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => Math.max(share / total, Number.MIN_VALUE));
}

function softplus(value: number): number {
  return value > 0 ? value + Math.log1p(Math.exp(-value)) : Math.log1p(Math.exp(value));
}

/** Spread wider towards the tails, which fall off like an exponential rather than a bell. */
function gridOf(beliefs: readonly Belief[], nodes: number): Float64Array {
  const all: number[] = [];
  for (const { a, b } of beliefs) {
    const peak = Math.log(a / b);
    const spread = Math.sqrt(1 / a + 1 / b);
    for (let node = 0; node < nodes; node++) {
      const place = (2 * node) / (nodes - 1) - 1;
      all.push(peak + spread * REACH * (0.4 * place + 0.6 * place ** 3));
    }
    // A belief of few trials has tails as long as its rate is uncertain: e^(a·odds) to the left, e^(−b·odds) to the right.
    for (let node = 1; node <= 6; node++) {
      all.push(peak - spread * REACH - (node * 3) / a);
      all.push(peak + spread * REACH + (node * 3) / b);
    }
  }
  return Float64Array.from(all).sort();
}

/** Density over the log-odds, up to a factor, and its slope. */
function densityOn(
  { a, b }: Belief,
  grid: Float64Array,
  logX: Float64Array,
  logRest: Float64Array,
): [Float64Array, Float64Array] {
  const density = new Float64Array(grid.length);
  const slope = new Float64Array(grid.length);
  const peak = a * Math.log(a / (a + b)) + b * Math.log(b / (a + b));
  for (let node = 0; node < grid.length; node++) {
    const height = Math.exp(a * logX[node]! + b * logRest[node]! - peak);
    const x = Math.exp(logX[node]!);
    density[node] = height;
    slope[node] = height * (a * (1 - x) - b * x);
  }
  return [density, slope];
}

/** Running integral by the cubic through values and slopes. */
function cumulate(grid: Float64Array, value: Float64Array, slope: Float64Array): Float64Array {
  const sum = new Float64Array(grid.length);
  for (let node = 1; node < grid.length; node++) {
    const step = grid[node]! - grid[node - 1]!;
    const piece =
      (step / 2) * (value[node - 1]! + value[node]!) +
      ((step * step) / 12) * (slope[node - 1]! - slope[node]!);
    sum[node] = sum[node - 1]! + Math.max(0, piece);
  }
  return sum;
}

/** ∫ f_k Π_{j≠k} F_j for every k in one walk over the grid: products of all the others from both ends. */
function winnings(
  grid: Float64Array,
  densities: readonly Float64Array[],
  slopes: readonly Float64Array[],
  below: readonly Float64Array[],
): Float64Array {
  const count = below.length;
  const before = new Float64Array(count);
  const value = new Float64Array(count);
  const slope = new Float64Array(count);
  const sum = new Float64Array(count);
  for (let node = 0; node < grid.length; node++) {
    const step = node === 0 ? 0 : grid[node]! - grid[node - 1]!;
    let product = 1;
    let growth = 0;
    for (let arm = 0; arm < count; arm++) {
      before[arm] = product;
      const share = below[arm]![node]!;
      product *= share;
      if (share > 0) growth += densities[arm]![node]! / share;
    }
    let after = 1;
    for (let arm = count - 1; arm >= 0; arm--) {
      const share = below[arm]![node]!;
      const density = densities[arm]![node]!;
      const others = before[arm]! * after;
      after *= share;
      const valueHere = density * others;
      const slopeHere =
        slopes[arm]![node]! * others + valueHere * (growth - (share > 0 ? density / share : 0));
      const piece = (step / 2) * (value[arm]! + valueHere) + ((step * step) / 12) * (slope[arm]! - slopeHere);
      sum[arm]! += Math.max(0, piece);
      value[arm] = valueHere;
      slope[arm] = slopeHere;
    }
  }
  return sum;
}
