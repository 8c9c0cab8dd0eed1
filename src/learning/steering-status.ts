/** Where a line item that goes by results stands, by what a buyer would have to change first. */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { Estimate } from './estimate.ts';

/** Where a line item stands, in the field's words. */
export const STEERING_STATUSES = [
  'learning',
  'active',
  'limited_by_budget',
  'limited_by_target',
  'limited_by_bid_ceiling',
  'limited_by_data',
  'stopped_by_guard',
] as const;
export type SteeringStatus = (typeof STEERING_STATUSES)[number];

/** Platforms speak of a learning phase until about so many results. */
const LEARNING_RESULTS = 50;
/** One that will not have them within so many days, as it goes, has too little to learn from; said after the first few. */
const LEARNING_DAYS = 14;
const JUDGED_FROM_DAYS = 3;
/** The worth of a showing in the mean, driven as it is, would be above what the buyer lets it bid. */
export function isAtCeiling(
  { lineItem: { bid } }: CatalogLine,
  { pClick, conversionsPerClick, viewConversionsPerShowing, costPerConversionMicros }: Estimate,
  targetMicros: number | undefined,
  factor: number,
): boolean {
  if (bid.strategy === 'fixed_cpm' || bid.maxCpmMicros === undefined) return false;
  const results =
    bid.strategy === 'target_cpc' ? pClick : pClick * conversionsPerClick + viewConversionsPerShowing;
  return 1000 * results * (targetMicros ?? costPerConversionMicros) * factor > bid.maxCpmMicros;
}

export interface Limits {
  readonly stopped: boolean;
  readonly results: number;
  readonly days: number;
  readonly logTarget: number;
  readonly logBudget: number;
  readonly atCeiling: boolean;
}

/** The one that a buyer would have to change first. */
export function statusOf({
  stopped,
  results,
  days,
  logTarget,
  logBudget,
  atCeiling,
}: Limits): SteeringStatus {
  if (stopped) return 'stopped_by_guard';
  if (atCeiling) return 'limited_by_bid_ceiling';
  if (results < LEARNING_RESULTS) {
    const isSlow = days >= JUDGED_FROM_DAYS && (results / days) * LEARNING_DAYS < LEARNING_RESULTS;
    return isSlow ? 'limited_by_data' : 'learning';
  }
  if (logBudget < logTarget) return 'limited_by_budget';
  return logTarget < 0 ? 'limited_by_target' : 'active';
}
