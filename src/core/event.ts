/** What happened, as records. Everything that is remembered, learned from or reported comes from these. */
import type { CpmMicros, Micros } from './units.ts';

/** Kinds of notice that tell of one bid. Each counts once for a bid, in any order. */
export const NOTICE_KINDS = ['win', 'billing', 'loss', 'impression', 'click'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** The media an answer offers; OpenRTB `mtype` 1 to 4 in this order. */
export const MEDIA = ['banner', 'video', 'audio', 'native'] as const;
export type Media = (typeof MEDIA)[number];

/**
 * The facts of a bid that every notice of it carries back, signed. Ids are the configuration's own, so that a charge
 * finds its budget after any restart and any edit.
 */
export interface BidFacts {
  /** 16 characters of base64url, unique. */
  readonly bidId: string;
  readonly bidAtMs: number;
  readonly exchangeId: string;
  readonly advertiserId: string;
  readonly campaignId: string;
  readonly lineItemId: string;
  readonly creativeId: string;
  readonly media: Media;
  /** Civil date of the bid in the campaign's time zone, yyyy-mm-dd: the daily budget that pays. */
  readonly budgetDay: string;
  /** The budget lease that the reservation was taken from. */
  readonly leaseId: number;
  /** The bid in the answer's currency: the most that can be charged. */
  readonly bidCpmMicros: CpmMicros;
  readonly floorCpmMicros: CpmMicros;
  readonly currency: string;
  /** Account currency for one unit of `currency`, in millionths; fixed when the bid was made. */
  readonly rateMicros: number;
  /** Impressions one showing counts for (`imp.qty`), in thousandths; 1000 nearly always. */
  readonly multiplierMilli: number;
  /** Pseudonym of the person, empty where no id may be used. */
  readonly userKey: string;
  /** The request was a test (`test` 1): nothing of it is billable. */
  readonly test: boolean;
  /** Numbers of the elements that filled the slots of a template, in the order of its slots. */
  readonly elements?: readonly number[];
  /** Where there was a creative to choose: the circumstances of the showing, as hashes below 2^24. */
  readonly circumstances?: readonly number[];
  /** Where and to whom, as `core/place.ts` writes it: what reports group by. Absent in bids of processes that did not say so. */
  readonly place?: string;
  /** Of bids that go by results, and of these alone. */
  readonly forecast?: Forecast;
}

/** What was expected of a showing when its bid was made: what comes of it is held against this. */
export interface Forecast {
  /** What the click model was told, as hashes below 2^24. */
  readonly features: readonly number[];
  readonly pClick: number;
  /** Actions to come of a click, in the mean; above 1 where people come back. */
  readonly conversionsPerClick: number;
}

/** Why a notice was kept but not charged, or charged otherwise than at its price. Empty for the ordinary case. */
export const PRICE_FLAGS = [
  '',
  'audit',
  'missing',
  'unexpanded',
  'unreadable',
  'stale',
  'other_currency',
  'absurd',
  'above_bid',
  'above_quantity',
  'converted',
  'below_floor',
  'test',
  'charged_at_maximum',
] as const;
export type PriceFlag = (typeof PRICE_FLAGS)[number];

export interface NoticeEvent {
  readonly type: 'notice';
  readonly kind: NoticeKind;
  readonly facts: BidFacts;
  readonly atMs: number;
  /** Clearing price in the bid's currency where the notice gave one that can be believed. */
  readonly priceCpmMicros: CpmMicros | undefined;
  readonly priceFlag: PriceFlag;
  /** True where the exchange's profile bills on this kind and the price is a charge. */
  readonly billable: boolean;
  /** OpenRTB loss reason code, for losses. */
  readonly lossCode: number | undefined;
  readonly minToWinCpmMicros: CpmMicros | undefined;
  /** Impressions the showing counted for, where the notice says fewer than the bid allowed for, in thousandths. */
  readonly quantityMilli?: number;
  /** When it was shown, where the notice says so and that can be true; `atMs` is when we were told. */
  readonly shownAtMs?: number;
  /** Came after the window of its kind: journaled and charged all the same, and counted apart. */
  readonly late: boolean;
}

export interface ConversionEvent {
  readonly type: 'conversion';
  readonly conversionId: string;
  readonly actionId: string;
  readonly advertiserId: string;
  readonly atMs: number;
  readonly receivedAtMs: number;
  readonly clickId: string;
  readonly userKey: string;
  readonly orderId: string;
  readonly valueMicros: Micros;
  /** What makes two reports the same conversion: the order, the click, or the report itself. */
  readonly dedupeKey: string;
}

/**
 * The advertiser takes a conversion back (refunded, cancelled), or says that it was worth something else. It may come before the
 * conversion, and more than once: a retraction is final, and of restatements the one of the latest time counts.
 */
export interface AdjustmentEvent {
  readonly type: 'adjustment';
  readonly kind: 'retract' | 'restate';
  readonly actionId: string;
  readonly advertiserId: string;
  /** What it is about: one order, or all conversions of one click. The other is empty. */
  readonly orderId: string;
  readonly clickId: string;
  readonly atMs: number;
  readonly receivedAtMs: number;
  /** What it was worth after all; 0 for a retraction. */
  readonly valueMicros: Micros;
}

/** A touch that a conversion can be credited to. */
export interface Touch {
  readonly kind: 'impression' | 'click';
  readonly atMs: number;
  readonly facts: BidFacts;
}

/** One answer that left the house: kept for learning, reports and replay, not for money. */
export interface BidRecord {
  readonly facts: BidFacts;
  readonly impressionId: string;
  readonly auctionType: number;
  readonly dealId: string;
  /** What the line item thought the thousand impressions were worth, before shading. */
  readonly valueCpmMicros: CpmMicros;
  /** Probability with which the creative was chosen. */
  readonly propensity: number;
  /** Predicted probability of a click, as it was when the bid was made. */
  readonly pClick: number;
  readonly snapshotVersion: number;
  /** Versions of the packs that matched, as `pack@version`. */
  readonly packs: readonly string[];
  /** Creatives that fitted the impression, where there were several: one of them was chosen. */
  readonly offered?: readonly string[];
  /** Names of the facts' circumstances, in their order. */
  readonly circumstances?: readonly string[];
  /** The experiment and arm that the person belongs to, as `experiment/arm`. */
  readonly experiment?: string;
}
