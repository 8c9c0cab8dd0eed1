/**
 * The ledger that processes share, in Redis or Valkey. What each process was charged lies in its own journal and is told from there,
 * entry by entry, as often as needed; grants are made here. This file is one thing: the conversation of one node with the book.
 *
 * Acts go one after the other. Each has a number, and the book remembers the last one's answer: when an answer was lost the same act
 * is sent again before the next and gives what it gave. A book that knows less than this node (a failover lost the end of
 * it, or it was flushed) is told again: the lease by what this node holds of it, the charges from the last entry that it still knows. A
 * journal that ends before what the book heard from it was restored from a backup: the book goes on from where it ends now.
 */
import type { Redis } from 'ioredis';
import type { BucketId, BudgetUnit } from '../../core/budget.ts';
import type { Clock } from '../../core/clock.ts';
import type { ChargeEntry, ChargePort } from '../charge-port.ts';
import { BIDS_KEEP_MS, moneyStoreKeys } from '../keys.ts';
import type { Attended, BucketState, GrantRequest, LedgerPort, TablesPort } from '../port.ts';
import { Circuit } from './circuit.ts';
import { homeOf } from './cluster.ts';
import type { MoneyScript } from './money-acts.ts';
import { LedgerAwayError, LedgerFencedError, moneyScript } from './money-acts.ts';

export interface SharedLedgerOptions {
  /** A connection of its own, since waiting for a replica holds up what is sent after it. Ended by `close`. */
  readonly client: Redis;
  /** By one account all go that share budgets. */
  readonly account: string;
  readonly journal: ChargePort;
  readonly tables: TablesPort;
  readonly clock: Clock;
  /** Never twice the same, on any host. */
  newId(): string;
  readonly limits?: Partial<SharedLedgerLimits>;
}

export interface SharedLedgerLimits {
  /** A lease is bid from so long without a sign of life that was answered. */
  readonly leaseMs: number;
  /** After so long a silence a node is lost: its leases close, and what its journal still holds counts as late. */
  readonly lostMs: number;
  /** Replicas that must confirm a grant before it is used; where absent one, if there is any. */
  readonly replicas: number | undefined;
  readonly confirmMsMax: number;
  /** Clock against the store's: beyond it nothing is granted. Infinite where time is simulated. */
  readonly skewMsMax: number;
  readonly batch: number;
  readonly failuresMax: number;
  readonly pauseMs: number;
}

const LIMITS: SharedLedgerLimits = {
  leaseMs: 60_000,
  lostMs: 15 * 60_000,
  replicas: undefined,
  confirmMsMax: 100,
  skewMsMax: Number.POSITIVE_INFINITY,
  batch: 200,
  failuresMax: 3,
  pauseMs: 500,
};

/** What a node must know of the book after a restart. */
interface Known {
  readonly node: string;
  readonly epoch: string;
  readonly nodes: readonly string[];
}

export interface SharedLedgerHealth {
  readonly isAway: boolean;
  readonly isFenced: boolean;
  /** A flushed book is being told again. */
  readonly journalsAwaited: number;
  /** Then nothing is granted before this time, ms since 1970; else 0. */
  readonly shutUntilMs: number;
  readonly skewMs: number;
  readonly silent: number;
  readonly unconfirmedMicros: number;
}

interface Act {
  readonly number: number;
  readonly script: MoneyScript;
  readonly keys: readonly string[];
  readonly words: readonly (string | number)[];
  readonly heard: (answer: readonly string[]) => void;
}

interface Place {
  readonly bucket: BucketId;
  readonly unit: BudgetUnit;
  /** Confirmed and told to the purse. */
  granted: number;
  /** Made by the book, and not yet told to the purse. */
  unclaimed: number;
}

const TABLE = 'shared ledger';
const RESTORE_PLACES = 500;
const EARLIER_PAGE = 500;
const REPAIRS_MAX = 8;

export class SharedLedger implements LedgerPort {
  readonly #client: Redis;
  readonly #journal: ChargePort;
  readonly #tables: TablesPort;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #limits: SharedLedgerLimits;
  readonly #circuit: Circuit;
  readonly #keys: ReturnType<typeof moneyStoreKeys>;
  readonly #incarnation: string;
  readonly #places = new Map<string, Place>();
  #known: Known = { node: '', epoch: '', nodes: [] };
  #line: Promise<unknown> = Promise.resolve();
  #number = 0;
  /** Sent, and its answer is not known. */
  #unsure: Act | undefined;
  #joined = false;
  #fenced = false;
  #leaseId = 0;
  #holdMs = 0;
  #told = 0;
  #awaited = 0;
  #silent = 0;
  #skewMs = 0;
  /** The store’s time when it was last asked, and ours by the monotonic clock then. */
  #storeTime: { readonly ms: number; readonly atMs: number } | undefined;
  #shutUntilMs = 0;
  #replicasSeen = 0;
  #unconfirmed = false;
  #lateMicros = 0;
  #nowMs = 0;

  constructor(options: SharedLedgerOptions) {
    this.#client = options.client;
    this.#journal = options.journal;
    this.#tables = options.tables;
    this.#clock = options.clock;
    this.#newId = options.newId;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#circuit = new Circuit(options.clock, this.#limits);
    this.#keys = moneyStoreKeys(options.account);
    this.#incarnation = options.newId();
  }

  openLease(nowMs: number, strandedUntilMs: number): Promise<number> {
    return this.#next(nowMs, async () => {
      this.#holdMs = strandedUntilMs - nowMs;
      await this.#tell();
      const { open } = this.#keys;
      const ids = await this.#openIds();
      const keys = [open, ...ids.map(this.#keys.lease)];
      let id = 0;
      await this.#act('open', keys, [this.#nowMs + this.#holdMs, this.#holdMs], ([, given]) => {
        id = Number(given);
      });
      this.#places.clear();
      this.#leaseId = id;
      await this.#restore();
      return id;
    });
  }

  grant(leaseId: number, requests: readonly GrantRequest[]): Promise<readonly number[]> {
    return this.#next(this.#clock.now(), async () => {
      if (leaseId !== this.#leaseId || this.#isSkewed()) return requests.map(() => 0);
      // What is limited by spend must know of it: charges first.
      await this.#tell();
      // Sent also where what was granted before waits to be confirmed, and nothing more is asked for: only a book that takes
      // the act has that grant, and only what this connection has written is confirmed on it.
      await this.#act(
        'grant',
        [this.#keys.awaited, this.#keys.lease(leaseId)],
        requests.flatMap(({ bucket, unit, limit, amount }) => [
          bucket,
          unit,
          limit,
          this.#placeOf(bucket, unit).unclaimed > 0 ? 0 : amount,
        ]),
        ([, ...amounts]) => {
          requests.forEach(({ bucket, unit }, index) => {
            this.#placeOf(bucket, unit).unclaimed += Number(amounts[index]);
          });
        },
      );
      if (!(await this.#isConfirmed())) return requests.map(() => 0);
      return requests.map(({ bucket, unit }) => {
        const place = this.#placeOf(bucket, unit);
        const { unclaimed } = place;
        place.granted += unclaimed;
        place.unclaimed = 0;
        return unclaimed;
      });
    });
  }

  giveBack(leaseId: number, bucket: BucketId, unit: BudgetUnit, keep: number): Promise<void> {
    return this.#next(this.#clock.now(), async () => {
      if (leaseId !== this.#leaseId) return;
      // Charges that the book does not know yet are not free.
      await this.#tell();
      await this.#act('give-back', [this.#keys.lease(leaseId)], [bucket, unit, keep], ([, granted]) => {
        const place = this.#placeOf(bucket, unit);
        place.granted = Number(granted);
        place.unclaimed = 0;
      });
    });
  }

  async closeStranded(nowMs: number): Promise<number> {
    return (await this.attend(this.#leaseId, nowMs)).closed;
  }

  bucketStates(buckets: readonly BucketId[]): Promise<readonly BucketState[]> {
    return this.#next(this.#clock.now(), async () => {
      await this.#tell();
      const fields = buckets.flatMap((bucket) => [
        `s|${bucket}|micros`,
        `l|${bucket}|micros`,
        `t|${bucket}|micros`,
        `s|${bucket}|impressions`,
        `l|${bucket}|impressions`,
      ]);
      if (fields.length === 0) return [];
      const values = await this.#asked(this.#client.hmget(this.#keys.book, ...fields));
      return buckets.flatMap((bucket, index): BucketState[] => {
        const [spent, leased, late, shown, promised] = values.slice(5 * index);
        return [
          { bucket, unit: 'micros', spent: wholeOf(spent), leased: wholeOf(leased), late: wholeOf(late) },
          { bucket, unit: 'impressions', spent: wholeOf(shown), leased: wholeOf(promised) },
        ];
      });
    });
  }

  spent(buckets: readonly BucketId[]): Promise<Float64Array> {
    return this.#next(this.#clock.now(), async () => {
      await this.#tell();
      if (buckets.length === 0) return new Float64Array();
      const fields = buckets.flatMap((bucket) => [`s|${bucket}|micros`, `s|${bucket}|impressions`]);
      return Float64Array.from(await this.#asked(this.#client.hmget(this.#keys.book, ...fields)), wholeOf);
    });
  }

  attend(leaseId: number, nowMs: number): Promise<Attended> {
    return this.#next(nowMs, () => this.#attend(leaseId, nowMs, false));
  }

  health(): SharedLedgerHealth {
    return {
      isAway: this.#circuit.isOpen,
      isFenced: this.#fenced,
      journalsAwaited: this.#awaited,
      shutUntilMs: this.#shutUntilMs,
      skewMs: this.#skewMs,
      silent: this.#silent,
      unconfirmedMicros: this.#unconfirmedMicros(),
    };
  }

  /** Tells what is left and leaves, so that nobody waits for this node; where the store is away its lease closes by silence. */
  async close(): Promise<void> {
    try {
      const nowMs = this.#clock.now();
      if (this.#leaseId !== 0) await this.#next(nowMs, () => this.#attend(this.#leaseId, nowMs, true));
    } catch (error) {
      if (!(error instanceof LedgerAwayError || error instanceof LedgerFencedError)) throw error;
    } finally {
      this.#client.disconnect();
    }
  }

  async #attend(leaseId: number, nowMs: number, leaves: boolean): Promise<Attended> {
    const { leaseMs, lostMs } = this.#limits;
    // Before anything is asked: what comes while the answers are on their way belongs to the next time.
    const bidUntilMs = this.#clock.monotonic() + leaseMs;
    await this.#compareClocks();
    this.#nowMs = this.#timeOf(nowMs);
    const { open, awaited, foreign, lease } = this.#keys;
    const ids = (await this.#openIds()).filter((id) => id !== String(leaseId));
    const keys = [open, awaited, foreign(leaseId), lease(leaseId), ...ids.map(lease)];
    let heard: readonly string[] = ['SEQ'];
    // A book that lost the end of what it was told says so, and is told again.
    for (let repairs = 0; heard[0] === 'SEQ' && repairs < REPAIRS_MAX; repairs++) {
      await this.#tell();
      const words = [this.#nowMs, leaseMs, lostMs, leaves ? 1 : 0, this.#holdMs, this.#told, ...ids];
      await this.#act('attend', keys, words, (answer) => {
        heard = answer;
        if (answer[0] === 'SEQ') this.#told = Number(answer[1]);
      });
    }
    if (heard[0] === 'SEQ') throw new LedgerAwayError('the book does not keep what it is told');
    const [, closed, through, nodes, silent, journals, isClosed, shut, count, ...rest] = heard;
    this.#silent = Number(silent);
    this.#awaited = Number(journals);
    this.#shutUntilMs = Number(shut);
    await this.#know({ ...this.#known, nodes: rest.slice(0, Number(count)).sort() });
    const lateMicros = this.#lateMicros;
    this.#lateMicros = 0;
    const places = rest.slice(Number(count));
    return {
      closed: Number(closed),
      settledThroughMs: Number(through) + nowMs - this.#nowMs,
      bidUntilMs,
      nodes: Math.max(1, Number(nodes)),
      silent: this.#silent,
      elsewhere: places.flatMap((place, index) => {
        if (index % 2 === 1) return [];
        const at = place.lastIndexOf('|');
        const amount = ceilingOf(places[index + 1]);
        return [{ bucket: place.slice(0, at), unit: place.slice(at + 1) as BudgetUnit, amount }];
      }),
      lateMicros,
      isClosed: isClosed === '1',
      unconfirmedMicros: this.#unconfirmedMicros(),
    };
  }

  /** One after the other, after whatever is not known of the last one is known. */
  #next<T>(nowMs: number, work: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(async () => {
      if (this.#fenced) throw new LedgerFencedError('another process goes by the name of this one');
      if (!this.#circuit.admits()) throw new LedgerAwayError('the shared ledger does not answer');
      if (this.#storeTime === undefined) await this.#compareClocks();
      this.#nowMs = this.#timeOf(nowMs);
      if (!this.#joined) await this.#join();
      const { unsure } = { unsure: this.#unsure };
      if (unsure) await this.#send(unsure);
      return work();
    });
    this.#line = turn.catch(() => undefined);
    return turn;
  }

  async #join(): Promise<void> {
    if (this.#known.node === '') {
      const bytes = await this.#tables.load(TABLE);
      if (bytes) this.#known = JSON.parse(Buffer.from(bytes).toString());
      else await this.#know({ node: this.#newId(), epoch: '', nodes: [] });
    }
    const { node, epoch, nodes } = this.#known;
    this.#unsure = undefined;
    const { book, nodes: nodesKey, awaited } = this.#keys;
    this.#number++;
    const words = [node, this.#incarnation, this.#number, epoch, this.#nowMs];
    const answer = await this.#eval(
      'join',
      [book, nodesKey, awaited],
      [...words, this.#newId(), Math.max(this.#holdMs, 0), await this.#journal.lastCharge(), ...nodes],
    );
    const [, current = '', told = '0', isBefore, parts] = answer;
    await this.#know({ ...this.#known, epoch: current });
    this.#told = Number(told);
    this.#joined = true;
    if (isBefore !== '1') await this.#tellEarlier(Number(parts));
    if (this.#leaseId !== 0) await this.#restore();
  }

  async #know(known: Known): Promise<void> {
    const next = JSON.stringify(known);
    if (next === JSON.stringify(this.#known)) return;
    await this.#tables.save(TABLE, Buffer.from(next));
    this.#known = known;
  }

  /** All that the journal took until now. */
  async #tell(): Promise<void> {
    const { batch } = this.#limits;
    for (;;) {
      const entries = await this.#journal.chargesAfter(this.#told, batch);
      if (entries.length > 0) await this.#tellThese(entries);
      if (entries.length < batch) return;
    }
  }

  async #tellThese(entries: readonly ChargeEntry[]): Promise<void> {
    const keys: string[] = [];
    const places = new Map<string, number>();
    const indexOf = (key: string): number => {
      const known = places.get(key);
      if (known !== undefined) return known;
      keys.push(key);
      // Lua counts from 1, and two keys come first.
      places.set(key, keys.length + 2);
      return keys.length + 2;
    };
    const { lease, foreign, bids } = this.#keys;
    const words = entries.flatMap((one) => [
      one.bidId,
      indexOf(lease(one.leaseId)),
      indexOf(foreign(one.leaseId)),
      indexOf(bids(one.bidAtMs)),
      one.costCpmMicros,
      one.quantityMilli,
      one.campaignId,
      one.lineItemId,
      one.day,
    ]);
    const last = entries.at(-1)!.seq;
    const before = this.#told;
    await this.#act('settle', keys, [before, last, BIDS_KEEP_MS, ...words], ([verdict, ...told]) => {
      if (verdict === 'SEQ') {
        this.#told = Number(told[0]);
        return;
      }
      this.#told = last;
      const late = entries.flatMap(({ seq, bidId }, index) =>
        Number(told[index]) > 0 ? [{ seq, bidId, lateMicros: Number(told[index]) }] : [],
      );
      this.#lateMicros += late.reduce((sum, { lateMicros }) => sum + lateMicros, 0);
      // For the reports; where the journal is gone they are the least of it.
      if (late.length > 0) this.#journal.noteLate(late).catch(() => undefined);
    });
  }

  async #tellEarlier(parts: number): Promise<void> {
    let after = '';
    for (let part = 0; ; part++) {
      const sums = await this.#journal.earlierSums(after, EARLIER_PAGE);
      if (part >= parts) {
        const words = sums.flatMap(({ bucket, micros, carry, impressions, impressionCarry }) => [
          bucket,
          micros,
          carry,
          impressions,
          impressionCarry,
        ]);
        await this.#act('before', [], [part, ...words], () => undefined);
      }
      if (sums.length === 0) return;
      after = sums.at(-1)!.bucket;
    }
  }

  /** A book that is behind this node. */
  async #catchUp(): Promise<void> {
    if (this.#leaseId !== 0) return this.#restore();
    await this.#join();
  }

  /** The lease as this node knows it, in parts; brings the numbers of acts together again. */
  async #restore(): Promise<void> {
    const { open, lease } = this.#keys;
    const places = [...this.#places.values()];
    for (let from = 0; from === 0 || from < places.length; from += RESTORE_PLACES) {
      const part = places.slice(from, from + RESTORE_PLACES);
      const rows = part.flatMap(({ bucket, unit, granted }) => [bucket, unit, granted]);
      const { book, nodes } = this.#keys;
      this.#number++;
      const { node, epoch } = this.#known;
      const answer = await this.#eval(
        'restore',
        [book, nodes, open, lease(this.#leaseId)],
        [node, this.#incarnation, this.#number, epoch, this.#nowMs, this.#leaseId, this.#holdMs, ...rows],
      );
      if (answer[0] === 'FENCED') this.#fence();
      if (answer[0] === 'EPOCH') throw new LedgerAwayError('the book was changed while it was told');
      // A grant that was not confirmed may be in this book, or not: it says.
      part.forEach((place, index) => {
        place.unclaimed = Math.max(0, Number(answer[index + 1] ?? place.granted) - place.granted);
      });
    }
  }

  async #act(
    script: MoneyScript,
    keys: readonly string[],
    words: readonly (string | number)[],
    heard: Act['heard'],
  ): Promise<void> {
    this.#number++;
    const { node, epoch } = this.#known;
    const common = [node, this.#incarnation, this.#number, epoch, this.#nowMs];
    const { book, nodes } = this.#keys;
    await this.#send({
      number: this.#number,
      script,
      keys: [book, nodes, ...keys],
      words: [...common, ...words],
      heard,
    });
  }

  /** Until it is answered. Sent again it gives the same answer; a book that is behind is brought up first. */
  async #send(act: Act): Promise<void> {
    let next = act;
    for (let repairs = 0; repairs < REPAIRS_MAX; repairs++) {
      this.#unsure = next;
      const answer = await this.#eval(next.script, next.keys, next.words);
      const [verdict] = answer;
      if (verdict === 'OK' || verdict === 'SEQ') {
        this.#unsure = undefined;
        next.heard(answer);
        return;
      }
      this.#unsure = undefined;
      if (verdict === 'FENCED') this.#fence();
      if (verdict === 'EPOCH') {
        this.#joined = false;
        await this.#join();
        // Charges and grants that were under way are told and asked for anew, with what is known now.
        throw new LedgerAwayError('the book was changed, and is told again');
      }
      await this.#catchUp();
      this.#number++;
      const words = [...next.words];
      words[2] = this.#number;
      next = { ...next, number: this.#number, words };
    }
    throw new LedgerAwayError('the book stays behind what this node knows');
  }

  #eval(
    script: MoneyScript,
    keys: readonly string[],
    words: readonly (string | number)[],
  ): Promise<readonly string[]> {
    return this.#asked(
      this.#client.eval(moneyScript(script), keys.length, ...keys, ...words) as Promise<readonly string[]>,
    );
  }

  async #asked<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      this.#circuit.succeeded();
      return value;
    } catch (error) {
      this.#circuit.failed();
      const message = error instanceof Error ? error.message : String(error);
      throw new LedgerAwayError(`the shared ledger: ${message}`, { cause: error });
    }
  }

  /** Of the host that has the book: what has no key goes to whichever. */
  #atHome<T>(ask: (home: Redis) => Promise<T>): Promise<T> {
    return this.#asked(homeOf(this.#client, this.#keys.book).then(ask));
  }

  async #openIds(): Promise<string[]> {
    return this.#asked(this.#client.smembers(this.#keys.open));
  }

  /** A grant that no replica has may be forgotten by a failover: it counts in the book, and is used once it is confirmed. */
  async #isConfirmed(): Promise<boolean> {
    const wanted = this.#limits.replicas ?? Math.min(1, await this.#replicas());
    this.#unconfirmed = wanted === 0;
    if (wanted === 0) return true;
    return (await this.#atHome((home) => home.wait(wanted, this.#limits.confirmMsMax))) >= wanted;
  }

  /** The most there ever were: one that is gone does not make grants any safer. */
  async #replicas(): Promise<number> {
    const text = await this.#atHome((home) => home.info('replication'));
    this.#replicasSeen = Math.max(
      this.#replicasSeen,
      Number(/^connected_slaves:(\d+)/m.exec(text)?.[1] ?? 0),
    );
    return this.#replicasSeen;
  }

  /** What the way there and back may explain is no skew. */
  async #compareClocks(): Promise<void> {
    if (this.#limits.skewMsMax === Number.POSITIVE_INFINITY) return;
    const askedMs = this.#clock.now();
    const sentMs = this.#clock.monotonic();
    const [seconds = 0, micros = 0] = (await this.#atHome((home) => home.time())).map(Number);
    const storeMs = seconds * 1000 + Math.floor(micros / 1000);
    this.#skewMs = Math.max(0, askedMs - storeMs) + Math.min(0, this.#clock.now() - storeMs);
    this.#storeTime = { ms: storeMs, atMs: (sentMs + this.#clock.monotonic()) / 2 };
  }

  /**
   * Now, as the book goes by it: the store’s time, since a node whose clock is off would give up all others. Where time is
   * simulated all go by the same clock.
   */
  #timeOf(nowMs: number): number {
    if (!this.#storeTime) return nowMs;
    return Math.floor(this.#storeTime.ms + this.#clock.monotonic() - this.#storeTime.atMs);
  }

  #isSkewed(): boolean {
    return Math.abs(this.#skewMs) > this.#limits.skewMsMax;
  }

  #placeOf(bucket: BucketId, unit: BudgetUnit): Place {
    const key = `${bucket}|${unit}`;
    let place = this.#places.get(key);
    if (!place) {
      place = { bucket, unit, granted: 0, unclaimed: 0 };
      this.#places.set(key, place);
    }
    return place;
  }

  #unconfirmedMicros(): number {
    if (!this.#unconfirmed) return 0;
    let sum = 0;
    for (const { unit, granted } of this.#places.values()) if (unit === 'micros') sum += granted;
    return sum;
  }

  #fence(): never {
    this.#fenced = true;
    throw new LedgerFencedError('another process goes by the name of this one');
  }
}

/** `whole:thousandths`, or a whole number. */
function wholeOf(value: string | null | undefined): number {
  return Number((value ?? '0').split(':')[0]);
}

function ceilingOf(value: string | undefined): number {
  const [whole = '0', rest = '0'] = (value ?? '0').split(':');
  return Number(whole) + Math.sign(Number(rest));
}
