/**
 * Rows of a feed. Whatever can be read is read; a bad row is told of by its line and left out, and what is out of stock is
 * never shown. Never throws on bytes.
 */
import { parse } from 'csv-parse/sync';
import type { FeedSettings } from './schema.ts';
import { prepare } from './value.ts';

export interface FeedRow {
  readonly id: string;
  /** Prepared, by column. */
  readonly values: Readonly<Record<string, string>>;
  /** Holds an http address. */
  readonly insecure: boolean;
}

export interface BadRow {
  /** Line of a CSV, place in a JSON list, from 1; 0 for the file as a whole. */
  readonly row: number;
  readonly message: string;
  readonly hint: string;
}

export interface Feed {
  /** Those in stock. */
  readonly rows: readonly FeedRow[];
  readonly outOfStock: number;
  readonly bad: readonly BadRow[];
}

const ROWS_MAX = 10_000;
const BAD_ROWS_TOLD = 20;
const RECORD_CHARACTERS_MAX = 65_536;
const ID = /^[\w.:/ -]{1,64}$/;

interface Entry {
  readonly row: number;
  readonly cells: Readonly<Record<string, unknown>>;
}

export function readFeed(bytes: Uint8Array, settings: FeedSettings, locale: string): Feed {
  const bad: BadRow[] = [];
  const records = /\.json$/i.test(settings.file) ? jsonRecords(bytes, bad) : csvRecords(bytes, bad);
  const tell = (row: number, message: string, hint = ''): undefined => {
    if (bad.length < BAD_ROWS_TOLD) bad.push({ row, message, hint });
    return undefined;
  };
  const first = records[0];
  const missing = first ? namedColumns(settings).filter((column) => !(column in first.cells)) : [];
  if (missing.length > 0)
    tell(
      0,
      `has no column ${missing.join(', ')}`,
      `It has ${Object.keys(first!.cells).slice(0, 20).join(', ')}.`,
    );
  const rows: FeedRow[] = [];
  const ids = new Set<string>();
  let outOfStock = 0;
  for (const record of missing.length > 0 ? [] : records) {
    if (rows.length >= ROWS_MAX) {
      tell(record.row, `is beyond the ${ROWS_MAX} rows that are read`);
      break;
    }
    const row = readRow(record, settings, locale, tell);
    if (row === 'out_of_stock') outOfStock++;
    else if (row && ids.has(row.id)) tell(record.row, `repeats the id ${row.id}`);
    else if (row) {
      ids.add(row.id);
      rows.push(row);
    }
  }
  return { rows, outOfStock, bad };
}

function namedColumns({ id, columns, stockColumn, currencyColumn }: FeedSettings): string[] {
  return [id, ...Object.keys(columns), ...[stockColumn, currencyColumn].filter((name) => name !== undefined)];
}

function readRow(
  { row, cells }: Entry,
  settings: FeedSettings,
  locale: string,
  tell: (row: number, message: string, hint?: string) => undefined,
): FeedRow | 'out_of_stock' | undefined {
  const id = textOf(cells[settings.id]);
  if (!ID.test(id))
    return tell(row, `has no id that can be used in ${settings.id}`, 'Up to 64 letters, digits and _.:/-.');
  if (settings.stockColumn !== undefined) {
    const stock = stockOf(textOf(cells[settings.stockColumn]));
    if (stock === undefined)
      return tell(row, `says in ${settings.stockColumn} neither a number nor in_stock or out_of_stock`);
    if (!stock) return 'out_of_stock';
  }
  const own = settings.currencyColumn === undefined ? '' : textOf(cells[settings.currencyColumn]);
  const currency = own === '' ? settings.currency : own.toUpperCase();
  const values: Record<string, string> = {};
  let insecure = false;
  for (const [column, type] of Object.entries(settings.columns)) {
    const prepared = prepare(type, textOf(cells[column]), locale, currency);
    if (!prepared.ok) return tell(row, `${column} ${prepared.message}`, prepared.hint);
    values[column] = prepared.text;
    insecure ||= prepared.insecure;
  }
  return { id, values, insecure };
}

const IN_STOCK = new Set([
  'in_stock',
  'in stock',
  'instock',
  'yes',
  'true',
  'available',
  'preorder',
  'backorder',
]);
const OUT_OF_STOCK = new Set([
  'out_of_stock',
  'out of stock',
  'outofstock',
  'no',
  'false',
  'unavailable',
  '',
]);

function stockOf(text: string): boolean | undefined {
  if (/^-?\d{1,12}(?:\.\d+)?$/.test(text)) return Number(text) > 0;
  const word = text.toLowerCase();
  if (IN_STOCK.has(word)) return true;
  return OUT_OF_STOCK.has(word) ? false : undefined;
}

function textOf(cell: unknown): string {
  if (typeof cell === 'string') return cell.trim();
  return typeof cell === 'number' || typeof cell === 'boolean' ? String(cell) : '';
}

function csvRecords(bytes: Uint8Array, bad: BadRow[]): Entry[] {
  try {
    const parsed: unknown = parse(Buffer.from(bytes), {
      bom: true,
      columns: (header: string[]) => header.map((name) => name.trim()),
      delimiter: [',', ';', '\t'],
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: RECORD_CHARACTERS_MAX,
      to: ROWS_MAX + 1,
    });
    return (parsed as { record: Record<string, unknown>; info: { lines: number } }[]).map(
      ({ record, info }) => ({
        row: info.lines,
        cells: record,
      }),
    );
  } catch (error) {
    bad.push({
      row: 0,
      message: `is no CSV: ${messageOf(error)}`,
      hint: 'Its first line names the columns.',
    });
    return [];
  }
}

function jsonRecords(bytes: Uint8Array, bad: BadRow[]): Entry[] {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (!Array.isArray(parsed)) throw new SyntaxError('it is not a list');
    return parsed.slice(0, ROWS_MAX + 1).map((cells: unknown, index) => ({
      row: index + 1,
      cells: typeof cells === 'object' && cells !== null ? (cells as Record<string, unknown>) : {},
    }));
  } catch (error) {
    bad.push({ row: 0, message: `is no JSON: ${messageOf(error)}`, hint: 'Write a list of objects.' });
    return [];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
