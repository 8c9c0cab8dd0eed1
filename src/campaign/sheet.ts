/**
 * Objects as rows of CSV and back, without loss: a column for each key (`bid.strategy`), lists and mappings with unusual keys as JSON in one cell.
 *
 * A text stands as it is wherever it is read back as that text; where it would be read as something else, in JSON's quotes. A cell that a spreadsheet
 * would take for a formula gets an apostrophe in front, which reading takes away.
 */
import { CsvError, parse } from 'csv-parse/sync';

interface Described {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Described>>;
}

type Row = Readonly<Record<string, unknown>>;

export interface SheetFault {
  /** Line of the file as a spreadsheet counts, from 1; 0 for the file as a whole. */
  readonly row: number;
  readonly column: string;
  readonly message: string;
  readonly hint: string;
}

export interface Sheet {
  readonly objects: readonly { readonly row: number; readonly object: Row }[];
  readonly faults: readonly SheetFault[];
}

const PLAIN_KEY = /^[A-Za-z]\w{0,63}$/;
const DEPTH_MAX = 6;
const COLUMNS_MAX = 1_000;
/** What a cell may begin with to be worked out, in the spreadsheets of today; full-width signs among them. */
const FORMULA = /^['=+\-@\t\r\n＝＋－＠]/;
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

export function toSheet(objects: readonly object[], schema: Described): string {
  const rows = objects.map((object) => {
    const cells = new Map<string, string>();
    flatten(object as Row, '', schema, 1, cells);
    return cells;
  });
  const columns = [...new Set(rows.flatMap((cells) => [...cells.keys()]))];
  const lines = [columns, ...rows.map((cells) => columns.map((column) => cells.get(column) ?? ''))];
  return lines.map((line) => `${line.map(quoted).join(',')}\r\n`).join('');
}

/** Never throws. */
export function fromSheet(text: string, schema: Described): Sheet {
  let lines: { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
  try {
    lines = parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      // Names of columns hold none of these, so the first one parts them.
      delimiter: /[,;\t]/.exec(text)?.[0] ?? ',',
    }) as unknown as typeof lines;
  } catch (error) {
    const row = error instanceof CsvError ? Number(error['lines'] ?? 0) : 0;
    return { objects: [], faults: [broken(row)] };
  }
  const [head, ...rest] = lines;
  const columns = head?.record.map((name) => name.trim()) ?? [];
  const faults = columns.flatMap((name, place) => {
    const isKnown = pathOf(name) !== undefined && columns.indexOf(name) === place;
    return isKnown ? [] : [badColumn(name, columns.indexOf(name) !== place)];
  });
  if (columns.length > COLUMNS_MAX) faults.push(badColumn('', false));
  if (faults.length > 0) return { objects: [], faults };
  const objects = rest.map(({ record, info }) => {
    if (record.length > columns.length) faults.push(tooManyCells(info.lines));
    return { row: info.lines, object: objectFrom(columns, record, schema) };
  });
  return { objects, faults };
}

function flatten(
  value: Row,
  prefix: string,
  schema: Described,
  depth: number,
  cells: Map<string, string>,
): void {
  for (const [key, part] of Object.entries(value)) {
    if (part === undefined) continue;
    const column = prefix === '' ? key : `${prefix}.${key}`;
    const described = schema.properties?.[key] ?? {};
    if (depth < DEPTH_MAX && isFlat(part)) flatten(part, column, described, depth + 1, cells);
    else cells.set(column, cellOf(part, described));
  }
}

/** Only what its columns' names bring back as it was. */
function isFlat(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => PLAIN_KEY.test(key)) && Object.values(value).some(isThere);
}

function isThere(value: unknown): boolean {
  return value !== undefined;
}

function cellOf(value: unknown, described: Described): string {
  const isPlain = typeof value === 'string' && meantBy(value, described) === value;
  const text = isPlain ? value : JSON.stringify(value);
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

function readCell(cell: string, described: Described): unknown {
  return meantBy(cell.startsWith("'") ? cell.slice(1) : cell, described);
}

function meantBy(text: string, { type }: Described): unknown {
  // A name like 2026 is a name where only texts may stand.
  const mayBeOther = type === 'string' ? /^"/ : /^(?:["[{]|-?\d|true$|false$|null$)/;
  if (text === '' || !mayBeOther.test(text)) return text === '' ? undefined : text;
  try {
    const read: unknown = JSON.parse(text);
    return type === 'string' && typeof read !== 'string' ? text : read;
  } catch {
    return text;
  }
}

function objectFrom(columns: readonly string[], record: readonly string[], schema: Described): Row {
  const object: Record<string, unknown> = {};
  columns.forEach((column, place) => {
    const cell = record[place] ?? '';
    const path = pathOf(column);
    if (cell === '' || path === undefined) return;
    let [target, described] = [object, schema];
    for (const key of path.slice(0, -1)) {
      const inner = Object.hasOwn(target, key) ? target[key] : undefined;
      const isMapping = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
      const next = (isMapping ? inner : {}) as Record<string, unknown>;
      target[key] = next;
      described = described.properties?.[key] ?? {};
      target = next;
    }
    const key = path.at(-1)!;
    const value = readCell(cell, described.properties?.[key] ?? {});
    if (value !== undefined) target[key] = value;
  });
  return object;
}

/** Keys that a language gives a meaning of its own cannot be written. */
function pathOf(column: string): readonly string[] | undefined {
  const path = column.split('.');
  return path.length <= DEPTH_MAX && path.every((key) => PLAIN_KEY.test(key)) ? path : undefined;
}

function quoted(cell: string): string {
  return /[",;\t\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function broken(row: number): SheetFault {
  return {
    row,
    column: '',
    message: 'cannot be read as CSV from here on',
    hint: 'A cell with commas, quotes or line breaks stands in quotes, and quotes in it are doubled.',
  };
}

function badColumn(name: string, isTwice: boolean): SheetFault {
  return {
    row: 1,
    column: name.slice(0, 100),
    message: isTwice ? 'stands above two columns' : 'is no name of a column',
    hint: 'The first line names the keys, as id, name, bid.strategy; take an export as the pattern.',
  };
}

function tooManyCells(row: number): SheetFault {
  return {
    row,
    column: '',
    message: 'has more cells than there are columns',
    hint: 'A cell with commas in it stands in quotes.',
  };
}
