/** Names of the places that money is spent from. */
import type { Zone } from './zone.ts';

/** Money or impressions: two counters of the same bucket. */
export type BudgetUnit = 'micros' | 'impressions';

export type BudgetScope = 'campaign' | 'line_item';

/** `<scope>/<id>/life` or `<scope>/<id>/<yyyy-mm-dd>`. Every charge is booked to all four of its bid, limited or not, so that a limit set later knows what came before. */
export type BucketId = string;

export function lifetimeBucket(scope: BudgetScope, id: string): BucketId {
  return `${scope}/${id}/life`;
}

export function dayBucket(scope: BudgetScope, id: string, day: string): BucketId {
  return `${scope}/${id}/${day}`;
}

/** The limits of one campaign or line item. Undefined means no limit. */
export interface BudgetRef {
  readonly scope: BudgetScope;
  readonly id: string;
  readonly zone: Zone;
  readonly lifetimeMicros: number | undefined;
  readonly dailyMicros: number | undefined;
  readonly lifetimeImpressions: number | undefined;
  readonly dailyImpressions: number | undefined;
}
