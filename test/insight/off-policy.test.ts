import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import type { LoggedChoice } from '../../src/insight/off-policy.ts';
import { judgeOffPolicy } from '../../src/insight/off-policy.ts';

const SEED = 83;
const RATES = [0.05, 0.1, 0.2];
const LOGGED = [0.6, 0.3, 0.1];
const DRAFT = [0.2, 0.3, 0.5];
const DRAFT_VALUE = 0.01 + 0.03 + 0.1;

/** A log of choices among three, with a model that is wrong by a half unless told otherwise. */
function log(rows: number, seed: number, modelFactor = 1.5, propensityFactor = 1): LoggedChoice[] {
  const random = seededRandom(`${SEED}/${seed}`);
  return Array.from({ length: rows }, () => {
    const draw = random.next();
    const chosen = draw < 0.6 ? 0 : draw < 0.9 ? 1 : 2;
    return {
      propensity: Math.min(1, LOGGED[chosen]! * propensityFactor),
      draft: DRAFT[chosen]!,
      reward: random.next() < RATES[chosen]! ? 1 : 0,
      expected: modelFactor * RATES[chosen]!,
      expectedOfDraft: modelFactor * DRAFT_VALUE,
    };
  });
}

const within = ({ low, high }: { low: number; high: number }): boolean =>
  low <= DRAFT_VALUE && DRAFT_VALUE <= high;

describe('a draft judged on the log of another policy', () => {
  it('is worth what a computation row by row says', () => {
    const rows = log(500, 0);
    const verdict = judgeOffPolicy(rows);
    const weights = rows.map((row) => row.draft / row.propensity);
    let plain = 0;
    let doubly = 0;
    let sum = 0;
    let squares = 0;
    rows.forEach((row, index) => {
      plain += (row.reward * row.draft) / row.propensity / rows.length;
      doubly += (row.expectedOfDraft + (row.reward - row.expected) * weights[index]!) / rows.length;
      sum += weights[index]!;
      squares += weights[index]! ** 2;
    });
    expect(verdict.ips.value).toBeCloseTo(plain, 12);
    expect(verdict.snips.value).toBeCloseTo((plain * rows.length) / sum, 12);
    expect(verdict.dr.value).toBeCloseTo(doubly, 12);
    expect(verdict.effectiveSize).toBeCloseTo(sum ** 2 / squares, 8);
    expect(verdict.refused).toBe(false);
  });

  it('lies within its interval in about nineteen worlds of twenty', () => {
    const worlds = 400;
    const held = { ips: 0, snips: 0, dr: 0 };
    for (let world = 1; world <= worlds; world++) {
      const verdict = judgeOffPolicy(log(3000, world));
      for (const name of ['ips', 'snips', 'dr'] as const) if (within(verdict[name])) held[name]++;
    }
    for (const [name, count] of Object.entries(held)) {
      expect(count / worlds, `${name}, seed ${SEED}`).toBeGreaterThan(0.91);
      expect(count / worlds, `${name}, seed ${SEED}`).toBeLessThan(0.985);
    }
  });

  it('is right by the doubly robust way when propensities are wrong and the model is not', () => {
    const verdict = judgeOffPolicy(log(60_000, 7, 1, 0.5));
    expect(verdict.dr.value / DRAFT_VALUE).toBeCloseTo(1, 1);
    expect(verdict.ips.value / DRAFT_VALUE).toBeGreaterThan(1.7);
  });

  it('is refused where few rows decide everything, and a propensity of nothing is an error', () => {
    const thin = log(2000, 3).map((row, index) =>
      index < 3 ? { ...row, draft: 1, propensity: 0.001 } : { ...row, draft: 0.001 },
    );
    const verdict = judgeOffPolicy(thin);
    expect(verdict.effectiveSize).toBeLessThan(10);
    expect(verdict.refused).toBe(true);
    expect(() => judgeOffPolicy([{ ...thin[0]!, propensity: 0 }])).toThrow('not a propensity: 0');
    expect(judgeOffPolicy([]).refused).toBe(true);
  });

  const file = new URL('../../../shared/data/obd_small/men_random.csv', import.meta.url);
  if (!existsSync(file))
    console.warn('Skipped: off-policy judgement of recorded choices needs ../shared/data/obd_small.');
  it.skipIf(!existsSync(file))('of a recorded uniform policy under itself is its own rate', () => {
    const [header, ...lines] = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const column = (name: string): number => header!.indexOf(name);
    const rows = lines.map((cells) => ({
      propensity: Number(cells[column('propensity')]),
      draft: 1 / 34,
      reward: Number(cells[column('click')]),
      expected: 0,
      expectedOfDraft: 0,
    }));
    const clicks = rows.filter(({ reward }) => reward === 1).length;
    const verdict = judgeOffPolicy(rows);
    for (const { value } of [verdict.ips, verdict.snips, verdict.dr])
      expect(value).toBeCloseTo(clicks / rows.length, 8);
    expect(verdict.effectiveSize).toBeCloseTo(rows.length, 3);
  });
});
