/** Reports of exchanges, mutated: they are read or refused, and what is read compares to finite figures whatever our own are. */
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import type { HourSums } from '../../src/insight/discrepancy/compare.ts';
import { compareFigures } from '../../src/insight/discrepancy/compare.ts';
import type { ReadFigures } from '../../src/insight/discrepancy/figures.ts';
import { figuresInCsv, figuresInRows } from '../../src/insight/discrepancy/figures.ts';
import { bodyCount, mutate, SEED } from './mutate.ts';

const REPORTS = bodyCount(10_000);
const CSV = [
  'day,impressions,spend\n2026-11-20,118300,301.20\n2026-11-21,120100,308.95\n2026-11-22,99,0\n',
  'Date;Imps;Cost\n20261120;"1,200";$10.50\nTotal;1200;10.50\n',
  '\ufeffday\timpressions\tspend\n2026-11-20\t5\t1e2\n0000-01-01\t5\t1\n9999-12-31\t5\t1\n',
];
const ROWS = JSON.stringify([
  { day: '2026-11-20', impressions: 5, spend: 0.1 },
  { day: '2026-11-21', impressions: 999_999_999_999_999, spend: '999999999.999999' },
]);
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/Havana',
  'Asia/Kolkata',
  'Pacific/Kiritimati',
  'Australia/Lord_Howe',
];

it(`${REPORTS} of them`, () => {
  const random = seededRandom(SEED).stream('reports');
  const of = <One>(list: readonly One[]): One => list[Math.floor(random.next() * list.length)]!;
  let read = 0;
  for (let each = 0; each < REPORTS; each++) {
    const isCsv = random.next() < 0.7;
    const text = mutate(isCsv ? of(CSV) : ROWS, [...CSV, ROWS], random).toString();
    const told = isCsv ? figuresInCsv(text) : rowsOf(text);
    if (told.faults.length > 0) {
      for (const { path, code, hint } of told.faults)
        expect([typeof path, code.length > 0, hint.length > 0]).toEqual(['string', true, true]);
      continue;
    }
    read++;
    const days = told.days;
    const startMs = Date.parse(`${days[0]!.day}T00:00Z`) - 86_400_000;
    const hours: HourSums[] = Array.from({ length: Math.floor(random.next() * 120) }, (_, place) => {
      const impressions = Math.floor(random.next() ** 3 * 10_000);
      return {
        hourMs: startMs + place * 3_600_000,
        impressions,
        wins: Math.floor(random.next() * 20_000),
        billings: Math.floor(random.next() * 10_000),
        spendMicros: impressions * Math.floor(random.next() * 5000),
        flagged: Math.floor(random.next() * 3),
      };
    });
    const { total, causes } = compareFigures(
      { exchangeId: 'x', timeZone: of(ZONES), currency: 'EUR', threshold: 0.05, takenMs: 4e14, days },
      {
        hours,
        nowMs: 4e14,
        billing: of(['burl', 'impression', 'win'] as const),
        accountZone: of(ZONES),
        ratesMicros: new Map([
          ['USD', 1_000_000],
          ['EUR', 1_160_000],
        ]),
      },
    );
    const shown = JSON.stringify([SEED, each, text, total, causes]);
    for (const value of [
      total.impressionsOff ?? 0,
      total.spendOff ?? 0,
      ...causes.map(({ explains }) => explains),
    ])
      expect(Number.isFinite(value), shown).toBe(true);
    for (const { explains, message } of causes) {
      expect(explains > 0 && explains <= 1, shown).toBe(true);
      expect(message, shown).not.toMatch(/NaN|Infinity|undefined/);
    }
  }
  expect(read).toBeGreaterThan(REPORTS / 20);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

function rowsOf(text: string): ReadFigures {
  try {
    const rows: unknown = JSON.parse(text);
    return figuresInRows(Array.isArray(rows) ? rows : [rows]);
  } catch {
    return figuresInRows([]);
  }
}
