/** Sums for reports, added to in the same transaction as the events they come from, by the book's objects and by where it was. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { systemClock } from '../../core/clock.ts';
import type { BidFacts } from '../../core/event.ts';
import { PLACE_NAMES, placeValues } from '../../core/place.ts';

export const STAT_COLUMNS = [
  'bids',
  'wins',
  'losses',
  'billings',
  'impressions',
  'clicks',
  'conversions',
  'view_conversions',
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

export type StatFacts = Pick<
  BidFacts,
  'exchangeId' | 'advertiserId' | 'campaignId' | 'lineItemId' | 'creativeId' | 'place'
>;

export interface Stats {
  add(facts: StatFacts, atMs: number, sums: Partial<Record<StatColumn, number>>): void;
  /**
   * Writes what waits, within a transaction and before sums are read: sums of places are gathered for a while, since many notices and bids are
   * about few of them (a billing notice alone would be 18 rows). What a crash takes of them stays in the sums of the book's objects, as of
   * places that are not known.
   */
  flush(): void;
  /** Before each commit: flushes where it is time for that. */
  endTransaction(): void;
  committed(): void;
  /** After a transaction that did not happen. */
  drop(): void;
}

/**
 * Beside the sums of the book's own objects, those of where bids were made: one row for each name and value, by line item and exchange.
 * A second table, and the column that tells views from clicks, add to what was: a program that does not know them goes on without.
 */
export const STAT_PLACE_SCHEMA = `
  ALTER TABLE stat ADD COLUMN view_conversions INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE stat_place (
    hour_ms INTEGER NOT NULL, name INTEGER NOT NULL, value TEXT NOT NULL, line_item TEXT NOT NULL, exchange TEXT NOT NULL,
    campaign TEXT NOT NULL, advertiser TEXT NOT NULL, 
    bids INTEGER NOT NULL DEFAULT 0, wins INTEGER NOT NULL DEFAULT 0, losses INTEGER NOT NULL DEFAULT 0, billings INTEGER NOT NULL DEFAULT 0,
    impressions INTEGER NOT NULL DEFAULT 0, clicks INTEGER NOT NULL DEFAULT 0, conversions INTEGER NOT NULL DEFAULT 0,
    view_conversions INTEGER NOT NULL DEFAULT 0, conversion_value INTEGER NOT NULL DEFAULT 0, touch_conversions INTEGER NOT NULL DEFAULT 0,
    retractions INTEGER NOT NULL DEFAULT 0, voided_clicks INTEGER NOT NULL DEFAULT 0, spend_cpm INTEGER NOT NULL DEFAULT 0,
    late_spend INTEGER NOT NULL DEFAULT 0, flagged INTEGER NOT NULL DEFAULT 0, contradictions INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (hour_ms, name, value, line_item, exchange, campaign, advertiser)
  ) STRICT, WITHOUT ROWID;
`;

/** Different values of one name in an hour; those met after are one row, so that sums stay whole whatever senders write. */
export const PLACE_VALUES_MAX = 500;
export const OTHER_PLACES = '(other)';

export function stats(database: DatabaseSync): Stats {
  const objects = objectStats(database);
  const places = placeStats(database);
  return {
    add: (facts, atMs, sums) => {
      const columns = STAT_COLUMNS.filter((column) => sums[column]);
      if (columns.length === 0) return;
      objects(facts, hourOf(atMs), columns, sums);
      if (facts.place !== undefined) places.add(facts, facts.place, hourOf(atMs), sums);
    },
    flush: places.flush,
    endTransaction: places.endTransaction,
    committed: places.committed,
    drop: places.drop,
  };
}

type Sums = Partial<Record<StatColumn, number>>;

function objectStats(database: DatabaseSync) {
  const statements = new Map<string, StatementSync>();
  return (facts: StatFacts, hourMs: number, columns: readonly StatColumn[], sums: Sums): void => {
    const statement = adding(
      database,
      statements,
      'stat',
      ['hour_ms', 'exchange', 'advertiser', 'campaign', 'line_item', 'creative'],
      columns,
    );
    const { exchangeId, advertiserId, campaignId, lineItemId, creativeId } = facts;
    const values = columns.map((column) => sums[column] ?? 0);
    statement.run(hourMs, exchangeId, advertiserId, campaignId, lineItemId, creativeId, ...values);
  };
}

/** Older sums of places are let go; what they were part of stays whole, as of places that are not known. */
const PLACE_DAYS = 92;

/** Hours whose values are remembered; others are read again. */
const HOURS_KEPT = 8;

/** Sums of places are written when they have waited for so long, or are so many. */
const GATHER_MS = 2_000;
const GATHERED_MAX = 4_000;

function placeStats(database: DatabaseSync) {
  const statements = new Map<string, StatementSync>();
  const known = new Map<number, readonly Set<string>[]>();
  const met = database.prepare('SELECT DISTINCT name, value FROM stat_place WHERE hour_ms = ?');
  const forget = database.prepare('DELETE FROM stat_place WHERE hour_ms < ?');
  let newestMs = 0;
  const knownIn = (hourMs: number): readonly Set<string>[] => {
    let sets = known.get(hourMs);
    if (sets) return sets;
    sets = PLACE_NAMES.map(() => new Set<string>());
    if (hourMs > newestMs) {
      newestMs = hourMs;
      forget.run(hourMs - PLACE_DAYS * 24 * HOUR_MS);
    }
    for (const { name, value } of met.all(hourMs)) sets[Number(name)]?.add(String(value));
    if (known.size >= HOURS_KEPT) known.delete(known.keys().next().value!);
    known.set(hourMs, sets);
    return sets;
  };
  const write = ({ facts, hourMs, name, value, sums }: PlaceSum): void => {
    const columns = STAT_COLUMNS.filter((column) => sums[column]);
    if (columns.length === 0) return;
    const statement = adding(
      database,
      statements,
      'stat_place',
      ['hour_ms', 'name', 'value', 'line_item', 'exchange', 'campaign', 'advertiser'],
      columns,
    );
    const { exchangeId, advertiserId, campaignId, lineItemId } = facts;
    const values = columns.map((column) => sums[column] ?? 0);
    statement.run(hourMs, name, value, lineItemId, exchangeId, campaignId, advertiserId, ...values);
  };
  /** Of transactions that were committed, and of the present one. */
  let gathered: Gathered = new Map();
  let fresh: Gathered = new Map();
  /** Written by the present transaction, but not committed. */
  let unsettled: Gathered | undefined;
  let flushedMs = systemClock.monotonic();
  const flush = (): void => {
    const byPlace = new Map<string, PlaceSum>();
    for (const waiting of [gathered, fresh])
      for (const { facts, hourMs, text, sums } of waiting.values()) {
        const sets = knownIn(hourMs);
        placeValues(text).forEach((told, name) => {
          const set = sets[name]!;
          const value = set.has(told) || set.size < PLACE_VALUES_MAX ? told : OTHER_PLACES;
          set.add(value);
          const key = `${hourMs} ${name} ${objectsOf(facts)} ${value}`;
          let sum = byPlace.get(key);
          if (!sum) {
            sum = { facts, hourMs, name, value, sums: {} };
            byPlace.set(key, sum);
          }
          addTo(sum.sums, sums);
        });
      }
    for (const sum of byPlace.values()) write(sum);
    unsettled = unsettled ? gather(unsettled, gathered) : gathered;
    gathered = new Map();
    fresh = new Map();
    flushedMs = systemClock.monotonic();
  };
  return {
    add: (facts: StatFacts, text: string, hourMs: number, sums: Sums): void => {
      const key = `${hourMs} ${objectsOf(facts)} ${text}`;
      const sum = fresh.get(key);
      if (sum) addTo(sum.sums, sums);
      else fresh.set(key, { facts, hourMs, text, sums: { ...sums } });
    },
    flush,
    endTransaction: (): void => {
      const isTime = systemClock.monotonic() - flushedMs >= GATHER_MS;
      if (isTime || gathered.size + fresh.size >= GATHERED_MAX) flush();
    },
    committed: (): void => {
      unsettled = undefined;
      gather(gathered, fresh);
      fresh = new Map();
    },
    drop: (): void => {
      if (unsettled) gather(gathered, unsettled);
      unsettled = undefined;
      fresh = new Map();
      known.clear();
    },
  };
}

function gather(into: Gathered, more: Gathered): Gathered {
  for (const [key, sum] of more) {
    const known = into.get(key);
    if (known) addTo(known.sums, sum.sums);
    else into.set(key, sum);
  }
  return into;
}

/** Ids have no spaces. */
function objectsOf({ exchangeId, advertiserId, campaignId, lineItemId }: StatFacts): string {
  return `${exchangeId} ${advertiserId} ${campaignId} ${lineItemId}`;
}

interface WaitingSums {
  readonly facts: StatFacts;
  readonly hourMs: number;
  readonly text: string;
  readonly sums: Sums;
}

type Gathered = Map<string, WaitingSums>;

interface PlaceSum extends Omit<WaitingSums, 'text'> {
  readonly name: number;
  readonly value: string;
}

function addTo(sums: Sums, more: Sums): void {
  for (const column of STAT_COLUMNS) {
    const amount = more[column];
    if (amount) sums[column] = (sums[column] ?? 0) + amount;
  }
}

function adding(
  database: DatabaseSync,
  statements: Map<string, StatementSync>,
  table: string,
  keys: readonly string[],
  columns: readonly StatColumn[],
): StatementSync {
  const name = columns.join();
  let statement = statements.get(name);
  if (!statement) {
    const changes = columns.map((column) => `${column} = ${column} + excluded.${column}`);
    statement = database.prepare(
      `INSERT INTO ${table} (${[...keys, ...columns].join()}) VALUES (${[...keys, ...columns].map(() => '?').join()})
       ON CONFLICT DO UPDATE SET ${changes.join()}`,
    );
    statements.set(name, statement);
  }
  return statement;
}
