/**
 * The ids of an uploaded list, read piece by piece. People upload what they have: exports with a byte order mark, Windows
 * line ends, headers, quotes, a spare column, ids twice. What leaves no doubt is read and the rest of it told by row number,
 * never by content, for a row may be a person's id. What raises a doubt about the whole file (another encoding, plain ids
 * among hashes, a formula, a line without end) refuses it whole: half a list in force would be worse than the old one. This file is one
 * thing: what a list may look like.
 */
import type { Hash } from 'node:crypto';
import { createHash, hash } from 'node:crypto';
import { KeyTable } from './key-table.ts';

/** Longest line that can be an id. */
const LINE_BYTES_MAX = 4_096;
const ID_LENGTH_MAX = 512;
/** Rows that are told one by one; the rest are counted. */
const ROWS_TOLD = 20;
/** As many ids as one list may have; repeats cost time too. */
const IDS_MAX = 20_000_000;
const ROWS_MAX = 30_000_000;

export interface UploadForm {
  /** `ifa`, `user.id`, `buyeruid` or `eid:SOURCE`. */
  readonly idSpace: string;
  /** What the ids must be; by what the list shows where absent. */
  readonly hashed?: 'none' | 'sha256' | undefined;
  /** Of .csv and .tsv files the first column counts, of .ndjson ones a text or the `id` of an object; of any other the whole line. */
  readonly file: string;
}

export interface BadRow {
  /** From 1, as an editor counts. */
  readonly row: number;
  readonly code: string;
  readonly message: string;
  /** How it begins and how long it is, for whoever sent it; never so much that it names somebody. */
  readonly value: string;
}

export interface Upload {
  /** What `keyOf` gave each id, each once, in the order of the list. */
  readonly keys: Float64Array;
  readonly hashed: 'none' | 'sha256';
  /** SHA-256 over all bytes, in hexadecimal. */
  readonly checksum: string;
  /** Rows that hold something: ids, repeats and bad rows, without the header. */
  readonly rows: number;
  readonly repeats: number;
  readonly badRows: number;
  /** What was passed over, the first of it: bad rows, and the first repeat. */
  readonly passedOver: readonly BadRow[];
}

/** The list as a whole cannot be taken: which row says so, and why. */
export class UploadRefusedError extends Error {
  readonly row: number;
  readonly code: string;
  readonly value: string;

  constructor({ row, code, message, value }: Omit<BadRow, 'value'> & { readonly value?: string }) {
    super(message);
    this.name = 'UploadRefusedError';
    this.row = row;
    this.code = code;
    this.value = value ?? '';
  }
}

/** A number for a person's id, given as the SHA-256 in hexadecimal of its normal form: plain and hashed lists meet there. */
export type KeyOf = (idSpace: string, sha256: string) => number;

/** Hand it the bytes in order, then `end`. Both throw `UploadRefusedError`; then nothing was loaded. */
export class UploadReader {
  readonly #form: UploadForm;
  readonly #format: Format;
  readonly #keyOf: KeyOf;
  readonly #digest: Hash = createHash('sha256');
  readonly #lines = new LineSplitter();
  readonly #keys = new KeyTable();
  readonly #passedOver: BadRow[] = [];
  #badRows = 0;
  #rows = 0;
  #repeats = 0;
  #hashed: 'none' | 'sha256' | undefined;
  #headerMayCome = true;

  constructor(form: UploadForm, keyOf: KeyOf) {
    this.#form = form;
    this.#format = formatOf(form.file);
    this.#keyOf = keyOf;
    this.#hashed = form.hashed;
  }

  push(bytes: Uint8Array): void {
    this.#digest.update(bytes);
    for (const line of this.#lines.push(bytes)) this.#take(line);
  }

  end(): Upload {
    for (const line of this.#lines.end()) this.#take(line);
    return {
      keys: this.#keys.keys(),
      hashed: this.#hashed ?? 'none',
      checksum: this.#digest.digest('hex'),
      rows: this.#rows,
      repeats: this.#repeats,
      badRows: this.#badRows,
      passedOver: this.#passedOver,
    };
  }

  #take({ row, text }: Line): void {
    if (text === '') return;
    const read = cellOf(text, this.#format, this.#form);
    if (typeof read !== 'string') throw new UploadRefusedError({ row, ...read, value: glimpse(text) });
    const cell = read;
    const mayBeHeader = this.#headerMayCome;
    this.#headerMayCome = false;
    if (mayBeHeader && this.#format !== 'ndjson' && isHeader(cell, this.#form)) return;
    if (++this.#rows > ROWS_MAX)
      throw new UploadRefusedError({
        row,
        code: 'too_many_rows',
        message: `is past the ${ROWS_MAX} rows that one list may have`,
      });
    const doubt = doubtOf(cell);
    if (doubt) throw new UploadRefusedError({ row, ...doubt, value: glimpse(cell) });
    if (cell === '') return this.#passOver({ row, ...EMPTY, value: '' });
    const hashed = SHA256_HEX.test(cell) ? 'sha256' : 'none';
    this.#hashed ??= hashed;
    if (hashed !== this.#hashed)
      throw new UploadRefusedError({ row, ...mixed(this.#hashed, this.#form), value: glimpse(cell) });
    if (isNobody(cell)) return this.#passOver({ row, ...NOBODY, value: glimpse(cell) });
    this.#add(hashed === 'sha256' ? cell.toLowerCase() : idHash(cell, this.#form.idSpace), row, cell);
  }

  #add(sha256: string, row: number, cell: string): void {
    const before = this.#keys.size;
    this.#keys.add(this.#keyOf(this.#form.idSpace, sha256));
    if (this.#keys.size > IDS_MAX)
      throw new UploadRefusedError({
        row,
        code: 'too_many_ids',
        message: `is past the ${IDS_MAX} ids that one list may have`,
      });
    if (this.#keys.size > before) return;
    if (this.#repeats++ === 0)
      this.#passedOver.push({
        row,
        code: 'repeated_id',
        message: 'is the first id that was there before',
        value: glimpse(cell),
      });
  }

  #passOver(bad: BadRow): void {
    if (this.#badRows++ < ROWS_TOLD) this.#passedOver.push(bad);
  }
}

/** A list that is in memory as a whole. @throws UploadRefusedError */
export function readUpload(bytes: Uint8Array, form: UploadForm, keyOf: KeyOf): Upload {
  const reader = new UploadReader(form, keyOf);
  reader.push(bytes);
  return reader.end();
}

/** True where the beginning of a file holds anything that may be an id. */
export function holdsAnId(firstBytes: Uint8Array, file: string): boolean {
  const lines = new LineSplitter();
  let first = true;
  try {
    for (const { text } of [...lines.push(firstBytes), ...lines.end()]) {
      if (text === '') continue;
      if (!first || !isHeaderWord(firstCell(text, formatOf(file)))) return true;
      first = false;
    }
  } catch {
    return true;
  }
  return false;
}

interface Line {
  readonly row: number;
  /** Trimmed. */
  readonly text: string;
}

const LF = 10;
const CR = 13;
const ENCODING = {
  code: 'encoding',
  message: 'is not text in UTF-8; save the list as UTF-8, or as UTF-16 with its mark',
};

/** Lines end with LF, CRLF or CR. UTF-16 (little-endian) is told by its mark; everything else must be UTF-8. */
class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);
  #row = 1;
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #wide = false;
  #begun = false;
  #afterCr = false;
  readonly #strict = new TextDecoder('utf-8', { fatal: true });

  *push(bytes: Uint8Array): Generator<Line> {
    let fresh: Buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!this.#begun) {
      fresh = Buffer.concat([this.#rest, fresh]);
      this.#rest = Buffer.alloc(0);
      // The longest mark has three bytes.
      if (fresh.length < 3) {
        this.#rest = fresh;
        return;
      }
      fresh = this.#begin(fresh);
    }
    yield* this.#split(this.#utf8(fresh), false);
  }

  *end(): Generator<Line> {
    const rest = this.#begun ? Buffer.alloc(0) : this.#begin(this.#rest.subarray());
    if (rest.length > 0) this.#rest = Buffer.alloc(0);
    yield* this.#split(this.#utf8(rest, true), true);
  }

  #begin(bytes: Buffer): Buffer {
    this.#begun = true;
    if (bytes[0] === 0xfe && bytes[1] === 0xff) throw new UploadRefusedError({ row: 1, ...ENCODING });
    this.#wide = bytes[0] === 0xff && bytes[1] === 0xfe;
    if (this.#wide) this.#decoder = new TextDecoder('utf-16le', { fatal: true });
    const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return bytes.subarray(this.#wide ? 2 : marked ? 3 : 0);
  }

  #utf8(bytes: Buffer, last = false): Buffer {
    if (!this.#decoder) return bytes;
    try {
      return Buffer.from(this.#decoder.decode(bytes, { stream: !last }));
    } catch {
      throw new UploadRefusedError({ row: this.#row, ...ENCODING });
    }
  }

  *#split(fresh: Buffer, last: boolean): Generator<Line> {
    let start = 0;
    for (let at = 0; at < fresh.length; at++) {
      const byte = fresh[at];
      if (byte !== LF && byte !== CR) {
        this.#afterCr = false;
        continue;
      }
      const isSecondOfTwo = byte === LF && this.#afterCr;
      this.#afterCr = byte === CR;
      if (!isSecondOfTwo) yield this.#line(fresh.subarray(start, at));
      start = at + 1;
    }
    const tail = fresh.subarray(start);
    if (last) yield this.#line(tail);
    else {
      this.#bounded(this.#rest.length + tail.length);
      this.#rest = Buffer.concat([this.#rest, tail]);
    }
  }

  #line(part: Buffer): Line {
    this.#bounded(this.#rest.length + part.length);
    const bytes = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    this.#rest = Buffer.alloc(0);
    const row = this.#row++;
    try {
      return { row, text: this.#strict.decode(bytes).trim() };
    } catch {
      throw new UploadRefusedError({ row, ...ENCODING });
    }
  }

  /** Before anything of the line is kept: a line without end must not fill memory. */
  #bounded(length: number): void {
    if (length > LINE_BYTES_MAX)
      throw new UploadRefusedError({
        row: this.#row,
        code: 'line_too_long',
        message: `is longer than ${LINE_BYTES_MAX} bytes`,
      });
  }
}

type Format = 'csv' | 'tsv' | 'ndjson' | 'text';

function formatOf(file: string): Format {
  const ending = /\.(csv|tsv|ndjson|jsonl)$/i.exec(file)?.[1]?.toLowerCase();
  return ending === 'jsonl' ? 'ndjson' : ((ending as Format | undefined) ?? 'text');
}

const SEPARATORS = { csv: /[,;\t]/, tsv: '\t' } as const;

function firstCell(line: string, format: Format): string {
  const quoted = /^"((?:[^"]|"")*)"/.exec(line);
  if (quoted) return (quoted[1] ?? '').replaceAll('""', '"').trim();
  return format === 'csv' || format === 'tsv' ? (line.split(SEPARATORS[format], 1)[0] ?? '').trim() : line;
}

function cellOf(line: string, format: Format, form: UploadForm): string | Doubt {
  if (format !== 'ndjson') return firstCell(line, format);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return NOT_JSON;
  }
  const id = typeof value === 'object' && value !== null ? idIn(value, form) : value;
  // A number would have lost digits beyond the sixteenth.
  return typeof id === 'string' ? id.trim() : NO_ID;
}

function idIn(object: object, { idSpace }: UploadForm): unknown {
  const entries = Object.entries(object);
  const named = entries.find(([key]) => key === 'id') ?? entries.find(([key]) => key === idSpace);
  return (named ?? entries.find(([key]) => isHeaderWord(key)))?.[1];
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
const ZEROS = /^[0-]*$/;
const CONTROL = /[\p{Cc}\ufffd]/u;
/** What a spreadsheet would run: `=…`, `@…`, or a sign with a call behind it. Ids of base64 and telephone numbers may begin with a sign. */
const FORMULA = /^(?:[=@]|[+-].*[(|!])/;

type Doubt = Omit<BadRow, 'row' | 'value'>;

const NOT_JSON = { code: 'not_json', message: 'is not one JSON value' };
const NO_ID = { code: 'no_id', message: 'is neither a text nor an object with a text under `id`' };
const EMPTY = { code: 'empty_id', message: 'is empty in its first column' };
const NOBODY = { code: 'nobody', message: 'is all zeros, which stands for nobody' };

function doubtOf(cell: string): Doubt | undefined {
  if (CONTROL.test(cell)) return { code: 'not_text', message: 'holds bytes that are not text' };
  if (cell.length > ID_LENGTH_MAX)
    return { code: 'id_too_long', message: `is longer than ${ID_LENGTH_MAX} characters` };
  return FORMULA.test(cell)
    ? { code: 'formula', message: 'begins like a formula of a spreadsheet, which no id does' }
    : undefined;
}

function mixed(hashed: 'none' | 'sha256', form: UploadForm): Doubt {
  const asked = form.hashed === undefined ? 'like the rows before it' : 'as the pack says';
  return hashed === 'sha256'
    ? { code: 'mixed_hashes', message: `is not a SHA-256 in hexadecimal (64 digits), ${asked}` }
    : { code: 'mixed_hashes', message: `is a SHA-256 and not a plain id, ${asked}` };
}

/** SHA-256 of an id's normal form: advertising ids come in either case and mean the same; all others are taken as they are. */
export function idHash(id: string, idSpace: string): string {
  return hash('sha256', idSpace === 'ifa' ? id.toLowerCase() : id, 'hex');
}

/** True for an id that names no one person. */
export function isNobody(id: string): boolean {
  return ZEROS.test(id);
}

const GLIMPSE_CHARACTERS = 2;

/** An id is a person's: nobody is told by two characters of it, and whoever sent the list finds the row. */
function glimpse(cell: string): string {
  const shown = [...cell.slice(0, GLIMPSE_CHARACTERS)].filter((character) => !CONTROL.test(character));
  return cell === '' ? '' : `${shown.join('')}… (${cell.length} characters)`;
}

const HINTS: Readonly<Record<string, string>> = {
  encoding: 'Save the list as UTF-8; in a spreadsheet: CSV UTF-8.',
  line_too_long: 'One id a line, each line ended; is a line end missing, or is this not a list of ids?',
  id_too_long: 'One id a line; is this the right column?',
  not_text: 'Save the list as plain text.',
  formula:
    'Export the ids as text; a cell that begins with = or @ is run by spreadsheets that open the list.',
  mixed_hashes: 'Send plain ids and SHA-256 hashes as two lists, or hash all of them.',
  not_json: 'As {"id": "…"} or "…", one a line; or send CSV as text/csv.',
  no_id: 'As {"id": "…"} or "…", one a line. Ids are texts, also where they are all digits.',
  too_many_ids: 'Split the list over several packs and join them by a tree.',
  too_many_rows: 'Leave out repeats, or send it in parts.',
  repeated_id: 'Each counts once.',
  empty_id: 'This row is not in the pack.',
  nobody: 'This row is not in the pack: devices whose owner has limited tracking all send it.',
};

/** What can be done about a fault of a list. */
export function uploadHint(code: string): string {
  return HINTS[code] ?? '';
}
