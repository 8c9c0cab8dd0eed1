import { describe, expect, it } from 'vitest';
import { exposureGuard, poissonAtMost } from '../../../src/policy/control/guard.ts';

describe('the exposure guard', () => {
  it('knows the Poisson distribution', () => {
    // Tables of the cumulative distribution, as in Pearson & Hartley, Biometrika Tables, table 7.
    expect(poissonAtMost(0, 1)).toBeCloseTo(0.36788, 5);
    expect(poissonAtMost(3, 5)).toBeCloseTo(0.26503, 5);
    expect(poissonAtMost(10, 10)).toBeCloseTo(0.58304, 5);
    expect(poissonAtMost(500, 501)).toBeCloseTo(poissonAtMost(499, 500), 2);
    expect([poissonAtMost(4, 0), poissonAtMost(-1, 3), poissonAtMost(0, Number.NaN)]).toEqual([1, 0, 1]);
  });

  it('stops a line that should long have brought conversions and brought none', () => {
    expect(exposureGuard(10, 0, false).stopped).toBe(false);
    expect(exposureGuard(14, 0, false).stopped).toBe(true);
    expect(exposureGuard(300, 180, false).stopped).toBe(false);
    expect(exposureGuard(300, 100, false).stopped).toBe(true);
  });

  it('lets it go on when conversions come after all, not at the first of them', () => {
    expect(exposureGuard(14, 1, true).stopped).toBe(true);
    expect(exposureGuard(14, 3, true).stopped).toBe(false);
  });

  it('stops hardly any line that costs what it should', () => {
    // At the target itself, a count of what is owed is as likely as not.
    for (const owed of [5, 20, 100, 1000]) {
      const least = Math.floor(owed - 3 * Math.sqrt(owed));
      expect(exposureGuard(owed, Math.max(0, least), false).stopped, `owed ${owed}`).toBe(false);
    }
  });
});
