/**
 * People's histories in Redis or Valkey, shared by processes. A read is one scripted round trip; what follows a bid is
 * sent without waiting, waits in a bounded line while the store is away, and may be sent twice: the scripts count it once.
 *
 * When the store is late or away, reads are unknown, so capped line items rest and all others go on. What waits in the
 * line is lost when the process ends meanwhile: a cap may then be passed by as much.
 */
import type { Redis } from 'ioredis';
import { ReplyError } from 'ioredis';
import type { Clock } from '../../core/clock.ts';
import type { HistoryTouch, PersonHistory } from '../../core/history.ts';
import { PERSON_KEEP_MS, personStoreKey } from '../keys.ts';
import type { PeoplePort } from '../port.ts';
import { Circuit } from './circuit.ts';
import { fieldOf, historyOf, rowOf } from './person-row.ts';
import { defineScripts } from './scripts.ts';

export interface RedisPeopleLimits {
  /** Of one person. */
  readonly rowsMax: number;
  /** A read waits so long at most, and half of what is left to its deadline, so that uncapped line items can still bid. */
  readonly readMsMax: number;
  readonly readsMax: number;
  readonly writesInFlightMax: number;
  /** Writes in line while the store is away, about 300 bytes each; beyond that they are dropped and counted. */
  readonly writesWaitingMax: number;
  /** Failures in a row after which the store counts as away, and how often it is then tried. */
  readonly failuresMax: number;
  readonly pauseMs: number;
}

const LIMITS: RedisPeopleLimits = {
  rowsMax: 512,
  readMsMax: 25,
  readsMax: 2_000,
  writesInFlightMax: 1_000,
  writesWaitingMax: 50_000,
  failuresMax: 5,
  pauseMs: 500,
};

/** A bid in flight outlives its expiry in the store by so much, for clocks that differ. */
const HOLD_SLACK_MS = 60_000;
const CLOSE_MS_MAX = 2_000;
const NEVER_MS = Number.POSITIVE_INFINITY;
const PASSING = /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)\b/;

export interface RedisPeopleHealth {
  readonly isAway: boolean;
  /** Reads that came to nothing: late, failed, or refused while the store is away. */
  readonly unknownReads: number;
  /** Reads that another's answer served. */
  readonly sharedReads: number;
  readonly failedWrites: number;
  readonly droppedWrites: number;
  readonly waitingWrites: number;
}

/** The commands that the scripts become. */
interface Scripted {
  readPersonBuffer(key: string, now: Buffer): Promise<unknown>;
  touchPerson(key: string, field: Buffer, row: Buffer, ...numbers: number[]): Promise<unknown>;
  releasePerson(key: string, field: Buffer): Promise<unknown>;
}
type Write = () => Promise<unknown>;

export class RedisPeople implements PeoplePort {
  readonly #client: Redis;
  readonly #scripts: Scripted;
  readonly #clock: Pick<Clock, 'monotonic' | 'waiting'>;
  readonly #limits: RedisPeopleLimits;
  readonly #circuit: Circuit;
  readonly #waiting = new Set<Write>();
  #reads = 0;
  #writes = 0;
  /** Reads under way, by person. */
  readonly #asked = new Map<string, Promise<PersonHistory | undefined>>();
  #sharedReads = 0;
  #unknownReads = 0;
  #failedWrites = 0;
  #droppedWrites = 0;
  #idle: (() => void) | undefined;

  /** Takes over the client: `close` ends it. */
  constructor(
    client: Redis,
    clock: Pick<Clock, 'monotonic' | 'waiting'>,
    limits: Partial<RedisPeopleLimits> = {},
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#limits = { ...LIMITS, ...limits };
    this.#circuit = new Circuit(clock, this.#limits);
    defineScripts(client, ['read-person.lua', 'touch-person.lua', 'release-person.lua'], 1);
    this.#scripts = client as unknown as Scripted;
    client.on('ready', () => this.#send());
  }

  /** `deadlineMs` is by the clock's `waiting()`. Undefined for no key, and whenever the store has not answered in time. */
  async read(userKey: string, nowMs: number, deadlineMs: number): Promise<PersonHistory | undefined> {
    if (userKey === '') return undefined;
    const leftMs = Math.min(this.#limits.readMsMax, (deadlineMs - this.#clock.waiting()) / 2);
    const history = leftMs > 0 ? await this.#share(userKey, nowMs, leftMs) : undefined;
    if (!history || this.#clock.waiting() >= deadlineMs) {
      this.#unknownReads++;
      return undefined;
    }
    return history;
  }

  hold(touch: HistoryTouch, expiresAtMs: number): void {
    const livesMs = Math.max(0, expiresAtMs - touch.atMs) + HOLD_SLACK_MS;
    this.#touch({ ...touch, kind: 'impression' }, expiresAtMs, livesMs);
  }

  release(userKey: string, bidId: string): void {
    if (userKey === '') return;
    const field = fieldOf({ bidId, kind: 'impression', atMs: 0 });
    this.#write(() => this.#scripts.releasePerson(personStoreKey(userKey), field));
  }

  record(touch: HistoryTouch): void {
    this.#touch(touch, NEVER_MS, PERSON_KEEP_MS);
  }

  /** @throws where the store does not answer: then it is not known whether they are forgotten. */
  async erase(userKeys: readonly string[]): Promise<number> {
    let erased = 0;
    // One at a time, since the keys of a cluster lie on different hosts.
    for (const userKey of userKeys) erased += await this.#client.del(personStoreKey(userKey));
    return erased;
  }

  /** Not known here: NaN. The store counts its own keys. */
  size(): { readonly people: number; readonly rows: number } {
    return { people: Number.NaN, rows: Number.NaN };
  }

  health(): RedisPeopleHealth {
    return {
      isAway: this.#circuit.isOpen,
      unknownReads: this.#unknownReads,
      sharedReads: this.#sharedReads,
      failedWrites: this.#failedWrites,
      droppedWrites: this.#droppedWrites,
      waitingWrites: this.#waiting.size,
    };
  }

  /** Sends what waits, as far as the store takes it within two seconds. */
  async close(): Promise<void> {
    this.#send();
    if (this.#writes + this.#waiting.size > 0 && !this.#circuit.isOpen)
      await within(CLOSE_MS_MAX, new Promise<void>((resolve) => (this.#idle = resolve)));
    this.#droppedWrites += this.#waiting.size;
    this.#waiting.clear();
    this.#client.disconnect();
  }

  #touch(touch: HistoryTouch, expiresMs: number, livesMs: number): void {
    if (touch.userKey === '') return;
    const key = personStoreKey(touch.userKey);
    const field = fieldOf(touch);
    const row = rowOf(touch, expiresMs);
    const { rowsMax } = this.#limits;
    this.#write(() =>
      this.#scripts.touchPerson(key, field, row, Math.ceil(livesMs), PERSON_KEEP_MS, rowsMax),
    );
  }

  /**
   * Whoever asks for a person while an answer on them is under way waits for that one: an exchange that sends all placements of a
   * page at once costs one round trip. Nothing is kept beyond it, for another node's bid in flight would not be in what was kept.
   */
  #share(userKey: string, nowMs: number, leftMs: number): Promise<PersonHistory | undefined> {
    const asked = this.#asked.get(userKey);
    if (asked) {
      this.#sharedReads++;
      return within(leftMs, asked, () => this.#circuit.failed());
    }
    if (this.#reads >= this.#limits.readsMax || !this.#circuit.admits()) return Promise.resolve(undefined);
    const answered = this.#ask(userKey, nowMs);
    this.#asked.set(userKey, answered);
    const over = (): boolean => this.#asked.delete(userKey);
    answered.then(over, over);
    return within(leftMs, answered, () => this.#circuit.failed());
  }

  #ask(userKey: string, nowMs: number): Promise<PersonHistory | undefined> {
    const now = Buffer.allocUnsafe(8);
    now.writeDoubleLE(nowMs);
    this.#reads++;
    const answered = this.#scripts.readPersonBuffer(personStoreKey(userKey), now).then(
      (reply) => {
        this.#heard();
        return historyOf(reply);
      },
      () => {
        this.#circuit.failed();
        return undefined;
      },
    );
    return answered.finally(() => this.#reads--);
  }

  /** The order in which writes arrive does not matter to what a cap permits: at worst a bid in flight counts until it expires. */
  #write(write: Write): void {
    if (this.#waiting.size >= this.#limits.writesWaitingMax) {
      this.#droppedWrites++;
      return;
    }
    this.#waiting.add(write);
    this.#send();
  }

  #send(): void {
    while (
      this.#waiting.size > 0 &&
      this.#writes < this.#limits.writesInFlightMax &&
      this.#circuit.admits()
    ) {
      const [write] = this.#waiting;
      this.#waiting.delete(write!);
      this.#writes++;
      this.#attempt(write!);
    }
  }

  async #attempt(write: Write): Promise<void> {
    try {
      await write();
      this.#writes--;
      this.#heard();
    } catch (error) {
      this.#writes--;
      this.#failedWrites++;
      this.#circuit.failed();
      if (isRefusal(error)) this.#droppedWrites++;
      else this.#waiting.add(write);
    }
  }

  #heard(): void {
    this.#circuit.succeeded();
    this.#send();
    if (this.#writes + this.#waiting.size === 0) this.#idle?.();
  }
}

/** Refused for good, as when the store's memory is full; what comes with a restart or a failover of the store passes. */
function isRefusal(error: unknown): boolean {
  return error instanceof ReplyError && !PASSING.test(messageOf(error));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The answer, or undefined when it takes longer. */
async function within<T>(
  limitMs: number,
  answer: Promise<T>,
  onLate: () => void = () => undefined,
): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    // Whole milliseconds, since Node keeps one list of timers for each length.
    timer = setTimeout(() => {
      onLate();
      resolve(undefined);
    }, Math.ceil(limitMs));
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
