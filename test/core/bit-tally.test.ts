import { describe, expect, it } from 'vitest';
import { BitTally } from '../../src/core/bit-tally.ts';
import { addBit, bitset } from '../../src/core/bitset.ts';
import { seededRandom } from '../../src/core/random.ts';

const SETS = 2000;

describe('upright counters', () => {
  it.each([1, 31, 32, 33, 500])('count as counting one by one does, for %i members', (size) => {
    const random = seededRandom(size);
    const counts = new Float64Array(size);
    const tally = new BitTally(counts);
    const plain = new Float64Array(size);
    for (let set = 0; set < SETS; set++) {
      // Sets of more members than are counted, of fewer, full ones and empty ones.
      const members = bitset(Math.max(1, size + 64 * (set % 3) - 64));
      const share = random.next() ** 2;
      for (let member = 0; member < 32 * members.length; member++) {
        if (set % 7 !== 0 && random.next() >= share) continue;
        addBit(members, member);
        if (member < size) plain[member]!++;
      }
      tally.add(members);
      if (random.next() < 0.002) {
        tally.settle();
        expect(counts).toEqual(plain);
      }
    }
    tally.settle();
    expect(counts).toEqual(plain);
    expect(Math.max(...counts)).toBeGreaterThan(255);
  });
});
