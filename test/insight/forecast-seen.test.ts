/** Estimates drawn towards what was seen. */
import { describe, expect, it } from 'vitest';
import type { Replayed } from '../../src/insight/forecast/replay.ts';
import { seenOf, withSeen } from '../../src/insight/forecast/seen.ts';

const bid = (clicks: number, conversions = 0): Replayed => ({
  lineItemId: 'line',
  weight: 10,
  winChance: 0.5,
  bidCpmMicros: 4e6,
  rateMicros: 1e6,
  clicks,
  conversions,
  paidShare: 1,
});
const sums = (impressions: number, clicks: number, conversions: number, spendMicros: number) =>
  new Map([['line', { impressions, clicks, conversions, spendMicros }]]);
const corrected = (bids: readonly Replayed[], seen: ReturnType<typeof sums>) =>
  withSeen(bids, seenOf(bids, seen).get('line'));

describe('what was seen', () => {
  it('has the last word where there is much of it, and keeps how bids differ', () => {
    const [low, high] = corrected([bid(0.01), bid(0.03)], sums(1e6, 40_000, 2_000, 2e9));
    expect((low!.clicks + high!.clicks) / 2).toBeCloseTo(0.04, 4);
    expect(high!.clicks / low!.clicks).toBeCloseTo(3, 6);
    // Nothing was estimated, so what came stands for all.
    expect(low!.conversions).toBeCloseTo(0.002, 5);
    expect(low!.paidShare).toBeCloseTo(0.5, 3);
  });

  it('says little where there is little of it, and nothing where there is none', () => {
    const bids = [bid(0.01)];
    expect(corrected(bids, sums(0, 0, 0, 0))).toBe(bids);
    expect(withSeen(bids, undefined)).toBe(bids);
    const [one] = corrected(bids, sums(2, 1, 0, 8_000));
    expect(one!.clicks).toBeGreaterThan(0.01);
    expect(one!.clicks).toBeLessThan(0.016);
  });

  it('never lets a bid cost more than itself', () => {
    expect(corrected([bid(0.01)], sums(1000, 10, 0, 1e9))[0]!.paidShare).toBe(1);
  });
});
