import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCatalog } from '../../src/campaign/compile.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { PlanQuestion } from '../../src/insight/plan/plan.ts';
import { planOf } from '../../src/insight/plan/plan.ts';
import type { PlanLine } from '../../src/insight/plan/programme.ts';
import { greedySpends, piecesOf, programmeOf, spendsOf } from '../../src/insight/plan/programme.ts';
import { responseOf, resultsAt } from '../../src/insight/plan/response.ts';
import { solveProgramme } from '../../src/insight/plan/solve.ts';
import { solveHere } from '../../src/insight/plan/solver.ts';
import type { ReportRow } from '../../src/state/port.ts';
import { configurationOf } from '../fixture/engine.ts';

const catalog = compileCatalog(
  configurationOf(fileURLToPath(new URL('../fixture/life-book', import.meta.url))).book,
);
const QUESTION: PlanQuestion = {
  metric: 'conversions',
  minTimes: 0.5,
  maxTimes: 2,
  limits: new Map(),
};

/** Four weeks: what each line item spent and brought. */
function weeks(brings: Readonly<Record<string, (spendMicros: number) => number>>): ReportRow[] {
  const random = seededRandom(5);
  return Object.entries(brings).flatMap(([id, resultsOf]) =>
    Array.from({ length: 28 }, (_, day) => {
      const spendMicros = 20e6 * (0.6 + 0.8 * random.next());
      const conversions = Math.round(resultsOf(spendMicros));
      return {
        key: { day: `2026-11-${day + 1}`, line_item: id },
        spendMicros,
        clicks: 10 * conversions,
        conversions,
        conversionsByTouchTime: conversions,
        conversionValueMicros: 5e6 * conversions,
      } as unknown as ReportRow;
    }),
  );
}

const value = (lines: readonly PlanLine[], spends: readonly number[]): number =>
  lines.reduce((sum, line, place) => {
    let rest = spends[place]!;
    return (
      sum +
      piecesOf(line).reduce((own, { widthMicros, slope }) => {
        const part = Math.min(rest, widthMicros);
        rest -= part;
        return own + part * slope;
      }, 0)
    );
  }, 0);

describe('a budget plan', () => {
  it('learns how fast results flatten from days of more and of less', () => {
    const days = (elasticity: number) =>
      Array.from({ length: 28 }, (_, day) => {
        const spendMicros = 10e6 * (0.4 + (day % 7) / 4);
        return { spendMicros, results: Math.round(400 * (spendMicros / 10e6) ** elasticity) };
      });
    for (const elasticity of [0.4, 0.7, 0.9]) {
      const response = responseOf(days(elasticity))!;
      expect(response.elasticity).toBeCloseTo(elasticity, 1);
      expect(resultsAt(response, response.spendMicros)).toBeCloseTo(response.results, 6);
    }
    // Two days say next to nothing, and the usual stands.
    expect(responseOf(days(0.3).slice(0, 1))!.elasticity).toBeCloseTo(0.7, 5);
    expect(responseOf([{ spendMicros: 5e6, results: 2 }])).toBeUndefined();
  });

  it('is as good as the slow twin’s, within budget and limits, whatever the curves', async () => {
    const line = fc.record({
      spendMicros: fc.integer({ min: 1e5, max: 1e9 }),
      results: fc.double({ min: 0.5, max: 1000, noNaN: true }),
      elasticity: fc.double({ min: 0.2, max: 0.95, noNaN: true }),
      least: fc.integer({ min: 0, max: 100 }),
      most: fc.integer({ min: 100, max: 800 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 300 }),
        async (drawn, more) => {
          const lines = drawn.map(
            ({ least, most, ...response }, place): PlanLine => ({
              id: `line-${place}`,
              response: { ...response, elasticityDeviation: 0.1, scaleDeviation: 0.1, days: 28 },
              minMicros: (least / 100) * response.spendMicros,
              maxMicros: (most / 100) * response.spendMicros,
            }),
          );
          const least = lines.reduce((sum, { minMicros }) => sum + minMicros, 0);
          const budgetMicros = Math.ceil(least * (1 + more / 100)) + 100_000;
          const solved = await solveHere(programmeOf(lines, budgetMicros));
          expect(solved).toMatchObject({ ok: true });
          if (!solved.ok) return;
          const spends = spendsOf(lines, budgetMicros, (column) => solved.values[column] ?? 0);
          const bound = 1e-6 * budgetMicros + lines.length;
          expect(spends.reduce((sum, micros) => sum + micros, 0)).toBeLessThanOrEqual(budgetMicros + bound);
          spends.forEach((micros, place) => {
            expect(micros).toBeGreaterThanOrEqual(lines[place]!.minMicros - bound);
            expect(micros).toBeLessThanOrEqual(lines[place]!.maxMicros + bound);
          });
          const twin = value(lines, greedySpends(lines, budgetMicros));
          expect(value(lines, spends) / twin).toBeCloseTo(1, 4);
        },
      ),
      { numRuns: 30, seed: 7, endOnFailure: true },
    );
  }, 60_000);

  it('moves money to where one more result costs less, says what that gains, and why', async () => {
    const [cheap, dear] = catalog.lines.map(({ lineItem }) => lineItem.id);
    const rows = weeks({
      [cheap!]: (micros) => 60 * (micros / 20e6) ** 0.8,
      [dear!]: (micros) => 15 * (micros / 20e6) ** 0.4,
    });
    const plan = await planOf(catalog, rows, QUESTION, solveProgramme);
    if (typeof plan === 'string') throw new Error(plan);
    const of = (id: string) => plan.lines.find(({ lineItemId }) => lineItemId === id)!;
    expect(of(cheap!).plannedMicros).toBeGreaterThan(1.3 * of(cheap!).spendMicros);
    expect(of(dear!).plannedMicros).toBeCloseTo(0.5 * of(dear!).spendMicros, -3);
    expect(of(dear!).why).toMatch(/^As little as allowed/);
    expect(plan.gain.results).toBeGreaterThan(5);
    expect(plan.gain.low).toBeLessThan(plan.gain.results);
    expect(plan.gain.high).toBeGreaterThan(plan.gain.results);
    expect(await planOf(catalog, rows, QUESTION, solveProgramme)).toEqual(plan);
    expect(await planOf(catalog, rows, { ...QUESTION, budgetMicros: 1e6 }, solveProgramme)).toMatch(
      /least shares/,
    );
    expect(await planOf(catalog, [], QUESTION, solveProgramme)).toMatch(/too little is known/);
  }, 60_000);
});
