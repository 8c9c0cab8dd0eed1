/** The corpus that ships with the tests: believable requests of our own writing, and malformed ones with the reason. */
import { existsSync, readFileSync } from 'node:fs';

export interface OwnRequest {
  readonly name: string;
  readonly about: string;
  readonly request: Record<string, unknown>;
}

/** What is wrong is in the object, or already in the text. */
export interface OwnMalformed {
  readonly name: string;
  readonly why: string;
  readonly request?: unknown;
  readonly raw?: string;
}

const folder = new URL('../fixture/corpus/', import.meta.url);

export function ownRequests(): OwnRequest[] {
  return rowsOf(new URL('requests.ndjson', folder)) as OwnRequest[];
}

export function ownMalformed(): OwnMalformed[] {
  return rowsOf(new URL('malformed-requests.ndjson', folder)) as OwnMalformed[];
}

export function bodyOf(row: OwnMalformed): Buffer {
  return Buffer.from(row.raw ?? JSON.stringify(row.request));
}

/** One request of the corpus, fresh, to be changed by a test. */
export function ownRequest(name: string): Record<string, unknown> {
  const row = ownRequests().find((candidate) => candidate.name === name);
  if (!row) throw new Error(`no request ${name} in the corpus`);
  return row.request;
}

/** A row of the corpus collected from public repositories, which lies beside the checkout and may be absent. */
export interface SharedRow {
  readonly id: string;
  readonly kind: 'valid' | 'unlabelled' | 'invalid';
  readonly scope?: string;
  readonly departures?: readonly string[];
  readonly request?: unknown;
  readonly raw?: string;
}

const shared = new URL('../../../shared/corpus/', import.meta.url);

/** Undefined where the folder is absent. */
export function sharedFile(name: string): string | undefined {
  const file = new URL(name, shared);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

export function sharedRows(name: string): SharedRow[] | undefined {
  const text = sharedFile(name);
  return text === undefined ? undefined : (parseLines(text) as SharedRow[]);
}

function rowsOf(file: URL): unknown[] {
  return parseLines(readFileSync(file, 'utf8'));
}

function parseLines(text: string): unknown[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}
