/**
 * A file of first-party events on its way to a bidder: CSV with named columns, or one JSON object a line. It is read twice, first to
 * look at every row, then to send them, so that a file with a fault loads nothing. A row without an id of its own gets one from the
 * file's contents and its place: what broke off half way is finished by importing the same file again.
 */
import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { Account } from './campaign/campaign.ts';
import { readEvents } from './learning/profile-collect.ts';

export interface ImportFault {
  /** As `row 7`, `row 7.value`; counted from the first row of data, the header is row 0. */
  readonly path: string;
  readonly message: string;
}

export interface Imported {
  readonly rows: number;
  readonly accepted: number;
  readonly duplicates: number;
  /** People who may not be known. */
  readonly refused: number;
  readonly faults: readonly ImportFault[];
}

/** Sends events as POST /collect takes them; a text says why they were not taken. */
export type SendEvents = (
  events: readonly object[],
) => Promise<{ readonly accepted: number; readonly duplicates: number; readonly refused: object } | string>;

const ROW_BYTES_MAX = 16_384;
const TOO_LONG = `is longer than ${ROW_BYTES_MAX} characters`;
const FAULTS_MAX = 100;
/** As many as fit any body that a bidder takes by default, at usual lengths. */
const BATCH_EVENTS = 200;
const BATCH_BYTES = 48_000;
const COLUMNS = ['event', 'event_id', 'user_id', 'id_space', 'ids', 'time', 'value', 'currency', 'item'];
const CONSENT_COLUMNS = [
  'gdpr',
  'gdpr_consent',
  'gpp',
  'gpp_sid',
  'us_privacy',
  'coppa',
  'gpc',
  'lmt',
  'dnt',
];
const PROPERTY = 'properties.';

export async function importEvents(
  file: string,
  account: Account,
  nowMs: number,
  send: SendEvents,
): Promise<Imported> {
  const nothing = { rows: 0, accepted: 0, duplicates: 0, refused: 0 };
  const digest = createHash('sha256');
  const looked = await look(file, account, nowMs, digest);
  if (looked.faults.length > 0) return { ...nothing, rows: looked.rows, faults: looked.faults };
  const name = digest.digest('base64url');
  const sum = { ...nothing, rows: looked.rows };
  let batch: object[] = [];
  let bytes = 0;
  const deliver = async (): Promise<string | undefined> => {
    if (batch.length === 0) return undefined;
    const taken = await send(batch);
    if (typeof taken === 'string') return taken;
    sum.accepted += taken.accepted;
    sum.duplicates += taken.duplicates;
    sum.refused += Object.values(taken.refused).reduce((total: number, each) => total + Number(each), 0);
    batch = [];
    bytes = 0;
    return undefined;
  };
  let row = 0;
  for await (const event of rowsOf(file)) {
    row++;
    const identified = { event_id: `${name}|${row}`, ...(event as object) };
    batch.push(identified);
    bytes += JSON.stringify(identified).length;
    if (batch.length < BATCH_EVENTS && bytes < BATCH_BYTES) continue;
    const refusal = await deliver();
    if (refusal !== undefined) return { ...sum, faults: [{ path: `row ${row}`, message: refusal }] };
  }
  const refusal = await deliver();
  return { ...sum, faults: refusal === undefined ? [] : [{ path: `row ${row}`, message: refusal }] };
}

async function look(file: string, account: Account, nowMs: number, digest: Hash) {
  const reading = {
    account,
    personOf: () => '',
    nowMs,
    retentionDays: account.firstParty?.retentionDays ?? 0,
  };
  const faults: ImportFault[] = [];
  let rows = 0;
  try {
    for await (const event of rowsOf(file, digest)) {
      rows++;
      const read = readEvents([event], [`row ${rows}`], undefined, reading);
      if (!read.ok)
        for (const { path, message, hint } of read.faults)
          faults.push({ path, message: `${message}. ${hint}` });
      if (faults.length >= FAULTS_MAX) break;
    }
    if (rows === 0 && faults.length === 0) faults.push({ path: 'file', message: 'has no rows' });
  } catch (error) {
    // The reader of CSV fails ahead of the rows it has given out, and counts the header as one.
    const row = error instanceof CsvError && typeof error.records === 'number' ? error.records : rows + 1;
    faults.push({ path: `row ${row}`, message: reasonOf(error) });
  }
  return { rows, faults };
}

function reasonOf(error: unknown): string {
  if (error instanceof CsvError && error.code === 'CSV_MAX_RECORD_SIZE')
    return `is longer than ${ROW_BYTES_MAX} bytes, or a quote is never closed`;
  return error instanceof Error ? error.message : String(error);
}

/** @throws Error for a file that cannot be read, text that is not UTF-8, or rows that are none. */
async function* rowsOf(file: string, digest?: Hash): AsyncGenerator<unknown> {
  const text = utf8(file, digest);
  if (firstCharacter(file) === '{') yield* jsonLines(text);
  else yield* csvRows(text);
}

/** Only looked at: a byte order mark and white space do not count. */
function firstCharacter(file: string): string {
  const head = Buffer.alloc(64);
  const open = openSync(file, 'r');
  const length = readSync(open, head, 0, 64, 0);
  closeSync(open);
  return head
    .toString('utf8', 0, length)
    .replace(/^\uFEFF/, '')
    .trimStart()
    .slice(0, 1);
}

/** Bytes that are no UTF-8 become U+FFFD, by which the row that holds them is found. */
async function* utf8(file: string, digest: Hash | undefined): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of createReadStream(file)) {
    digest?.update(chunk as Buffer);
    yield decoder.decode(chunk as Buffer, { stream: true });
  }
  yield decoder.decode();
}

function expectUtf8(row: string): void {
  if (row.includes('\uFFFD')) throw new Error('is not UTF-8');
}

async function* jsonLines(text: AsyncIterable<string>): AsyncGenerator<unknown> {
  let rest = '';
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== '') yield jsonOf(line);
    if (rest.length > ROW_BYTES_MAX) throw new Error(TOO_LONG);
  }
  if (rest.trim() !== '') yield jsonOf(rest);
}

function jsonOf(line: string): unknown {
  if (line.length > ROW_BYTES_MAX) throw new Error(TOO_LONG);
  expectUtf8(line);
  try {
    return JSON.parse(line);
  } catch {
    throw new Error('is not JSON');
  }
}

async function* csvRows(text: AsyncIterable<string>): AsyncGenerator<unknown> {
  const parser = parse({ bom: true, max_record_size: ROW_BYTES_MAX, skip_empty_lines: true, trim: true });
  const source = Readable.from(text);
  // A pipe hands on no errors: without this a file that breaks off would be waited for without end.
  source.on('error', (error) => parser.destroy(error)).pipe(parser);
  let header: readonly string[] | undefined;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      for (const cell of cells) expectUtf8(cell);
      if (header) yield eventOf(header, cells);
      else header = headerOf(cells);
    }
  } finally {
    source.destroy();
  }
}

function headerOf(cells: readonly string[]): readonly string[] {
  const known = [...COLUMNS, ...CONSENT_COLUMNS];
  const unknown = cells.filter((cell) => !known.includes(cell) && !cell.startsWith(PROPERTY));
  const missing = ['event', 'user_id'].filter((column) => !cells.includes(column));
  if (unknown.length > 0 || missing.length > 0 || new Set(cells).size < cells.length)
    throw new Error(
      `the header is ${cells.join(',').slice(0, 200)}; columns are event, user_id, and any of ${known
        .slice(1)
        .filter((column) => column !== 'user_id')
        .join(', ')}, ${PROPERTY}NAME, each once`,
    );
  return cells;
}

/** An empty cell says nothing. */
function eventOf(header: readonly string[], cells: readonly string[]): object {
  const event: Record<string, unknown> = {};
  const properties: Record<string, string> = {};
  header.forEach((column, index) => {
    const cell = cells[index] ?? '';
    if (cell === '') return;
    if (column.startsWith(PROPERTY)) properties[column.slice(PROPERTY.length)] = cell;
    else event[column] = cell;
  });
  return { ...event, ...(Object.keys(properties).length > 0 ? { properties } : {}) };
}
