/**
 * Which ids were seen in requests of the last seven days, on which exchange: all of them as long as they are few, then a sample that
 * a hash of each id draws, so that every list and every exchange is sampled alike and what two samples share is a sample of what
 * the wholes share (Dasgupta, Lang, Rhodes & Thaler 2016, "A Framework for Estimating Stream Expression Cardinalities"). Bounded at
 * 15 bytes an id and 2 for each exchange.
 */
import { KeyTable } from '../campaign/audience/key-table.ts';
import type { IdSpace } from '../core/person-id.ts';
import { ID_SPACES } from '../core/person-id.ts';
import { dayNumber } from '../core/profile.ts';

/** Days that count, today included. */
export const SEEN_DAYS = 7;

/** One id, as often as there are exchanges that it was seen on. */
export interface SeenId {
  readonly key: number;
  readonly space: IdSpace;
  readonly exchangeId: string;
}

export interface SeenLimits {
  /** More than these are thinned out in the background. */
  readonly idsAtRest: number;
  /** More than these are not taken in while that lasts. */
  readonly idsMax: number;
}

const LIMITS: SeenLimits = { idsAtRest: 262_144, idsMax: 524_288 };
const EXCHANGES_MAX = 64;
const EVERYBODY = 2 ** 32;
/** Looked at between two pauses: a millisecond or two. */
const SLICE = 1_000;
const FORMAT = 1;
const KEY_BYTES = 6;
const HEAD_BYTES_MAX = 65_536;

export class SeenIds {
  readonly #limits: SeenLimits;
  #sample = new Sample();
  /** While a thinner sample is made, what comes is written to both. */
  #next: Sample | undefined;
  #nextLimit = EVERYBODY;
  #limit = EVERYBODY;
  #exchanges: string[] = [];
  #thinnedDay = 0;
  #sinceMs = 0;

  constructor(limits: SeenLimits = LIMITS) {
    this.#limits = limits;
  }

  /** Share of all ids that are in the sample. */
  get rate(): number {
    return this.#limit / EVERYBODY;
  }

  /** When counting began, at most seven days ago; 0 before the first. */
  sinceMs(nowMs: number): number {
    return this.#sinceMs === 0 ? 0 : Math.max(this.#sinceMs, firstDay(nowMs) * DAY_MS);
  }

  get bytes(): number {
    return this.#sample.bytes;
  }

  saw(exchangeId: string, space: IdSpace, key: number, nowMs: number): void {
    const rank = rankOf(key);
    if (rank >= this.#limit) return;
    const exchange = this.#exchangeNumber(exchangeId);
    if (exchange < 0) return;
    if (this.#sinceMs === 0) this.#sinceMs = nowMs;
    const day = dayNumber(nowMs);
    this.#sample.put(key, ID_SPACES.indexOf(space), exchange, day, this.#limits.idsMax);
    if (rank < this.#nextLimit)
      this.#next?.put(key, ID_SPACES.indexOf(space), exchange, day, this.#limits.idsMax);
  }

  forget(keys: readonly number[]): void {
    for (const key of keys) {
      this.#sample.forget(key);
      this.#next?.forget(key);
    }
  }

  /** What is in the sample and still counts; undefined for a slice of it that is looked through. */
  *seen(nowMs: number): Generator<SeenId | undefined, void> {
    const since = firstDay(nowMs);
    const sample = this.#sample;
    for (let number = 0; number < sample.size; number++) {
      if (number % SLICE === 0) yield undefined;
      const key = sample.key(number);
      if (key < 0) continue;
      for (let exchange = 0; exchange < this.#exchanges.length; exchange++)
        if (sample.dayOf(number, exchange) >= since)
          yield {
            key,
            space: ID_SPACES[sample.spaceOf(number)]!,
            exchangeId: this.#exchanges[exchange]!,
          };
    }
  }

  /** Whether the sample should be made anew: it is too large, or what it holds is a day older. */
  isDue(nowMs: number): boolean {
    if (this.#next || this.#sample.size === 0) return false;
    return this.#sample.size > this.#limits.idsAtRest || this.#thinnedDay !== dayNumber(nowMs);
  }

  /** Leaves out what is too old, and of the rest as much as it takes. Yields between slices. */
  *thin(nowMs: number): Generator<undefined, void> {
    this.#thinnedDay = dayNumber(nowMs);
    const since = firstDay(nowMs);
    for (let limit = this.#limit; ; limit /= 2) {
      const [from, next] = [this.#sample, new Sample()];
      this.#next = next;
      this.#nextLimit = limit;
      // What comes meanwhile has higher numbers, or is written to both.
      for (let number = 0; number < from.size; number++) {
        if (number % SLICE === 0) yield undefined;
        if (from.lastDayOf(number) < since || rankOf(from.key(number)) >= limit) continue;
        next.copy(from, number);
      }
      if (next.size > this.#limits.idsAtRest) continue;
      this.#sample = next;
      this.#limit = limit;
      this.#next = undefined;
      return;
    }
  }

  /** All of it as bytes. Yields between slices. */
  *pack(nowMs: number): Generator<undefined, Uint8Array> {
    const since = firstDay(nowMs);
    const [sample, exchanges] = [this.#sample, this.#exchanges.slice()];
    const head = Buffer.from(
      JSON.stringify({ format: FORMAT, limit: this.#limit, sinceMs: this.#sinceMs, exchanges }),
    );
    const width = KEY_BYTES + 1 + 2 * exchanges.length;
    const { size } = sample;
    const bytes = Buffer.alloc(4 + head.length + size * width);
    bytes.writeUInt32BE(head.length);
    head.copy(bytes, 4);
    let at = 4 + head.length;
    for (let number = 0; number < size; number++) {
      if (number % SLICE === 0) yield undefined;
      if (sample.key(number) < 0 || sample.lastDayOf(number) < since) continue;
      bytes.writeUIntBE(sample.key(number), at, KEY_BYTES);
      bytes.writeUInt8(sample.spaceOf(number), at + KEY_BYTES);
      for (let exchange = 0; exchange < exchanges.length; exchange++)
        bytes.writeUInt16BE(sample.dayOf(number, exchange), at + KEY_BYTES + 1 + 2 * exchange);
      at += width;
    }
    return bytes.subarray(0, at);
  }

  /** Takes in what another has seen, or this one before a restart. False for bytes that cannot be believed. Yields between slices. */
  *absorb(given: Uint8Array): Generator<undefined, boolean> {
    const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    const headBytes = bytes.length < 4 ? -1 : bytes.readUInt32BE();
    if (headBytes < 0 || headBytes > HEAD_BYTES_MAX || 4 + headBytes > bytes.length) return false;
    const head = headOf(bytes.toString('utf8', 4, 4 + headBytes));
    if (!head) return false;
    const width = KEY_BYTES + 1 + 2 * head.exchanges.length;
    if ((bytes.length - 4 - headBytes) % width !== 0) return false;
    if (head.sinceMs > 0)
      this.#sinceMs = this.#sinceMs === 0 ? head.sinceMs : Math.min(this.#sinceMs, head.sinceMs);
    const numbers = head.exchanges.map((id) => this.#exchangeNumber(id));
    this.#limit = Math.min(this.#limit, head.limit);
    let rows = 0;
    for (let at = 4 + headBytes; at < bytes.length; at += width) {
      if (rows++ % SLICE === 0) yield undefined;
      const key = bytes.readUIntBE(at, KEY_BYTES);
      const space = Math.min(bytes.readUInt8(at + KEY_BYTES), ID_SPACES.length - 1);
      if (rankOf(key) >= this.#limit) continue;
      for (const [place, exchange] of numbers.entries()) {
        const day = bytes.readUInt16BE(at + KEY_BYTES + 1 + 2 * place);
        if (exchange >= 0 && day > 0) this.#sample.put(key, space, exchange, day, this.#limits.idsMax);
      }
    }
    return true;
  }

  #exchangeNumber(exchangeId: string): number {
    const known = this.#exchanges.indexOf(exchangeId);
    if (known >= 0 || this.#exchanges.length >= EXCHANGES_MAX) return known;
    return this.#exchanges.push(exchangeId) - 1;
  }
}

const DAY_MS = 86_400_000;

/** The first day that still counts. */
export function firstDay(nowMs: number): number {
  return dayNumber(nowMs) - SEEN_DAYS + 1;
}

/** 0..2^32: the finaliser of MurmurHash3, so that what is drawn has nothing to do with where it stands in a table. */
export function rankOf(key: number): number {
  let hash = (key >>> 0) ^ Math.imul(Math.floor(key / 2 ** 32) + 1, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

class Sample {
  readonly #table = new KeyTable();
  #spaces = new Uint8Array(1024);
  /** By exchange, for each id the last day; 0 for never. */
  readonly #days: Uint16Array[] = [];

  get size(): number {
    return this.#table.size;
  }

  get bytes(): number {
    return this.#table.bytes + this.#spaces.byteLength * (1 + 2 * this.#days.length);
  }

  key(number: number): number {
    return this.#table.key(number);
  }

  spaceOf(number: number): number {
    return this.#spaces[number]!;
  }

  dayOf(number: number, exchange: number): number {
    return this.#days[exchange]?.[number] ?? 0;
  }

  lastDayOf(number: number): number {
    let last = 0;
    for (const days of this.#days) last = Math.max(last, days[number]!);
    return this.key(number) < 0 ? 0 : last;
  }

  put(key: number, space: number, exchange: number, day: number, sizeMax: number): void {
    if (this.#table.size >= sizeMax && this.#table.find(key) < 0) return;
    const number = this.#table.add(key);
    if (number >= this.#spaces.length) this.#grow();
    while (this.#days.length <= exchange) this.#days.push(new Uint16Array(this.#spaces.length));
    this.#spaces[number] = space;
    const days = this.#days[exchange]!;
    if (days[number]! < day) days[number] = day;
  }

  copy(from: Sample, number: number): void {
    for (const [exchange, days] of from.#days.entries())
      if (days[number]! > 0)
        this.put(from.key(number), from.spaceOf(number), exchange, days[number]!, Number.POSITIVE_INFINITY);
  }

  forget(key: number): void {
    this.#table.remove(key);
  }

  #grow(): void {
    const spaces = new Uint8Array(2 * this.#spaces.length);
    spaces.set(this.#spaces);
    this.#spaces = spaces;
    for (const [exchange, old] of this.#days.entries()) {
      const days = new Uint16Array(spaces.length);
      days.set(old);
      this.#days[exchange] = days;
    }
  }
}

interface Head {
  readonly limit: number;
  readonly sinceMs: number;
  readonly exchanges: readonly string[];
}

function headOf(text: string): Head | undefined {
  try {
    const head = JSON.parse(text) as Partial<Record<keyof Head | 'format', unknown>>;
    const { format, limit, sinceMs, exchanges } = head;
    const isSound =
      format === FORMAT &&
      typeof limit === 'number' &&
      limit > 0 &&
      limit <= EVERYBODY &&
      Number.isFinite(sinceMs) &&
      Array.isArray(exchanges) &&
      exchanges.length <= EXCHANGES_MAX &&
      exchanges.every((id) => typeof id === 'string');
    return isSound ? (head as Head) : undefined;
  } catch {
    return undefined;
  }
}
