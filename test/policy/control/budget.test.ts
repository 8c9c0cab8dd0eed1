import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { LOG_BUDGET_MAX, LOG_BUDGET_MIN, stepBudget } from '../../../src/policy/control/budget.ts';

const STEPS = 2880;

/** One day in steps of 30 s; a bid of factor f would spend `demand(f)` of the budget in the day. */
function day(demand: (factor: number, step: number) => number, logFactor = 0, logLimit = LOG_BUDGET_MAX) {
  let spent = 0;
  let last = 0;
  const factors: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const left = 1 - step / STEPS;
    logFactor = stepBudget(logFactor, {
      length: 1 / STEPS,
      spentMicros: last,
      allowedMicros: Math.max(0, 1 - spent) / STEPS / left,
      logLimit,
    });
    factors.push(Math.exp(logFactor));
    last = Math.min(1 - spent, demand(Math.exp(logFactor), step) / STEPS);
    spent += last;
  }
  return { spent, factors, logFactor };
}

describe('the factor that makes a budget last', () => {
  it('spends the whole budget, and at noon half of it, whatever the demand', () => {
    for (const scale of [1.2, 4, 20]) {
      let noon = 0;
      let sum = 0;
      const { spent } = day((factor, step) => {
        if (step === STEPS / 2) noon = sum;
        const demand = scale * factor ** 1.5;
        sum += demand / STEPS;
        return demand;
      });
      expect(spent, `scale ${scale}`).toBeGreaterThan(0.98);
      expect(noon).toBeGreaterThan(0.4);
      expect(noon).toBeLessThan(0.62);
    }
  });

  it('stays just above what else is in force where the budget does not bind', () => {
    const { factors } = day((factor) => 0.2 * Math.min(factor, 1), 0, 0);
    expect(Math.max(...factors)).toBeLessThanOrEqual(1.5 + 1e-9);
    expect(factors.at(-1)).toBeCloseTo(1.5, 5);
  });

  test.prop(
    [
      fc.array(
        fc.record({
          length: fc.double(),
          spentMicros: fc.double(),
          allowedMicros: fc.double(),
          logLimit: fc.double(),
        }),
        { maxLength: 30 },
      ),
    ],
    { seed: 20261123 },
  )('is finite and within its bounds whatever it is told, in whatever order', (steps) => {
    let log = 0;
    for (const step of steps) {
      log = stepBudget(log, step);
      expect(log).toBeGreaterThanOrEqual(LOG_BUDGET_MIN);
      expect(log).toBeLessThanOrEqual(LOG_BUDGET_MAX);
    }
  });
});
