import { describe, expect, it } from 'vitest';
import { Ring } from '../../src/core/ring.ts';

describe('ring', () => {
  it('keeps order, refuses the newcomer when full, and counts it', () => {
    const ring = new Ring<number>(3);
    expect([1, 2, 3, 4].map((item) => ring.push(item))).toEqual([true, true, true, false]);
    expect(ring.dropped).toBe(1);
    expect(ring.take(2)).toEqual([1, 2]);
    ring.push(5);
    ring.push(6);
    expect(ring.take(10)).toEqual([3, 5, 6]);
    expect(ring.size).toBe(0);
  });
});
