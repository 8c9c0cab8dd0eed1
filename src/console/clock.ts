/** The page's own clock. What the bidder calls now comes with its answers; this one only measures how long ago. */
export function elapsedMs(): number {
  return performance.now();
}
