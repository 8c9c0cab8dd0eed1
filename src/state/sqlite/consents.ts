/** Recorded consents on disk. */
import type { DatabaseSync } from 'node:sqlite';
import type { ConsentRecord } from '../consent-port.ts';

export const CONSENT_SCHEMA = `
  CREATE TABLE consent (
    user_key TEXT NOT NULL PRIMARY KEY, purposes INTEGER NOT NULL, at_ms INTEGER NOT NULL, source TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

const PAGE = 10_000;

export function consents(database: DatabaseSync) {
  const put = database.prepare(
    `INSERT INTO consent (user_key, purposes, at_ms, source) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET purposes = excluded.purposes, at_ms = excluded.at_ms, source = excluded.source WHERE excluded.at_ms >= at_ms`,
  );
  const one = database.prepare('SELECT user_key, purposes, at_ms, source FROM consent WHERE user_key = ?');
  const page = database.prepare(
    'SELECT user_key, purposes, at_ms, source FROM consent WHERE user_key > ? ORDER BY user_key LIMIT ?',
  );
  return {
    putConsents: (records: readonly ConsentRecord[]): void => {
      for (const { key, purposes, atMs, source } of records) put.run(key, purposes, atMs, source);
    },
    consentsOf: (keys: readonly string[]): ConsentRecord[] =>
      keys.flatMap((key) => one.all(key).map(recordOf)),
    consentPage: (after: string): { records: ConsentRecord[]; next: string | undefined } => {
      const records = page.all(after, PAGE).map(recordOf);
      return { records, next: records.length < PAGE ? undefined : records.at(-1)?.key };
    },
  };
}

function recordOf(row: Readonly<Record<string, unknown>>): ConsentRecord {
  return {
    key: String(row.user_key),
    purposes: Number(row.purposes),
    atMs: Number(row.at_ms),
    source: String(row.source),
  };
}
