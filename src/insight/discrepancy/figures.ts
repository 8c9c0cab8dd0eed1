/** What an exchange says it counted: read from its report, as CSV or JSON, every fault told at once. Never throws. */
import { parse } from 'csv-parse/sync';
import { parseDecimalMicros } from '../../core/units.ts';

/** One day of the exchange's report, in its own zone and currency. */
export interface TheirDay {
  readonly day: string;
  readonly impressions: number;
  /** Of the report's currency. */
  readonly spendMicros: number;
}

export interface FigureFault {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface ReadFigures {
  readonly days: readonly TheirDay[];
  /** Lines that sum others up; they are not days. */
  readonly totals: number;
  readonly faults: readonly FigureFault[];
}

export const DAYS_MAX = 400;
const FAULTS_MAX = 50;
/** What reports call their columns, without case and whatever stands between the words. */
const NAMES: Readonly<Record<string, keyof TheirDay>> = {
  day: 'day',
  date: 'day',
  reportdate: 'day',
  impressions: 'impressions',
  imps: 'impressions',
  impression: 'impressions',
  billedimpressions: 'impressions',
  paidimpressions: 'impressions',
  spend: 'spendMicros',
  cost: 'spendMicros',
  mediacost: 'spendMicros',
  mediaspend: 'spendMicros',
  grossspend: 'spendMicros',
  revenue: 'spendMicros',
  amount: 'spendMicros',
};
const ASKED: readonly (keyof TheirDay)[] = ['day', 'impressions', 'spendMicros'];
const WRITTEN = { day: 'day', impressions: 'impressions', spendMicros: 'spend' } as const;

export function figuresInCsv(text: string): ReadFigures {
  let lines: string[][];
  try {
    lines = parse(text, {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      delimiter: /[,;\t]/.exec(text)?.[0] ?? ',',
    });
  } catch {
    return refused(fault('body', 'not_csv', 'cannot be read as CSV', 'Cells with commas stand in quotes.'));
  }
  const [head = [], ...rest] = lines;
  const columns = head.map((name) => NAMES[name.toLowerCase().replace(/[^a-z]/g, '')]);
  const missing = ASKED.filter((name) => !columns.includes(name));
  if (missing.length > 0)
    return refused(
      ...missing.map((name) =>
        fault(
          WRITTEN[name],
          'no_column',
          'is no column of the first line',
          'The first line names day, impressions and spend (or date, imps, cost, revenue).',
        ),
      ),
    );
  return daysOf(
    rest.map((cells, place) => ({
      path: `line ${place + 2}`,
      cell: (name) => cells[columns.indexOf(name)]?.trim() ?? '',
    })),
  );
}

export function figuresInRows(rows: readonly unknown[]): ReadFigures {
  return daysOf(
    rows.map((row, place) => ({
      path: `rows[${place}]`,
      cell: (name) => {
        const key = WRITTEN[name];
        const value =
          typeof row === 'object' && row !== null && Object.hasOwn(row, key)
            ? (row as Record<string, unknown>)[key]
            : '';
        return typeof value === 'number' && Number.isFinite(value)
          ? plainNumber(value)
          : typeof value === 'string'
            ? value.trim()
            : '';
      },
    })),
  );
}

interface Line {
  readonly path: string;
  cell(name: keyof TheirDay): string;
}

/** Rows of one day are added up: reports are often by day and something else. */
function daysOf(lines: readonly Line[]): ReadFigures {
  const faults: FigureFault[] = [];
  const days = new Map<string, { day: string; impressions: number; spendMicros: number }>();
  let totals = 0;
  for (const { path, cell } of lines) {
    if (/^(?:grand )?(?:sub)?total\b/i.test(cell('day'))) {
      totals++;
      continue;
    }
    const day = dayIn(cell('day'));
    const impressions = countIn(cell('impressions'));
    const spendMicros = amountIn(cell('spendMicros'));
    if (day === undefined)
      faults.push(
        fault(
          `${path}.day`,
          'not_a_day',
          'is no day',
          'As 2026-11-23 or 20261123; orders of day and month that can be mistaken are not guessed.',
        ),
      );
    if (impressions === undefined)
      faults.push(fault(`${path}.impressions`, 'not_a_count', 'is no count', 'A whole number, as 12345.'));
    if (spendMicros === undefined)
      faults.push(
        fault(`${path}.spend`, 'not_an_amount', 'is no amount', 'With a decimal point, as 1234.56.'),
      );
    if (day === undefined || impressions === undefined || spendMicros === undefined) continue;
    const sums = days.get(day) ?? { day, impressions: 0, spendMicros: 0 };
    days.set(day, {
      day,
      impressions: sums.impressions + impressions,
      spendMicros: sums.spendMicros + spendMicros,
    });
  }
  if (days.size > DAYS_MAX)
    faults.push(fault('body', 'too_many_days', `has more than ${DAYS_MAX} days`, 'Send it in parts.'));
  if (faults.length === 0 && days.size === 0)
    faults.push(fault('body', 'no_days', 'has no day', 'One line a day: day, impressions, spend.'));
  return {
    days: [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1)),
    totals,
    faults: faults.slice(0, FAULTS_MAX),
  };
}

function dayIn(text: string): string | undefined {
  const [, year, month, day] =
    /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  const written = `${year}-${month}-${day}`;
  const atMs = Date.parse(`${written}T00:00:00Z`);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(written) ? written : undefined;
}

const GROUPED = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;

function countIn(text: string): number | undefined {
  const plain = GROUPED.test(text) ? text.replaceAll(',', '') : text;
  if (!/^\d{1,15}(?:\.0+)?$/.test(plain)) return undefined;
  return Math.trunc(Number(plain));
}

function amountIn(text: string): number | undefined {
  const bare = text.replace(/^[$€£¥￥]\s*/, '');
  const plain = GROUPED.test(bare) ? bare.replaceAll(',', '') : bare;
  if (/[eE]/.test(plain)) return undefined;
  const amount = parseDecimalMicros(plain);
  return amount !== undefined && Number.isSafeInteger(amount) ? amount : undefined;
}

/** A number of JSON in digits, never as 1e-7. */
function plainNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(6);
}

function fault(path: string, code: string, message: string, hint: string): FigureFault {
  return { path, code, message, hint };
}

function refused(...faults: readonly FigureFault[]): ReadFigures {
  return { days: [], totals: 0, faults };
}
