/** Sampled requests: the latest so many, and none older than a week. */
import type { DatabaseSync } from 'node:sqlite';
import type { RequestSample } from '../sample-port.ts';

export const SAMPLE_SCHEMA = `
  CREATE TABLE sample (
    seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, exchange TEXT NOT NULL, weight REAL NOT NULL, text TEXT NOT NULL,
    packs TEXT NOT NULL, known INTEGER NOT NULL
  ) STRICT;
`;

/** Of some 2 kB each: 16 MB on disk, and read in a tenth of a second. */
const ROWS_MAX = 8_000;
const AGE_MS_MAX = 7 * 86_400_000;

export function samples(database: DatabaseSync) {
  const insert = database.prepare(
    'INSERT INTO sample (at_ms, exchange, weight, text, packs, known) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const trim = database.prepare('DELETE FROM sample WHERE seq <= ? OR at_ms < ?');
  const page = database.prepare('SELECT * FROM sample WHERE seq > ? ORDER BY seq LIMIT ?');
  return {
    add: (added: readonly RequestSample[]): void => {
      let last = 0;
      for (const { atMs, exchangeId, weight, text, packs, isKnown } of added)
        last = Number(
          insert.run(atMs, exchangeId, weight, text, JSON.stringify(packs), isKnown ? 1 : 0).lastInsertRowid,
        );
      const newest = added.at(-1);
      if (newest) trim.run(last - ROWS_MAX, newest.atMs - AGE_MS_MAX);
    },
    page: (after: number, limit: number) => {
      const rows = page.all(after, limit);
      return {
        rows: rows.map(
          (row): RequestSample => ({
            atMs: Number(row.at_ms),
            exchangeId: String(row.exchange),
            weight: Number(row.weight),
            text: String(row.text),
            packs: JSON.parse(String(row.packs)) as string[],
            isKnown: row.known === 1,
          }),
        ),
        next: rows.length === limit ? Number(rows.at(-1)!.seq) : undefined,
      };
    },
  };
}
