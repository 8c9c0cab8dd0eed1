/** What is read back: reports, funnel counts, people's touches. */
import type { DatabaseSync } from 'node:sqlite';
import type { BidFacts } from '../../core/event.ts';
import type { HistoryTouch, TouchKind } from '../../core/history.ts';
import type { PlaceName } from '../../core/place.ts';
import { PLACE_NAMES } from '../../core/place.ts';
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
  ...(Object.fromEntries(PLACE_NAMES.map((name) => [name, 'value'])) as Record<PlaceName, string>),
};
const ROWS_MAX = 100_000;

export function report(database: DatabaseSync, query: ReportQuery): ReportRow[] {
  const place = query.dimensions.find(isPlace);
  return place === undefined ? sumsFrom(database, 'stat', query) : byPlace(database, query, place);
}

/** Rows of one name of places, and one of whatever was counted without: bids of a version that did not tell, so that the sum is that of all. */
function byPlace(database: DatabaseSync, query: ReportQuery, place: PlaceName): ReportRow[] {
  const known = sumsFrom(database, 'stat_place', query, place);
  const dimensions = query.dimensions.filter((dimension) => dimension !== place);
  const told = Map.groupBy(known, ({ key: { [place]: _, ...rest } }) => JSON.stringify(rest));
  const rows = new Map(known.map((row) => [JSON.stringify(row.key), row]));
  for (const whole of sumsFrom(database, 'stat', { ...query, dimensions })) {
    const key: ReportRow['key'] = keyInOrder({ ...whole.key, [place]: '' });
    const name = JSON.stringify(key);
    const parts = told.get(JSON.stringify(whole.key)) ?? [];
    const rest = { ...whole, key };
    for (const sum of SUMS) rest[sum] = parts.reduce((left, part) => left - part[sum], whole[sum]);
    const largest = parts.toSorted((one, other) => other.spendMicros - one.spendMicros)[0];
    const isRounding =
      rest.spendMicros < parts.length && SUMS.every((sum) => sum === 'spendMicros' || rest[sum] === 0);
    // Each row drops its thousandths of a micro; together they are whole ones again, and somebody's.
    if (largest && isRounding)
      rows.set(JSON.stringify(largest.key), {
        ...largest,
        spendMicros: largest.spendMicros + rest.spendMicros,
      });
    else rows.set(name, summedUp(rest, rows.get(name)));
  }
  return [...rows.values()];
}

function summedUp(row: ReportRow, other: ReportRow | undefined): ReportRow {
  if (!other) return row;
  const sums = SUMS.map((sum) => [sum, row[sum] + other[sum]]);
  return { ...row, ...(Object.fromEntries(sums) as Record<Sum, number>) };
}

const isPlace = (dimension: ReportDimension): dimension is PlaceName =>
  (PLACE_NAMES as readonly string[]).includes(dimension);

function keyInOrder(key: ReportRow['key']): ReportRow['key'] {
  return Object.fromEntries(
    REPORT_DIMENSIONS.flatMap((name) => (key[name] === undefined ? [] : [[name, key[name]]])),
  );
}

type Sum = Exclude<keyof ReportRow, 'key'>;
const COLUMN_OF: Readonly<Record<Sum, (typeof STAT_COLUMNS)[number]>> = {
  bids: 'bids',
  wins: 'wins',
  losses: 'losses',
  billings: 'billings',
  impressions: 'impressions',
  clicks: 'clicks',
  conversions: 'conversions',
  viewConversions: 'view_conversions',
  conversionValueMicros: 'conversion_value',
  conversionsByTouchTime: 'touch_conversions',
  retractions: 'retractions',
  voidedClicks: 'voided_clicks',
  spendMicros: 'spend_cpm',
  lateSpendMicros: 'late_spend',
  flagged: 'flagged',
  contradictions: 'contradictions',
};
const SUMS = Object.keys(COLUMN_OF) as Sum[];

function sumsFrom(
  database: DatabaseSync,
  table: 'stat' | 'stat_place',
  query: ReportQuery,
  place?: PlaceName,
): ReportRow[] {
  const { keys, group, keyOf } = groupOf(query);
  const { where, values } = filtersOf(query);
  const ofPlace = place === undefined ? '' : ` AND name = ${PLACE_NAMES.indexOf(place)}`;
  const sums = STAT_COLUMNS.map((column) =>
    column === 'spend_cpm'
      ? 'coalesce(sum(spend_cpm), 0) / 1000 AS spend_cpm'
      : `coalesce(sum(${column}), 0) AS ${column}`,
  );
  const ordered = group.length === 0 ? '' : `GROUP BY ${group.join()} ORDER BY ${group.join()}`;
  const rows = database
    .prepare(
      `SELECT ${[...keys, ...sums].join()} FROM ${table} WHERE ${where}${ofPlace} ${ordered} LIMIT ${ROWS_MAX}`,
    )
    .all(...values);
  // What was moved or taken back leaves rows of nothing behind; asked for as a whole there is one row all the same.
  const told =
    group.length === 0
      ? rows
      : rows.filter((row) => STAT_COLUMNS.some((column) => Number(row[column]) !== 0));
  return told.map((row): ReportRow => {
    const sumsOf = SUMS.map((sum) => [sum, Number(row[COLUMN_OF[sum]])] as const);
    return { key: keyOf(row), ...(Object.fromEntries(sumsOf) as Record<Sum, number>) };
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
