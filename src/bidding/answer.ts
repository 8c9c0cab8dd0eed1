/** From a decision to the words of the wire (OpenRTB 2.6 section 4.2). */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { BidFacts } from '../core/event.ts';
import type { NoticeLinks } from '../core/notice-url.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { BidRequest, Deal, Impression } from '../openrtb/request.ts';
import type { Bid, BidResponse, SeatBid } from '../openrtb/response.ts';
import { placedIn } from './blocks.ts';
import type { ChosenCreative, FittingCreative } from './eligible.ts';
import { attributesOf } from './eligible.ts';
import { mediaAnswerOf } from './media/index.ts';
import { seatFor } from './seat.ts';
import { isLeftToWin } from './served.ts';
import type { SkAdNetworkAnswer } from './skadnetwork.ts';
import { noticeText, transparencyOf } from './transparency.ts';

/** One impression decided: all that the answer says about it. */
export interface Decision {
  readonly impression: Impression;
  readonly line: CatalogLine;
  readonly chosen: ChosenCreative;
  /** What it declares as `adomain`. */
  readonly domains: readonly string[];
  readonly skAdNetwork: SkAdNetworkAnswer | undefined;
  readonly deal: Deal | undefined;
  readonly facts: BidFacts;
  readonly links: NoticeLinks;
  readonly holdSeconds: number;
}

export function answer(
  request: BidRequest,
  exchange: ExchangeProfile,
  currency: string,
  decisions: readonly Decision[],
): BidResponse {
  return {
    id: request.id,
    bidid: decisions[0]?.facts.bidId ?? request.id,
    cur: currency,
    seatbid: seatBids(request, exchange, decisions),
  };
}

/** A seat each, in the order of their first bids: a deal may be for another of our seats than the open auction. */
function seatBids(request: BidRequest, exchange: ExchangeProfile, decisions: readonly Decision[]): SeatBid[] {
  const bySeat = new Map<string | undefined, Bid[]>();
  for (const decision of decisions) {
    const seat = seatFor(request, decision.deal, exchange)?.name;
    const bids = bySeat.get(seat);
    if (bids) bids.push(bidOf(decision, request, exchange));
    else bySeat.set(seat, [bidOf(decision, request, exchange)]);
  }
  return [...bySeat].map(([seat, bid]) => ({ bid, ...(seat === undefined ? {} : { seat }) }));
}

function bidOf(
  { impression, line, chosen, domains, skAdNetwork, deal, facts, links, holdSeconds }: Decision,
  request: BidRequest,
  exchange: ExchangeProfile,
): Bid {
  const { creative } = chosen.creative;
  const { fit } = chosen;
  const media = mediaAnswerOf(fit.media);
  const attributes = attributesOf(chosen.creative);
  const transparency = transparencyOf(request, line, fit.media);
  const bid: Bid = {
    id: facts.bidId,
    impid: impression.id,
    price: quotedPrice(facts.bidCpmMicros, exchange.quotes),
    adid: creative.id,
    nurl: links.nurl,
    adomain: [...domains],
    cid: billedTo(impression, exchange) ?? line.campaign.id,
    crid: chosen.creative.crid,
    mtype: media.markupType,
    exp: holdSeconds,
  };
  // Markup stands in one of two places: an exchange that finds it here does not look at the answer of nurl (section 4.3).
  if (!isLeftToWin(exchange, fit.media))
    bid.adm = media.markup(chosen.creative, impression, fit, {
      ...links,
      bidId: facts.bidId,
      ...(transparency?.adrender === 1 ? { notice: noticeText(transparency) } : {}),
    });
  if (exchange.billing === 'burl') bid.burl = links.burl;
  if (exchange.lossNotices) bid.lurl = links.lurl;
  Object.assign(bid, categoriesOf(chosen.creative, request));
  if (attributes.length > 0) bid.attr = [...attributes];
  if (creative.previewUrl !== undefined) bid.iurl = creative.previewUrl;
  if (creative.bundle !== undefined) bid.bundle = creative.bundle;
  if (creative.language !== undefined) bid.language = creative.language;
  if (deal) bid.dealid = deal.id;
  if (fit.width !== undefined) bid.w = fit.width;
  if (fit.height !== undefined) bid.h = fit.height;
  if (fit.widthRatio !== undefined) bid.wratio = fit.widthRatio;
  if (fit.heightRatio !== undefined) bid.hratio = fit.heightRatio;
  if (fit.durationSeconds !== undefined) bid.dur = fit.durationSeconds;
  // Told for the dynamic part of a pod alone, and there it may stand anywhere.
  if (fit.dynamicPod) bid.slotinpod = 0;
  if (fit.protocol !== undefined) bid.protocol = fit.protocol;
  if (fit.apis !== undefined) bid.apis = [...fit.apis];
  if (skAdNetwork) bid.bundle = skAdNetwork.itunesitem;
  if (transparency || skAdNetwork || exchange.markupTypeInExt)
    bid.ext = {
      ...(transparency ? { dsa: transparency } : {}),
      ...(skAdNetwork ? { skadn: skAdNetwork } : {}),
      ...(exchange.markupTypeInExt ? { prebid: { type: MARKUP_TYPES[media.markupType - 1] } } : {}),
    };
  return bid;
}

/** By `mtype`, from 1. */
const MARKUP_TYPES = ['banner', 'video', 'audio', 'native'] as const;

/** Hundredths are whole where they are asked for; rounded down, for floors there are whole as well and the price is never more than was decided. */
function quotedPrice(cpmMicros: number, quotes: ExchangeProfile['quotes']): number {
  return quotes === 'units' ? cpmMicros / 1_000_000 : Math.floor(cpmMicros / 10_000);
}

/** What the exchange gave us to name as the payer, where it asks for that; text on the wire, whatever it came as. */
function billedTo({ raw }: Impression, { cidFrom }: ExchangeProfile): string | undefined {
  if (cidFrom === undefined) return undefined;
  const extension = raw.ext;
  if (typeof extension !== 'object' || extension === null || !Object.hasOwn(extension, cidFrom))
    return undefined;
  const offered: unknown = (extension as Readonly<Record<string, unknown>>)[cidFrom];
  const first: unknown = Array.isArray(offered) ? offered[0] : offered;
  return typeof first === 'string' || typeof first === 'number' ? String(first) : undefined;
}

/** In the taxonomy that the request's lists are in, where every category can be said there; else in its own (`cattax` 1 unless told). */
function categoriesOf(
  creative: FittingCreative['creative'],
  request: BidRequest,
): Pick<Bid, 'cat' | 'cattax'> {
  const { categories, categoryTaxonomy = 1 } = creative;
  if (categories.length === 0) return {};
  const { codes, complete } = placedIn(creative, request.categoryTaxonomy);
  const [cat, cattax] = complete ? [codes, request.categoryTaxonomy] : [categories, categoryTaxonomy];
  // Left out, it would be read as the request's by some and as 1 by others.
  return cattax === 1 && request.categoryTaxonomy === 1 ? { cat: [...cat] } : { cat: [...cat], cattax };
}
