/**
 * Looking around below the worth, where wins and losses are all that is told: two bids in a hundred are the best for chances
 * that lie above the estimates by a drawn part of their standard error (upper confidence bounds; Auer, Cesa-Bianchi & Fischer
 * 2002), so that they go where least was tried and something could be gained. The draw chooses among prices below the
 * worth; it never raises a bid above it.
 */
import type { Random } from '../../core/random.ts';
import { drawNormal } from '../../core/sampling.ts';

/** Costs at most this share of the surplus, and finds a price that nobody bid within some thousand auctions. */
export const EXPLORED_SHARE = 0.02;
/** Of a standard error: wider looks go to prices that hardly can be the best. */
const SPREAD = 0.7;

/** Undefined for the 98 in 100 that do not look around, and where no price below the worth could gain. */
export function exploringPrice(
  worth: number,
  least: number,
  { knots, shares, errors }: { knots: Float64Array; shares: Float64Array; errors: Float64Array },
  draws: Random,
): number | undefined {
  if (draws.next() >= EXPLORED_SHARE) return undefined;
  const width = SPREAD * Math.abs(drawNormal(draws));
  let best: number | undefined;
  let bestSurplus = 0;
  for (let knot = 0; knot < knots.length && knots[knot]! < worth; knot++) {
    if (knots[knot]! < least) continue;
    const surplus = (worth - knots[knot]!) * Math.min(1, shares[knot]! + width * errors[knot]!);
    if (surplus > bestSurplus) {
      bestSurplus = surplus;
      best = knots[knot]!;
    }
  }
  return best;
}
