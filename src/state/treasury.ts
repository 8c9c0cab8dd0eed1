/**
 * The purse of this process: budget leases in memory, reserved by bids without waiting, refilled in the background.
 * Nothing is spent that was not granted durably first, so a crash costs at most that the old lease stays shut for a while.
 * This file is one thing: the life of a hold, from reservation to settlement, and of the lease it is taken from.
 */
import type { BucketId, BudgetRef, BudgetUnit } from '../core/budget.ts';
import { dayBucket, lifetimeBucket } from '../core/budget.ts';
import { BucketAccount, LedgerLawError } from './account.ts';
import type { Attended, BudgetHold, Charge, GrantRequest, LedgerPort, Purse, PurseRefusal } from './port.ts';

export interface TreasuryOptions {
  /** Longest time after its bid that a win is expected: leases of a dead process stay open so long. */
  readonly longestHoldMs: number;
  readonly holdsMax?: number;
  /** Holds fall by it, and the lease of a shared ledger ends by it: neither may follow a clock that can be set. */
  readonly monotonicMs?: () => number;
}

export interface BucketView {
  readonly bucket: BucketId;
  readonly unit: BudgetUnit;
  readonly limit: number;
  /** Charged in all, by the ledger when it was last asked and by this process since. */
  readonly spent: number;
  readonly granted: number;
  readonly free: number;
  readonly reserved: number;
}

export interface OverspendBound {
  readonly formula: string;
  /** The number of the formula now. */
  readonly currentMicros: number;
  /** Charged after its reservation was freed. */
  readonly lateMicros: number;
  /** Of grants that no replica of a shared store has confirmed, since there is none. */
  readonly unconfirmedMicros: number;
  /** A micro for each node that shares a bucket, since each rounds by itself. */
  readonly roundingMicros: number;
  readonly nodes: number;
  /** Nodes that are silent: leases and holds that they may have charged stay shut meanwhile. */
  readonly silentNodes: number;
  readonly openReservations: number;
  /** What the open bids may still cost, each counted once. */
  readonly reservedMicros: number;
}

/** One column of a bucket's double entry; all columns of a bucket sum to zero. */
export interface AccountColumn {
  readonly bucket: BucketId;
  readonly unit: BudgetUnit;
  readonly column: 'granted' | 'free' | 'reserved' | 'settled';
  readonly balance: number;
}

interface Bucket {
  readonly account: BucketAccount;
  readonly key: string;
  limit: number;
  /** Charged by others or before this lease, as last read. */
  spentBefore: number;
  /** Leased by other nodes, and by dead processes and not yet closed, as last read. */
  strandedElsewhere: number;
  /** What other nodes charged to this lease, as booked here. */
  elsewhere: number;
  largestHold: number;
  /** The day it belongs to is over at this time; undefined for lifetime buckets. */
  endsMs: number | undefined;
  asking: boolean;
}

interface Hold {
  readonly bidId: string;
  readonly costMicros: number;
  readonly parts: readonly { readonly bucket: Bucket; readonly amount: number }[];
  readonly wonExpiresAtMs: number;
  expiresAtMs: number;
  /** What leads from the bid’s time to the clock that holds fall by. */
  readonly aheadMs: number;
}

const HOLDS_MAX = 1_000_000;
/** A grant is this part of the limit, so that a crash strands little and refills are rare. */
const GRANT_SHARE = 1 / 50;
/** A lease below so many of its largest bids asks for more. */
const LOW_HOLDS = 20;
/** What a bid is taken to cost before the first has come: 50 for a thousand. */
const FIRST_HOLD_MICROS = 50_000;
/** Tomorrow's buckets are opened so long before midnight. */
const PREPARE_MS = 120_000;
/** Yesterday's are closed so long after it, when what was bid then has settled. */
const LINGER_MS = 2 * 3_600_000;
const ATTEND_EVERY_MS = 1000;
interface BudgetKeys {
  readonly day: string;
  readonly lifeMicros: string;
  readonly dayMicros: string;
  readonly lifeImpressions: string;
  readonly dayImpressions: string;
}

/** What other nodes spend and lease is looked at so often; grants know it at once. */
const READ_SPENT_EVERY_MS = 5000;

const OVERSPEND_FORMULA =
  'overspend <= late + unconfirmed + rounding: late, the charges of wins first told after their hold fell or their lease was closed; unconfirmed, grants that no replica of a shared store has confirmed; rounding, a micro for each node. Bids in flight at a crash stay covered by the old lease.';

export class Treasury implements Purse {
  readonly #ledger: LedgerPort;
  readonly #options: TreasuryOptions;
  readonly #buckets = new Map<string, Bucket>();
  readonly #holds = new Map<string, Hold>();
  /** Bid ids by the second in which their hold falls. */
  readonly #falling = new Map<number, string[]>();
  #fallenSecond: number | undefined;
  /** Buckets whose lease may have run low since it was last looked at. */
  readonly #low = new Set<Bucket>();
  #budgets: readonly BudgetRef[] = [];
  /** Between these times every bucket that is due is open. */
  #openSinceMs = Number.POSITIVE_INFINITY;
  #openUntilMs = Number.NEGATIVE_INFINITY;
  /** The first of the days that are open ends then, or ended. */
  #nextEndMs = Number.POSITIVE_INFINITY;
  /** What bids name buckets by, built once a day. */
  readonly #keys = new WeakMap<BudgetRef, BudgetKeys>();
  #leaseId = 0;
  #lateMicros = 0;
  #attendedMs = Number.NEGATIVE_INFINITY;
  #attended: Attended | undefined;
  /** By the clock that holds fall by. */
  #settledThroughMs = Number.NEGATIVE_INFINITY;
  #spentReadMs = Number.NEGATIVE_INFINITY;
  #reservedMicros = 0;
  #closed = false;

  private constructor(ledger: LedgerPort, options: TreasuryOptions) {
    this.#ledger = ledger;
    this.#options = options;
  }

  /** Opens this process's lease; those of dead ones close after the longest hold. */
  static async open(
    ledger: LedgerPort,
    budgets: readonly BudgetRef[],
    nowMs: number,
    options: TreasuryOptions,
  ): Promise<Treasury> {
    const treasury = new Treasury(ledger, options);
    treasury.#leaseId = await ledger.openLease(nowMs, nowMs + options.longestHoldMs);
    await treasury.#attend(nowMs);
    await treasury.configure(budgets, nowMs);
    return treasury;
  }

  get leaseId(): number {
    return this.#leaseId;
  }

  /** New limits; what was spent stays. Resolves when each new bucket has had its first grant. */
  async configure(budgets: readonly BudgetRef[], nowMs: number): Promise<void> {
    const seen = new Map<string, BudgetRef>();
    for (const budget of budgets) seen.set(`${budget.scope}/${budget.id}`, budget);
    this.#budgets = [...seen.values()];
    this.#openUntilMs = Number.NEGATIVE_INFINITY;
    for (const bucket of this.#buckets.values()) this.#low.add(bucket);
    await this.#openBuckets(nowMs);
    await this.#refill();
  }

  reserve(hold: BudgetHold): PurseRefusal | undefined {
    if (this.#holds.size >= (this.#options.holdsMax ?? HOLDS_MAX)) return 'budget_on_hold';
    const parts: { bucket: Bucket; amount: number }[] = [];
    for (const budget of hold.budgets) {
      const refusal = this.#collect(budget, hold, parts);
      if (refusal) return refusal;
    }
    if (parts.length === 0) return undefined;
    if (this.#holds.has(hold.bidId)) throw new LedgerLawError(`${hold.bidId} is reserved already`);
    for (const { bucket, amount } of parts) {
      bucket.account.reserve(amount);
      this.#low.add(bucket);
    }
    const { bidId, costMicros, expiresAtMs, wonExpiresAtMs = expiresAtMs } = hold;
    const aheadMs = this.#steady(hold.nowMs) - hold.nowMs;
    const kept: Hold = { bidId, costMicros, parts, expiresAtMs, wonExpiresAtMs, aheadMs };
    this.#holds.set(bidId, kept);
    this.#reservedMicros += costMicros;
    this.#fallAt(kept);
    // Between two ticks a busy line item would run dry, so a lease that gets low asks at once; the tick catches what fails.
    if (parts.some(({ bucket }) => !bucket.asking && this.#wanted(bucket) > 0))
      this.#refill().catch(() => undefined);
    return undefined;
  }

  release(bidId: string): void {
    const hold = this.#holds.get(bidId);
    if (!hold) return;
    this.#drop(hold);
    for (const { bucket, amount } of hold.parts) bucket.account.release(amount);
  }

  /** Won: the hold goes on until it is billed, at least until `expiresAtMs` and as long as the bid was to stand. */
  extend(bidId: string, expiresAtMs: number): void {
    const hold = this.#holds.get(bidId);
    if (!hold) return;
    const until = Math.max(expiresAtMs, hold.wonExpiresAtMs);
    if (hold.expiresAtMs >= until) return;
    hold.expiresAtMs = until;
    this.#fallAt(hold);
  }

  /**
   * Books what the journal charged; call it as soon as the journal has answered. A bid whose hold fell takes from what is
   * free. A bid of an earlier process was charged to that one's lease: here only what is left of the limit shrinks.
   */
  settle(bidId: string, charges: readonly Charge[]): void {
    const hold = this.#holds.get(bidId);
    if (hold) this.#drop(hold);
    const open = new Map(hold?.parts.map((part) => [part.bucket.key, part]));
    for (const charge of charges) {
      for (const unit of ['micros', 'impressions'] as const) {
        const key = keyOf(charge.bucket, unit);
        const bucket = this.#buckets.get(key);
        if (!bucket) continue;
        this.#low.add(bucket);
        if (charge.leaseId !== undefined && charge.leaseId !== this.#leaseId) {
          bucket.spentBefore += charge[unit];
          bucket.strandedElsewhere = Math.max(0, bucket.strandedElsewhere - charge[unit]);
          continue;
        }
        bucket.account.settle(charge[unit], open.get(key)?.amount ?? 0);
        open.delete(key);
      }
    }
    // What the charges did not name is free again.
    for (const { bucket, amount } of open.values()) bucket.account.release(amount);
    this.#lateMicros += Math.max(0, ...charges.map(({ lateMicros }) => lateMicros ?? 0));
  }

  /** Lets holds fall, asks for more where little is left, opens tomorrow and closes yesterday. */
  async tick(nowMs: number): Promise<void> {
    if (Math.abs(nowMs - this.#attendedMs) >= ATTEND_EVERY_MS || this.#hasDue(nowMs))
      await this.#attend(nowMs);
    this.#letFall(nowMs);
    await this.#openBuckets(nowMs);
    await this.#closeDays(nowMs);
    await this.#refill();
  }

  /** Charged to a bucket in all, in micros; 0 for one without a limit. */
  spentOn(bucket: BucketId): number {
    const kept = this.#buckets.get(keyOf(bucket, 'micros'));
    return kept ? kept.spentBefore + kept.account.settled : 0;
  }

  /** Held by open bids of this process, in micros. */
  heldOn(bucket: BucketId): number {
    return this.#buckets.get(keyOf(bucket, 'micros'))?.account.reserved ?? 0;
  }

  states(): BucketView[] {
    return [...this.#buckets.values()].map(({ account, limit, spentBefore }) => ({
      bucket: account.bucket,
      unit: account.unit,
      limit,
      spent: spentBefore + account.settled,
      granted: account.granted,
      free: account.free,
      reserved: account.reserved,
    }));
  }

  /** The double entry of every bucket: what was granted, as a debt, against what became of it. */
  accounts(): AccountColumn[] {
    return [...this.#buckets.values()].flatMap(({ account }) => {
      const { bucket, unit, granted, free, reserved, settled } = account;
      return [
        { bucket, unit, column: 'granted', balance: 0 - granted },
        { bucket, unit, column: 'free', balance: free },
        { bucket, unit, column: 'reserved', balance: reserved },
        { bucket, unit, column: 'settled', balance: settled },
      ] as const;
    });
  }

  overspendBound(): OverspendBound {
    const { nodes = 1, silent = 0, unconfirmedMicros = 0 } = this.#attended ?? {};
    const roundingMicros = nodes > 1 ? nodes : 0;
    return {
      formula: OVERSPEND_FORMULA,
      currentMicros: this.#lateMicros + unconfirmedMicros + roundingMicros,
      lateMicros: this.#lateMicros,
      unconfirmedMicros,
      roundingMicros,
      nodes,
      silentNodes: silent,
      openReservations: this.#holds.size,
      reservedMicros: this.#reservedMicros,
    };
  }

  /** Gives back what is free, durably. What open bids may still cost stays leased until the longest hold has passed. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { account } of this.#buckets.values()) {
      if (account.free <= 0) continue;
      await this.#ledger.giveBack(this.#leaseId, account.bucket, account.unit, account.reserved);
      account.shrink(account.free);
    }
  }

  #collect(
    budget: BudgetRef,
    hold: BudgetHold,
    parts: { bucket: Bucket; amount: number }[],
  ): PurseRefusal | undefined {
    const { lifeMicros, dayMicros, lifeImpressions, dayImpressions } = this.#keysOf(budget, hold.nowMs);
    return (
      this.#part(lifeMicros, budget.lifetimeMicros, hold.costMicros, parts) ??
      this.#part(dayMicros, budget.dailyMicros, hold.costMicros, parts) ??
      this.#part(lifeImpressions, budget.lifetimeImpressions, hold.impressions, parts) ??
      this.#part(dayImpressions, budget.dailyImpressions, hold.impressions, parts)
    );
  }

  #keysOf(budget: BudgetRef, nowMs: number): BudgetKeys {
    const { day } = budget.zone.at(nowMs);
    const known = this.#keys.get(budget);
    if (known?.day === day) return known;
    const ofDay = dayBucket(budget.scope, budget.id, day);
    const ofLife = lifetimeBucket(budget.scope, budget.id);
    const keys = {
      day,
      lifeMicros: keyOf(ofLife, 'micros'),
      dayMicros: keyOf(ofDay, 'micros'),
      lifeImpressions: keyOf(ofLife, 'impressions'),
      dayImpressions: keyOf(ofDay, 'impressions'),
    };
    this.#keys.set(budget, keys);
    return keys;
  }

  #part(
    key: string,
    limit: number | undefined,
    amount: number,
    parts: { bucket: Bucket; amount: number }[],
  ): PurseRefusal | undefined {
    if (limit === undefined) return undefined;
    const bucket = this.#buckets.get(key);
    if (!bucket || this.#closed || !this.#isAlive()) return 'no_budget_lease';
    bucket.largestHold = Math.max(bucket.largestHold, amount);
    const { account } = bucket;
    if (
      account.free >= amount &&
      bucket.limit - bucket.spentBefore - account.settled - account.reserved - bucket.strandedElsewhere >=
        amount
    ) {
      parts.push({ bucket, amount });
      return undefined;
    }
    this.#low.add(bucket);
    const left = bucket.limit - bucket.spentBefore - account.settled;
    if (left < amount) return 'budget_spent';
    if (left - account.reserved - bucket.strandedElsewhere < amount) return 'budget_on_hold';
    return 'no_budget_lease';
  }

  /** A node that is cut off from a shared ledger stops before the others count its lease as dead. */
  #isAlive(): boolean {
    const { monotonicMs } = this.#options;
    const until = this.#attended?.bidUntilMs ?? Number.NEGATIVE_INFINITY;
    return monotonicMs === undefined || monotonicMs() < until;
  }

  #steady(nowMs: number): number {
    return this.#options.monotonicMs?.() ?? nowMs;
  }

  #fallAt(hold: Hold): void {
    const second = Math.ceil((hold.expiresAtMs + hold.aheadMs) / 1000);
    const list = this.#falling.get(second);
    if (list) list.push(hold.bidId);
    else this.#falling.set(second, [hold.bidId]);
  }

  #hasDue(nowMs: number): boolean {
    const upTo = Math.floor(this.#steady(nowMs) / 1000);
    if (this.#fallenSecond === upTo) return false;
    for (const second of this.#falling.keys()) if (second <= upTo) return true;
    return false;
  }

  /**
   * A hold falls when its time is over and the ledger, asked after that, knows of no charge that any node acknowledged before: one
   * that is committed but not yet booked here would otherwise find its money promised to another bid. A ledger that does
   * not answer, or that misses the journal of a node, lets nothing fall.
   */
  #letFall(nowMs: number): void {
    const knownMs = Math.min(this.#steady(nowMs), this.#settledThroughMs);
    const upTo = Math.floor(knownMs / 1000);
    if (this.#fallenSecond === upTo) return;
    this.#fallenSecond = upTo;
    for (const [second, bidIds] of this.#falling) {
      if (second > upTo) continue;
      this.#falling.delete(second);
      for (const bidId of bidIds) {
        const hold = this.#holds.get(bidId);
        if (hold && hold.expiresAtMs + hold.aheadMs <= knownMs) this.release(bidId);
      }
    }
  }

  #drop(hold: Hold): void {
    this.#holds.delete(hold.bidId);
    this.#reservedMicros -= hold.costMicros;
  }

  /** Buckets of today, of tomorrow when it is near, and of each lifetime; limits as they are now. */
  async #openBuckets(nowMs: number): Promise<void> {
    if (nowMs >= this.#openSinceMs && nowMs < this.#openUntilMs) return;
    let untilMs = Number.POSITIVE_INFINITY;
    const fresh: Bucket[] = [];
    const want = (
      id: BucketId,
      unit: BudgetUnit,
      limit: number | undefined,
      endsMs: number | undefined,
    ): void => {
      const key = keyOf(id, unit);
      const known = this.#buckets.get(key);
      // A limit that was taken away leaves the bucket: its lease still covers what is in flight.
      if (known) known.limit = limit ?? Number.MAX_SAFE_INTEGER;
      if (known || limit === undefined) return;
      fresh.push({
        account: new BucketAccount(id, unit),
        key,
        limit,
        spentBefore: 0,
        strandedElsewhere: 0,
        elsewhere: 0,
        largestHold: unit === 'micros' ? FIRST_HOLD_MICROS : 1,
        endsMs,
        asking: false,
      });
    };
    for (const budget of this.#budgets) {
      const today = budget.zone.at(nowMs);
      const preparesMs = today.dayEndMs - PREPARE_MS;
      untilMs = Math.min(untilMs, nowMs < preparesMs ? preparesMs : today.dayEndMs);
      const life = lifetimeBucket(budget.scope, budget.id);
      want(life, 'micros', budget.lifetimeMicros, undefined);
      want(life, 'impressions', budget.lifetimeImpressions, undefined);
      for (const { day, dayEndMs } of nowMs >= preparesMs
        ? [today, budget.zone.at(today.dayEndMs)]
        : [today]) {
        const bucket = dayBucket(budget.scope, budget.id, day);
        want(bucket, 'micros', budget.dailyMicros, dayEndMs);
        want(bucket, 'impressions', budget.dailyImpressions, dayEndMs);
      }
    }
    if (fresh.length > 0) await this.#readSpent(fresh);
    for (const bucket of fresh) {
      if (this.#buckets.has(bucket.key)) continue;
      this.#buckets.set(bucket.key, bucket);
      this.#nextEndMs = Math.min(this.#nextEndMs, bucket.endsMs ?? Number.POSITIVE_INFINITY);
      this.#low.add(bucket);
    }
    this.#openSinceMs = nowMs;
    this.#openUntilMs = untilMs;
  }

  async #readSpent(buckets: readonly Bucket[]): Promise<void> {
    const states = await this.#ledger.bucketStates([
      ...new Set(buckets.map(({ account }) => account.bucket)),
    ]);
    const byKey = new Map(states.map((state) => [keyOf(state.bucket, state.unit), state]));
    for (const bucket of buckets) {
      const state = byKey.get(bucket.key);
      bucket.spentBefore = (state?.spent ?? 0) - bucket.account.settled;
      bucket.strandedElsewhere = Math.max(
        0,
        (state?.leased ?? 0) - Math.max(0, bucket.account.granted - bucket.account.settled),
      );
    }
  }

  async #attend(nowMs: number): Promise<void> {
    const steadyMs = this.#steady(nowMs);
    const attended = await this.#ledger.attend(this.#leaseId, nowMs);
    // Who waited for the journal's answers, which came before this one, books them now.
    await new Promise((resolve) => setImmediate(resolve));
    if (attended.isClosed) return this.#reopen(nowMs);
    this.#attendedMs = nowMs;
    this.#attended = attended;
    this.#settledThroughMs = steadyMs - (nowMs - attended.settledThroughMs);
    this.#lateMicros += attended.lateMicros;
    for (const { bucket: id, unit, amount } of attended.elsewhere) {
      const bucket = this.#buckets.get(keyOf(id, unit));
      if (!bucket || amount <= bucket.elsewhere) continue;
      bucket.account.settle(amount - bucket.elsewhere, 0);
      bucket.elsewhere = amount;
      this.#low.add(bucket);
    }
    const isDue = attended.nodes > 1 && Math.abs(nowMs - this.#spentReadMs) >= READ_SPENT_EVERY_MS;
    if (attended.closed === 0 && !isDue) return;
    this.#spentReadMs = nowMs;
    const all = [...this.#buckets.values()];
    await this.#readSpent(all);
    for (const bucket of all) this.#low.add(bucket);
  }

  /**
   * The lease was closed while this node was not heard of. What its bids hold stays with the old buckets until it settles, as
   * late; new bids wait for grants of a new lease.
   */
  async #reopen(nowMs: number): Promise<void> {
    this.#attended = undefined;
    this.#settledThroughMs = Number.NEGATIVE_INFINITY;
    this.#leaseId = await this.#ledger.openLease(nowMs, nowMs + this.#options.longestHoldMs);
    this.#buckets.clear();
    this.#low.clear();
    this.#openUntilMs = Number.NEGATIVE_INFINITY;
    await this.#attend(nowMs);
  }

  async #closeDays(nowMs: number): Promise<void> {
    if (nowMs < this.#nextEndMs + LINGER_MS) return;
    let nextEndMs = Number.POSITIVE_INFINITY;
    for (const [key, bucket] of this.#buckets) {
      if (bucket.endsMs === undefined) continue;
      if (nowMs < bucket.endsMs + LINGER_MS || bucket.account.reserved > 0) {
        nextEndMs = Math.min(nextEndMs, bucket.endsMs);
        continue;
      }
      await this.#ledger.giveBack(this.#leaseId, bucket.account.bucket, bucket.account.unit, 0);
      this.#buckets.delete(key);
      this.#low.delete(bucket);
    }
    this.#nextEndMs = nextEndMs;
  }

  /**
   * How much more the lease should hold: a chunk of the limit, or twenty of its largest bids, once it is below half of that.
   * Never more than half of this node's part of what is left, or one bid, so that little is stranded near the end.
   */
  #wanted({ account, limit, largestHold, spentBefore, strandedElsewhere }: Bucket): number {
    if (limit === Number.MAX_SAFE_INTEGER) return 0;
    const nodes = this.#attended?.nodes ?? 1;
    const chunk = Math.max(Math.ceil((limit * GRANT_SHARE) / nodes), largestHold * LOW_HOLDS, 1);
    const free = Math.max(0, account.free);
    if (free * 2 >= chunk) return 0;
    const left = limit - spentBefore - strandedElsewhere - account.settled - account.reserved - free;
    const part = Math.max(largestHold, Math.floor(left / (2 * nodes)));
    return Math.max(0, Math.min(chunk - free, part, left));
  }

  async #refill(): Promise<void> {
    const low: Bucket[] = [];
    for (const bucket of this.#low) {
      if (bucket.asking) continue;
      if (this.#wanted(bucket) > 0) low.push(bucket);
      else this.#low.delete(bucket);
    }
    if (low.length === 0) return;
    const requests = low.map(
      (bucket): GrantRequest => ({
        bucket: bucket.account.bucket,
        unit: bucket.account.unit,
        limit: bucket.limit,
        amount: this.#wanted(bucket),
      }),
    );
    for (const bucket of low) bucket.asking = true;
    try {
      const granted = await this.#ledger.grant(this.#leaseId, requests);
      low.forEach((bucket, index) => {
        bucket.account.grant(granted[index] ?? 0);
      });
      // Where less came than was asked for, others hold the rest or it is spent: the refusal must name the right one.
      const short = low.filter((_, index) => (granted[index] ?? 0) < (requests[index]?.amount ?? 0));
      if (short.length > 0) await this.#readSpent(short);
    } finally {
      for (const bucket of low) bucket.asking = false;
    }
  }
}

function keyOf(bucket: BucketId, unit: BudgetUnit): string {
  return `${bucket}#${unit}`;
}
