/** Sets of small dense numbers as words of 32 bits. All operands of one operation must have the same length. */
export type Bitset = Uint32Array;

export function bitset(size: number): Bitset {
  return new Uint32Array((size + 31) >>> 5);
}

/** Every bit of 0..size-1 set; the unused bits of the last word stay clear. */
export function fullBitset(size: number): Bitset {
  const set = bitset(size).fill(0xffffffff);
  if (size & 31) set[set.length - 1] = (1 << (size & 31)) - 1;
  return set;
}

export function addBit(set: Bitset, index: number): void {
  set[index >>> 5]! |= 1 << (index & 31);
}

export function removeBit(set: Bitset, index: number): void {
  set[index >>> 5]! &= ~(1 << (index & 31));
}

export function hasBit(set: Bitset, index: number): boolean {
  return ((set[index >>> 5]! >>> (index & 31)) & 1) === 1;
}

/** target ← target ∧ mask. Gives false when nothing is left, so that a caller can stop. */
export function andInto(target: Bitset, mask: Bitset): boolean {
  let left = 0;
  for (let word = 0; word < target.length; word++) left |= target[word]! &= mask[word]!;
  return left !== 0;
}

export function orInto(target: Bitset, other: Bitset): void {
  for (let word = 0; word < target.length; word++) target[word]! |= other[word]!;
}

export function andNotInto(target: Bitset, other: Bitset): void {
  for (let word = 0; word < target.length; word++) target[word]! &= ~other[word]!;
}

/** set ← set less everything below `from`. */
export function dropBelow(set: Bitset, from: number): void {
  set.fill(0, 0, from >>> 5);
  if (from & 31 && from >>> 5 < set.length) set[from >>> 5]! &= -1 << (from & 31);
}

/** The least member that is `from` or more; -1 for none. */
export function nextBit(set: Bitset, from: number): number {
  let word = from >>> 5;
  if (word >= set.length) return -1;
  let bits = set[word]! & (-1 << (from & 31));
  while (bits === 0) {
    if (++word === set.length) return -1;
    bits = set[word]!;
  }
  return (word << 5) + (31 - Math.clz32(bits & -bits));
}

export function isEmpty(set: Bitset): boolean {
  for (let word = 0; word < set.length; word++) if (set[word] !== 0) return false;
  return true;
}

/** Whether both have a member in common. */
export function meets(set: Bitset, other: Bitset): boolean {
  for (let word = 0; word < set.length; word++) if ((set[word]! & other[word]!) !== 0) return true;
  return false;
}

export function countBits(set: Bitset): number {
  let total = 0;
  for (let word = 0; word < set.length; word++) {
    let bits = set[word]!;
    bits -= (bits >>> 1) & 0x55555555;
    bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
    total += Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return total;
}
