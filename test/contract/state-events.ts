/** Events of a small world of two campaigns, for the suites of the state layer. */
import type {
  AdjustmentEvent,
  BidFacts,
  BidRecord,
  ConversionEvent,
  NoticeEvent,
  NoticeKind,
} from '../../src/core/event.ts';
import { cpmMicros, micros, probability } from '../../src/core/units.ts';

/** Monday 23 November 2026, 15:00 UTC. */
export const NOW = Date.UTC(2026, 10, 23, 15);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export function factsOf(more: Partial<BidFacts> = {}): BidFacts {
  return {
    bidId: 'bid-000000000001',
    bidAtMs: NOW,
    exchangeId: 'example',
    advertiserId: 'bakery',
    campaignId: 'autumn',
    lineItemId: 'rye',
    creativeId: 'loaf',
    media: 'banner',
    budgetDay: '2026-11-23',
    leaseId: 0,
    bidCpmMicros: cpmMicros(5_000_000),
    floorCpmMicros: cpmMicros(0),
    currency: 'USD',
    rateMicros: 1_000_000,
    multiplierMilli: 1000,
    userKey: 'ann',
    test: false,
    ...more,
  };
}

export function noticeOf(kind: NoticeKind, facts: BidFacts, more: Partial<NoticeEvent> = {}): NoticeEvent {
  return {
    type: 'notice',
    kind,
    facts,
    atMs: facts.bidAtMs + 1000,
    priceCpmMicros: undefined,
    priceFlag: '',
    billable: false,
    lossCode: undefined,
    minToWinCpmMicros: undefined,
    late: false,
    ...more,
  };
}

/** The charging notice at a price in CPM micros. */
export function billingOf(facts: BidFacts, price: number, more: Partial<NoticeEvent> = {}): NoticeEvent {
  return noticeOf('billing', facts, { priceCpmMicros: cpmMicros(price), billable: true, ...more });
}

export function conversionOf(more: Partial<ConversionEvent> = {}): ConversionEvent {
  const orderId = more.orderId ?? 'order-1';
  return {
    type: 'conversion',
    conversionId: `conversion of ${orderId}`,
    actionId: 'purchase',
    advertiserId: 'bakery',
    atMs: NOW + HOUR,
    receivedAtMs: NOW + HOUR,
    clickId: '',
    userKey: '',
    orderId,
    valueMicros: micros(40_000_000),
    dedupeKey: `purchase|order|${orderId}`,
    ...more,
  };
}

/** A retraction, unless told otherwise. */
export function adjustmentOf(more: Partial<AdjustmentEvent> = {}): AdjustmentEvent {
  return {
    type: 'adjustment',
    kind: 'retract',
    actionId: 'purchase',
    advertiserId: 'bakery',
    orderId: 'order-1',
    clickId: '',
    atMs: NOW + 2 * HOUR,
    receivedAtMs: NOW + 2 * HOUR,
    valueMicros: micros(0),
    ...more,
  };
}

export function recordOf(facts: BidFacts): BidRecord {
  return {
    facts,
    impressionId: '1',
    auctionType: 1,
    dealId: '',
    valueCpmMicros: facts.bidCpmMicros,
    pClick: probability(0.002),
    propensity: 0.5,
    snapshotVersion: 1,
    packs: [],
  };
}

/** What a price costs in the account's currency, CPM micros, by exact fractions; half a micro rounds up at each step. */
export function exactCost(price: number, rateMicros: number, multiplierMilli: number): bigint {
  const account = (BigInt(price) * BigInt(rateMicros) * 2n + 1_000_000n) / 2_000_000n;
  return (account * BigInt(multiplierMilli) * 2n + 1000n) / 2000n;
}
