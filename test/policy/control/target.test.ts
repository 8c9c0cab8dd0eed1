import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { LOG_BUDGET_MAX } from '../../../src/policy/control/budget.ts';
import type { TargetInput, TargetState } from '../../../src/policy/control/target.ts';
import {
  FIRST_TARGET_STATE,
  LOG_FACTOR_MAX,
  LOG_FACTOR_MIN,
  logFactorOf,
  stepTarget,
} from '../../../src/policy/control/target.ts';

const T = 1_000_000;

/** A market in which results cost `price(factor)` each and come at `pace(factor)` a step. */
function fly(
  price: (factor: number) => number,
  steps: number,
  { pace = () => 0.5, state = FIRST_TARGET_STATE, limit = () => LOG_BUDGET_MAX } = {} as {
    pace?: (factor: number) => number;
    state?: TargetState;
    limit?: (step: number) => number;
  },
) {
  let spentTotalMicros = 0;
  let worthTotalMicros = 0;
  let factor = 1;
  const factors: number[] = [];
  for (let step = 0; step < steps; step++) {
    const inForce = Math.min(factor, Math.exp(limit(step)));
    const count = pace(inForce);
    const input: TargetInput = {
      spentMicros: count * price(inForce),
      worthMicros: count * T,
      spentTotalMicros: (spentTotalMicros += count * price(inForce)),
      worthTotalMicros: (worthTotalMicros += count * T),
      resultWorthMicros: T,
      results: worthTotalMicros / T,
      logLimit: limit(step),
    };
    state = stepTarget(state, input);
    factor = Math.exp(logFactorOf(state, input));
    factors.push(factor);
  }
  return { cost: spentTotalMicros / (worthTotalMicros / T), factor, factors };
}

describe('the factor that holds a target', () => {
  it('finds the bid at which results cost what they are worth, from far off on either side', () => {
    for (const scale of [0.4, 0.7, 1.3, 2.5]) {
      const { cost, factor } = fly((at) => scale * T * at, 2000);
      expect(factor, `scale ${scale}`).toBeCloseTo(1 / scale, 1);
      expect(cost / T).toBeGreaterThan(0.95);
      expect(cost / T).toBeLessThan(1.05);
    }
  });

  it('makes good what a dear hour cost, and stands still once it has', () => {
    let step = 0;
    const { cost, factors } = fly((at) => T * at * (step++ > 300 && step < 400 ? 1.8 : 1), 3000);
    expect(Math.min(...factors)).toBeLessThan(0.75);
    expect(cost / T).toBeCloseTo(1, 1);
    expect(factors.at(-1)).toBeCloseTo(1, 1);
  });

  it('does not wind up while a budget holds the bid back', () => {
    const held = fly((at) => 0.2 * T * at, 2000, { limit: () => Math.log(0.5) });
    expect(Math.max(...held.factors.slice(100))).toBeLessThan(1.5);
  });

  it('does not move where nothing was spent and nothing came', () => {
    const input = {
      spentMicros: 0,
      worthMicros: 0,
      spentTotalMicros: 0,
      worthTotalMicros: 0,
      resultWorthMicros: T,
      results: 0,
      logLimit: LOG_BUDGET_MAX,
    };
    expect(logFactorOf(stepTarget(FIRST_TARGET_STATE, input), input)).toBe(0);
  });

  const anything = fc.double();
  test.prop(
    [
      fc.array(
        fc.record({
          spentMicros: anything,
          worthMicros: anything,
          spentTotalMicros: anything,
          worthTotalMicros: anything,
          resultWorthMicros: anything,
          results: anything,
          logLimit: anything,
        }),
        { maxLength: 30 },
      ),
    ],
    { seed: 20261123 },
  )('is finite and within its bounds whatever it is told, in whatever order', (inputs) => {
    let state = FIRST_TARGET_STATE;
    for (const input of inputs) {
      state = stepTarget(state, input);
      const log = logFactorOf(state, input);
      expect(log).toBeGreaterThanOrEqual(LOG_FACTOR_MIN);
      expect(log).toBeLessThanOrEqual(LOG_FACTOR_MAX);
    }
  });
});
