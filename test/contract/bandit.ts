/** What every creative policy must do. Run by test/policy/bandit.test.ts over the family's list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import type { Arm, CreativePolicy } from '../../src/policy/bandit/policy.ts';

const SEED = 71;

const anyArm = fc.record({
  creativeId: fc.string({ minLength: 1, maxLength: 8 }),
  weight: fc.integer({ min: 0, max: 1000 }),
  trials: fc.double({ min: 0, max: 1e7, noNaN: true }),
  rewards: fc.double({ min: 0, max: 1e5, noNaN: true }),
});
const anyArms = fc.array(anyArm, { minLength: 1, maxLength: 8 });

export function creativePolicyContract(policy: CreativePolicy): void {
  describe(`creative policy ${policy.name}`, () => {
    it('chooses one of the arms, with a propensity above 0 and up to 1', () => {
      fc.assert(
        fc.property(anyArms, fc.integer(), (arms, seed) => {
          const { index, propensity } = policy.choose(arms, seededRandom(seed));
          expect(Number.isInteger(index) && index >= 0 && index < arms.length).toBe(true);
          expect(propensity > 0 && propensity <= 1).toBe(true);
        }),
        { seed: SEED, numRuns: 150 },
      );
    });

    it('chooses the same for the same arms and the same chance', () => {
      fc.assert(
        fc.property(anyArms, fc.integer(), (arms, seed) => {
          const first = policy.choose(arms, seededRandom(seed));
          const copy = arms.map((arm) => ({ ...arm }));
          expect(policy.choose(copy, seededRandom(seed))).toEqual(first);
        }),
        { seed: SEED, numRuns: 80 },
      );
    });

    it('changes nothing: frozen arms are enough', () => {
      const arms = Object.freeze([Object.freeze(arm(100, 5, 1)), Object.freeze(arm(10, 1, 2))]);
      expect(() => policy.choose(arms, seededRandom(1))).not.toThrow();
    });

    it('is sure of the only arm', () => {
      const { index, propensity } = policy.choose([arm(0, 0, 0)], seededRandom(1));
      expect(index).toBe(0);
      expect(propensity).toBeCloseTo(1, 12);
    });

    it('survives counts that cannot be: more rewards than trials, none at all, beyond all measure', () => {
      const odd = [arm(5, 9, 1), arm(0, 0, 0), arm(1e300, 1e299, 1e300), arm(Number.MAX_VALUE, 0, 1)];
      const { index, propensity } = policy.choose(odd, seededRandom(2));
      expect(index).toBeLessThan(odd.length);
      expect(propensity > 0 && propensity <= 1).toBe(true);
    });

    it('states the propensity with which it really chooses', () => {
      const arms = [arm(1000, 20, 1), arm(800, 24, 3), arm(300, 3, 2), arm(20, 1, 1)];
      const random = seededRandom(SEED);
      const times = arms.map(() => 0);
      const told = arms.map(() => 0);
      const draws = 20_000;
      for (let draw = 0; draw < draws; draw++) {
        const { index, propensity } = policy.choose(arms, random);
        times[index]!++;
        told[index] = propensity;
      }
      times.forEach((count, index) => {
        // Five standard errors of a share over so many draws.
        expect(Math.abs(count / draws - told[index]!), `arm ${index}`).toBeLessThan(0.018);
      });
    });
  });
}

export function arm(trials: number, rewards: number, weight: number): Arm {
  return { creativeId: `c-${trials}-${rewards}`, weight, trials, rewards };
}
