/** What the creatives' part of the page shows, as the bidder answers it. */

export interface RateView {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

export interface ShownView {
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly chanceToBeBest: number;
  readonly expectedLoss: number;
  readonly paused: boolean;
}

export interface CreativeView extends ShownView {
  readonly creativeId: string;
  readonly clickRate: RateView;
  readonly conversionRate: RateView;
  readonly fatigued: boolean;
  readonly fatigue?: { readonly chance: number; readonly lost: number; readonly against: string };
  readonly slots: readonly SlotView[];
}

export interface SlotView {
  readonly slot: string;
  readonly elements: readonly ElementView[];
}

export interface ElementView extends ShownView {
  readonly element: string;
  readonly rate: RateView;
}

export interface CreativesView {
  readonly lineItemId: string;
  readonly reward: 'clicks' | 'conversions';
  readonly creatives: readonly CreativeView[];
}

export interface PairsView {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly cells: readonly PairView[];
}

export interface PairView {
  readonly row: string;
  readonly column: string;
  readonly impressions: number;
  readonly results: number;
  readonly rate: RateView;
}

export interface WithWhomView {
  readonly combinations: number;
  readonly rows: readonly WithWhomRowView[];
}

export interface WithWhomRowView {
  readonly creativeId: string;
  readonly slot?: string;
  readonly element?: string;
  readonly kind: string;
  readonly value: string;
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly rate: RateView;
  readonly ownRate: number;
  readonly verdict: 'better' | 'worse' | 'as_elsewhere';
  readonly particular: boolean;
}

export type StateName = 'paused' | 'tired' | 'best' | 'hopeless' | 'learning' | 'running';

const HOPELESS_BELOW = 0.01;
const BEST_FROM = 0.95;
/** With fewer impressions a chance is a beginner's luck. */
const KNOWN_FROM = 1000;

/** In the order in which a buyer should hear of it. */
export function stateOf(shown: ShownView & { readonly fatigued?: boolean }, rivals: number): StateName {
  if (shown.paused) return 'paused';
  if (shown.fatigued) return 'tired';
  if (shown.impressions < KNOWN_FROM) return 'learning';
  if (rivals > 1 && shown.chanceToBeBest < HOPELESS_BELOW) return 'hopeless';
  return rivals > 1 && shown.chanceToBeBest >= BEST_FROM ? 'best' : 'running';
}

/** The best of the rates that a table draws, so that all its bars have one scale. */
export function scaleOf(rates: readonly RateView[]): number {
  return Math.max(1e-9, ...rates.map(({ high }) => high));
}

/** Steps of heat, 0 to 8, between the least and the greatest rate of a table. */
export function heatOf(rate: number, rates: readonly number[]): number {
  const [least, greatest] = [Math.min(...rates), Math.max(...rates)];
  return greatest > least ? Math.round((8 * (rate - least)) / (greatest - least)) : 4;
}
