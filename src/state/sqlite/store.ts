/** All acts of the embedded store by name, over one connection; synchronous, for the writer thread. */

import { backup, DatabaseSync } from 'node:sqlite';
import type { BucketId, BudgetUnit } from '../../core/budget.ts';
import type { Change } from '../../core/change.ts';
import type { AdjustmentEvent, ConversionEvent, NoticeEvent } from '../../core/event.ts';
import type { ChangeQuestion } from '../change-port.ts';
import type { LateCharge } from '../charge-port.ts';
import type { Enrolment, ExperimentQuestion } from '../experiment-port.ts';
import type { IdentityChanges } from '../identity/graph.ts';
import type { ConversionRule, CountRow, GrantRequest, ReportQuery, RetentionDays } from '../port.ts';
import type { ProfileEntry } from '../profile-port.ts';
import type { RequestSample } from '../sample-port.ts';
import type { LoggedBids } from './bid-log.ts';
import { logBids, shownBidsAfter } from './bid-log.ts';
import { changes } from './changes.ts';
import { charges } from './charges.ts';
import { consents } from './consents.ts';
import { conversions } from './conversions.ts';
import { erasure } from './erasure.ts';
import { experiments } from './experiments.ts';
import { identities } from './identity.ts';
import { ledger } from './ledger.ts';
import { losses } from './losses.ts';
import { NOT_COUNTED, notices } from './notices.ts';
import { outbox } from './outbox.ts';
import type { ProfileCursor } from './profiles.ts';
import { profiles } from './profiles.ts';
import type { TouchCursor } from './reports.ts';
import { addCounts, counts, report, touchesAfter } from './reports.ts';
import type { RewardCursor } from './rewards.ts';
import { rewardLog, rewardsAfter } from './rewards.ts';
import { samples } from './samples.ts';
import type { Synchronous } from './schema.ts';
import { markStopped, prepare } from './schema.ts';
import type { Stats } from './stats.ts';
import { stats } from './stats.ts';
import { told } from './told.ts';

export type Acts = ReturnType<typeof actsOn>;
export type ActName = keyof Acts;
/** One call of an act, as it travels to the writer. */
export type Call = {
  [Name in ActName]: { readonly act: Name; readonly words: Parameters<Acts[Name]> };
}[ActName];

export interface Store {
  /** Runs the calls as one transaction. @throws the database's own error; then none of them happened. */
  run(calls: readonly Call[]): unknown[];
  /** Moves what was written ahead into the file once it is much. @throws where that fails; what was committed is safe all the same. */
  tidy(): void;
  /** One moment of the whole file, written beside it while calls go on. */
  copyTo(path: string): Promise<void>;
  close(): void;
}

/** What others are told of what happens here. */
export interface Shares {
  readonly ledger?: boolean;
  readonly events?: boolean;
}

/** Of 4 KiB: a log of about 4 MB is written back in 8 ms, and read at start in as many. */
const LOG_PAGES_MAX = 1000;
/** 2 MB at a time: what comes meanwhile waits for no more than that. */
const COPIED_PAGES = 500;
const SQLITE_BUSY = 5;

/** @throws Error for a file that is in use, is damaged, or was written by a newer version. */
export function openStore(file: string, synchronous: Synchronous, shares: Shares = {}): Store {
  const database = new DatabaseSync(file);
  try {
    prepare(database, synchronous);
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY)
      throw new Error('another process has it open; two may never bid from one state');
    throw error;
  }
  const forgetting = erasure(database);
  const sums = stats(database);
  const acts = actsOn(database, forgetting, sums, shares);
  // Asks how long the write-ahead log is, and does nothing else; 13 µs.
  const logLength = database.prepare('PRAGMA wal_checkpoint(NOOP)');
  const settle = (): void => {
    database.exec('BEGIN IMMEDIATE');
    sums.flush();
    database.exec('COMMIT');
    sums.committed();
  };
  return {
    run: (calls) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const results = calls.map(({ act, words }) =>
          (acts[act] as (...given: unknown[]) => unknown)(...words),
        );
        sums.endTransaction();
        database.exec('COMMIT');
        sums.committed();
        return results;
      } catch (error) {
        sums.drop();
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    tidy: () => {
      forgetting.scrubIfAsked();
      if (Number(logLength.get()?.log ?? 0) > LOG_PAGES_MAX) database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    },
    copyTo: async (path) => {
      settle();
      await backup(database, path, { rate: COPIED_PAGES });
    },
    close: () => {
      settle();
      markStopped(database, true);
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      database.close();
    },
  };
}

function actsOn(
  database: DatabaseSync,
  forgetting: ReturnType<typeof erasure>,
  sums: Stats,
  { ledger: sharesLedger = false, events = false }: Shares,
) {
  const outgoing = events ? outbox(database) : undefined;
  const reward = rewardLog(database);
  const conversion = conversions(database, sums, reward);
  const shared = sharesLedger ? told(database, sums) : undefined;
  const lost = losses(database);
  const notice = notices(database, charges(database, shared), conversion, sums, lost);
  const tried = experiments(database);
  const sampled = samples(database);
  const consented = consents(database);
  const edited = changes(database);
  const book = ledger(database);
  const profile = profiles(database);
  const identity = identities(database);
  const load = database.prepare('SELECT bytes FROM learned WHERE name = ?');
  const save = database.prepare(
    'INSERT INTO learned (name, bytes) VALUES (?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes',
  );
  return {
    notice: (event: NoticeEvent) => {
      const appended = notice.append(event);
      outgoing?.notice(event, appended);
      return appended;
    },
    conversion: (event: ConversionEvent, rule: ConversionRule) => {
      const appended = { ...NOT_COUNTED, ...conversion.append(event, rule) };
      outgoing?.conversion(event, appended);
      return appended;
    },
    adjustment: (event: AdjustmentEvent) => {
      const adjusted = conversion.adjust(event);
      outgoing?.adjustment(event, adjusted.status);
      return adjusted;
    },
    voidClick: (clickId: string, atMs: number) => {
      const voided = conversion.voidClick(clickId, atMs);
      if (voided.status === 'voided') outgoing?.voidedClick(clickId, atMs);
      return voided;
    },
    outgoing: (seq: number, limit: number) => outgoing?.after(seq, limit) ?? [],
    lastOutgoing: () => outgoing?.last() ?? 0,
    outgone: (seq: number) => outgoing?.taken(seq),
    logBids: (logged: LoggedBids) => logBids(database, sums, logged),
    addCounts: (rows: readonly CountRow[]) => addCounts(database, rows),
    report: (query: ReportQuery) => {
      sums.flush();
      return report(database, query);
    },
    counts: (fromMs: number, toMs: number) => counts(database, fromMs, toMs),
    ...consented,
    losses: (query: ReportQuery) => lost.report(query),
    rejections: () => lost.rejections(),
    touches: (cursor: TouchCursor, limit: number) => touchesAfter(database, cursor, limit),
    rewards: (cursor: RewardCursor, limit: number) => rewardsAfter(database, cursor, limit),
    rewardsSince: (seq: number, limit: number) => reward.after(seq, limit),
    lastReward: () => reward.last(),
    checkpoint: (name: string, bytes: Uint8Array, seq: number) => {
      save.run(name, bytes);
      reward.covered(seq);
    },
    shownBids: (lineItemId: string, seq: number, limit: number) =>
      shownBidsAfter(database, lineItemId, seq, limit),
    rekey: (fromKey: string, intoKey: string) => {
      conversion.rekey(fromKey, intoKey);
      tried.rekey(fromKey, intoKey);
    },
    appendChange: (change: Omit<Change, 'number'>) => edited.append(change),
    change: (number: number) => edited.get(number),
    changeList: (question: ChangeQuestion) => edited.list(question),
    addSamples: (added: readonly RequestSample[]) => sampled.add(added),
    samplePage: (after: number, limit: number) => sampled.page(after, limit),
    enrol: (rows: readonly Enrolment[]) => tried.enrol(rows),
    begunMs: (experimentId: string) => tried.begunMs(experimentId),
    enrolledPage: (question: ExperimentQuestion, after: string | number | undefined) =>
      tried.enrolledPage(question, after),
    shownPage: (question: ExperimentQuestion, after: string | number | undefined, sinceMs: number) =>
      tried.shownPage(question, after, sinceMs),
    convertedPage: (question: ExperimentQuestion, after: string | number | undefined, sinceMs: number) =>
      tried.convertedPage(question, after, sinceMs),
    kindsOf: (bidId: string) => notice.kindsOf(bidId),
    openLease: (nowMs: number, strandedUntilMs: number) => book.openLease(nowMs, strandedUntilMs),
    grant: (leaseId: number, requests: readonly GrantRequest[]) => book.grant(leaseId, requests),
    giveBack: (leaseId: number, bucket: BucketId, unit: BudgetUnit, keep: number) =>
      book.giveBack(leaseId, bucket, unit, keep),
    chargesAfter: (seq: number, limit: number) => shared?.after(seq, limit) ?? [],
    lastCharge: () => shared?.last() ?? 0,
    earlierSums: (after: string, limit: number) => shared?.earlier(after, limit) ?? [],
    noteLate: (late: readonly LateCharge[]) => shared?.noteLate(late),
    closeStranded: (nowMs: number) => book.closeStranded(nowMs),
    bucketStates: (buckets: readonly BucketId[]) => book.bucketStates(buckets),
    spent: (buckets: readonly BucketId[]) => book.spent(buckets),
    appendProfiles: (entries: readonly ProfileEntry[]) => profile.append(entries),
    profilePage: (after: ProfileCursor, limit: number) => profile.page(after, limit),
    moveProfiles: (from: string, into: string) => profile.move(from, into),
    forgetProfiles: (people: readonly string[]) => profile.forget(people),
    trimProfiles: (beforeDay: number, limit: number) => profile.trim(beforeDay, limit),
    suppress: (marks: readonly string[], nowMs: number) => forgetting.suppress(marks, nowMs),
    suppressed: () => forgetting.suppressed(),
    erase: (keys: readonly string[]) => forgetting.erase(keys),
    purge: (days: RetentionDays, nowMs: number, rowsMax: number) => forgetting.purge(days, nowMs, rowsMax),
    askScrub: (isDaily: boolean) => forgetting.askScrub(isDaily),
    isScrubbed: () => forgetting.isScrubbed(),
    saveIdentity: (changes: IdentityChanges) => identity.save(changes),
    identityPeople: (after: number, limit: number) => identity.people(after, limit),
    identityIds: (after: string, limit: number) => identity.ids(after, limit),
    load: (name: string) => (load.get(name)?.bytes as Uint8Array | undefined) ?? undefined,
    save: (name: string, bytes: Uint8Array) => void save.run(name, bytes),
  };
}
