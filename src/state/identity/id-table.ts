/**
 * Every keyed id that is known, packed: 24 bytes a record in pages, found through an index of open addressing. The index is
 * split by the first byte of the key, so that it grows in 256 small steps: one table of 8 million would stop bids for a
 * third of a second each time it doubled.
 */
import { keyText, readKey } from './keyed-id.ts';

export const NO_SLOT = 0xffff_ffff;

const PAGE_RECORDS = 16_384;
const PAGE_BITS = 14;
const WORDS = 6;
const OWNER = 3;
const NEXT = 4;
const META = 5;
const SHARDS = 256;
const SHARD_SIZE_FIRST = 32;
const LOAD_MAX = 0.75;

export class IdTable {
  readonly #pages: Uint32Array[] = [];
  readonly #shards: Uint32Array[] = Array.from({ length: SHARDS }, () => new Uint32Array(SHARD_SIZE_FIRST));
  readonly #counts = new Uint32Array(SHARDS);
  readonly #free: number[] = [];
  readonly #words = new Uint32Array(3);
  #used = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** What the arrays take, whether filled or not. */
  get bytes(): number {
    const index = this.#shards.reduce((sum, shard) => sum + shard.byteLength, 0);
    return index + this.#pages.length * PAGE_RECORDS * WORDS * 4;
  }

  find(key: string): number {
    if (!readKey(key, this.#words)) return NO_SLOT;
    const [first, second, third] = this.#words as unknown as [number, number, number];
    const shard = this.#shards[first >>> 24]!;
    const mask = shard.length - 1;
    for (let at = second & mask; shard[at] !== 0; at = (at + 1) & mask) {
      const slot = shard[at]! - 1;
      const page = this.#pages[slot >>> PAGE_BITS]!;
      const from = (slot & (PAGE_RECORDS - 1)) * WORDS;
      if (page[from + 1] === second && page[from] === first && page[from + 2] === third) return slot;
    }
    return NO_SLOT;
  }

  /** The key must not be there yet. NO_SLOT for text that is no key. */
  add(key: string, owner: number, meta: number): number {
    if (!readKey(key, this.#words)) return NO_SLOT;
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >>> PAGE_BITS === this.#pages.length) this.#pages.push(new Uint32Array(PAGE_RECORDS * WORDS));
    const page = this.#pages[slot >>> PAGE_BITS]!;
    const from = (slot & (PAGE_RECORDS - 1)) * WORDS;
    page.set(this.#words, from);
    page[from + OWNER] = owner;
    page[from + NEXT] = NO_SLOT;
    page[from + META] = meta;
    this.#enter(slot, this.#words[0]! >>> 24, this.#words[1]!);
    this.#size++;
    return slot;
  }

  remove(slot: number): void {
    const first = this.#word(slot, 0);
    const number = first >>> 24;
    const shard = this.#shards[number]!;
    const mask = shard.length - 1;
    let at = this.#word(slot, 1) & mask;
    while (shard[at] !== slot + 1) at = (at + 1) & mask;
    // Those behind it close up, so that no mark of a removed one is ever needed.
    for (let next = (at + 1) & mask; shard[next] !== 0; next = (next + 1) & mask) {
      const home = this.#word(shard[next]! - 1, 1) & mask;
      if (((next - home) & mask) < ((next - at) & mask)) continue;
      shard[at] = shard[next]!;
      at = next;
    }
    shard[at] = 0;
    this.#counts[number]!--;
    this.#size--;
    for (let word = 0; word < WORDS; word++) this.#write(slot, word, 0);
    this.#free.push(slot);
  }

  key(slot: number): string {
    const page = this.#pages[slot >>> PAGE_BITS]!;
    const from = (slot & (PAGE_RECORDS - 1)) * WORDS;
    return keyText(page.subarray(from, from + 3));
  }

  owner(slot: number): number {
    return this.#word(slot, OWNER);
  }

  next(slot: number): number {
    return this.#word(slot, NEXT);
  }

  meta(slot: number): number {
    return this.#word(slot, META);
  }

  setOwner(slot: number, owner: number): void {
    this.#write(slot, OWNER, owner);
  }

  setNext(slot: number, next: number): void {
    this.#write(slot, NEXT, next);
  }

  setMeta(slot: number, meta: number): void {
    this.#write(slot, META, meta);
  }

  #word(slot: number, word: number): number {
    return this.#pages[slot >>> PAGE_BITS]![(slot & (PAGE_RECORDS - 1)) * WORDS + word]!;
  }

  #write(slot: number, word: number, value: number): void {
    this.#pages[slot >>> PAGE_BITS]![(slot & (PAGE_RECORDS - 1)) * WORDS + word] = value;
  }

  #enter(slot: number, number: number, second: number): void {
    let shard = this.#shards[number]!;
    if (this.#counts[number]! + 1 > shard.length * LOAD_MAX) shard = this.#grow(number);
    this.#counts[number]!++;
    place(shard, slot, second);
  }

  #grow(number: number): Uint32Array {
    const old = this.#shards[number]!;
    const grown = new Uint32Array(old.length * 2);
    for (const entry of old) if (entry !== 0) place(grown, entry - 1, this.#word(entry - 1, 1));
    this.#shards[number] = grown;
    return grown;
  }
}

function place(shard: Uint32Array, slot: number, second: number): void {
  const mask = shard.length - 1;
  let at = second & mask;
  while (shard[at] !== 0) at = (at + 1) & mask;
  shard[at] = slot + 1;
}
