/**
 * What is kept of each person, in columns of numbers: 16 bytes for each fact and day, sorted by fact and day, with the sums so far.
 * A window is then the difference of two rows, each found by halving. Rows live in blocks of 4 to 256, of which freed ones are used
 * again; nothing in them is for the garbage collector to walk.
 *
 * A row is four words: fact and day; days so far and the upper 16 bits of the value so far; count so far; lower 32 bits of the value.
 * Sums beyond their room stay at its end: 65,535 days, 4·10⁹ events, 281 million units of money.
 */

import { Blocks, WORDS } from './profile-blocks.ts';

export const ROWS_MAX = 256;
const ROWS_MIN = 4;
const COUNT_MAX = 0xffff_ffff;
const DAYS_MAX = 0xffff;
const VALUE_MAX = 2 ** 48 - 1;
const UPPER = 2 ** 32;
const LAST_DAY = 0xffff;

export interface RowSums {
  readonly count: number;
  readonly days: number;
  readonly valueMicros: number;
}

export const NO_SUMS: RowSums = Object.freeze({ count: 0, days: 0, valueMicros: 0 });

/** Where one person's rows are. Owned by whoever keeps the people; changed by `ProfileRows` alone. */
export interface RowSlot {
  size: number;
  block: number;
  used: number;
  /** Windows from this day on are exact. */
  exactSinceDay: number;
}

export class ProfileRows {
  readonly #sizes: readonly Blocks[] = [4, 8, 16, 32, 64, 128, 256].map((rows) => new Blocks(rows));

  get bytes(): number {
    return this.#sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  newSlot(): RowSlot {
    return { size: 0, block: this.#sizes[0]!.take(), used: 0, exactSinceDay: 0 };
  }

  free(slot: RowSlot): void {
    this.#sizes[slot.size]!.free(slot.block);
    slot.used = 0;
  }

  add(slot: RowSlot, fact: number, day: number, count: number, valueMicros: number): void {
    let at = this.#place(slot, fact, day);
    let words = this.#words(slot);
    const known = at < slot.used && words[at * WORDS] === keyOf(fact, day);
    if (!known) {
      if (slot.used === ROWS_MAX) {
        this.#shorten(slot);
        at = this.#place(slot, fact, day);
      } else if (slot.used === this.#sizes[slot.size]!.rows) this.#grow(slot);
      words = this.#words(slot);
      words.copyWithin((at + 1) * WORDS, at * WORDS, slot.used * WORDS);
      slot.used++;
      const before = at > 0 && factOf(words, at - 1) === fact ? sumsAt(words, at - 1) : NO_SUMS;
      words[at * WORDS] = keyOf(fact, day);
      setSums(words, at, before);
    }
    const more = { count, days: known ? 0 : 1, valueMicros };
    for (let row = at; row < slot.used && factOf(words, row) === fact; row++)
      setSums(words, row, plus(sumsAt(words, row), more));
  }

  /** Of one fact from one day to another, both included. */
  totals(slot: RowSlot, fact: number, fromDay: number, toDay: number): RowSums {
    if (toDay < fromDay) return NO_SUMS;
    const until = this.#sumsBefore(slot, fact, toDay + 1);
    const before = this.#sumsBefore(slot, fact, fromDay);
    return {
      count: until.count - before.count,
      days: until.days - before.days,
      valueMicros: until.valueMicros - before.valueMicros,
    };
  }

  firstDay(slot: RowSlot, fact: number): number | undefined {
    const at = this.#place(slot, fact, 0);
    const words = this.#words(slot);
    return at < slot.used && factOf(words, at) === fact ? dayOf(words, at) : undefined;
  }

  lastDay(slot: RowSlot, fact: number, untilDay = LAST_DAY): number | undefined {
    const at = this.#place(slot, fact, untilDay + 1) - 1;
    const words = this.#words(slot);
    return at >= 0 && factOf(words, at) === fact ? dayOf(words, at) : undefined;
  }

  /** Of any fact. */
  firstSeenDay(slot: RowSlot): number {
    const words = this.#words(slot);
    let first = slot.used === 0 ? 0 : LAST_DAY;
    for (let row = 0; row < slot.used; row++) first = Math.min(first, dayOf(words, row));
    return first;
  }

  lastSeenDay(slot: RowSlot): number {
    const words = this.#words(slot);
    let last = 0;
    for (let row = 0; row < slot.used; row++) last = Math.max(last, dayOf(words, row));
    return last;
  }

  /** Each fact once, with its last day and all its sums. */
  eachFact(slot: RowSlot, visit: (fact: number, lastDay: number, sums: RowSums) => void): void {
    const words = this.#words(slot);
    for (let row = 0; row < slot.used; row++)
      if (row + 1 === slot.used || factOf(words, row + 1) !== factOf(words, row))
        visit(factOf(words, row), dayOf(words, row), sumsAt(words, row));
  }

  /** Each fact and day with what happened on it. */
  eachRow(slot: RowSlot, visit: (fact: number, day: number, sums: RowSums) => void): void {
    const words = this.#words(slot);
    for (let row = 0; row < slot.used; row++) {
      const sums = sumsAt(words, row);
      const same = row > 0 && factOf(words, row - 1) === factOf(words, row);
      visit(factOf(words, row), dayOf(words, row), same ? minus(sums, sumsAt(words, row - 1)) : sums);
    }
  }

  /** Takes out what is older, as though it had never been counted. */
  dropBefore(slot: RowSlot, day: number): void {
    const words = this.#words(slot);
    let to = 0;
    let fact = -1;
    let dropped = NO_SUMS;
    for (let row = 0; row < slot.used; row++) {
      if (factOf(words, row) !== fact) {
        fact = factOf(words, row);
        dropped = NO_SUMS;
      }
      if (dayOf(words, row) < day) dropped = sumsAt(words, row);
      else {
        const sums = minus(sumsAt(words, row), dropped);
        words[to * WORDS] = words[row * WORDS]!;
        setSums(words, to++, sums);
      }
    }
    words.fill(0, to * WORDS, slot.used * WORDS);
    slot.used = to;
  }

  /**
   * Makes room: of the older half the days between a fact's first and last are given up, so that its sums, first and last day stay
   * right and only windows within that half become coarse. Where that frees too little, facts that were seen last longest ago go.
   */
  #shorten(slot: RowSlot): void {
    const words = this.#words(slot);
    const days = Uint16Array.from({ length: slot.used }, (_, row) => dayOf(words, row)).sort();
    const until = days[slot.used >> 1]!;
    this.#keep(slot, (row) => {
      const first = row === 0 || factOf(words, row - 1) !== factOf(words, row);
      const next = row + 1 < slot.used && factOf(words, row + 1) === factOf(words, row);
      return first || dayOf(words, row) > until || !next || dayOf(words, row + 1) > until;
    });
    slot.exactSinceDay = Math.max(slot.exactSinceDay, until + 1);
    if (slot.used <= ROWS_MAX - ROWS_MIN) return;
    const lasts: number[] = [];
    this.eachFact(slot, (_, lastDay) => lasts.push(lastDay));
    lasts.sort((a, b) => a - b);
    const oldest = lasts[Math.floor(lasts.length / 8)]!;
    const gone = new Set<number>();
    this.eachFact(slot, (fact, lastDay) => {
      // As many as an eighth, where all were seen on the same day.
      if (lastDay <= oldest && gone.size <= lasts.length / 8) gone.add(fact);
    });
    this.#keep(slot, (row) => !gone.has(factOf(words, row)));
  }

  /** `of` is asked in the order of the rows, before any of them has moved behind it. */
  #keep(slot: RowSlot, of: (row: number) => boolean): void {
    const words = this.#words(slot);
    const kept = Array.from({ length: slot.used }, (_, row) => row).filter(of);
    kept.forEach((row, to) => {
      words.copyWithin(to * WORDS, row * WORDS, (row + 1) * WORDS);
    });
    words.fill(0, kept.length * WORDS, slot.used * WORDS);
    slot.used = kept.length;
  }

  #sumsBefore(slot: RowSlot, fact: number, day: number): RowSums {
    if (day <= 0) return NO_SUMS;
    const at = this.#place(slot, fact, Math.min(day, LAST_DAY + 1)) - 1;
    const words = this.#words(slot);
    return at >= 0 && factOf(words, at) === fact ? sumsAt(words, at) : NO_SUMS;
  }

  /** First row that is not before this fact and day. */
  #place(slot: RowSlot, fact: number, day: number): number {
    const words = this.#words(slot);
    const key = fact * 0x10000 + day;
    let from = 0;
    let to = slot.used;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (words[middle * WORDS]! < key) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #grow(slot: RowSlot): void {
    const old = this.#words(slot);
    const { size, block } = slot;
    slot.size = size + 1;
    slot.block = this.#sizes[slot.size]!.take();
    this.#words(slot).set(old);
    this.#sizes[size]!.free(block);
  }

  #words(slot: RowSlot): Uint32Array {
    return this.#sizes[slot.size]!.at(slot.block);
  }
}

function keyOf(fact: number, day: number): number {
  return fact * 0x10000 + day;
}

function factOf(words: Uint32Array, row: number): number {
  return words[row * WORDS]! >>> 16;
}

function dayOf(words: Uint32Array, row: number): number {
  return words[row * WORDS]! & 0xffff;
}

function sumsAt(words: Uint32Array, row: number): RowSums {
  const at = row * WORDS;
  const packed = words[at + 1]!;
  return {
    count: words[at + 2]!,
    days: packed >>> 16,
    valueMicros: (packed & 0xffff) * UPPER + words[at + 3]!,
  };
}

function setSums(words: Uint32Array, row: number, { count, days, valueMicros }: RowSums): void {
  const at = row * WORDS;
  const value = Math.min(valueMicros, VALUE_MAX);
  words[at + 1] = Math.min(days, DAYS_MAX) * 0x10000 + Math.floor(value / UPPER);
  words[at + 2] = Math.min(count, COUNT_MAX);
  words[at + 3] = value % UPPER;
}

function plus(one: RowSums, other: RowSums): RowSums {
  return {
    count: one.count + other.count,
    days: one.days + other.days,
    valueMicros: one.valueMicros + other.valueMicros,
  };
}

function minus(one: RowSums, other: RowSums): RowSums {
  return {
    count: one.count - other.count,
    days: one.days - other.days,
    valueMicros: one.valueMicros - other.valueMicros,
  };
}
