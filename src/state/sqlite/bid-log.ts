/** The log of bids, as it travels to the writer and as it is kept. */
import type { DatabaseSync } from 'node:sqlite';
import type { BidRecord } from '../../core/event.ts';
import type { Stats } from './stats.ts';
import { hourOf } from './stats.ts';

/** Records as text, which a thread is handed in a third of the time that their objects take, and their sums. */
export interface LoggedBids {
  readonly atMs: readonly number[];
  readonly texts: readonly string[];
  readonly sums: readonly BidSum[];
}

interface BidSum {
  readonly facts: Parameters<Stats['add']>[0];
  readonly hourMs: number;
  bids: number;
}

export function packBids(records: readonly BidRecord[]): LoggedBids {
  const sums = new Map<string, BidSum>();
  for (const { facts } of records) {
    const { exchangeId, advertiserId, campaignId, lineItemId, creativeId, place } = facts;
    const hourMs = hourOf(facts.bidAtMs);
    const key = `${hourMs} ${exchangeId} ${lineItemId} ${creativeId} ${place}`;
    const sum = sums.get(key);
    if (sum) sum.bids++;
    else
      sums.set(key, {
        facts: {
          exchangeId,
          advertiserId,
          campaignId,
          lineItemId,
          creativeId,
          ...(place === undefined ? {} : { place }),
        },
        hourMs,
        bids: 1,
      });
  }
  return {
    atMs: records.map(({ facts }) => facts.bidAtMs),
    texts: records.map((record) => JSON.stringify(record)),
    sums: [...sums.values()],
  };
}

const LOG_ROWS_MAX = 200_000;

/** Keeps the latest records; the sums of bids stay. */
export function logBids(database: DatabaseSync, stats: Stats, { atMs, texts, sums }: LoggedBids): void {
  const insert = database.prepare('INSERT INTO bid_log (at_ms, record) VALUES (?, ?)');
  let last = 0;
  for (let place = 0; place < texts.length; place++)
    last = Number(insert.run(atMs[place]!, texts[place]!).lastInsertRowid);
  for (const { facts, hourMs, bids } of sums) stats.add(facts, hourMs, { bids });
  database.prepare('DELETE FROM bid_log WHERE seq <= ?').run(last - LOG_ROWS_MAX);
}

/** A bid that was shown, as its row of the log has it. */
export interface ShownBid {
  readonly record: string;
  readonly clicked: boolean;
}

/** Looks at so many rows of the log at once, whosever they are, so that no call holds the writer up. */
export function shownBidsAfter(
  database: DatabaseSync,
  lineItemId: string,
  seq: number,
  limit: number,
): { readonly bids: readonly ShownBid[]; readonly next: number | undefined } {
  const last = database
    .prepare(
      'SELECT max(seq) AS last, count(*) AS count FROM (SELECT seq FROM bid_log WHERE seq > ? ORDER BY seq LIMIT ?)',
    )
    .get(seq, limit);
  const until = Number(last?.last ?? seq);
  const rows = database
    .prepare(
      `SELECT record,
         EXISTS (SELECT 1 FROM touch WHERE bid_id = json_extract(record, '$.facts.bidId') AND kind = 'click') AS clicked
       FROM bid_log
       WHERE seq > ? AND seq <= ? AND json_extract(record, '$.facts.lineItemId') = ?
         AND EXISTS (SELECT 1 FROM touch WHERE bid_id = json_extract(record, '$.facts.bidId') AND kind = 'impression')
       ORDER BY seq`,
    )
    .all(seq, until, lineItemId);
  return {
    bids: rows.map((row) => ({ record: String(row.record), clicked: row.clicked === 1 })),
    next: Number(last?.count ?? 0) === limit ? until : undefined,
  };
}
