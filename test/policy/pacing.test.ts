import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import type { Probability } from '../../src/core/units.ts';
import { PACING_CONTROLLERS, pacingControllerNamed } from '../../src/policy/pacing/index.ts';
import { pacingContract } from '../contract/pacing.ts';

for (const controller of PACING_CONTROLLERS) pacingContract(controller);

const BUDGET = 100_000_000;
const even = pacingControllerNamed('even');

interface Day {
  /** Micros that taking part in everything would spend in a whole day. */
  readonly supplyMicros: number;
  readonly priceMicros: number;
  readonly steps: number;
  /** Relative traffic by share of the day. */
  readonly traffic?: (elapsed: number) => number;
  readonly start?: number;
  /** Steps until spend is known. */
  readonly lag?: number;
}

/** One day of throttled buying at a fixed price; spend known so far by step. */
function runDay(day: Day): { spent: number[]; participation: number[] } {
  const random = seededRandom(31);
  let participation = (day.start ?? 1) as Probability;
  let bought = 0;
  let known = 0;
  const pending: number[] = [];
  const spent: number[] = [];
  const shares: number[] = [];
  for (let step = 0; step < day.steps; step++) {
    const elapsed = (step + 1) / day.steps;
    const expected =
      (((day.traffic?.(elapsed) ?? 1) * day.supplyMicros) / day.steps / day.priceMicros) * participation;
    let impressions = Math.floor(expected) + (random.next() < expected % 1 ? 1 : 0);
    impressions = Math.min(impressions, Math.floor((BUDGET - bought) / day.priceMicros));
    bought += impressions * day.priceMicros;
    pending.push(impressions * day.priceMicros);
    const spentSinceMicros = pending.length > (day.lag ?? 0) ? pending.shift()! : 0;
    known += spentSinceMicros;
    participation = even.step({
      participation,
      budgetMicros: BUDGET,
      spentMicros: known,
      elapsed,
      spentSinceMicros,
      stepElapsed: 1 / day.steps,
    });
    spent.push(bought);
    shares.push(participation);
  }
  return { spent, participation: shares };
}

/** Greatest distance between the share spent and the share of the day passed. */
function greatestGap(spent: readonly number[]): number {
  return Math.max(...spent.map((amount, step) => Math.abs(amount / BUDGET - (step + 1) / spent.length)));
}

describe('even pacing', () => {
  it('spends evenly where there is five times as much to buy', () => {
    const { spent } = runDay({ supplyMicros: 5 * BUDGET, priceMicros: 2000, steps: 1440 });
    expect(greatestGap(spent)).toBeLessThan(0.04);
    expect(spent.at(-1)! / BUDGET).toBeGreaterThan(0.985);
  });

  it('finds a share of one in two hundred within the first tenth of the budget', () => {
    const { spent } = runDay({ supplyMicros: 200 * BUDGET, priceMicros: 2000, steps: 8640 });
    expect(greatestGap(spent)).toBeLessThan(0.1);
    expect(spent.at(-1)! / BUDGET).toBeGreaterThan(0.98);
  });

  it('does as well in steps of a second as in steps of ten minutes', () => {
    for (const steps of [86_400, 144]) {
      const { spent } = runDay({ supplyMicros: 8 * BUDGET, priceMicros: 2000, steps });
      expect(greatestGap(spent), `${steps} steps`).toBeLessThan(0.06);
    }
  });

  it('is not led astray by dear impressions that come one by one', () => {
    const { spent } = runDay({ supplyMicros: 20 * BUDGET, priceMicros: 400_000, steps: 86_400 });
    expect(greatestGap(spent)).toBeLessThan(0.06);
  });

  it('follows traffic that ebbs at night and swells by day', () => {
    const traffic = (elapsed: number) => 1 + 0.8 * Math.sin(2 * Math.PI * (elapsed - 0.25));
    const { spent } = runDay({ supplyMicros: 12 * BUDGET, priceMicros: 2000, steps: 1440, traffic });
    expect(greatestGap(spent)).toBeLessThan(0.05);
  });

  it('stays calm where spend is reported ten minutes late', () => {
    const { spent } = runDay({ supplyMicros: 10 * BUDGET, priceMicros: 2000, steps: 1440, lag: 10 });
    expect(greatestGap(spent)).toBeLessThan(0.08);
  });

  it('takes part in all where there is less to buy than budget', () => {
    const { participation } = runDay({
      supplyMicros: BUDGET / 2,
      priceMicros: 2000,
      steps: 1440,
      start: 0.05,
    });
    expect(participation.at(-1)).toBe(1);
    expect(participation[120]).toBe(1);
  });

  it('takes part more when behind the day and less when ahead of it', () => {
    const at = (spentShare: number) =>
      even.step({
        participation: 0.3 as Probability,
        budgetMicros: BUDGET,
        spentMicros: spentShare * BUDGET,
        elapsed: 0.5,
        spentSinceMicros: BUDGET / 1440,
        stepElapsed: 1 / 1440,
      });
    expect(at(0.3)).toBeGreaterThan(0.3);
    expect(at(0.7)).toBeLessThan(0.3);
    expect(at(0.5)).toBeCloseTo(0.3, 9);
  });

  it('moves by no more than a factor of four in a step, and does not wind up', () => {
    const step = (participation: number, spentSinceMicros: number) =>
      even.step({
        participation: participation as Probability,
        budgetMicros: BUDGET,
        spentMicros: BUDGET * 0.2,
        elapsed: 0.5,
        spentSinceMicros,
        stepElapsed: 1 / 24,
      });
    expect(step(0.8, BUDGET)).toBeCloseTo(0.2, 9);
    expect(step(0.1, 0)).toBeCloseTo(0.4, 9);
    let share = 0.5;
    for (let count = 0; count < 1000; count++) share = step(share, BUDGET);
    expect(share).toBeGreaterThan(0);
    for (let count = 0; count < 8; count++) share = step(share, 0);
    expect(share).toBe(1);
  });

  it('rests while the budget is spent, so that the next day starts where this one was', () => {
    const share = even.step({
      participation: 0.35 as Probability,
      budgetMicros: BUDGET,
      spentMicros: BUDGET,
      elapsed: 0.9,
      spentSinceMicros: 0,
      stepElapsed: 0.01,
    });
    expect(share).toBe(0.35);
  });
});

describe('pacing as soon as possible', () => {
  it('takes part in everything', () => {
    const share = pacingControllerNamed('asap').step({
      participation: 0.1 as Probability,
      budgetMicros: BUDGET,
      spentMicros: BUDGET / 2,
      elapsed: 0.1,
      spentSinceMicros: 1,
      stepElapsed: 0.1,
    });
    expect(share).toBe(1);
  });
});
