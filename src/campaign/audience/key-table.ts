/**
 * Keys of people's ids, each once, numbered as they come. Open addressing in 256 parts by the highest bits, so that it grows
 * in small steps: one table of 8 million would stop bids for a third of a second each time it doubled. 15 bytes a key.
 */

const PARTS = 256;
const PART_SIZE_FIRST = 16;
const LOAD_MAX = 0.75;
/** Keys are integers below 2^48. */
const PART_UNIT = 2 ** 40;

export class KeyTable {
  #keys = new Float64Array(1024);
  #size = 0;
  readonly #parts: Uint32Array[] = Array.from({ length: PARTS }, () => EMPTY_PART);
  readonly #counts = new Uint32Array(PARTS);

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#keys.byteLength + this.#parts.reduce((sum, part) => sum + part.byteLength, 0);
  }

  /** The number of a key, or -1. */
  find(key: number): number {
    const part = this.#parts[partOf(key)]!;
    const mask = part.length - 1;
    for (let at = homeOf(key) & mask; part[at] !== 0; at = (at + 1) & mask) {
      const number = part[at]! - 1;
      if (this.#keys[number] === key) return number;
    }
    return -1;
  }

  /** The number of a key, which is entered where it was not there. */
  add(key: number): number {
    const found = this.find(key);
    if (found >= 0) return found;
    if (this.#size === this.#keys.length) {
      const grown = new Float64Array(2 * this.#size);
      grown.set(this.#keys);
      this.#keys = grown;
    }
    const number = this.#size++;
    this.#keys[number] = key;
    const name = partOf(key);
    if (this.#counts[name]! + 1 > this.#parts[name]!.length * LOAD_MAX) this.#grow(name);
    this.#counts[name]!++;
    enter(this.#parts[name]!, key, number);
    return number;
  }

  /** The key of a number that was given. */
  key(number: number): number {
    return this.#keys[number]!;
  }

  /** Its number is not given again, and the key that stands there is -1. */
  remove(key: number): void {
    const number = this.find(key);
    if (number >= 0) this.#keys[number] = GONE;
  }

  /** By number. */
  keys(): Float64Array {
    return this.#keys.slice(0, this.#size);
  }

  #grow(name: number): void {
    const old = this.#parts[name]!;
    const grown = new Uint32Array(Math.max(PART_SIZE_FIRST, 2 * old.length));
    for (const entry of old)
      if (entry !== 0 && this.#keys[entry - 1] !== GONE) enter(grown, this.#keys[entry - 1]!, entry - 1);
    this.#parts[name] = grown;
  }
}

/** No key is negative, so that nobody finds it. */
const GONE = -1;

/** One empty place ends every search. */
const EMPTY_PART = new Uint32Array(1);

function partOf(key: number): number {
  return Math.floor(key / PART_UNIT) & (PARTS - 1);
}

function homeOf(key: number): number {
  return key >>> 0;
}

function enter(part: Uint32Array, key: number, number: number): void {
  const mask = part.length - 1;
  let at = homeOf(key) & mask;
  while (part[at] !== 0) at = (at + 1) & mask;
  part[at] = number + 1;
}
