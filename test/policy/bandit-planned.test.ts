/** The index of who knows how much is left, against the problem that it answers solved step by step. */
import { describe, expect, it } from 'vitest';
import { sharesOf } from '../../src/policy/bandit/choose.ts';
import { creativePolicyNamed } from '../../src/policy/bandit/index.ts';
import { deviationsWorth } from '../../src/policy/bandit/planned.ts';
import type { Belief } from '../../src/policy/bandit/policy.ts';
import { FLAT_PRIOR, NO_SCENE } from '../../src/policy/bandit/policy.ts';
import { thompsonShares } from '../../src/policy/bandit/rates.ts';
import { arm, belief } from '../contract/bandit.ts';

const planned = (known: Belief) =>
  sharesOf(
    creativePolicyNamed('planned'),
    known,
    known.arms.map((_, place) => place),
    NO_SCENE,
  );

/**
 * Backward over the logarithm of the observations: a normal belief against a known rate of nought, which may be gone to for good at any step. Gives, by that
 * logarithm, how far below nought the mean may be, in its standard deviations, so that going on is still worth it.
 */
function boundary(step: number, until: number): ReadonlyMap<number, number> {
  const [limit, fine] = [8, 0.02];
  const cells = Math.round((2 * limit) / fine) + 1;
  const nodes = Array.from({ length: 41 }, (_, node) => -5 + node / 4);
  const density = nodes.map((node) => Math.exp((-node * node) / 2));
  const whole = density.reduce((sum, each) => sum + each, 0);
  const found = new Map<number, number>();
  let later = new Float64Array(cells);
  let laterCount = 1;
  for (let round = 1; round * step < until + step / 2; round++) {
    const count = Math.exp(-round * step);
    const widening = Math.sqrt(laterCount / count);
    const spread = Math.sqrt(laterCount / count - 1);
    const now = new Float64Array(cells);
    let before = -1;
    for (let cell = 0; cell < cells; cell++) {
      const deviations = -limit + cell * fine;
      let expected = 0;
      nodes.forEach((node, index) => {
        const place = (deviations * widening + spread * node + limit) / fine;
        if (place <= 0) return;
        const low = Math.min(cells - 2, Math.floor(place));
        const value = later[low]! + (place - low) * (later[low + 1]! - later[low]!);
        expected += (density[index]! / whole) * value;
      });
      const goingOn = (deviations / Math.sqrt(count)) * (laterCount - count) + expected;
      if (goingOn > 0 && !found.has(round))
        found.set(round, -(deviations - (fine * goingOn) / (goingOn - before)));
      before = goingOn;
      now[cell] = Math.max(0, goingOn);
    }
    later = now;
    laterCount = count;
  }
  // Looking only at each step costs 0.583 of its standard deviation (Chernoff 1965; Siegmund 1979).
  return new Map([...found].map(([round, deviations]) => [round, deviations + 0.583 * Math.sqrt(step)]));
}

describe('the index of a plan', () => {
  it('is that of the problem solved backward', () => {
    const step = 0.05;
    const solved = boundary(step, 6);
    for (const [round, deviations] of solved) {
      const left = Math.expm1(round * step);
      expect(Math.abs(deviationsWorth(left) - deviations), `${left} left`).toBeLessThan(0.04);
    }
    expect(solved.size).toBe(120);
  });

  it('rises with what is left, from nought', () => {
    expect(deviationsWorth(0)).toBe(0);
    let before = 0;
    for (let left = 1e-6; left < 1e9; left *= 1.7) {
      expect(deviationsWorth(left)).toBeGreaterThan(before);
      before = deviationsWorth(left);
    }
  });
});

describe('planned rotation', () => {
  const prior = { rate: 0.02, trials: 150 };
  const known = arm(10_000, 220, 1);
  const unknown = arm(200, 3, 1);

  it('tries the little known while there is much left, and earns at the end', () => {
    const early = planned({ arms: [known, unknown], prior, left: 100_000, ahead: 0.9 });
    const late = planned({ arms: [known, unknown], prior, left: 50, ahead: 0.005 });
    expect(early[1]).toBeGreaterThan(0.97);
    expect(late[0]).toBeGreaterThan(0.97);
  });

  it('goes on to the next while the results of the first are still to come', () => {
    const fresh = arm(0, 0, 1);
    const asked = planned({ arms: [fresh, fresh], prior, left: 100_000 });
    expect(asked[0]).toBeCloseTo(0.5, 9);
    const waiting = { ...fresh, shown: 5_000 };
    const meanwhile = planned({ arms: [waiting, fresh], prior, left: 95_000 });
    expect(meanwhile[1]).toBeGreaterThan(0.97);
  });

  it('leaves every arm a propensity that can be divided by', () => {
    const arms = [arm(10_000, 300, 1), arm(10_000, 290, 1), arm(10_000, 280, 1)];
    for (const share of planned({ arms, prior, left: 1_000, ahead: 0.03 }))
      expect(share).toBeGreaterThan(1e-6);
  });

  it('is Thompson sampling without a plan', () => {
    const arms = [arm(500, 12, 1), arm(300, 9, 1)];
    expect(planned(belief(arms))).toEqual(thompsonShares({ arms, prior: FLAT_PRIOR }, [0, 1]));
  });
});
