/** What must not stay: people who asked to be forgotten, and whatever is older than it may be. */
import type { DatabaseSync } from 'node:sqlite';
import type { Erased, RetentionDays } from '../port.ts';
import { RETAINED } from '../port.ts';

/** Above this a vacuum stops the journal for more than a second; the daily one does it then. */
const SCRUB_AT_ONCE_BYTES = 64 * 1_048_576;
const DAY_MS = 86_400_000;

export const ERASURE_SCHEMA = `
  CREATE TABLE suppressed (mark TEXT NOT NULL PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  UPDATE notice SET facts = json_set(facts, '$.userKey', '') WHERE facts <> '';
  CREATE INDEX notice_time ON notice (at_ms);
  CREATE INDEX conversion_time ON conversion (at_ms);
  CREATE INDEX bid_log_time ON bid_log (at_ms);
`;

export function erasure(database: DatabaseSync) {
  const suppress = database.prepare('INSERT OR IGNORE INTO suppressed (mark, at_ms) VALUES (?, ?)');
  const suppressed = database.prepare('SELECT mark FROM suppressed');
  const touches = database.prepare('DELETE FROM touch WHERE user_key = ?');
  // The order stays what it was deduplicated by: it names a purchase, and a repeat of its report must not count again.
  const conversions = database.prepare(
    "UPDATE conversion SET user_key = '', click_id = '', order_id = '' WHERE user_key = ?",
  );
  const clicked = database.prepare(
    "UPDATE conversion SET user_key = '', click_id = '', order_id = '' WHERE click_id IN (SELECT bid_id FROM touch WHERE user_key = ?)",
  );
  const bids = database.prepare(
    "DELETE FROM bid_log WHERE json_extract(record, '$.facts.userKey') IN (SELECT value FROM json_each(?))",
  );
  const drop: Readonly<Record<(typeof RETAINED)[number], string>> = {
    bidLog: 'DELETE FROM bid_log WHERE seq IN (SELECT seq FROM bid_log WHERE at_ms < ? LIMIT ?)',
    notices:
      'DELETE FROM notice WHERE (bid_id, kind) IN (SELECT bid_id, kind FROM notice WHERE at_ms < ? LIMIT ?)',
    touches: 'DELETE FROM touch WHERE seq IN (SELECT seq FROM touch WHERE at_ms < ? LIMIT ?)',
    conversions:
      'DELETE FROM conversion WHERE dedupe IN (SELECT dedupe FROM conversion WHERE at_ms < ? LIMIT ?)',
  };
  const enrolled = database.prepare('DELETE FROM enrolled WHERE user_key = ?');
  const consent = database.prepare('DELETE FROM consent WHERE user_key = ?');
  const oldEnrolled = database.prepare(
    'DELETE FROM enrolled WHERE (experiment, user_key) IN (SELECT experiment, user_key FROM enrolled WHERE since_ms < ? LIMIT ?)',
  );
  /** As old as the conversions that they are about. */
  const words = [
    'DELETE FROM adjustment WHERE target IN (SELECT target FROM adjustment WHERE received_ms < ? LIMIT ?)',
    'DELETE FROM void_click WHERE bid_id IN (SELECT bid_id FROM void_click WHERE at_ms < ? LIMIT ?)',
  ].map((statement) => database.prepare(statement));
  const size = database.prepare(
    'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
  );
  const dropping = RETAINED.map((name) => ({ name, statement: database.prepare(drop[name]) }));
  /** Rows were erased that are still legible in free pages. */
  let isDirty = false;
  let asked: 'no' | 'small' | 'any' = 'no';
  const inMemory = database.location() === null;

  return {
    suppress: (marks: readonly string[], nowMs: number): void => {
      for (const mark of marks) suppress.run(mark, nowMs);
    },
    suppressed: (): string[] => suppressed.all().map((row) => String(row.mark)),
    erase: (keys: readonly string[]): Erased => {
      let erasedTouches = 0;
      let erasedConversions = 0;
      for (const key of keys.filter((each) => each !== '')) {
        erasedConversions += Number(clicked.run(key).changes) + Number(conversions.run(key).changes);
        erasedTouches += Number(touches.run(key).changes);
        enrolled.run(key);
        consent.run(key);
      }
      const erasedBids = Number(bids.run(JSON.stringify(keys)).changes);
      isDirty = !inMemory;
      return { touches: erasedTouches, conversions: erasedConversions, bids: erasedBids };
    },
    purge: (
      days: RetentionDays,
      nowMs: number,
      rowsMax: number,
    ): Record<(typeof RETAINED)[number], number> => {
      for (const word of words) word.run(nowMs - days.conversions * DAY_MS, rowsMax);
      oldEnrolled.run(nowMs - days.touches * DAY_MS, rowsMax);
      return Object.fromEntries(
        dropping.map(({ name, statement }) => [
          name,
          Number(statement.run(nowMs - days[name] * DAY_MS, rowsMax).changes),
        ]),
      ) as Record<(typeof RETAINED)[number], number>;
    },
    askScrub: (isDaily: boolean): void => {
      asked = isDaily ? 'any' : 'small';
    },
    /** Outside of a transaction. Deleted rows stay legible in free pages and in the log until the file is written anew. */
    scrubIfAsked: (): void => {
      const isSmall = asked === 'small';
      if (asked === 'no') return;
      asked = 'no';
      if (!isDirty || (isSmall && Number(size.get()?.bytes) > SCRUB_AT_ONCE_BYTES)) return;
      database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE);');
      isDirty = false;
    },
    isScrubbed: (): boolean => !isDirty,
  };
}
