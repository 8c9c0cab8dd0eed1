/** The exchange's look at an answer: which bids may take part, and why the others may not. */
import { MEDIA } from '../core/event.ts';
import type { Bid } from '../openrtb/response.ts';
import type { OfferedImpression } from './placement.ts';
import type { SimulatedRequest } from './traffic.ts';

export interface ReceivedBid {
  readonly bid: Bid;
  readonly bidResponseId: string;
  readonly seat: string;
  readonly currency: string;
  readonly impression: OfferedImpression;
  readonly priceCpmMicros: number;
  /** Floor and rule of the deal where it bids under one, of the impression elsewhere. */
  readonly floorCpmMicros: number;
  readonly auctionType: number;
}

export interface ReadAnswer {
  readonly bids: readonly ReceivedBid[];
  /** One for each bid thrown away. */
  readonly faults: readonly string[];
}

/** Reads what a strict exchange reads; never throws. */
export function readAnswer(body: string, request: SimulatedRequest, currency: string): ReadAnswer {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { bids: [], faults: ['not JSON'] };
  }
  const answer = objectOf(parsed);
  if (answer.id !== request.id) return { bids: [], faults: ['id is not the request’s'] };
  if ((answer.cur ?? 'USD') !== currency) return { bids: [], faults: ['currency was not offered'] };
  const bids: ReceivedBid[] = [];
  const faults: string[] = [];
  for (const seatbid of listOf(answer.seatbid).map(objectOf)) {
    for (const bid of listOf(seatbid.bid).map(objectOf) as unknown as Bid[]) {
      const impression = request.impressions.find(({ id }) => id === bid.impid);
      const fault = faultOf(bid, impression);
      if (fault !== undefined || !impression) {
        faults.push(fault ?? 'impid is unknown');
        continue;
      }
      const deal = bid.dealid === undefined ? undefined : impression.deals.get(bid.dealid);
      bids.push({
        bid,
        bidResponseId: textOf(answer.bidid),
        seat: textOf(seatbid.seat),
        currency,
        impression,
        priceCpmMicros: Math.round(bid.price * 1e6),
        floorCpmMicros: deal?.floorCpmMicros ?? impression.floorCpmMicros,
        auctionType: deal?.auctionType ?? request.auctionType,
      });
    }
  }
  return { bids, faults };
}

function faultOf(bid: Bid, impression: OfferedImpression | undefined): string | undefined {
  if (!impression) return 'impid is unknown';
  if (!isText(bid.id)) return 'id is missing';
  if (!isText(bid.crid)) return 'crid is missing';
  if (!(typeof bid.price === 'number' && bid.price > 0 && bid.price < 1e5)) return 'price is no price';
  if (!isText(bid.adm)) return 'adm is missing';
  if (!Array.isArray(bid.adomain) || !bid.adomain.every(isText) || bid.adomain.length === 0)
    return 'adomain is missing';
  const medium = MEDIA[(bid.mtype ?? 0) - 1];
  if (!medium || !impression.media.includes(medium)) return 'mtype was not offered';
  if (bid.dealid === undefined ? impression.privateAuction : !impression.deals.has(bid.dealid))
    return 'deal was not offered';
  if (medium === 'banner' && !sizeOffered(bid, impression)) return 'size was not offered';
  if (/\bhttp:\/\/(?!www\.w3\.org)/.test(bid.adm) && !/https:\/\//.test(bid.adm))
    return 'markup is not secure';
  return undefined;
}

function sizeOffered(bid: Bid, { slot }: OfferedImpression): boolean {
  const sizes = slot.alsoBanner ? [{ width: 300, height: 250 }] : slot.sizes;
  return sizes.some(({ width, height }) => width === bid.w && height === bid.h);
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
