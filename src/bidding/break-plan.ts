/**
 * Which spots share an ad break: a knapsack with two limits, seconds and places. Greedy in three orders, and the best of the
 * three: by worth, by worth for a second, and by worth for a share of both limits (the surrogate relaxation of Glover 1977,
 * "Heuristics for integer programming using surrogate constraints"). A break of 60 s and two places goes to spots of 30 s at
 * 20 and 6 s at 5, not to two of 6 s, though they are worth more for a second.
 */

export interface PlannedSpot {
  readonly worth: number;
  readonly seconds: number;
  /** What no two spots of the break may have in common. */
  readonly marks: readonly string[];
}

export interface BreakLimits {
  readonly seconds: number;
  readonly places: number;
}

/** Spots in the order in which they were taken; always within both limits, and no mark twice. */
export function planBreak<T extends PlannedSpot>(spots: readonly T[], limits: BreakLimits): readonly T[] {
  let best: readonly T[] = [];
  let bestWorth = -1;
  for (const price of PRICES) {
    const order = spots.toSorted((a, b) => b.worth / price(b, limits) - a.worth / price(a, limits));
    const taken = fill(order, limits);
    const worth = taken.reduce((sum, spot) => sum + spot.worth, 0);
    if (worth > bestWorth) {
      best = taken;
      bestWorth = worth;
    }
  }
  return best;
}

/** What a spot uses up, in the measure of each order. */
const PRICES: readonly ((spot: PlannedSpot, limits: BreakLimits) => number)[] = [
  ({ seconds }, limits) => seconds / limits.seconds + 1 / limits.places,
  () => 1,
  ({ seconds }) => Math.max(1, seconds),
];

function fill<T extends PlannedSpot>(order: readonly T[], limits: BreakLimits): T[] {
  const taken: T[] = [];
  const used = new Set<string>();
  let secondsLeft = limits.seconds;
  for (const spot of order) {
    if (taken.length >= limits.places) break;
    if (spot.seconds > secondsLeft || spot.marks.some((mark) => used.has(mark))) continue;
    taken.push(spot);
    secondsLeft -= spot.seconds;
    for (const mark of spot.marks) used.add(mark);
  }
  return taken;
}
