import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/random.ts';
import { restoreSpendCurve, SpendCurve } from '../../../src/policy/control/spend-curve.ts';

const FOREVER = Number.MAX_VALUE;

/** Every auction at multiplier 2, price and value uniform in 0..1: α ≤ 1 costs α² / 6. */
function learned(auctions: number): SpendCurve {
  const random = seededRandom(11);
  const curve = new SpendCurve(2);
  const bin = curve.binBelow(2);
  for (let auction = 0; auction < auctions; auction++) {
    const value = random.next();
    const price = random.next();
    curve.offered(bin, 1, FOREVER);
    if (price <= 2 * value) curve.won(bin, value, price);
  }
  return curve;
}

describe('a spend curve', () => {
  it('knows what a lower multiplier would have cost without having bid it', () => {
    const curve = learned(100_000);
    for (const alpha of [0.2, 0.5, 1]) {
      const bin = curve.highestWithin({ spendMax: alpha ** 2 / 6 }, 1);
      expect(curve.multiplierOf(bin) / alpha, `α ${alpha}`).toBeGreaterThan(0.94);
      expect(curve.multiplierOf(bin) / alpha, `α ${alpha}`).toBeLessThan(1.06);
    }
  });

  it('knows where the cost of all that is bought reaches what it may cost', () => {
    // Value bought at α is α / 3, so the average cost is α / 2; with a head start of 0.01 an opportunity, α²/6 = 0.3·α/3 + 0.01.
    const curve = learned(100_000);
    const alphaAt = (costPerValue: number, overrunMax: number) =>
      curve.multiplierOf(curve.highestWithin({ spendMax: FOREVER, cost: { costPerValue, overrunMax } }, 1));
    expect(alphaAt(0.3, 0) / 0.6).toBeGreaterThan(0.93);
    expect(alphaAt(0.3, 0) / 0.6).toBeLessThan(1.07);
    const ahead = 0.3 + Math.sqrt(0.3 ** 2 + 6 * 0.01);
    expect(alphaAt(0.3, 0.01) / ahead).toBeGreaterThan(0.93);
    expect(alphaAt(0.3, 0.01) / ahead).toBeLessThan(1.07);
    // However far behind, a multiplier below the cost itself would make it worse.
    expect(alphaAt(0.3, -1e9)).toBeGreaterThan(0.28);
    expect(alphaAt(0.3, -1e9)).toBeLessThan(0.32);
  });

  it('goes up step by step where nothing was tried yet', () => {
    const curve = new SpendCurve(1);
    const bin = curve.binBelow(1);
    curve.offered(bin, 10, FOREVER);
    expect(curve.highestWithin({ spendMax: 1 }, 1)).toBe(bin + 1);
    expect(curve.highestWithin({ spendMax: 1 }, 4)).toBe(bin + 4);
  });

  it('forgets old prices', () => {
    const curve = new SpendCurve(1);
    const bin = curve.binBelow(1);
    for (let index = 0; index < 1000; index++) {
      curve.offered(bin, 1, 100);
      curve.won(bin, 1, index < 500 ? 0.1 : 0.9);
    }
    expect(curve.wins).toBeCloseTo(100, 0);
    expect(curve.multiplierOf(curve.highestWithin({ spendMax: 0.2 }, 1))).toBeGreaterThan(0.7);
  });

  it('of two nodes says what one would that saw everything, and survives being written down', () => {
    const random = seededRandom(12);
    const [one, other, all] = [new SpendCurve(1), new SpendCurve(1), new SpendCurve(1)];
    const bin = all.binBelow(1);
    for (let auction = 0; auction < 2000; auction++) {
      const price = random.next();
      for (const curve of [all, auction % 3 === 0 ? one : other]) {
        curve.offered(bin, 1, FOREVER);
        if (price < 0.5) curve.won(bin, 1, price);
      }
    }
    const merged = restoreSpendCurve(JSON.parse(JSON.stringify(one.save())))!;
    merged.merge(other.save());
    for (const spendMax of [0.001, 0.02, 0.05])
      expect(merged.highestWithin({ spendMax }, 1)).toBe(all.highestWithin({ spendMax }, 1));
    expect(merged.wins).toBeCloseTo(all.wins, 9);
  });
});
