/** Last touch: which impression or click a conversion is credited to. */
export interface TouchFacts {
  readonly kind: 'impression' | 'click';
  readonly atMs: number;
  readonly bidId: string;
}

export interface AttributionRule {
  readonly clickWindowMs: number;
  readonly viewWindowMs: number;
}

/** Clocks of two parties differ: a touch this much after the conversion still came before it. */
export const TOUCH_SKEW_MS = 300_000;

/**
 * A click within its window beats every view; of several the latest counts, and among equals the one with the greater
 * bid id, so that the order in which touches became known never matters. Pure.
 */
export function lastTouch<Found extends TouchFacts>(
  touches: readonly Found[],
  conversionAtMs: number,
  rule: AttributionRule,
): Found | undefined {
  return (
    latest(touches, 'click', conversionAtMs, rule.clickWindowMs) ??
    latest(touches, 'impression', conversionAtMs, rule.viewWindowMs)
  );
}

function latest<Found extends TouchFacts>(
  touches: readonly Found[],
  kind: Found['kind'],
  conversionAtMs: number,
  windowMs: number,
): Found | undefined {
  let best: Found | undefined;
  for (const touch of touches) {
    const age = conversionAtMs - touch.atMs;
    if (touch.kind !== kind || windowMs === 0 || age > windowMs || age < -TOUCH_SKEW_MS) continue;
    if (!best || touch.atMs > best.atMs || (touch.atMs === best.atMs && touch.bidId > best.bidId))
      best = touch;
  }
  return best;
}
