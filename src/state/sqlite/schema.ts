/** Tables of the embedded store, one step for each version; `user_version` says how far a file has come. */
import type { DatabaseSync } from 'node:sqlite';
import { CHANGE_SCHEMA } from './changes.ts';
import { CONSENT_SCHEMA } from './consents.ts';
import { ERASURE_SCHEMA } from './erasure.ts';
import { EXPERIMENT_SCHEMA } from './experiments.ts';
import { OUTBOX_SCHEMA } from './outbox.ts';
import { PROFILE_SCHEMA } from './profiles.ts';
import { REWARD_SCHEMA } from './rewards.ts';
import { SAMPLE_SCHEMA } from './samples.ts';
import { STAT_PLACE_SCHEMA } from './stats.ts';
import { TOLD_SCHEMA } from './told.ts';

/** Step n leads from version n to n + 1. A step is never edited once it was released; the next one mends it. */
const STEPS: readonly string[] = [
  `
  CREATE TABLE notice (
    bid_id TEXT NOT NULL, kind INTEGER NOT NULL, at_ms INTEGER NOT NULL, price INTEGER, flag TEXT NOT NULL,
    loss_code INTEGER, min_to_win INTEGER, late INTEGER NOT NULL, facts TEXT NOT NULL,
    PRIMARY KEY (bid_id, kind)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE charge (
    bid_id TEXT NOT NULL PRIMARY KEY, cpm INTEGER NOT NULL, micros INTEGER NOT NULL, at_ms INTEGER NOT NULL, late INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE bucket (
    id TEXT NOT NULL PRIMARY KEY, micros INTEGER NOT NULL, carry INTEGER NOT NULL,
    impressions INTEGER NOT NULL, impression_carry INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE lease (id INTEGER PRIMARY KEY AUTOINCREMENT, opened_ms INTEGER NOT NULL, closes_ms INTEGER) STRICT;
  CREATE TABLE lease_bucket (
    lease INTEGER NOT NULL, bucket TEXT NOT NULL, unit TEXT NOT NULL, granted INTEGER NOT NULL, settled INTEGER NOT NULL,
    PRIMARY KEY (bucket, unit, lease)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE touch (
    seq INTEGER PRIMARY KEY, bid_id TEXT NOT NULL, kind TEXT NOT NULL, at_ms INTEGER NOT NULL,
    user_key TEXT NOT NULL, advertiser TEXT NOT NULL, facts TEXT NOT NULL
  ) STRICT;
  CREATE INDEX touch_bid ON touch (bid_id, kind);
  CREATE INDEX touch_user ON touch (user_key, at_ms) WHERE user_key <> '';
  CREATE INDEX touch_time ON touch (at_ms, seq);
  CREATE TABLE conversion (
    dedupe TEXT NOT NULL PRIMARY KEY, id TEXT NOT NULL, action TEXT NOT NULL, advertiser TEXT NOT NULL, at_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL, click_id TEXT NOT NULL, user_key TEXT NOT NULL, order_id TEXT NOT NULL, value INTEGER NOT NULL,
    click_window INTEGER NOT NULL, view_window INTEGER NOT NULL, touch INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX conversion_click ON conversion (click_id) WHERE click_id <> '';
  CREATE INDEX conversion_user ON conversion (user_key, at_ms) WHERE user_key <> '';
  CREATE TABLE stat (
    hour_ms INTEGER NOT NULL, exchange TEXT NOT NULL, advertiser TEXT NOT NULL, campaign TEXT NOT NULL, line_item TEXT NOT NULL,
    creative TEXT NOT NULL, bids INTEGER NOT NULL DEFAULT 0, wins INTEGER NOT NULL DEFAULT 0, losses INTEGER NOT NULL DEFAULT 0,
    billings INTEGER NOT NULL DEFAULT 0, impressions INTEGER NOT NULL DEFAULT 0, clicks INTEGER NOT NULL DEFAULT 0,
    conversions INTEGER NOT NULL DEFAULT 0, conversion_value INTEGER NOT NULL DEFAULT 0, touch_conversions INTEGER NOT NULL DEFAULT 0,
    spend INTEGER NOT NULL DEFAULT 0, late_spend INTEGER NOT NULL DEFAULT 0, flagged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (hour_ms, line_item, creative, exchange, campaign, advertiser)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tally (
    hour_ms INTEGER NOT NULL, exchange TEXT NOT NULL, line_item TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (hour_ms, exchange, line_item, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE bid_log (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
  CREATE TABLE learned (name TEXT NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE life (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // A closed lease keeps its rows, so that a win told after it is known to have had a limit. Spend is summed in thousandths
  // of a micro: how whole micros fall to single charges depends on their order, their sum does not.
  `
  ALTER TABLE lease ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX lease_bucket_lease ON lease_bucket (lease);
  ALTER TABLE bucket ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE stat ADD COLUMN spend_cpm INTEGER NOT NULL DEFAULT 0;
  UPDATE stat SET spend_cpm = spend * 1000;
  ALTER TABLE stat DROP COLUMN spend;
  `,
  // Losses by code, creatives turned away time after time, and bids that were told both won and lost.
  `
  CREATE TABLE loss (
    hour_ms INTEGER NOT NULL, exchange TEXT NOT NULL, advertiser TEXT NOT NULL, campaign TEXT NOT NULL, line_item TEXT NOT NULL,
    creative TEXT NOT NULL, code INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (hour_ms, line_item, creative, exchange, code, campaign, advertiser)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE rejection (
    exchange TEXT NOT NULL, creative TEXT NOT NULL, code INTEGER NOT NULL, in_a_row INTEGER NOT NULL, since_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL, PRIMARY KEY (exchange, creative)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE stat ADD COLUMN contradictions INTEGER NOT NULL DEFAULT 0;
  `,
  PROFILE_SCHEMA,
  // Who is who: keyed ids by person, and the persons' numbers (state/identity).
  `
  CREATE TABLE identity (
    key TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL, meta INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE person (number INTEGER PRIMARY KEY, at_s INTEGER NOT NULL, into_number INTEGER NOT NULL) STRICT;
  `,
  ERASURE_SCHEMA,
  // Conversions taken back or worth something else, and clicks that were nobody's; both may be told before what they are about.
  `
  CREATE TABLE adjustment (
    target TEXT NOT NULL PRIMARY KEY, retracted INTEGER NOT NULL, at_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, value INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX adjustment_time ON adjustment (received_ms);
  CREATE TABLE void_click (bid_id TEXT NOT NULL PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  ALTER TABLE conversion ADD COLUMN retracted INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE stat ADD COLUMN retractions INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE stat ADD COLUMN voided_clicks INTEGER NOT NULL DEFAULT 0;
  `,
  REWARD_SCHEMA,
  TOLD_SCHEMA,
  OUTBOX_SCHEMA,
  EXPERIMENT_SCHEMA,
  CHANGE_SCHEMA,
  SAMPLE_SCHEMA,
  CONSENT_SCHEMA,
  STAT_PLACE_SCHEMA,
];

/**
 * The oldest version whose program can go on with a file of this one: steps after it only added what that program leaves alone. A step that
 * changes what is there, or that must not be passed over, sets it to its own number.
 */
const READABLE_BY = 14;

export type Synchronous = 'FULL' | 'NORMAL';

/** Opens the file for one writer. @throws Error for a file that only a newer version can read, or one that is damaged. */
export function prepare(database: DatabaseSync, synchronous: Synchronous): void {
  // NORMAL would lose acknowledged events at a power cut: it does not sync the log at commit. It exists for the test that shows so.
  // EXCLUSIVE keeps a second process out: opening a lease would strand the first one's while that still bids from it.
  // Checkpoints are made by hand (store.ts), since the automatic one hides a failed sync.
  database.exec(
    `PRAGMA busy_timeout = 2000; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
     PRAGMA synchronous = ${synchronous}; PRAGMA mmap_size = 0; PRAGMA foreign_keys = ON;`,
  );
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version > STEPS.length && readableBy(database) > STEPS.length)
    throw new Error(
      `the state file has version ${version}, this program knows ${STEPS.length}: it was written by a newer one`,
    );
  if (version > 0 && !stoppedCleanly(database)) checkIntegrity(database);
  for (let step = version; step < STEPS.length; step++) {
    database.exec(`BEGIN IMMEDIATE; ${STEPS[step]} PRAGMA user_version = ${step + 1}; COMMIT;`);
  }
  // A file of a newer version stays one.
  if (version <= STEPS.length) keep(database, 'readable_by', READABLE_BY);
  markStopped(database, false);
}

export function markStopped(database: DatabaseSync, clean: boolean): void {
  keep(database, 'clean', clean ? 1 : 0);
}

function keep(database: DatabaseSync, name: string, value: number): void {
  database
    .prepare('INSERT INTO life (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
    .run(name, value);
}

/** A file that does not say so is read by its own version alone. */
function readableBy(database: DatabaseSync): number {
  const kept = database.prepare("SELECT value FROM life WHERE name = 'readable_by'").get()?.value;
  return typeof kept === 'number' ? kept : Number.POSITIVE_INFINITY;
}

function stoppedCleanly(database: DatabaseSync): boolean {
  return database.prepare("SELECT value FROM life WHERE name = 'clean'").get()?.value !== 0;
}

/** A torn tail is SQLite's to drop; damage before it is not something to go on with. */
function checkIntegrity(database: DatabaseSync): void {
  const verdict = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (verdict !== 'ok') throw new Error(`the state file is damaged: ${String(verdict)}`);
}
