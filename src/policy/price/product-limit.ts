/**
 * The distribution of the price where losers are told it and winners only that it was no more than they bid: observations
 * censored from the left, for which the product limit (Kaplan & Meier 1958) runs from the top down in reversed time,
 *
 *   F(x) = Π over prices t > x of (1 − seen at t / known to be at or below t)
 *
 * A weight of prices from the parent counts as seen: the posterior mean under a Dirichlet prior where nothing is censored.
 * Prices 3, 5 and 5 seen, and a win at 4: F(4) = F(3) = 1 − 2/4. F(2) = 1/2 · (1 − 1/1), for the win does not tell on which
 * side of 3 its price lay.
 */

/** Share of prices in each bin or below, into `shares`. Where nothing is known of a bin the share goes on as it is above it. */
export function productLimit(seen: Float64Array, censored: Float64Array, shares: Float64Array): void {
  let atOrBelow = 0;
  for (let bin = 0; bin < seen.length; bin++) atOrBelow += seen[bin]! + censored[bin]!;
  let share = 1;
  for (let bin = seen.length - 1; bin >= 0; bin--) {
    shares[bin] = share;
    // Sums run down to a rounding error above nothing; a bin's own weight bounds what is left from below.
    const known = Math.max(atOrBelow, seen[bin]! + censored[bin]!);
    if (known > 0) share *= Math.max(0, 1 - seen[bin]! / known);
    atOrBelow -= seen[bin]! + censored[bin]!;
  }
}
