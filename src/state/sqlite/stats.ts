/** Sums for reports, added to in the same transaction as the events they come from. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { BidFacts } from '../../core/event.ts';

export const STAT_COLUMNS = [
  'bids',
  'wins',
  'losses',
  'billings',
  'impressions',
  'clicks',
  'conversions',
  'conversion_value',
  'touch_conversions',
  'retractions',
  'voided_clicks',
  'spend_cpm',
  'late_spend',
  'flagged',
  'contradictions',
] as const;
export type StatColumn = (typeof STAT_COLUMNS)[number];

const HOUR_MS = 3_600_000;

export function hourOf(atMs: number): number {
  return Math.floor(atMs / HOUR_MS) * HOUR_MS;
}

export interface Stats {
  add(
    facts: Pick<BidFacts, 'exchangeId' | 'advertiserId' | 'campaignId' | 'lineItemId' | 'creativeId'>,
    atMs: number,
    sums: Partial<Record<StatColumn, number>>,
  ): void;
}

export function stats(database: DatabaseSync): Stats {
  const statements = new Map<string, StatementSync>();
  return {
    add: (facts, atMs, sums) => {
      const columns = STAT_COLUMNS.filter((column) => sums[column]);
      if (columns.length === 0) return;
      const name = columns.join();
      let statement = statements.get(name);
      if (!statement) {
        const changes = columns.map((column) => `${column} = ${column} + excluded.${column}`);
        statement = database.prepare(
          `INSERT INTO stat (hour_ms, exchange, advertiser, campaign, line_item, creative, ${name}) VALUES (?, ?, ?, ?, ?, ?${', ?'.repeat(columns.length)})
           ON CONFLICT DO UPDATE SET ${changes.join()}`,
        );
        statements.set(name, statement);
      }
      const { exchangeId, advertiserId, campaignId, lineItemId, creativeId } = facts;
      statement.run(
        hourOf(atMs),
        exchangeId,
        advertiserId,
        campaignId,
        lineItemId,
        creativeId,
        ...columns.map((column) => sums[column] ?? 0),
      );
    },
  };
}
