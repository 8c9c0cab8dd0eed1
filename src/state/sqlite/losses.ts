/** Losses by code, and creatives that an exchange turns away time after time. */
import type { DatabaseSync } from 'node:sqlite';
import type { BidFacts } from '../../core/event.ts';
import { isOfCreative, isPastReview } from '../../core/loss.ts';
import type { LossRow, RejectionRow, ReportQuery } from '../port.ts';
import { filtersOf, groupOf } from './reports.ts';
import { hourOf } from './stats.ts';

export interface Losses {
  lost(facts: BidFacts, atMs: number, code: number | undefined): void;
  /** Won or shown: whatever the exchange had against the creative is over. */
  accepted(facts: BidFacts): void;
  report(query: ReportQuery): LossRow[];
  rejections(): RejectionRow[];
}

/** In the table, where a notice had no code that can be read. */
const NO_CODE = -1;
const ROWS_MAX = 100_000;

export function losses(database: DatabaseSync): Losses {
  const count = database.prepare(
    `INSERT INTO loss (hour_ms, exchange, advertiser, campaign, line_item, creative, code, count) VALUES (?, ?, ?, ?, ?, ?, ?, 1)
     ON CONFLICT DO UPDATE SET count = count + 1`,
  );
  // Another reason begins another row of refusals.
  const refuse = database.prepare(
    `INSERT INTO rejection (exchange, creative, code, in_a_row, since_ms, last_ms) VALUES (?1, ?2, ?3, 1, ?4, ?4)
     ON CONFLICT DO UPDATE SET in_a_row = iif(code = excluded.code, in_a_row + 1, 1),
       since_ms = iif(code = excluded.code, since_ms, excluded.since_ms), last_ms = excluded.last_ms, code = excluded.code`,
  );
  const accept = database.prepare('DELETE FROM rejection WHERE exchange = ? AND creative = ?');
  const rejected = database.prepare(
    `SELECT exchange, creative, code, in_a_row, since_ms, last_ms FROM rejection ORDER BY in_a_row DESC, exchange, creative LIMIT ${ROWS_MAX}`,
  );
  return {
    lost: ({ exchangeId, advertiserId, campaignId, lineItemId, creativeId }, atMs, code) => {
      const number = code ?? NO_CODE;
      count.run(hourOf(atMs), exchangeId, advertiserId, campaignId, lineItemId, creativeId, number);
      if (isOfCreative(code)) refuse.run(exchangeId, creativeId, number, atMs);
      else if (isPastReview(code)) accept.run(exchangeId, creativeId);
    },
    accepted: ({ exchangeId, creativeId }) => void accept.run(exchangeId, creativeId),
    report: (query) => {
      const { keys, group, keyOf } = groupOf(query);
      const { where, values } = filtersOf(query);
      return database
        .prepare(
          `SELECT ${[...keys, 'code', 'sum(count) AS count'].join()} FROM loss WHERE ${where}
           GROUP BY ${[...group, 'code'].join()} ORDER BY ${[...group, 'code'].join()} LIMIT ${ROWS_MAX}`,
        )
        .all(...values)
        .map((row) => ({
          key: keyOf(row),
          code: Number(row.code) === NO_CODE ? undefined : Number(row.code),
          count: Number(row.count),
        }));
    },
    rejections: () =>
      rejected.all().map((row) => ({
        exchangeId: String(row.exchange),
        creativeId: String(row.creative),
        code: Number(row.code),
        inARow: Number(row.in_a_row),
        sinceMs: Number(row.since_ms),
        lastMs: Number(row.last_ms),
      })),
  };
}
