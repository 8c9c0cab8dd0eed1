/** What one person saw and did, and the rules about how often they may see it again. */
import { objectNumber } from './ids.ts';
import type { Zone } from './zone.ts';

export const TOUCH_KINDS = ['impression', 'click', 'conversion'] as const;
export type TouchKind = (typeof TOUCH_KINDS)[number];

export interface HistoryTouch {
  readonly userKey: string;
  readonly bidId: string;
  readonly kind: TouchKind;
  readonly atMs: number;
  readonly advertiserId: string;
  readonly campaignId: string;
  readonly lineItemId: string;
  readonly creativeId: string;
}

/** Columns of `count` rows; object numbers as in `core/ids.ts`. Bids in flight are in it as impressions. */
export interface PersonHistory {
  readonly count: number;
  /** Index into TOUCH_KINDS. */
  readonly kinds: Uint8Array;
  readonly atMs: Float64Array;
  readonly advertisers: Float64Array;
  readonly campaigns: Float64Array;
  readonly lineItems: Float64Array;
  readonly creatives: Float64Array;
  /** Rows older than this were dropped: a window that reaches further back is unknown. */
  readonly completeSinceMs: number;
}

/** A copy with one row more, for what this very request has already been promised. */
export function withTouch(
  history: PersonHistory,
  touch: Omit<HistoryTouch, 'userKey' | 'bidId'>,
): PersonHistory {
  const floats = (column: Float64Array, value: number): Float64Array => {
    const grown = new Float64Array(history.count + 1);
    grown.set(column.subarray(0, history.count));
    grown[history.count] = value;
    return grown;
  };
  const kinds = new Uint8Array(history.count + 1);
  kinds.set(history.kinds.subarray(0, history.count));
  kinds[history.count] = TOUCH_KINDS.indexOf(touch.kind);
  return {
    count: history.count + 1,
    kinds,
    atMs: floats(history.atMs, touch.atMs),
    advertisers: floats(history.advertisers, objectNumber('advertiser', touch.advertiserId)),
    campaigns: floats(history.campaigns, objectNumber('campaign', touch.campaignId)),
    lineItems: floats(history.lineItems, objectNumber('line_item', touch.lineItemId)),
    creatives: floats(history.creatives, objectNumber('creative', touch.creativeId)),
    completeSinceMs: history.completeSinceMs,
  };
}

/** Number of the creative of a line item that the person saw last; undefined where none is known. */
export function lastCreative(history: PersonHistory, lineItemId: string): number | undefined {
  const line = objectNumber('line_item', lineItemId);
  let latest = -1;
  for (let row = 0; row < history.count; row++) {
    if (history.kinds[row] !== TOUCH_KINDS.indexOf('impression') || history.lineItems[row] !== line) continue;
    if (latest < 0 || history.atMs[row]! >= history.atMs[latest]!) latest = row;
  }
  return latest < 0 ? undefined : history.creatives[latest];
}

export type CapLevel = 'advertiser' | 'campaign' | 'line_item' | 'creative';

/** One frequency cap, or a minimum gap (`max` 0 impressions within the gap), compiled. */
export interface CapRule {
  readonly level: CapLevel;
  /** `objectNumber(level, id)` of the object whose events count. */
  readonly objectNumber: number;
  readonly event: TouchKind;
  readonly max: number;
  /** A span back from now, a calendar span of the zone, or everything. */
  readonly window:
    | { readonly kind: 'rolling'; readonly lengthMs: number }
    | {
        readonly kind: 'calendar';
        readonly unit: 'minute' | 'hour' | 'day' | 'week' | 'month';
        readonly length: number;
        readonly zone: Zone;
      }
    | { readonly kind: 'lifetime' };
  /** A minimum gap refuses with `too_soon`, a cap with `frequency_capped`. */
  readonly gap: boolean;
}
