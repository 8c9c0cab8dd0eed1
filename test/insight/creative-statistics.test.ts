import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { drawBeta } from '../../src/core/sampling.ts';
import { betaAtMost, betaQuantile } from '../../src/insight/beta.ts';
import { creativeStatistics, expectedLosses } from '../../src/insight/creative-statistics.ts';

const SEED = 37;
const count = (creativeId: string, impressions: number, clicks: number, conversions = 0) => ({
  creativeId,
  impressions,
  clicks,
  conversions,
});

describe('the beta distribution', () => {
  it('agrees with its closed forms', () => {
    for (const x of [0.01, 0.2, 0.5, 0.9]) {
      expect(betaAtMost(x, 1, 1)).toBeCloseTo(x, 12);
      expect(betaAtMost(x, 3, 1)).toBeCloseTo(x ** 3, 12);
      expect(betaAtMost(x, 1, 4)).toBeCloseTo(1 - (1 - x) ** 4, 12);
      // I_x(2, 3) = 6x² − 8x³ + 3x⁴.
      expect(betaAtMost(x, 2, 3)).toBeCloseTo(6 * x ** 2 - 8 * x ** 3 + 3 * x ** 4, 12);
    }
    expect([betaAtMost(0, 2, 3), betaAtMost(1, 2, 3), betaAtMost(Number.NaN, 2, 3)]).toEqual([0, 1, 0]);
  });

  it('gives back what lies below a quantile, from few results to millions', () => {
    for (const [a, b] of [
      [0.5, 0.5],
      [2, 998],
      [31, 2000],
      [50_000, 5_000_000],
    ] as const)
      for (const p of [0.025, 0.5, 0.975]) expect(betaAtMost(betaQuantile(p, a, b), a, b)).toBeCloseTo(p, 5);
  });
});

describe('statistics of creatives', () => {
  it('agree with a hundred thousand draws', () => {
    const betas = [
      { a: 12, b: 990 },
      { a: 18, b: 985 },
      { a: 5, b: 300 },
    ];
    const random = seededRandom(SEED);
    const draws = 100_000;
    const lost = [0, 0, 0];
    for (let draw = 0; draw < draws; draw++) {
      const rates = betas.map(({ a, b }) => drawBeta(a, b, random));
      const most = Math.max(...rates);
      rates.forEach((rate, index) => {
        lost[index]! += (most - rate) / draws;
      });
    }
    expectedLosses(betas).forEach((loss, index) => {
      expect(Math.abs(loss / lost[index]! - 1), `seed ${SEED}, ${index}`).toBeLessThan(0.03);
    });
  });

  it('hold the truth in nineteen intervals of twenty', () => {
    const random = seededRandom(SEED);
    let held = 0;
    const worlds = 600;
    for (let world = 0; world < worlds; world++) {
      let clicks = 0;
      for (let shown = 0; shown < 3000; shown++) if (random.next() < 0.02) clicks++;
      const [known] = creativeStatistics([count('a', 3000, clicks)], 'clicks');
      if (known!.clickRate.low <= 0.02 && known!.clickRate.high >= 0.02) held++;
    }
    expect(held / worlds, `seed ${SEED}`).toBeGreaterThan(0.92);
    expect(held / worlds, `seed ${SEED}`).toBeLessThan(0.985);
  });

  it('go by what the line item is after', () => {
    const counts = [count('clicked', 10_000, 300, 5), count('bought', 10_000, 150, 25)];
    const [byClicks] = creativeStatistics(counts, 'clicks');
    const [, byConversions] = creativeStatistics(counts, 'conversions');
    expect(byClicks!.chanceToBeBest).toBeGreaterThan(0.99);
    expect(byConversions!.chanceToBeBest).toBeGreaterThan(0.99);
    expect(byConversions!.expectedLoss).toBeLessThan(1e-5);
    expect(creativeStatistics([], 'clicks')).toEqual([]);
    const [unseen] = creativeStatistics([count('new', 0, 0)], 'clicks');
    expect(unseen!.chanceToBeBest).toBeCloseTo(1, 12);
    expect(unseen!.clickRate.high).toBeGreaterThan(5 * unseen!.clickRate.low);
  });

  it('tell one that wears out from one that had a poor day', () => {
    const day = (clicks: number) => ({ impressions: 2000, clicks });
    const fatigued = (told: { impressions: number; clicks: number }[]): boolean => {
      const days = told.map((each, number) => ({ ...each, day: `2026-11-0${number + 1}` }));
      return creativeStatistics([{ ...count('a', 0, 0), days }], 'clicks')[0]!.fatigued;
    };
    expect(fatigued([day(60), day(58), day(31), day(28)])).toBe(true);
    expect(fatigued([day(40), day(44), day(38), day(36)])).toBe(false);
    expect(fatigued([day(30), day(28), day(61), day(60)])).toBe(false);
    expect(fatigued([day(60)])).toBe(false);
  });
});
