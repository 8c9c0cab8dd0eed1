import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/random.ts';
import { drawLogNormal } from '../../../src/core/sampling.ts';
import {
  addReached,
  delayCurve,
  PUBLISHED_DELAYS,
  SPANS,
  shareBy,
  spanOf,
} from '../../../src/policy/predict/delay.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('how long conversions take', () => {
  it('begins with the published shares', () => {
    expect(shareBy(PUBLISHED_DELAYS, HOUR)).toBeCloseTo(0.35, 2);
    expect(shareBy(PUBLISHED_DELAYS, DAY)).toBeCloseTo(0.5, 2);
    expect(shareBy(PUBLISHED_DELAYS, 30 * DAY)).toBe(1);
    expect(shareBy(PUBLISHED_DELAYS, 0)).toBe(0);
  });

  it('is learned from clicks most of which are too young to tell', () => {
    const random = seededRandom(11);
    const conversions = new Float64Array(SPANS);
    const reached = new Float64Array(SPANS);
    const truth = (): number => drawLogNormal(6, 1.2, random) * HOUR;
    let naive = 0;
    let came = 0;
    // Clicks come evenly over four days; a fifth of them convert, when their time has come.
    for (let click = 0; click < 40_000; click++) {
      const ageMs = 4 * DAY * random.next();
      addReached(reached, 1, ageMs);
      const delayMs = truth();
      if (random.next() >= 0.2 || delayMs > ageMs) continue;
      conversions[spanOf(delayMs)]!++;
      came++;
      if (delayMs < 8 * HOUR) naive++;
    }
    const curve = delayCurve(conversions, reached, 0.2, PUBLISHED_DELAYS, 20);
    const drawn = Array.from({ length: 20_000 }, truth);
    const trueShare = (ageMs: number) => drawn.filter((delay) => delay < ageMs).length / drawn.length;
    // Beyond four days nobody knows, and the prior speaks; within, the shape is what was drawn.
    const seen = shareBy(curve, 3 * DAY) / trueShare(3 * DAY);
    for (const age of [HOUR, 4 * HOUR, 8 * HOUR, DAY, 2 * DAY])
      expect(shareBy(curve, age) / seen, `${age / HOUR} h`).toBeCloseTo(trueShare(age), 1);
    // What came by now is mostly what came fast.
    expect(naive / came).toBeGreaterThan(trueShare(8 * HOUR) + 0.03);
  });

  it('keeps to the prior where nothing was seen', () => {
    const curve = delayCurve(new Float64Array(SPANS), new Float64Array(SPANS), 0.05, PUBLISHED_DELAYS, 20);
    curve.forEach((share, span) => {
      expect(share).toBeCloseTo(PUBLISHED_DELAYS[span]!, 9);
    });
  });
});
