import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addBit,
  andInto,
  andNotInto,
  bitset,
  countBits,
  dropBelow,
  fullBitset,
  hasBit,
  isEmpty,
  meets,
  nextBit,
  orInto,
  removeBit,
} from '../../src/core/bitset.ts';

const SIZE = 101;
const members = fc.uniqueArray(fc.nat(SIZE - 1));

function setOf(numbers: readonly number[]) {
  const set = bitset(SIZE);
  for (const number of numbers) addBit(set, number);
  return set;
}

function listOf(set: Uint32Array): number[] {
  const members: number[] = [];
  for (let member = nextBit(set, 0); member >= 0; member = nextBit(set, member + 1)) members.push(member);
  return members;
}

describe('bitset', () => {
  it('agrees with plain sets', () => {
    fc.assert(
      fc.property(members, members, (left, right) => {
        const sorted = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);
        const a = new Set(left);
        const b = new Set(right);
        const and = setOf(left);
        expect(andInto(and, setOf(right))).toBe([...a].some((n) => b.has(n)));
        expect(listOf(and)).toEqual(sorted([...a].filter((n) => b.has(n))));
        const or = setOf(left);
        orInto(or, setOf(right));
        expect(listOf(or)).toEqual(sorted(new Set([...left, ...right])));
        const without = setOf(left);
        andNotInto(without, setOf(right));
        expect(listOf(without)).toEqual(sorted([...a].filter((n) => !b.has(n))));
        expect(countBits(or)).toBe(new Set([...left, ...right]).size);
        expect(meets(setOf(left), setOf(right))).toBe([...a].some((n) => b.has(n)));
        expect(isEmpty(and)).toBe(![...a].some((n) => b.has(n)));
      }),
    );
  });

  it('drops exactly the members named', () => {
    fc.assert(
      fc.property(members, fc.nat(SIZE + 40), (list, from) => {
        const set = setOf(list);
        dropBelow(set, from);
        expect(listOf(set)).toEqual(list.filter((member) => member >= from).sort((a, b) => a - b));
      }),
    );
  });

  it('fills only what it has, and forgets what is removed', () => {
    const full = fullBitset(SIZE);
    expect(countBits(full)).toBe(SIZE);
    expect(countBits(fullBitset(64))).toBe(64);
    removeBit(full, 31);
    expect(hasBit(full, 31)).toBe(false);
    expect(hasBit(full, 32)).toBe(true);
    expect(listOf(full)).toHaveLength(SIZE - 1);
  });
});
