import { describe, expect, it } from 'vitest';
import { bidIdFrom } from '../../src/core/ids.ts';
import { seededRandom } from '../../src/core/random.ts';

describe('seeded chance', () => {
  it('repeats for the same seed and differs for another', () => {
    const draws = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => random.uint32());
    };
    expect(draws(1)).toEqual(draws(1));
    expect(draws(1)).not.toEqual(draws(2));
  });

  it('gives a stream that does not depend on how much was drawn before', () => {
    const fresh = seededRandom(5).stream('choices').next();
    const used = seededRandom(5);
    used.next();
    used.next();
    expect(used.stream('choices').next()).toBe(fresh);
    expect(used.stream('other').next()).not.toBe(fresh);
  });

  it('is even: 100,000 draws over 64 cells stay within chance (chi-square, 63 degrees, p = 0.0001)', () => {
    const random = seededRandom(42);
    const cells = new Array(64).fill(0);
    for (let draw = 0; draw < 100_000; draw++) cells[Math.floor(random.next() * 64)]++;
    const chi = cells.reduce((sum, count) => sum + (count - 1562.5) ** 2 / 1562.5, 0);
    expect(chi).toBeLessThan(112);
    expect(chi).toBeGreaterThan(26);
  });

  it('never repeats a bid id, even where a generator starts again from the same seed later', () => {
    const ids = new Set<string>();
    for (const nowMs of [1_795_000_000_000, 1_795_000_000_001]) {
      const random = seededRandom(3);
      for (let count = 0; count < 50_000; count++) ids.add(bidIdFrom(random, nowMs));
    }
    expect(ids.size).toBe(100_000);
    expect([...ids][0]).toMatch(/^[\w-]{16}$/);
  });
});
