/**
 * The probability that one of several rates, each believed to be Beta, is the greatest of all: what Thompson sampling does in the long run,
 * without a draw.
 */

export interface Beta {
  readonly a: number;
  readonly b: number;
}

/** Nodes a beta brings to the common grid, and how many of its standard deviations they reach to each side. */
const NODES = 40;
const REACH = 9;

/**
 * P(arm k draws the greatest) = ∫ f_k Π_{j≠k} F_j, by the Hermite rule on a grid over the log-odds, where every beta
 * is one smooth hump. The grid is the union of a fan of nodes for each arm, dense at its peak. Accuracy, against a
 * grid of 20 times as many nodes over 600 random sets of 2 to 12 arms: within 2·10⁻⁵, and within 3 % of every
 * propensity above 10⁻⁴. The shares are scaled to add up to one; none is zero, since whoever was chosen could be.
 */
export function chancesToBeGreatest(betas: readonly Beta[], nodes = NODES): Float64Array {
  const grid = gridOf(betas, nodes);
  const logX = grid.map((odds) => -softplus(-odds));
  const logRest = grid.map((odds) => -softplus(odds));
  const densities: Float64Array[] = [];
  const slopes: Float64Array[] = [];
  const below: Float64Array[] = [];
  for (const beta of betas) {
    const [density, slope] = densityOn(beta, grid, logX, logRest);
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
function gridOf(betas: readonly Beta[], nodes: number): Float64Array {
  const all: number[] = [];
  for (const { a, b } of betas) {
    const peak = Math.log(a / b);
    const spread = Math.sqrt(1 / a + 1 / b);
    for (let node = 0; node < nodes; node++) {
      const place = (2 * node) / (nodes - 1) - 1;
      all.push(peak + spread * REACH * (0.4 * place + 0.6 * place ** 3));
    }
    // A beta of few trials has tails as long as its rate is uncertain: e^(a·odds) to the left, e^(−b·odds) to the right.
    for (let node = 1; node <= 6; node++) {
      all.push(peak - spread * REACH - (node * 3) / a);
      all.push(peak + spread * REACH + (node * 3) / b);
    }
  }
  return Float64Array.from(all).sort();
}

/** Density over the log-odds, up to a factor, and its slope. */
function densityOn(
  { a, b }: Beta,
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
