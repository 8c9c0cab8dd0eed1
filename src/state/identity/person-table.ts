/**
 * People by number: where their ids begin, when they were first met, and a line from the least to the most recently seen.
 * 20 bytes each, in pages. A number that was merged away leads on to the one that took it in.
 */

export const NOBODY = 0;

const PAGE_PEOPLE = 16_384;
const PAGE_BITS = 14;
const WORDS = 5;
const HEAD = 0;
const BORN = 1;
const OLDER = 2;
const NEWER = 3;
const STATE = 4;
const LIVE = 1;
const FORWARDED = 2;
const STATE_BITS = 2;
const STATE_MASK = 3;

export class PersonTable {
  readonly #pages: Uint32Array[] = [];
  /** Numbers that may be given again, the longest unused first. */
  #spare: number[] = [];
  #spareAt = 0;
  /** Numbers that were merged away, oldest first, with the second it happened. */
  #forwarded: { readonly number: number; readonly atSeconds: number }[] = [];
  #forwardedAt = 0;
  #last = 0;
  #live = 0;
  #oldest = NOBODY;
  #newest = NOBODY;

  get size(): number {
    return this.#live;
  }

  get bytes(): number {
    return this.#pages.length * PAGE_PEOPLE * WORDS * 4;
  }

  /** Every number ever given is at most this. */
  get lastNumber(): number {
    return this.#last;
  }

  get oldest(): number {
    return this.#oldest;
  }

  add(bornSeconds: number): number {
    const number = this.#spareAt < this.#spare.length ? this.#spare[this.#spareAt++]! : this.#last + 1;
    if (this.#spareAt > 4096 && this.#spareAt * 2 > this.#spare.length) {
      this.#spare = this.#spare.slice(this.#spareAt);
      this.#spareAt = 0;
    }
    this.restore(number, bornSeconds);
    this.link(number);
    return number;
  }

  /** Takes a number as it was kept; the line is to be made afterwards, by `link`. */
  restore(number: number, bornSeconds: number): void {
    this.#reach(number);
    this.#set(number, HEAD, 0xffff_ffff);
    this.#set(number, BORN, bornSeconds);
    this.#set(number, STATE, LIVE);
    this.#live++;
  }

  restoreForward(number: number, into: number, atSeconds: number): void {
    this.#reach(number);
    this.#lead(number, into, atSeconds);
  }

  /** What was given out before and belongs to nobody now may be given again. */
  restoreSpare(): void {
    for (let number = 1; number <= this.#last; number++)
      if (this.#get(number, STATE) === 0) this.#spare.push(number);
    this.#forwarded.sort((a, b) => a.atSeconds - b.atSeconds);
  }

  isLive(number: number): boolean {
    return number <= this.#last && number > 0 && (this.#get(number, STATE) & STATE_MASK) === LIVE;
  }

  /** Itself, or whoever took it in; NOBODY where that one is gone. */
  current(number: number): number {
    let at = number;
    for (let steps = 0; steps <= 64 && at > 0 && at <= this.#last; steps++) {
      const state = this.#get(at, STATE) & STATE_MASK;
      if (state === LIVE) return at;
      if (state !== FORWARDED) return NOBODY;
      at = this.#get(at, HEAD);
    }
    return NOBODY;
  }

  head(number: number): number {
    return this.#get(number, HEAD);
  }

  setHead(number: number, slot: number): void {
    this.#set(number, HEAD, slot);
  }

  born(number: number): number {
    return this.#get(number, BORN);
  }

  idCount(number: number): number {
    return this.#get(number, STATE) >>> STATE_BITS;
  }

  setIdCount(number: number, count: number): void {
    this.#set(number, STATE, (count << STATE_BITS) | (this.#get(number, STATE) & STATE_MASK));
  }

  forward(number: number, into: number, atSeconds: number): void {
    this.#unlink(number);
    this.#live--;
    this.#lead(number, into, atSeconds);
  }

  remove(number: number): void {
    this.#unlink(number);
    this.#live--;
    this.#clear(number);
  }

  /** Numbers merged away before a time, or more of them than may be kept, oldest first, are free again. */
  recycle(beforeSeconds: number, keepMax: number): number[] {
    const freed: number[] = [];
    while (this.#forwardedAt < this.#forwarded.length) {
      const next = this.#forwarded[this.#forwardedAt]!;
      const isMany = this.#forwarded.length - this.#forwardedAt > keepMax;
      if (next.atSeconds >= beforeSeconds && !isMany) break;
      this.#forwardedAt++;
      this.#clear(next.number);
      freed.push(next.number);
    }
    if (this.#forwardedAt * 2 > this.#forwarded.length) {
      this.#forwarded = this.#forwarded.slice(this.#forwardedAt);
      this.#forwardedAt = 0;
    }
    return freed;
  }

  /** Moves a person to the end of those to forget. */
  touch(number: number): void {
    if (number === this.#newest) return;
    this.#unlink(number);
    this.link(number);
  }

  link(number: number): void {
    this.#set(number, OLDER, this.#newest);
    this.#set(number, NEWER, NOBODY);
    if (this.#newest !== NOBODY) this.#set(this.#newest, NEWER, number);
    else this.#oldest = number;
    this.#newest = number;
  }

  #unlink(number: number): void {
    const older = this.#get(number, OLDER);
    const newer = this.#get(number, NEWER);
    if (older !== NOBODY) this.#set(older, NEWER, newer);
    else this.#oldest = newer;
    if (newer !== NOBODY) this.#set(newer, OLDER, older);
    else this.#newest = older;
  }

  #lead(number: number, into: number, atSeconds: number): void {
    this.#set(number, HEAD, into);
    this.#set(number, BORN, atSeconds);
    this.#set(number, STATE, FORWARDED);
    this.#forwarded.push({ number, atSeconds });
  }

  #clear(number: number): void {
    for (let word = 0; word < WORDS; word++) this.#set(number, word, 0);
    this.#spare.push(number);
  }

  #reach(number: number): void {
    this.#last = Math.max(this.#last, number);
    while (number >>> PAGE_BITS >= this.#pages.length) this.#pages.push(new Uint32Array(PAGE_PEOPLE * WORDS));
  }

  #get(number: number, word: number): number {
    return this.#pages[number >>> PAGE_BITS]![(number & (PAGE_PEOPLE - 1)) * WORDS + word]!;
  }

  #set(number: number, word: number, value: number): void {
    this.#pages[number >>> PAGE_BITS]![(number & (PAGE_PEOPLE - 1)) * WORDS + word] = value;
  }
}
