/** What alerts are, and what they are made from. */
import type { PackFacts } from '../../campaign/audience/pack.ts';
import type { Catalog, CatalogLine } from '../../campaign/catalog.ts';
import type { Steered } from '../../learning/steer.ts';
import type { DelayCurve } from '../../policy/predict/delay.ts';
import type { CountRow, RejectionRow, ReportRow } from '../../state/port.ts';
import type { TheirReport } from '../discrepancy/compare.ts';
import type { BudgetLine } from '../report.ts';

export const ALERT_KINDS = [
  'no_delivery',
  'price_shift',
  'win_rate_shift',
  'overspend',
  'creative_rejected',
  'conversion_rate_down',
  'tracking_silent',
  'budget_ending',
  'under_delivery',
  'audience_stale',
  'audience_empty',
  'calibration_off',
  'posterior_collapsed',
  'beliefs_corrupt',
  'exchange_timeouts',
  'discrepancy',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export type CauseKind = 'our_edit' | 'exchange' | 'creative' | 'site';

export interface Alert {
  /** The same for as long as it lasts. */
  readonly id: string;
  readonly kind: AlertKind;
  readonly objectKind:
    | 'line_item'
    | 'exchange'
    | 'campaign'
    | 'creative'
    | 'advertiser'
    | 'audience'
    | 'account';
  readonly objectId: string;
  readonly sinceMs: number;
  /** 0..1: how unlikely it is that nothing has changed. */
  readonly confidence: number;
  readonly message: string;
  readonly cause: string;
  /** Whose doing it probably is, where that can be told. */
  readonly causeKind?: CauseKind;
  /** Part of the change that the cause explains, 0..1. */
  readonly explains?: number;
  readonly remedy: string;
  /** How often the same would have been told in the last 30 days, this time included. */
  readonly timesInMonth: number;
}

export interface AlertSources {
  readonly catalog: Catalog;
  readonly nowMs: number;
  /** By hour, exchange, campaign and line item, of the last 61 days. */
  readonly rows: readonly ReportRow[];
  /** Of the last two hours. */
  readonly counts: readonly CountRow[];
  readonly rejections: readonly RejectionRow[];
  /** Sums of the last 30 days and two weeks before, by hour, exchange, line item and creative. */
  readonly byCreative?: readonly ReportRow[];
  /** Of a line item's clicks, the share whose conversions have come by an age; undefined where it does not count them. */
  delaysOf?(lineItemId: string): DelayCurve | undefined;
  readonly edits?: readonly Edit[];
  /** Money of limited budgets, today's and the lifetime's. */
  readonly budgets?: readonly BudgetLine[];
  readonly packs?: readonly PackFacts[];
  readonly steered?: readonly Steered[];
  /** What was saved of creatives could not be believed at the start, which was then. */
  readonly beliefsCorruptAtMs?: number | undefined;
  /** What exchanges told of their own counts. */
  readonly theirs?: readonly TheirReport[];
}

/** A change of the configuration. */
export interface Edit {
  readonly atMs: number;
  /** Line items that it touched, be it by their campaign or a creative. */
  readonly lineItemIds: readonly string[];
  /** What was changed, in a few words. */
  readonly what: string;
}

export const HOUR_MS = 3_600_000;

export function about(
  kind: AlertKind,
  objectKind: Alert['objectKind'],
  objectId: string,
  sinceMs: number,
): Pick<Alert, 'id' | 'kind' | 'objectKind' | 'objectId' | 'sinceMs'> {
  return { id: `${kind}/${objectId}/${sinceMs}`, kind, objectKind, objectId, sinceMs };
}

export function nameOf({ lineItem }: CatalogLine): string {
  return lineItem.name ?? lineItem.id;
}

/** Of a report's `2026-11-23T15:00Z`. */
export function hourOf(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text.replace('Z', ':00Z'));
}

/** When something began is estimated anew with every hour that comes in, and names the same trouble all the same. */
const EPISODE_MS = 24 * 3_600_000;

/** Whether two ids are of one kind, about one object, and of one time. */
export function isSameEpisode(id: string, other: string): boolean {
  if (id === other) return true;
  const end = id.lastIndexOf('/') + 1;
  if (end === 0 || other.lastIndexOf('/') + 1 !== end || !other.startsWith(id.slice(0, end))) return false;
  return Math.abs(Number(id.slice(end)) - Number(other.slice(end))) <= EPISODE_MS;
}
