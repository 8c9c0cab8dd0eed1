/** Recorded auctions from comma separated files: named columns, in the order of the rows. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

export interface CsvFile {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly string[];
  has(column: string): boolean;
  /** @throws Error that names file, line and column for a cell that is no number, or a column that is not there. */
  numbers(column: string): Float64Array;
  /** @throws Error for a column that is not there. */
  texts(column: string): readonly string[];
}

/** @throws Error for a file that cannot be read or whose rows differ in width. */
export function readCsv(path: string): CsvFile {
  return parseCsv(basename(path), readFileSync(path, 'utf8'));
}

export function parseCsv(name: string, text: string): CsvFile {
  const [header, ...rows] = text
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line !== '')
    .map(cells);
  if (!header) throw new Error(`${name} is empty`);
  rows.forEach((row, index) => {
    if (row.length !== header.length)
      throw new Error(`${name}:${index + 2} has ${row.length} cells, the header ${header.length}`);
  });
  const place = (column: string): number => {
    const index = header.indexOf(column);
    if (index < 0) throw new Error(`${name} has no column ${column}; it has ${header.join(', ')}`);
    return index;
  };
  return {
    name,
    rows: rows.length,
    columns: header,
    has: (column) => header.includes(column),
    texts: (column) => {
      const index = place(column);
      return rows.map((row) => row[index]!);
    },
    numbers: (column) => {
      const index = place(column);
      return Float64Array.from(rows, (row, line) => {
        const cell = row[index]!;
        const value = Number(cell);
        if (cell.trim() === '' || !Number.isFinite(value))
          throw new Error(`${name}:${line + 2} ${column} is no number: ${cell}`);
        return value;
      });
    },
  };
}

/** A cell in double quotes may hold commas, and a double quote written twice; a line break ends the row all the same. */
function cells(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const found: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g))
    found.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  return found;
}
