/**
 * Two slots of a template against each other: how each pair of their elements has done. A pair is taken to do what its two elements do by themselves,
 * with the weight of a few results, so that a pair that was seen twice says nothing yet.
 */
import type { Template } from '../campaign/dynamic/template.ts';
import type { PairCell } from '../learning/with-whom.ts';
import type { CredibleRate } from './creative-statistics.ts';
import { credible } from './creative-statistics.ts';

export interface PairTable {
  /** Variants in the order of the creative. */
  readonly rows: string[];
  readonly columns: string[];
  readonly cells: {
    readonly row: string;
    readonly column: string;
    readonly impressions: number;
    readonly results: number;
    readonly rate: CredibleRate;
  }[];
}

const PAIR_RESULTS = 3;
const RATE_MIN = 1e-7;

/** Undefined where the template has no such slots. */
export function pairTable(
  template: Template,
  [rowSlot, columnSlot]: readonly [row: string, column: string],
  pairs: readonly PairCell[],
  reward: 'clicks' | 'conversions',
): PairTable | undefined {
  const rows = template.slots.find(({ id }) => id === rowSlot)?.elements;
  const columns = template.slots.find(({ id }) => id === columnSlot)?.elements;
  if (!rows || !columns || rows === columns) return undefined;
  const seen = new Map(pairs.map((pair) => [`${pair.first} ${pair.second}`, pair]));
  const cells = rows.flatMap((row) =>
    columns.map((column) => {
      const pair = seen.get(`${row.number} ${column.number}`) ?? seen.get(`${column.number} ${row.number}`);
      return {
        row: row.id,
        column: column.id,
        impressions: pair?.impressions ?? 0,
        results: pair?.[reward] ?? 0,
      };
    }),
  );
  const usual = rateOf(cells, 0);
  const ratesOf = (side: 'row' | 'column') => {
    const rates = new Map<string, number>();
    for (const id of new Set(cells.map((cell) => cell[side])))
      rates.set(
        id,
        rateOf(
          cells.filter((cell) => cell[side] === id),
          usual,
        ),
      );
    return rates;
  };
  const [byRow, byColumn] = [ratesOf('row'), ratesOf('column')];
  return {
    rows: rows.map(({ id }) => id),
    columns: columns.map(({ id }) => id),
    cells: cells.map((cell) => {
      const expected = Math.min(0.5, (byRow.get(cell.row)! * byColumn.get(cell.column)!) / usual);
      const rate = credible({
        a: PAIR_RESULTS + cell.results,
        b: PAIR_RESULTS / expected - PAIR_RESULTS + Math.max(0, cell.impressions - cell.results),
      });
      return { ...cell, rate };
    }),
  };
}

/** Shrunk to the usual rate with the weight of a few results; nothing known at all, to what display usually brings. */
function rateOf(
  cells: readonly { readonly impressions: number; readonly results: number }[],
  usual: number,
): number {
  const impressions = cells.reduce((sum, cell) => sum + cell.impressions, 0);
  const results = cells.reduce((sum, cell) => sum + cell.results, 0);
  if (usual === 0) return Math.max(RATE_MIN, (results + 1) / (impressions + 500));
  return Math.max(RATE_MIN, (results + PAIR_RESULTS) / (impressions + PAIR_RESULTS / usual));
}
