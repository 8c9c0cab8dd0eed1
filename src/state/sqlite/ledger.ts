/** Leases on buckets (reliability: grant before use; an old lease closes only when none of its bids can still be won). */
import type { DatabaseSync } from 'node:sqlite';
import type { BucketId, BudgetUnit } from '../../core/budget.ts';
import type { BucketState, GrantRequest } from '../port.ts';

export interface Ledger {
  openLease(nowMs: number, strandedUntilMs: number): number;
  grant(leaseId: number, requests: readonly GrantRequest[]): number[];
  giveBack(leaseId: number, bucket: BucketId, unit: BudgetUnit, keep: number): void;
  closeStranded(nowMs: number): number;
  bucketStates(buckets: readonly BucketId[]): BucketState[];
  spent(buckets: readonly BucketId[]): Float64Array;
}

export function ledger(database: DatabaseSync): Ledger {
  const open = database.prepare('INSERT INTO lease (opened_ms) VALUES (?)');
  const strand = database.prepare('UPDATE lease SET closes_ms = ? WHERE closes_ms IS NULL');
  const dueLeases = database.prepare('SELECT id FROM lease WHERE closes_ms <= ? AND closed = 0');
  const closeLease = database.prepare('UPDATE lease SET closed = 1 WHERE id = ?');
  const closeBuckets = database.prepare(
    'UPDATE lease_bucket SET granted = settled WHERE lease = ? AND granted > settled',
  );
  const isOpen = database.prepare('SELECT 1 FROM lease WHERE id = ? AND closed = 0');
  const spent = database.prepare('SELECT micros, impressions, late FROM bucket WHERE id = ?');
  const leased = database.prepare(
    'SELECT coalesce(sum(max(granted - settled, 0)), 0) AS total FROM lease_bucket WHERE bucket = ? AND unit = ?',
  );
  const extend = database.prepare(
    `INSERT INTO lease_bucket (lease, bucket, unit, granted, settled) VALUES (?, ?, ?, ?, 0)
     ON CONFLICT DO UPDATE SET granted = granted + excluded.granted`,
  );
  const shrink = database.prepare(
    'UPDATE lease_bucket SET granted = settled + min(?, granted - settled) WHERE lease = ? AND bucket = ? AND unit = ? AND granted > settled',
  );

  const stateOf = (bucket: BucketId, unit: BudgetUnit): BucketState => {
    const row = spent.get(bucket) as { micros: number; impressions: number; late: number } | undefined;
    const total = (leased.get(bucket, unit) as { total: number }).total;
    const late = unit === 'micros' ? { late: row?.late ?? 0 } : {};
    return { bucket, unit, spent: row?.[unit] ?? 0, leased: total, ...late };
  };

  return {
    openLease: (nowMs, strandedUntilMs) => {
      strand.run(strandedUntilMs);
      return Number(open.run(nowMs).lastInsertRowid);
    },
    grant: (leaseId, requests) => {
      if (!isOpen.get(leaseId)) return requests.map(() => 0);
      return requests.map(({ bucket, unit, limit, amount }) => {
        const state = stateOf(bucket, unit);
        const granted = Math.min(amount, Math.max(0, limit - state.spent - state.leased));
        // A grant of nothing still makes the row, so that charges against this lease are counted where they belong.
        extend.run(leaseId, bucket, unit, granted);
        return granted;
      });
    },
    giveBack: (leaseId, bucket, unit, keep) => void shrink.run(keep, leaseId, bucket, unit),
    closeStranded: (nowMs) => {
      const due = dueLeases.all(nowMs);
      for (const { id } of due) {
        closeBuckets.run(Number(id));
        closeLease.run(Number(id));
      }
      return due.length;
    },
    bucketStates: (buckets) =>
      buckets.flatMap((bucket) => [stateOf(bucket, 'micros'), stateOf(bucket, 'impressions')]),
    spent: (buckets) => {
      const amounts = new Float64Array(2 * buckets.length);
      buckets.forEach((bucket, place) => {
        const row = spent.get(bucket) as { micros: number; impressions: number } | undefined;
        amounts[2 * place] = row?.micros ?? 0;
        amounts[2 * place + 1] = row?.impressions ?? 0;
      });
      return amounts;
    },
  };
}
