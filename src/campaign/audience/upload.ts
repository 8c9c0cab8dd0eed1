/**
 * The ids of an uploaded list as digests. People upload what they have: exports with a byte order mark, Windows line
 * ends, headers, quotes, a spare column, a broken row. Whatever can be read is read; the rest is told by row number,
 * never by content, for a row may be a person's id.
 */
import { hash } from 'node:crypto';

/** Longest line that can be an id; longer ones are told of and skipped without being decoded. */
const LINE_BYTES_MAX = 4_096;
const ID_LENGTH_MAX = 512;
/** Bad rows that are told one by one; the rest are counted. */
const BAD_ROWS_TOLD = 20;

export interface UploadForm {
  /** `ifa`, `user.id`, `buyeruid` or `eid:SOURCE`. */
  readonly idSpace: string;
  readonly hashed: 'none' | 'sha256';
  /** Of .csv and .tsv files the first column counts; of any other the whole line. */
  readonly file: string;
}

export interface BadRow {
  /** From 1, as an editor counts. */
  readonly row: number;
  readonly message: string;
}

export interface Upload {
  /** `memberDigest` of each id, rising, each once. */
  readonly members: Float64Array;
  /** Rows that hold something: ids, repeats and bad rows, without the header. */
  readonly rows: number;
  readonly repeats: number;
  readonly badRows: number;
  /** The first of them. */
  readonly bad: readonly BadRow[];
}

/** The first 52 bits of the SHA-256: a double holds them exactly, and a stray match in a pack of a million is 2 in 10^10. */
export function memberDigest(id: string): number {
  return digestFromHex(hash('sha256', id, 'hex'));
}

export function readUpload(bytes: Uint8Array, form: UploadForm): Upload {
  const digests: number[] = [];
  const bad: BadRow[] = [];
  let badRows = 0;
  let rows = 0;
  let isFirst = true;
  for (const { row, text } of linesOf(bytes)) {
    if (text === '') continue;
    const cell = text === undefined ? undefined : firstCell(text, form.file);
    const mayBeHeader = isFirst;
    isFirst = false;
    if (mayBeHeader && cell !== undefined && isHeader(cell, form)) continue;
    rows++;
    const read =
      cell === undefined ? { fault: `is longer than ${LINE_BYTES_MAX} bytes` } : readId(cell, form);
    if ('digest' in read) digests.push(read.digest);
    else if (badRows++ < BAD_ROWS_TOLD) bad.push({ row, message: read.fault });
  }
  const members = distinct(Float64Array.from(digests).sort());
  return { members, rows, repeats: digests.length - members.length, badRows, bad };
}

/** True where the beginning of a file holds anything that may be an id. */
export function holdsAnId(firstBytes: Uint8Array, file: string): boolean {
  let first = true;
  for (const { text } of linesOf(firstBytes)) {
    if (text === '') continue;
    if (!first || text === undefined || !isHeaderWord(firstCell(text, file))) return true;
    first = false;
  }
  return false;
}

interface Line {
  readonly row: number;
  /** Trimmed; undefined where it is too long to be looked at. */
  readonly text: string | undefined;
}

const LF = 10;
const CR = 13;

/** Lines end with LF, CRLF or CR. UTF-16 is told by its mark; everything else is taken for UTF-8. */
function* linesOf(bytes: Uint8Array): Generator<Line> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = buffer[0] === 0xff && buffer[1] === 0xfe;
  const marked = buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf;
  const body = wide ? Buffer.from(buffer.toString('utf16le', 2)) : buffer.subarray(marked ? 3 : 0);
  let row = 0;
  let start = 0;
  for (let at = 0; at <= body.length; at++) {
    const byte = body[at];
    if (byte !== LF && byte !== CR && at < body.length) continue;
    row++;
    yield { row, text: at - start > LINE_BYTES_MAX ? undefined : body.toString('utf8', start, at).trim() };
    if (byte === CR && body[at + 1] === LF) at++;
    start = at + 1;
  }
}

function firstCell(line: string, file: string): string {
  const separator = /\.tsv$/i.test(file) ? '\t' : /\.csv$/i.test(file) ? /[,;\t]/ : undefined;
  const quoted = /^"((?:[^"]|"")*)"/.exec(line);
  if (quoted) return (quoted[1] ?? '').replaceAll('""', '"').trim();
  return separator === undefined ? line : (line.split(separator, 1)[0] ?? '').trim();
}

const HEADER_WORDS = new Set(
  'id ids uid user userid users person personid people member memberid customer customerid ifa idfa gaid aaid maid rida tifa lgudid deviceid advertisingid mobileadid buyeruid buyerid eid eids uid2 rampid id5 cookie cookieid hash hashed hashedid sha256 email emailsha256 hashedemail identifier externalid'.split(
    ' ',
  ),
);

function isHeaderWord(cell: string): boolean {
  return HEADER_WORDS.has(cell.toLowerCase().replace(/[^a-z0-9]/g, ''));
}

function isHeader(cell: string, form: UploadForm): boolean {
  return isHeaderWord(cell) || cell.toLowerCase() === form.idSpace.toLowerCase();
}

const SHA256_HEX = /^[0-9a-f]{64}$/i;
/** What devices send whose owner has limited tracking: one id for millions of people. */
const NOBODY = /^[0-]*$/;
const UNREADABLE = /[\p{Cc}\ufffd]/u;

function readId(cell: string, form: UploadForm): { digest: number } | { fault: string } {
  if (cell === '') return { fault: 'is empty in its first column' };
  if (UNREADABLE.test(cell)) return { fault: 'holds bytes that are not text' };
  if (cell.length > ID_LENGTH_MAX) return { fault: `is longer than ${ID_LENGTH_MAX} characters` };
  if (form.hashed === 'sha256') {
    return SHA256_HEX.test(cell)
      ? { digest: digestFromHex(cell) }
      : { fault: 'is not a SHA-256 in hexadecimal (64 digits)' };
  }
  if (NOBODY.test(cell)) return { fault: 'is all zeros, which stands for nobody' };
  return { digest: memberDigest(normalId(cell, form.idSpace)) };
}

/** Advertising ids come in either case and mean the same; all other ids are taken as they are. */
export function normalId(id: string, idSpace: string): string {
  return idSpace === 'ifa' ? id.toLowerCase() : id;
}

/** True for an id that names no one person. */
export function isNobody(id: string): boolean {
  return NOBODY.test(id);
}

function digestFromHex(hex: string): number {
  return Number.parseInt(hex.slice(0, 13), 16);
}

function distinct(sorted: Float64Array): Float64Array {
  let kept = 0;
  for (let at = 0; at < sorted.length; at++) {
    if (at === 0 || sorted[at] !== sorted[at - 1]) sorted[kept++] = sorted[at]!;
  }
  return sorted.slice(0, kept);
}
