/**
 * How long conversions take after their click: G(age), the share of them that has come by an age. Conversions of late are few for
 * the clicks of late have had no time yet, so each span of ages is divided by the clicks that have lived through it (Nelson 1972,
 * Aalen 1978; for reports cut off on the right: Kalbfleisch & Lawless 1991):
 *
 *   rate in a span = conversions at such an age / clicks that reached it;  G(age) = Σ rates up to it / Σ all rates
 *
 * Where little was seen yet a prior speaks with the weight of a few conversions.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Ends of the spans: the shorter the age, the finer. */
export const SPAN_ENDS_MS: readonly number[] = [
  ...[5, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 4, 8, 16, 24].map((hours) => hours * HOUR_MS),
  ...[2, 3, 5, 7, 10, 14, 21, 30].map((days) => days * DAY_MS),
];
export const SPANS = SPAN_ENDS_MS.length;

/** Ages above the last span's end count with it. */
export function spanOf(ageMs: number): number {
  for (let span = 0; span < SPANS; span++) if (ageMs < SPAN_ENDS_MS[span]!) return span;
  return SPANS - 1;
}

/** Adds clicks of an age to the spans that they have lived through, the one they are in by the part that has passed. */
export function addReached(reached: Float64Array, clicks: number, ageMs: number): void {
  for (let span = 0; span < SPANS; span++) {
    const from = span === 0 ? 0 : SPAN_ENDS_MS[span - 1]!;
    if (ageMs <= from) return;
    reached[span]! += clicks * Math.min(1, (ageMs - from) / (SPAN_ENDS_MS[span]! - from));
  }
}

/** Share that has come by each span's end. Rising, and 1 at the last. */
export type DelayCurve = Float64Array;

/**
 * Criteo's published shares (Chapelle 2014, "Modeling Delayed Feedback in Display Advertising": 35 % within an hour, half within a
 * day, all within 30), even in the logarithm of time between these.
 */
export const PUBLISHED_DELAYS: DelayCurve = Float64Array.from(SPAN_ENDS_MS, (endMs) => {
  const hours = endMs / HOUR_MS;
  if (hours <= 1) return (0.35 * Math.log(1 + 60 * hours)) / Math.log(61);
  if (hours <= 24) return 0.35 + (0.15 * Math.log(hours)) / Math.log(24);
  return 0.5 + (0.5 * Math.log(hours / 24)) / Math.log(30);
});

/** G at any age, even within a span. */
export function shareBy(curve: DelayCurve, ageMs: number): number {
  if (!(ageMs > 0)) return 0;
  const span = spanOf(ageMs);
  const from = span === 0 ? 0 : SPAN_ENDS_MS[span - 1]!;
  const low = span === 0 ? 0 : curve[span - 1]!;
  const part = Math.min(1, (ageMs - from) / (SPAN_ENDS_MS[span]! - from));
  return low + part * (curve[span]! - low);
}

/**
 * `conversions[s]` came within span s, `reached[s]` clicks have lived through it. The prior weighs as much as `priorConversions`
 * at `conversionsPerClick`.
 */
export function delayCurve(
  conversions: Float64Array,
  reached: Float64Array,
  conversionsPerClick: number,
  prior: DelayCurve,
  priorConversions: number,
): DelayCurve {
  const rates = new Float64Array(SPANS);
  const clicks = priorConversions / Math.max(conversionsPerClick, 1e-9);
  let total = 0;
  for (let span = 0; span < SPANS; span++) {
    const expected = prior[span]! - (span === 0 ? 0 : prior[span - 1]!);
    total += rates[span] = (conversions[span]! + priorConversions * expected) / (reached[span]! + clicks);
  }
  let sum = 0;
  return rates.map((rate) => {
    sum += rate;
    return total > 0 ? Math.min(1, sum / total) : 1;
  });
}
