import { describe, expect, it } from 'vitest';
import { recalibration } from '../../../src/policy/predict/recalibrate.ts';

describe('recalibration', () => {
  it('is what came for what was to be expected, moved slowly from 1', () => {
    expect(recalibration(0, 0)).toBe(1);
    expect(recalibration(30, 50)).toBeCloseTo(50 / 70, 12);
    expect(recalibration(7000, 10_000)).toBeCloseTo(0.7006, 4);
  });

  it('is above 0 and finite whatever was counted', () => {
    const numbers = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300];
    for (const came of numbers)
      for (const expected of numbers) {
        const ratio = recalibration(came, expected);
        expect(ratio > 0 && ratio < Number.POSITIVE_INFINITY, `${came} of ${expected}: ${ratio}`).toBe(true);
      }
  });
});
