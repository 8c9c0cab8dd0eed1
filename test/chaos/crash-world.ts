/** What the child that is killed and the test that kills it know alike. */
import type { BudgetRef } from '../../src/core/budget.ts';
import type { BidFacts } from '../../src/core/event.ts';
import { hash32 } from '../../src/core/random.ts';
import { zoneNamed } from '../../src/core/zone.ts';

export const DAY_OF_CRASHES = '2026-11-23';
const zone = zoneNamed('UTC');

const NO_LIMITS = {
  zone,
  lifetimeMicros: undefined,
  dailyMicros: undefined,
  lifetimeImpressions: undefined,
  dailyImpressions: undefined,
};

/** One campaign runs out soon, one in the course of the test, one never. */
export const BUDGETS: readonly BudgetRef[] = [
  { ...NO_LIMITS, scope: 'campaign', id: 'crash-0', dailyMicros: 2_000_000, lifetimeMicros: 3_000_000 },
  { ...NO_LIMITS, scope: 'line_item', id: 'crash-line-0', dailyMicros: 1_500_000 },
  { ...NO_LIMITS, scope: 'campaign', id: 'crash-1', dailyMicros: 40_000_000 },
  { ...NO_LIMITS, scope: 'line_item', id: 'crash-line-1', lifetimeImpressions: 20_000 },
  { ...NO_LIMITS, scope: 'campaign', id: 'crash-2' },
];

/** Between nothing and the whole bid, the same whenever it is told. */
export function priceOf(facts: Pick<BidFacts, 'bidId' | 'bidCpmMicros'>): number {
  return Math.floor((facts.bidCpmMicros * (hash32(facts.bidId, 0) % 1001)) / 1000);
}
