/**
 * The probability that one of several normally distributed scores is the greatest of all. Each score's distribution function is
 * known, so what falls into each interval of a grid is exact, and only how the others stand within the interval is interpolated.
 */
import type { Effect } from './policy.ts';

/** Standard deviations at which each score puts nodes. */
const STEPS = [
  -3.5, -2.75, -2.2, -1.75, -1.35, -1, -0.65, -0.32, 0, 0.32, 0.65, 1, 1.35, 1.75, 2.2, 2.75, 3.5, 4.5,
];
const REACH = 6;
/** Nodes of a grid: 2,500 scores would bring 45,000, which takes a second and tells no more. */
const NODES_MAX = 384;

/** Variances ≥ 0; of scores that never vary the greatest takes all, equals share. Adds up to one; no entry is below nought. */
export function chancesOfNormals(scores: readonly Effect[]): Float64Array {
  const spreads = Float64Array.from(scores, ({ variance }) => Math.sqrt(Math.max(variance, 0)));
  let from = Number.NEGATIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  scores.forEach(({ mean }, index) => {
    from = Math.max(from, mean - REACH * spreads[index]!);
    to = Math.max(to, mean + REACH * spreads[index]!);
  });
  // Below `from` somebody is certain to be greater, so who does not reach it has no chance.
  const able = scores.flatMap(({ mean }, index) => (mean + REACH * spreads[index]! >= from ? [index] : []));
  const shares = new Float64Array(scores.length);
  if (!(to > from)) {
    for (const index of able) shares[index] = 1 / able.length;
    return shares;
  }
  const grid = gridOf(scores, spreads, able, from, to);
  const below = new Float64Array(able.length);
  const next = new Float64Array(able.length);
  let logBelow = Number.NEGATIVE_INFINITY;
  for (let node = 0; node < grid.length; node++) {
    let logNext = 0;
    for (let each = 0; each < able.length; each++) {
      const index = able[each]!;
      next[each] = normalShareBelow((grid[node]! - scores[index]!.mean) / spreads[index]!);
      logNext += Math.log(Math.max(next[each]!, 1e-300));
    }
    if (node > 0)
      for (let each = 0; each < able.length; each++) {
        const step = next[each]! - below[each]!;
        if (step <= 0) continue;
        const low = logBelow - Math.log(Math.max(below[each]!, 1e-300));
        const high = logNext - Math.log(Math.max(next[each]!, 1e-300));
        shares[able[each]!]! += (step * (Math.exp(Math.min(low, 0)) + Math.exp(Math.min(high, 0)))) / 2;
      }
    below.set(next);
    logBelow = logNext;
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

function gridOf(
  scores: readonly Effect[],
  spreads: Float64Array,
  able: readonly number[],
  from: number,
  to: number,
): Float64Array {
  const nodes: number[] = [from, to];
  // Where scores are many, each puts fewer nodes; the fan of all of them together stays dense where they meet.
  const stride = Math.max(1, Math.ceil((able.length * STEPS.length) / (4 * NODES_MAX)));
  able.forEach((index, each) => {
    for (let step = each % stride; step < STEPS.length; step += stride) {
      const node = scores[index]!.mean + STEPS[step]! * spreads[index]!;
      if (node > from && node < to) nodes.push(node);
    }
  });
  const sorted = Float64Array.from(nodes).sort();
  if (sorted.length <= NODES_MAX) return sorted;
  return Float64Array.from(
    { length: NODES_MAX },
    (_, place) => sorted[Math.round((place * (sorted.length - 1)) / (NODES_MAX - 1))]!,
  );
}

/** Φ, within 7.5·10⁻⁸ (Abramowitz & Stegun 1964, 26.2.17). A spread of nought gives a step: NaN at the step itself counts as below. */
function normalShareBelow(z: number): number {
  if (Number.isNaN(z) || z > 8) return 1;
  if (z < -8) return 0;
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    0.3989422804014327 *
    Math.exp((-z * z) / 2) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}
