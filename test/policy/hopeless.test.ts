import { describe, expect, it } from 'vitest';
import { sharesOf } from '../../src/policy/bandit/choose.ts';
import { pauseHopeless } from '../../src/policy/bandit/hopeless.ts';
import { creativePolicyNamed } from '../../src/policy/bandit/index.ts';
import type { Belief } from '../../src/policy/bandit/policy.ts';
import { NO_SCENE } from '../../src/policy/bandit/policy.ts';

const RULE = { chanceToBeBestBelow: 0.01, afterImpressions: 1000 };
const believed = (...counts: readonly [trials: number, rewards: number][]): Belief => ({
  arms: counts.map(([trials, rewards], place) => ({ creativeId: `c${place}`, weight: 1, trials, rewards })),
  prior: { rate: 0.02, trials: 100 },
});
const shares = (belief: Belief, policy: 'thompson' | 'even') =>
  Array.from(sharesOf(creativePolicyNamed(policy), belief, [0, 1, 2], NO_SCENE));

describe('a rule for hopeless creatives', () => {
  it('takes out who was seen enough and is hardly the best, under any rotation', () => {
    const belief = pauseHopeless(believed([5000, 150], [5000, 145], [5000, 60]), RULE);
    for (const policy of ['thompson', 'even'] as const) {
      const [first, second, third] = shares(belief, policy);
      expect(third).toBe(0);
      expect(first! + second!).toBeCloseTo(1, 12);
      expect(second).toBeGreaterThan(0.1);
    }
  });

  it('waits until it was seen enough, and leaves beliefs alone without a rule', () => {
    const young = believed([5000, 150], [5000, 145], [900, 0]);
    expect(pauseHopeless(young, RULE).arms).toEqual(young.arms);
    const old = believed([5000, 150], [5000, 145], [5000, 60]);
    expect(pauseHopeless(old, undefined)).toBe(old);
  });

  it('always leaves somebody, and takes back who the others prove to be no worse than', () => {
    const alike = pauseHopeless(believed([9e6, 9e4], [9e6, 9e4], [9e6, 9e4]), RULE);
    expect(alike.arms.some(({ shareMax }) => shareMax === 0)).toBe(false);
    // The leaders have come down since: the third is in the race again.
    const back = pauseHopeless(believed([20_000, 270], [20_000, 260], [5000, 60]), RULE);
    expect(back.arms[2]!.shareMax).toBeUndefined();
  });
});
