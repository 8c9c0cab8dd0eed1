/**
 * Charges on their way to a ledger that processes share: each is written with its notice, in one transaction, and kept, so that the
 * ledger can be told again from any entry on.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { BidFacts } from '../../core/event.ts';
import type { ChargeEntry, EarlierSum, LateCharge } from '../charge-port.ts';
import type { Stats } from './stats.ts';

/** `earlier` is what the file had spent by itself when it first shared a ledger. */
export const TOLD_SCHEMA = `
  CREATE TABLE shared_charge (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, bid_id TEXT NOT NULL, bid_at_ms INTEGER NOT NULL, lease INTEGER NOT NULL,
    cpm INTEGER NOT NULL, quantity INTEGER NOT NULL, campaign TEXT NOT NULL, line_item TEXT NOT NULL, day TEXT NOT NULL,
    shown_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE earlier (
    id TEXT NOT NULL PRIMARY KEY, micros INTEGER NOT NULL, carry INTEGER NOT NULL, impressions INTEGER NOT NULL,
    impression_carry INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

export interface Told {
  /** In the transaction of the charge. */
  add(facts: BidFacts, costCpmMicros: number, quantityMilli: number, shownAtMs: number): void;
  after(seq: number, limit: number): ChargeEntry[];
  last(): number;
  earlier(after: string, limit: number): EarlierSum[];
  noteLate(charges: readonly LateCharge[]): void;
}

export function told(database: DatabaseSync, sums: Stats): Told {
  startSharing(database);
  const insert = database.prepare(
    `INSERT INTO shared_charge (bid_id, bid_at_ms, lease, cpm, quantity, campaign, line_item, day, shown_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const after = database.prepare(
    `SELECT seq, bid_id AS bidId, bid_at_ms AS bidAtMs, lease AS leaseId, cpm AS costCpmMicros, quantity AS quantityMilli,
       campaign AS campaignId, line_item AS lineItemId, day FROM shared_charge WHERE seq > ? ORDER BY seq LIMIT ?`,
  );
  const last = database.prepare('SELECT coalesce(max(seq), 0) AS seq FROM shared_charge');
  const earlier = database.prepare(
    `SELECT id AS bucket, micros, carry, impressions, impression_carry AS impressionCarry FROM earlier
     WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const late = database.prepare('UPDATE charge SET late = ? WHERE bid_id = ? AND late = 0');
  const shownAt = database.prepare('SELECT shown_ms FROM shared_charge WHERE seq = ?');
  const factsOf = database.prepare("SELECT facts FROM notice WHERE bid_id = ? AND facts <> ''");
  return {
    add: (facts, costCpmMicros, quantityMilli, shownAtMs) => {
      const { bidId, bidAtMs, leaseId, campaignId, lineItemId, budgetDay } = facts;
      insert.run(
        bidId,
        bidAtMs,
        leaseId,
        costCpmMicros,
        quantityMilli,
        campaignId,
        lineItemId,
        budgetDay,
        shownAtMs,
      );
    },
    after: (seq, limit) => after.all(seq, limit) as unknown as ChargeEntry[],
    last: () => Number(last.get()?.seq ?? 0),
    earlier: (from, limit) => earlier.all(from, limit) as unknown as EarlierSum[],
    noteLate: (charges) => {
      for (const { seq, bidId, lateMicros } of charges) {
        if (Number(late.run(lateMicros, bidId).changes) === 0) continue;
        const noticed = factsOf.get(bidId) as { facts: string } | undefined;
        const shown = shownAt.get(seq) as { shown_ms: number } | undefined;
        if (noticed && shown)
          sums.add(JSON.parse(noticed.facts) as BidFacts, shown.shown_ms, { late_spend: lateMicros });
      }
    },
  };
}

/** The first time: what was spent until now was booked to no ledger but this file. */
function startSharing(database: DatabaseSync): void {
  const marked = database
    .prepare("INSERT OR IGNORE INTO life (name, value) VALUES ('shares ledger', 1)")
    .run();
  if (Number(marked.changes) === 0) return;
  database.exec('INSERT INTO earlier SELECT id, micros, carry, impressions, impression_carry FROM bucket');
}
