/**
 * What must be remembered, as narrow ports; one thing, for what one port promises another relies on. Two backends stand behind them: embedded (one process, SQLite on local
 * disk), and Redis or Valkey for what processes share. The contract suites in `test/contract` say what each must do.
 */
import type { BucketId, BudgetRef, BudgetUnit } from '../core/budget.ts';
import type {
  AdjustmentEvent,
  BidFacts,
  BidRecord,
  ConversionEvent,
  NoticeEvent,
  NoticeKind,
  Touch,
} from '../core/event.ts';
import type { HistoryTouch, PersonHistory } from '../core/history.ts';
import type { KeyedId } from '../core/person-id.ts';
import { PLACE_NAMES } from '../core/place.ts';
import type { Micros } from '../core/units.ts';

/** Budget granted to this process, durably, before any of it is used (reliability rule L1). */
export interface GrantRequest {
  readonly bucket: BucketId;
  readonly unit: BudgetUnit;
  /** The configured limit now; edits change it, never what was spent. */
  readonly limit: number;
  readonly amount: number;
}

export interface BucketState {
  readonly bucket: BucketId;
  readonly unit: BudgetUnit;
  /** All that was ever charged. */
  readonly spent: number;
  /** Granted to open leases and not yet charged; this process's own included. */
  readonly leased: number;
  /** Part of what was spent that no lease had left: spent ≤ limit + late. Told of money. */
  readonly late?: number;
}

export interface LedgerPort {
  /** Opens this process's lease. Leases of earlier processes stay open until `closesAtMs`, since their bids may still be won. */
  openLease(nowMs: number, strandedUntilMs: number): Promise<number>;
  /** Grants as much of each amount as the bucket has; durable when it resolves. Never more than limit − spent − leased. */
  grant(leaseId: number, requests: readonly GrantRequest[]): Promise<readonly number[]>;
  /** Gives back what this process no longer needs: afterwards the lease holds `keep` beyond what was settled. */
  giveBack(leaseId: number, bucket: BucketId, unit: BudgetUnit, keep: number): Promise<void>;
  /** Closes leases of dead processes whose time has come; gives how many. */
  closeStranded(nowMs: number): Promise<number>;
  bucketStates(buckets: readonly BucketId[]): Promise<readonly BucketState[]>;
  /** Micros and impressions spent of each bucket, two numbers a bucket. */
  spent(buckets: readonly BucketId[]): Promise<Float64Array>;
  /** `closeStranded`, and all that a purse must hear from time to time; by it other nodes know that this one lives. */
  attend(leaseId: number, nowMs: number): Promise<Attended>;
}

/** What a ledger tells its purse. */
export interface Attended {
  /** Leases closed. */
  readonly closed: number;
  /** Every charge that any node acknowledged before this time is known to the ledger; a hold that ended earlier may fall. */
  readonly settledThroughMs: number;
  /** The lease may be bid from until then, by the monotonic clock. */
  readonly bidUntilMs: number;
  readonly nodes: number;
  /** Nodes that were not heard of for as long as a lease may be bid from: their charges may be missing. */
  readonly silent: number;
  /** What other nodes charged to this lease, in all. */
  readonly elsewhere: readonly {
    readonly bucket: BucketId;
    readonly unit: BudgetUnit;
    readonly amount: number;
  }[];
  /** Late charges that the ledger told of since it was last asked: known later than the notice was taken. */
  readonly lateMicros: number;
  /** The lease was closed while this process was not heard of: it needs another one. */
  readonly isClosed: boolean;
  /** Grants that a failover of the store could lose: 0 where a replica has confirmed each of them. */
  readonly unconfirmedMicros: number;
}

export interface Charge {
  readonly bucket: BucketId;
  readonly micros: number;
  readonly impressions: number;
  /** The lease of its bid, which may be an earlier process's. */
  readonly leaseId?: number;
  /** Part of the money that this lease had no room for: it was closed, or its hold had been given to other bids. */
  readonly lateMicros?: number;
}

export interface Appended {
  /** `conflict`: the same notice with another price; the first stays. */
  readonly status: 'new' | 'duplicate' | 'conflict';
  /** What this entry charged, by bucket; empty unless it was new and billable. */
  readonly charges: readonly Charge[];
  /** True when this is the first sign (billing or tracker) that the bid was shown. */
  readonly firstImpression: boolean;
  /** For conversions: the touch it was credited to. */
  readonly touch: Touch | undefined;
  /** Conversions that began or ceased to count with this entry, whichever they are: touches may come after them. */
  readonly credits: readonly Credit[];
  /** Number in the log of rewards of the last that this entry added; absent where it added none. */
  readonly rewardSeq?: number;
  /** A click that was called invalid before it was told, or a conversion that was taken back: kept, and worth nothing. */
  readonly voided: boolean;
  /** Other kinds of notice that were kept for the bid before this one. */
  readonly before: readonly NoticeKind[];
  /** True for the notice by which a bid is first told both lost and won or shown. What was charged stays charged. */
  readonly contradiction: boolean;
}

/** A conversion that began to count for a touch, or ceased to. */
export interface Credit {
  readonly sign: 1 | -1;
  readonly touch: Touch;
  readonly actionId: string;
  readonly atMs: number;
  readonly valueMicros: Micros;
}

/** What an adjustment changed. */
export interface Adjusted {
  /** `duplicate`: it says nothing that was not known. */
  readonly status: 'new' | 'duplicate';
  /** Conversions that it changed; none where it came before them. */
  readonly conversions: number;
  readonly credits: readonly Credit[];
  readonly rewardSeq?: number;
}

/** What became of a click that was called invalid. `unknown` ones are remembered, should they be told yet. */
export interface VoidedClick {
  readonly status: 'voided' | 'duplicate' | 'unknown';
  readonly click: Touch | undefined;
  /** Conversions that were credited to it. */
  readonly credits: readonly Credit[];
  readonly rewardSeq?: number;
}

/** Picks the touch that a conversion is credited to, from those the journal found. Pure; runs inside the writer. */
export interface ConversionRule {
  readonly clickWindowMs: number;
  readonly viewWindowMs: number;
}

/** What a creative was rewarded with, or a showing that may yet be. Tests and an exchange's looking are not in it. */
export interface RewardRecord {
  readonly kind: 'impression' | 'click' | 'conversion';
  /** Of the bid that was shown. */
  readonly facts: BidFacts;
  /** Of a conversion; else empty and 0. */
  readonly actionId: string;
  readonly valueMicros: number;
}

/** A reward by its number in the log; with a minus sign one that was taken back. */
export interface LoggedReward extends RewardRecord {
  readonly seq: number;
  readonly sign: 1 | -1;
}

/** A bid that was shown, and what came of it. */
export interface ChoiceRecord {
  readonly record: BidRecord;
  readonly clicked: boolean;
  /** Credited to its impression or its click. */
  readonly conversions: readonly Pick<RewardRecord, 'actionId' | 'valueMicros'>[];
}

export class JournalUnavailableError extends Error {
  readonly code = 'BW_JOURNAL_UNAVAILABLE';
  override name = 'JournalUnavailableError';
}

/** Counters of the funnel and of bids, added up per hour; lost at most since the last flush. */
export interface CountRow {
  readonly hourMs: number;
  readonly exchangeId: string;
  /** Empty for what concerns the request as a whole. */
  readonly lineItemId: string;
  /** A reason, or `requests`, `impressions`, `candidates`, `bids`. */
  readonly name: string;
  readonly count: number;
}

export interface ReportQuery {
  readonly fromMs: number;
  readonly toMs: number;
  readonly dimensions: readonly ReportDimension[];
  readonly campaignId?: string;
  readonly lineItemId?: string;
}

export const REPORT_DIMENSIONS = [
  'hour',
  'day',
  'exchange',
  'advertiser',
  'campaign',
  'line_item',
  'creative',
  ...PLACE_NAMES,
] as const;
export type ReportDimension = (typeof REPORT_DIMENSIONS)[number];

export interface ReportRow {
  readonly key: Readonly<Partial<Record<ReportDimension, string>>>;
  readonly bids: number;
  readonly wins: number;
  readonly losses: number;
  readonly billings: number;
  /** Bids shown: billing notice or tracker, whichever came first. */
  readonly impressions: number;
  readonly clicks: number;
  /** By the time of the conversion. */
  readonly conversions: number;
  /** Those of them that are credited to an impression; the others to a click. */
  readonly viewConversions: number;
  readonly conversionValueMicros: number;
  /** By the time of the impression or click that they are credited to. */
  readonly conversionsByTouchTime: number;
  /** Taken back by the advertiser, by the time of the conversion; not among `conversions`. */
  readonly retractions: number;
  /** Called invalid afterwards; not among `clicks`. */
  readonly voidedClicks: number;
  readonly spendMicros: number;
  /** Charged above what the bucket had left, late wins after a restart. */
  readonly lateSpendMicros: number;
  readonly flagged: number;
  /** Bids told both lost and won or shown. */
  readonly contradictions: number;
}

export interface LossRow {
  readonly key: ReportRow['key'];
  /** OpenRTB loss reason; undefined where the notice did not tell. */
  readonly code: number | undefined;
  readonly count: number;
}

/** A creative that an exchange turned away the last time it told of it. */
export interface RejectionRow {
  readonly exchangeId: string;
  readonly creativeId: string;
  readonly code: number;
  /** How often one after another, for this reason, with no win and no bid compared in between. */
  readonly inARow: number;
  readonly sinceMs: number;
  readonly lastMs: number;
}

/** Durable memory of events. `append` resolves only after the commit has reached the disk. */
export interface JournalPort {
  appendNotice(event: NoticeEvent): Promise<Appended>;
  appendConversion(event: ConversionEvent, rule: ConversionRule): Promise<Appended>;
  appendAdjustment(event: AdjustmentEvent): Promise<Adjusted>;
  /** Takes a click back that turned out to be nobody's. What was charged stays charged. */
  voidClick(clickId: string, atMs: number): Promise<VoidedClick>;
  /** Best effort, batched, dropped and counted when the queue is full. */
  logBids(records: readonly BidRecord[]): void;
  addCounts(rows: readonly CountRow[]): Promise<void>;
  report(query: ReportQuery): Promise<readonly ReportRow[]>;
  counts(fromMs: number, toMs: number): Promise<readonly CountRow[]>;
  /** Lost bids by loss code, and by the dimensions asked for. */
  losses(query: ReportQuery): Promise<readonly LossRow[]>;
  rejections(): Promise<readonly RejectionRow[]>;
  /** All touches (impressions, clicks, credited conversions) since a time, oldest first, to rebuild people's histories. */
  touchesSince(sinceMs: number, visit: (touch: HistoryTouch) => void): Promise<number>;
  /** Touches and conversions of one pseudonym are another's from here on. */
  rekey(fromKey: string, intoKey: string): Promise<void>;
  /** All impressions, clicks and credited conversions there ever were, to rebuild what was learned of creatives. */
  rewards(visit: (record: RewardRecord) => void): Promise<number>;
  /** Those logged after a number, in order; gives the last number there ever was. */
  rewardsSince(seq: number, visit: (reward: LoggedReward) => void): Promise<number>;
  /** Keeps a table, and lets go of the rewards that it covers, in one step. */
  checkpoint(name: string, bytes: Uint8Array, seq: number): Promise<void>;
  /** Bids of the log that were shown, of one line item, in the order of their making. */
  choices(lineItemId: string, visit: (choice: ChoiceRecord) => void): Promise<number>;
  /** Names of the notices kept for a bid, for support and tests. */
  noticesOf(bidId: string): Promise<readonly NoticeKind[]>;
}

/** Tables with rows of people or of single events; sums without anybody in them stay. */
export const RETAINED = ['bidLog', 'notices', 'touches', 'conversions'] as const;
/** Days that rows of each table are kept. */
export type RetentionDays = Readonly<Record<(typeof RETAINED)[number], number>>;

export interface Erased {
  readonly touches: number;
  readonly conversions: number;
  readonly bids: number;
}

/** Forgetting, on disk. */
export interface ErasurePort {
  /** Marks of those who are never to be known again. */
  suppress(marks: readonly string[], nowMs: number): Promise<void>;
  suppressed(): Promise<readonly string[]>;
  /** No row of theirs is left; charges and sums, which name nobody, stay. */
  erase(keys: readonly string[]): Promise<Erased>;
  /** Drops rows that are older than they may be, at most so many of each table; gives how many went. */
  purge(
    days: RetentionDays,
    nowMs: number,
    rowsMax: number,
  ): Promise<Readonly<Record<keyof RetentionDays, number>>>;
  /** Whether what was erased is overwritten on the disk too. A large file is written anew only where `isDaily`. */
  scrub(isDaily: boolean): Promise<boolean>;
}

/** Small named blobs: posteriors, price models, keys. */
export interface TablesPort {
  load(name: string): Promise<Uint8Array | undefined>;
  save(name: string, bytes: Uint8Array): Promise<void>;
}

/** People's histories, with bids in flight. */
export interface PeoplePort {
  /** One read for a bid; undefined when it did not come by the deadline, which callers treat as unknown. */
  read(userKey: string, nowMs: number, deadlineMs: number): Promise<PersonHistory | undefined>;
  /** Counts a bid as an impression until it is released, recorded, or expires. */
  hold(touch: HistoryTouch, expiresAtMs: number): void;
  release(userKey: string, bidId: string): void;
  /** Adds what really happened; an impression takes the place of its bid in flight. */
  record(touch: HistoryTouch): void;
  /** How many people and rows are kept. */
  size(): { readonly people: number; readonly rows: number };
}

/**
 * `observed`: one request told them together. `declared`: the person or the advertiser says that they are one, which also
 * joins what was split, and people with different e-mail addresses.
 */
export type Evidence = 'observed' | 'declared';

/** Who is who. Dense numbers from 1 stand for people in packs and profiles. All in memory: no call waits. */
export interface IdentityPort {
  /** Undefined for an id that is not known. */
  numberOf(keyedId: string): number | undefined;
  /** Key under which the person's history is kept: the id that was known first. The id itself where it is not known. */
  leadOf(keyedId: string): string;
  /** Joins the ids, best first, to one person, who is made where none is known; undefined where nothing could be joined. */
  join(ids: readonly KeyedId[], nowMs: number, evidence: Evidence): number | undefined;
  /** Joins what was observed to whoever is known of them already; makes nobody. */
  meet(ids: readonly KeyedId[], nowMs: number): number | undefined;
  idsOf(number: number): readonly KeyedId[];
  /**
   * When the person was first met. After somebody was forgotten their number is given to another: whoever keeps numbers on
   * disk with a date drops on reading those that belong to nobody, or to somebody born at that date or later.
   */
  bornAtMs(number: number): number | undefined;
  /** The number itself, or of whoever took it in by a merge; undefined where that person is gone. */
  currentOf(number: number): number | undefined;
}

/** What one bid holds while it is open. */
export interface BudgetHold {
  readonly bidId: string;
  readonly budgets: readonly BudgetRef[];
  /** The most the bid can cost, in the account's currency. */
  readonly costMicros: Micros;
  readonly impressions: number;
  readonly nowMs: number;
  /** Without news until then, the hold falls. */
  readonly expiresAtMs: number;
  /** Once won, without a charge until then. */
  readonly wonExpiresAtMs?: number;
}

export type PurseRefusal = 'budget_spent' | 'budget_on_hold' | 'no_budget_lease';

/** The budget side of a bid: in memory, synchronous, against what this process was granted. */
export interface Purse {
  /** Written into the notice token, so that a charge finds the lease it was reserved from. */
  readonly leaseId: number;
  /** Takes the cost from every limited bucket of the bid's day, or from none. */
  reserve(hold: BudgetHold): PurseRefusal | undefined;
  /** Frees what a bid holds; nothing happens for a bid that holds nothing. */
  release(bidId: string): void;
}
