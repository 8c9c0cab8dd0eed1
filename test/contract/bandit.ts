/** What every creative policy must do. Run by test/policy/bandit.test.ts over the family's list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { choose, sharesOf } from '../../src/policy/bandit/choose.ts';
import { combinationShare, combine } from '../../src/policy/bandit/combine.ts';
import type { Arm, Belief, CreativePolicy, Effects, Scene } from '../../src/policy/bandit/policy.ts';
import { FLAT_PRIOR, NO_SCENE } from '../../src/policy/bandit/policy.ts';

const SEED = 71;

const anyArm: fc.Arbitrary<Arm> = fc.record({
  creativeId: fc.string({ minLength: 1, maxLength: 8 }),
  weight: fc.integer({ min: 0, max: 1000 }),
  trials: fc.double({ min: 0, max: 1e7, noNaN: true }),
  rewards: fc.double({ min: 0, max: 1e5, noNaN: true }),
  value: fc.double({ min: 0, max: 1e9, noNaN: true }),
  valueSquares: fc.double({ min: 0, max: 1e12, noNaN: true }),
});
const anyBelief: fc.Arbitrary<Belief> = fc.record({
  arms: fc.array(anyArm, { minLength: 1, maxLength: 8 }),
  prior: fc.constantFrom(FLAT_PRIOR, { rate: 0.02, trials: 1000 }),
  ahead: fc.double({ min: 0, max: 1, noNaN: true }),
  effects: fc.constantFrom(effects(), effects(0.5)),
});
const anyScene: fc.Arbitrary<Scene> = fc.record({
  circumstances: fc.array(fc.integer({ min: 0, max: 2 ** 24 }), { maxLength: 3 }),
  lastSeen: fc.option(fc.nat(9), { nil: undefined }),
});

export function creativePolicyContract(policy: CreativePolicy): void {
  describe(`creative policy ${policy.name}`, () => {
    it('gives shares of nought or more that add up to one, and draws one of the offered', () => {
      fc.assert(
        fc.property(anyBelief, anyScene, fc.integer(), (belief, scene, seed) => {
          const offered = all(belief);
          const shares = sharesOf(policy, belief, offered, scene);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
          expect(shares.every((share) => share >= 0)).toBe(true);
          const { index, propensity } = choose(policy, belief, offered, scene, seededRandom(seed));
          expect(Number.isInteger(index) && index >= 0 && index < offered.length).toBe(true);
          expect(propensity).toBe(shares[index]);
          expect(propensity > 0 && propensity <= 1).toBe(true);
        }),
        { seed: SEED, numRuns: 150 },
      );
    });

    it('chooses the same for the same belief and the same chance', () => {
      fc.assert(
        fc.property(anyBelief, anyScene, fc.integer(), (belief, scene, seed) => {
          const first = choose(policy, belief, all(belief), scene, seededRandom(seed));
          const copy = { ...belief, arms: belief.arms.map((each) => ({ ...each })) };
          expect(choose(policy, copy, all(copy), scene, seededRandom(seed))).toEqual(first);
        }),
        { seed: SEED, numRuns: 80 },
      );
    });

    it('changes nothing: a frozen belief is enough, and is as it was', () => {
      const frozen = Object.freeze(belief([Object.freeze(arm(100, 5, 1)), Object.freeze(arm(10, 1, 2))]));
      const before = JSON.stringify(frozen);
      choose(policy, frozen, Object.freeze([0, 1]), Object.freeze({ ...NO_SCENE }), seededRandom(1));
      expect(JSON.stringify(frozen)).toBe(before);
    });

    it('is sure of the only arm', () => {
      const { index, propensity } = choose(policy, belief([arm(0, 0, 0)]), [0], NO_SCENE, seededRandom(1));
      expect(index).toBe(0);
      expect(propensity).toBeCloseTo(1, 12);
    });

    it('survives counts that cannot be: more rewards than trials, none at all, beyond all measure', () => {
      const odd = belief([
        arm(5, 9, 1),
        arm(0, 0, 0),
        arm(1e300, 1e299, 1e300),
        arm(Number.MAX_VALUE, 0, 1),
        arm(3, -7, 1),
      ]);
      const { index, propensity } = choose(policy, odd, all(odd), NO_SCENE, seededRandom(2));
      expect(index).toBeLessThan(odd.arms.length);
      expect(propensity > 0 && propensity <= 1).toBe(true);
    });

    it('states the propensity with which it really chooses', () => {
      const known = belief([arm(1000, 20, 1), arm(800, 24, 3), arm(300, 3, 2), arm(20, 1, 1)]);
      const random = seededRandom(SEED);
      const offered = all(known);
      const told = sharesOf(policy, known, offered, NO_SCENE);
      const times = offered.map(() => 0);
      const draws = 20_000;
      for (let draw = 0; draw < draws; draw++)
        times[choose(policy, known, offered, NO_SCENE, random).index]!++;
      times.forEach((count, index) => {
        // Five standard errors of a share over so many draws.
        expect(Math.abs(count / draws - told[index]!), `arm ${index}`).toBeLessThan(0.018);
      });
    });

    it('never goes below the least share nor above the greatest', () => {
      const limits = fc.record({
        shareMin: fc.double({ min: 0, max: 0.2, noNaN: true }),
        shareMax: fc.double({ min: 0.3, max: 1, noNaN: true }),
      });
      fc.assert(
        fc.property(
          fc.array(fc.tuple(anyArm, limits), { minLength: 4, maxLength: 5 }),
          anyScene,
          (list, scene) => {
            const held = belief(list.map(([own, limit]) => ({ ...own, ...limit })));
            const shares = sharesOf(policy, held, all(held), scene);
            expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
            list.forEach(([, { shareMin, shareMax }], index) => {
              expect(shares[index]).toBeGreaterThanOrEqual(shareMin);
              expect(shares[index]).toBeLessThanOrEqual(shareMax + 1e-9);
            });
          },
        ),
        { seed: SEED, numRuns: 100 },
      );
    });

    it('lets arms come and go: whoever is not offered is not chosen, whoever is new can be', () => {
      const known = belief([arm(1000, 20, 1), arm(800, 24, 3), arm(0, 0, 1), arm(900, 1, 1)]);
      const grown = belief([...known.arms, arm(0, 0, 1)]);
      for (const offered of [[0], [3, 1], [2, 3], [0, 1, 2]]) {
        expect(sharesOf(policy, known, offered, NO_SCENE)).toHaveLength(offered.length);
        // What is not offered has no say.
        expect(sharesOf(policy, grown, offered, NO_SCENE)).toHaveLength(offered.length);
      }
      if (policy.name !== 'sequential')
        expect(sharesOf(policy, grown, all(grown), NO_SCENE)[4]).toBeGreaterThan(0);
    });

    it('combines slots by the product of their shares, and never what is forbidden', () => {
      const slots = [
        [arm(100, 5, 1), arm(100, 9, 2), arm(100, 2, 1)],
        [arm(50, 1, 3), arm(70, 4, 1)],
      ].map((arms) => ({ belief: belief(arms), offered: arms.map((_, place) => place) }));
      const forbidden = ([first, second]: readonly number[]): boolean => first === 0 && second === 0;
      const random = seededRandom(SEED);
      let total = 0;
      for (const first of [0, 1, 2])
        for (const second of [0, 1])
          total += combinationShare(policy, slots, NO_SCENE, [first, second], forbidden);
      const possible = combine(policy, slots, NO_SCENE, random, forbidden);
      // A story that begins with what is forbidden has nothing to show.
      if (!possible) return expect(policy.name).toBe('sequential');
      expect(total).toBeCloseTo(1, 9);
      for (let draw = 0; draw < 500; draw++) {
        const { elements, propensity } = combine(policy, slots, NO_SCENE, random, forbidden)!;
        expect(forbidden(elements)).toBe(false);
        expect(propensity).toBeCloseTo(combinationShare(policy, slots, NO_SCENE, elements, forbidden), 12);
      }
    });
  });
}

export function belief(arms: readonly Arm[]): Belief {
  return { arms, prior: FLAT_PRIOR };
}

function all({ arms }: Belief): number[] {
  return arms.map((_, place) => place);
}

function effects(scale = 0.001): Effects {
  return {
    of: (feature) => ({ mean: scale * Math.sin(feature), variance: scale * scale }),
    under: (feature, circumstance) => ({
      mean: scale * Math.cos(feature + circumstance),
      variance: scale * scale,
    }),
  };
}

export function arm(trials: number, rewards: number, weight: number): Arm {
  return {
    creativeId: `c-${trials}-${rewards}`,
    weight,
    trials,
    rewards,
    value: 2 * rewards,
    valueSquares: 4 * rewards,
  };
}
