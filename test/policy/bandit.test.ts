import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { drawBeta } from '../../src/core/sampling.ts';
import { CREATIVE_POLICIES, creativePolicyNamed } from '../../src/policy/bandit/index.ts';
import { thompsonPropensities } from '../../src/policy/bandit/thompson.ts';
import { arm, creativePolicyContract } from '../contract/bandit.ts';

for (const policy of CREATIVE_POLICIES) creativePolicyContract(policy);

describe('even rotation', () => {
  it('gives every arm the same share, whatever its record', () => {
    const policy = creativePolicyNamed('even');
    expect(policy.choose([arm(1, 1, 9), arm(9, 0, 0), arm(0, 0, 1)], seededRandom(1)).propensity).toBeCloseTo(
      1 / 3,
      12,
    );
  });
});

describe('weighted rotation', () => {
  const policy = creativePolicyNamed('weighted');

  it('never shows an arm of weight 0 while another has more', () => {
    const arms = [arm(0, 0, 0), arm(0, 0, 2), arm(0, 0, 0)];
    for (let seed = 0; seed < 200; seed++)
      expect(policy.choose(arms, seededRandom(seed))).toEqual({ index: 1, propensity: 1 });
  });

  it('counts all the same where no arm has a weight', () => {
    const { propensity } = policy.choose([arm(0, 0, 0), arm(0, 0, 0)], seededRandom(3));
    expect(propensity).toBeCloseTo(0.5, 12);
  });

  it('states exactly weight over sum', () => {
    const weights = [3, 1, 4, 1, 5];
    const arms = weights.map((weight) => arm(0, 0, weight));
    for (let seed = 0; seed < 100; seed++) {
      const { index, propensity } = policy.choose(arms, seededRandom(seed));
      expect(propensity).toBeCloseTo(weights[index]! / 14, 12);
    }
  });
});

describe('Thompson sampling', () => {
  const counts = fc.tuple(fc.integer({ min: 0, max: 200_000 }), fc.double({ min: 0, max: 0.2, noNaN: true }));

  it('has propensities that add up to one and follow the record', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 2, maxLength: 6 }), (arms) => {
        const shares = thompsonPropensities(arms.map(([trials, rate]) => arm(trials, trials * rate, 1)));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      }),
      { seed: 5, numRuns: 100 },
    );
    const [better, worse] = thompsonPropensities([arm(1000, 30, 1), arm(1000, 20, 1)]);
    expect(better).toBeGreaterThan(0.9);
    expect(worse).toBeLessThan(0.1);
  });

  it('agrees with a grid of twenty times as many nodes to 0.00002, and to 3 % above 1 in 10,000', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 2, maxLength: 6 }), (list) => {
        const arms = list.map(([trials, rate]) => arm(trials, Math.floor(trials * rate), 1));
        const quick = thompsonPropensities(arms);
        const fine = thompsonPropensities(arms, 800);
        fine.forEach((share, index) => {
          expect(Math.abs(quick[index]! - share)).toBeLessThan(
            share > 1e-4 ? Math.min(2e-5, 0.03 * share) : 2e-5,
          );
        });
      }),
      { seed: 6, numRuns: 60 },
    );
  });

  it('agrees with counting draws', () => {
    const arms = [arm(500, 9, 1), arm(520, 12, 1), arm(90, 2, 1), arm(0, 0, 1)];
    const random = seededRandom(12);
    const times = [0, 0, 0, 0];
    const draws = 60_000;
    for (let draw = 0; draw < draws; draw++) {
      const values = arms.map(({ trials, rewards }) => drawBeta(1 + rewards, 1 + trials - rewards, random));
      times[values.indexOf(Math.max(...values))]!++;
    }
    thompsonPropensities(arms).forEach((share, index) => {
      expect(Math.abs(times[index]! / draws - share)).toBeLessThan(0.01);
    });
  });

  it('finds the better of two creatives: most of its impressions go there', () => {
    const policy = creativePolicyNamed('thompson');
    const random = seededRandom(99);
    const rates = [0.02, 0.06];
    const record = [arm(0, 0, 1), arm(0, 0, 1)];
    for (let shown = 0; shown < 4000; shown++) {
      const { index } = policy.choose(record, random);
      const { trials, rewards } = record[index]!;
      record[index] = arm(trials + 1, rewards + (random.next() < rates[index]! ? 1 : 0), 1);
    }
    expect(record[1]!.trials / 4000).toBeGreaterThan(0.8);
  });
});
