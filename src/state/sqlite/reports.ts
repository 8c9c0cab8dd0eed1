/** What is read back: reports, funnel counts, people's touches. */
import type { DatabaseSync } from 'node:sqlite';
import type { BidFacts } from '../../core/event.ts';
import type { HistoryTouch, TouchKind } from '../../core/history.ts';
import type { CountRow, ReportDimension, ReportQuery, ReportRow } from '../port.ts';
import { REPORT_DIMENSIONS } from '../port.ts';
import { STAT_COLUMNS } from './stats.ts';

const EXPRESSION: Readonly<Record<ReportDimension, string>> = {
  hour: "strftime('%Y-%m-%dT%H:00Z', hour_ms / 1000, 'unixepoch')",
  day: "strftime('%Y-%m-%d', hour_ms / 1000, 'unixepoch')",
  exchange: 'exchange',
  advertiser: 'advertiser',
  campaign: 'campaign',
  line_item: 'line_item',
  creative: 'creative',
};
const ROWS_MAX = 100_000;

export function report(database: DatabaseSync, query: ReportQuery): ReportRow[] {
  const { keys, group, keyOf } = groupOf(query);
  const { where, values } = filtersOf(query);
  const sums = STAT_COLUMNS.map((column) =>
    column === 'spend_cpm'
      ? 'coalesce(sum(spend_cpm), 0) / 1000 AS spend_cpm'
      : `coalesce(sum(${column}), 0) AS ${column}`,
  );
  const ordered = group.length === 0 ? '' : `GROUP BY ${group.join()} ORDER BY ${group.join()}`;
  const rows = database
    .prepare(`SELECT ${[...keys, ...sums].join()} FROM stat WHERE ${where} ${ordered} LIMIT ${ROWS_MAX}`)
    .all(...values);
  // What was moved or taken back leaves rows of nothing behind; asked for as a whole there is one row all the same.
  const told =
    group.length === 0
      ? rows
      : rows.filter((row) => STAT_COLUMNS.some((column) => Number(row[column]) !== 0));
  return told.map((row): ReportRow => {
    const number = (column: (typeof STAT_COLUMNS)[number]) => Number(row[column]);
    return {
      key: keyOf(row),
      bids: number('bids'),
      wins: number('wins'),
      losses: number('losses'),
      billings: number('billings'),
      impressions: number('impressions'),
      clicks: number('clicks'),
      conversions: number('conversions'),
      conversionValueMicros: number('conversion_value'),
      conversionsByTouchTime: number('touch_conversions'),
      retractions: number('retractions'),
      voidedClicks: number('voided_clicks'),
      spendMicros: number('spend_cpm'),
      lateSpendMicros: number('late_spend'),
      flagged: number('flagged'),
      contradictions: number('contradictions'),
    };
  });
}

/** What a report is grouped by: columns to select, their names, and the key of a row. */
export function groupOf(query: Pick<ReportQuery, 'dimensions'>) {
  const dimensions = REPORT_DIMENSIONS.filter((dimension) => query.dimensions.includes(dimension));
  return {
    keys: dimensions.map((dimension) => `${EXPRESSION[dimension]} AS key_${dimension}`),
    group: dimensions.map((dimension) => `key_${dimension}`),
    keyOf: (row: Readonly<Record<string, unknown>>): ReportRow['key'] =>
      Object.fromEntries(dimensions.map((dimension) => [dimension, String(row[`key_${dimension}`])])),
  };
}

export function filtersOf({ fromMs, toMs, campaignId, lineItemId }: Omit<ReportQuery, 'dimensions'>) {
  const filters = [
    'hour_ms >= ?',
    'hour_ms < ?',
    ...(campaignId === undefined ? [] : ['campaign = ?']),
    ...(lineItemId === undefined ? [] : ['line_item = ?']),
  ];
  const values = [fromMs, toMs, campaignId, lineItemId].filter((value) => value !== undefined);
  return { where: filters.join(' AND '), values };
}

export function addCounts(database: DatabaseSync, rows: readonly CountRow[]): void {
  const add = database.prepare(
    'INSERT INTO tally (hour_ms, exchange, line_item, name, count) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
  );
  for (const { hourMs, exchangeId, lineItemId, name, count } of rows)
    add.run(hourMs, exchangeId, lineItemId, name, count);
}

export function counts(database: DatabaseSync, fromMs: number, toMs: number): CountRow[] {
  const rows = database
    .prepare('SELECT hour_ms, exchange, line_item, name, count FROM tally WHERE hour_ms >= ? AND hour_ms < ?')
    .all(fromMs, toMs);
  return rows.map((row) => ({
    hourMs: Number(row.hour_ms),
    exchangeId: String(row.exchange),
    lineItemId: String(row.line_item),
    name: String(row.name),
    count: Number(row.count),
  }));
}

/** Place in the order of touches: everything up to it was read. */
export interface TouchCursor {
  readonly atMs: number;
  readonly seq: number;
}

export function touchesAfter(
  database: DatabaseSync,
  { atMs, seq }: TouchCursor,
  limit: number,
): { touches: HistoryTouch[]; next: TouchCursor | undefined } {
  const rows = database
    .prepare(
      "SELECT seq, kind, at_ms, user_key, facts FROM touch WHERE (at_ms, seq) > (?, ?) AND user_key <> '' ORDER BY at_ms, seq LIMIT ?",
    )
    .all(atMs, seq, limit);
  const touches = rows.map((row): HistoryTouch => {
    const { bidId, advertiserId, campaignId, lineItemId, creativeId } = JSON.parse(
      String(row.facts),
    ) as BidFacts;
    return {
      userKey: String(row.user_key),
      bidId,
      kind: String(row.kind) as TouchKind,
      atMs: Number(row.at_ms),
      advertiserId,
      campaignId,
      lineItemId,
      creativeId,
    };
  });
  const last = rows.at(-1);
  return {
    touches,
    next: last && rows.length === limit ? { atMs: Number(last.at_ms), seq: Number(last.seq) } : undefined,
  };
}
