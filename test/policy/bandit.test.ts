import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { drawBeta } from '../../src/core/sampling.ts';
import { choose, sharesOf } from '../../src/policy/bandit/choose.ts';
import { chancesToBeGreatest } from '../../src/policy/bandit/greatest-beta.ts';
import { CREATIVE_POLICIES, creativePolicyNamed } from '../../src/policy/bandit/index.ts';
import type { Arm } from '../../src/policy/bandit/policy.ts';
import { NO_SCENE } from '../../src/policy/bandit/policy.ts';
import { thompsonShares } from '../../src/policy/bandit/rates.ts';
import { arm, belief, creativePolicyContract } from '../contract/bandit.ts';

function chosen(name: Parameters<typeof creativePolicyNamed>[0], arms: readonly Arm[], seed: number) {
  return choose(
    creativePolicyNamed(name),
    belief(arms),
    arms.map((_, place) => place),
    NO_SCENE,
    seededRandom(seed),
  );
}

const betasOf = (arms: readonly Arm[]) =>
  arms.map(({ trials, rewards }) => ({ a: 1 + rewards, b: 1 + trials - rewards }));

for (const policy of CREATIVE_POLICIES) creativePolicyContract(policy);

describe('even rotation', () => {
  it('gives every arm the same share, whatever its record', () => {
    expect(chosen('even', [arm(1, 1, 9), arm(9, 0, 0), arm(0, 0, 1)], 1).propensity).toBeCloseTo(1 / 3, 12);
  });
});

describe('weighted rotation', () => {
  it('never shows an arm of weight 0 while another has more', () => {
    const arms = [arm(0, 0, 0), arm(0, 0, 2), arm(0, 0, 0)];
    for (let seed = 0; seed < 200; seed++)
      expect(chosen('weighted', arms, seed)).toEqual({ index: 1, propensity: 1 });
  });

  it('counts all the same where no arm has a weight', () => {
    const { propensity } = chosen('weighted', [arm(0, 0, 0), arm(0, 0, 0)], 3);
    expect(propensity).toBeCloseTo(0.5, 12);
  });

  it('states exactly weight over sum', () => {
    const weights = [3, 1, 4, 1, 5];
    const arms = weights.map((weight) => arm(0, 0, weight));
    for (let seed = 0; seed < 100; seed++) {
      const { index, propensity } = chosen('weighted', arms, seed);
      expect(propensity).toBeCloseTo(weights[index]! / 14, 12);
    }
  });
});

describe('Thompson sampling', () => {
  const counts = fc.tuple(fc.integer({ min: 0, max: 200_000 }), fc.double({ min: 0, max: 0.2, noNaN: true }));

  it('has propensities that add up to one and follow the record', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 2, maxLength: 6 }), (arms) => {
        const shares = chancesToBeGreatest(
          betasOf(arms.map(([trials, rate]) => arm(trials, trials * rate, 1))),
        );
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      }),
      { seed: 5, numRuns: 100 },
    );
    const [better, worse] = chancesToBeGreatest(betasOf([arm(1000, 30, 1), arm(1000, 20, 1)]));
    expect(better).toBeGreaterThan(0.9);
    expect(worse).toBeLessThan(0.1);
  });

  it('agrees with a grid of twenty times as many nodes to 0.00002, and to 3 % above 1 in 10,000', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 2, maxLength: 6 }), (list) => {
        const arms = list.map(([trials, rate]) => arm(trials, Math.floor(trials * rate), 1));
        const quick = chancesToBeGreatest(betasOf(arms));
        const fine = chancesToBeGreatest(betasOf(arms), 800);
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
    chancesToBeGreatest(betasOf(arms)).forEach((share, index) => {
      expect(Math.abs(times[index]! / draws - share)).toBeLessThan(0.01);
    });
  });

  it('finds the better of two creatives: most of its impressions go there', () => {
    const policy = creativePolicyNamed('thompson');
    const random = seededRandom(99);
    const rates = [0.02, 0.06];
    const record = [arm(0, 0, 1), arm(0, 0, 1)];
    for (let shown = 0; shown < 4000; shown++) {
      const { index } = choose(policy, belief([...record]), [0, 1], NO_SCENE, random);
      const { trials, rewards } = record[index]!;
      record[index] = arm(trials + 1, rewards + (random.next() < rates[index]! ? 1 : 0), 1);
    }
    expect(record[1]!.trials / 4000).toBeGreaterThan(0.8);
  });
});

describe('many arms', () => {
  it('are compared as normals, close to what draws of their Betas give', () => {
    const random = seededRandom(8);
    const arms = Array.from({ length: 30 }, (_, place) =>
      arm(2000 + 100 * place, 40 + ((7 * place) % 31), 1),
    );
    const times = arms.map(() => 0);
    const draws = 20_000;
    for (let draw = 0; draw < draws; draw++) {
      const values = arms.map(({ trials, rewards }) => drawBeta(1 + rewards, 1 + trials - rewards, random));
      times[values.indexOf(Math.max(...values))]!++;
    }
    thompsonShares(
      belief(arms),
      arms.map((_, place) => place),
    ).forEach((share, place) => {
      expect(Math.abs(share - times[place]! / draws), `arm ${place}`).toBeLessThan(0.025);
    });
  });
});

describe('sequential rotation', () => {
  it('shows each person the next of the story, skips what does not fit, and begins again', () => {
    const story = belief([arm(0, 0, 1), arm(1, 0, 1), arm(2, 0, 1), arm(3, 0, 1)]);
    const next = (lastSeen: number | undefined, offered: number[]) =>
      offered[
        sharesOf(creativePolicyNamed('sequential'), story, offered, { ...NO_SCENE, lastSeen }).indexOf(1)
      ];
    expect([next(undefined, [0, 1, 2, 3]), next(0, [0, 1, 2, 3]), next(0, [0, 3]), next(3, [2, 1])]).toEqual([
      0, 1, 3, 1,
    ]);
  });
});

describe('top-two rotation', () => {
  it('gives the leader about half, however sure it is', () => {
    const arms = belief([arm(5000, 400, 1), arm(5000, 90, 1), arm(5000, 60, 1)]);
    const [leader, second] = sharesOf(creativePolicyNamed('top_two'), arms, [0, 1, 2], NO_SCENE);
    expect(leader).toBeCloseTo(0.5, 2);
    expect(second).toBeGreaterThan(0.4);
  });

  it('agrees with drawing until another leads', () => {
    const arms = [arm(500, 15, 1), arm(500, 12, 1), arm(400, 8, 1)];
    const random = seededRandom(3);
    const leaderOf = (): number => {
      const values = betasOf(arms).map(({ a, b }) => drawBeta(a, b, random));
      return values.indexOf(Math.max(...values));
    };
    const times = [0, 0, 0];
    for (let draw = 0; draw < 30_000; draw++) {
      const first = leaderOf();
      let shown = first;
      if (random.next() < 0.5) while (shown === first) shown = leaderOf();
      times[shown]!++;
    }
    sharesOf(creativePolicyNamed('top_two'), belief(arms), [0, 1, 2], NO_SCENE).forEach((share, place) => {
      expect(Math.abs(share - times[place]! / 30_000)).toBeLessThan(0.015);
    });
  });
});

describe('rotation by value', () => {
  it('prefers few dear orders to many cheap ones', () => {
    const cheap: Arm = { ...arm(10_000, 100, 1), value: 1000, valueSquares: 10_000 };
    const dear: Arm = { ...arm(10_000, 60, 1), value: 3000, valueSquares: 150_000 };
    const [first, second] = sharesOf(creativePolicyNamed('value'), belief([cheap, dear]), [0, 1], NO_SCENE);
    expect(second).toBeGreaterThan(0.95);
    expect(first! + second!).toBeCloseTo(1, 12);
  });
});
