/** A finalist's offer: pick, price, reserve, and what the notices will carry. */
import type { BidFacts } from '../core/event.ts';
import { bidIdFrom } from '../core/ids.ts';
import { noticeLinks } from '../core/notice-url.ts';
import type { Random } from '../core/random.ts';
import type { Reason } from '../core/reason.ts';
import type { CpmMicros } from '../core/units.ts';
import type { BidRequest, Deal, Impression } from '../openrtb/request.ts';
import type { Decision } from './answer.ts';
import type { Eligible, Gate } from './eligible.ts';
import { pick } from './pick.ts';
import type { BidObserver, BidPorts } from './ports.ts';
import { priceOf } from './price.ts';
import type { Snapshot } from './snapshot.ts';
import type { AnswerCurrency } from './terms.ts';
import { costCeiling, dealAdmitsDomains, floorFor, toAnswerCurrency } from './terms.ts';

/** What stays the same for all impressions of a request. */
export interface Decide extends Pick<Gate, 'exchange' | 'blocks' | 'person' | 'nowMs'> {
  readonly request: BidRequest;
  readonly snapshot: Snapshot;
  readonly ports: BidPorts;
  readonly observer: BidObserver;
  readonly currency: AnswerCurrency;
  readonly draws: Random;
}

export interface Finalist {
  readonly candidate: Eligible;
  readonly valueCpmMicros: CpmMicros;
  /** Breaks ties between equal worths evenly. */
  readonly tie: number;
}

export interface Offer {
  readonly decision: Decision;
  readonly propensity: number;
  readonly auctionType: number;
}

/**
 * What the funnel says of a finalist that another outbid: that its worth is under every floor it could have met, where it
 * is; else that it was outranked. Floors alone, without shading, since this runs for each of them.
 */
export function refusalOfOutranked(
  { currency, snapshot }: Pick<Decide, 'currency' | 'snapshot'>,
  { candidate, valueCpmMicros }: Finalist,
  impression: Impression,
): Reason {
  const { buying, fitting } = candidate;
  const value = toAnswerCurrency(valueCpmMicros, currency);
  const { account } = snapshot.catalog.book;
  const meets = (deal: Deal | undefined): boolean => {
    const floor = floorFor(impression, deal, fitting[0]?.fit.durationSeconds, currency, account);
    return floor !== undefined && value >= floor;
  };
  if ((buying.open && meets(undefined)) || buying.deals.some(meets)) return 'outranked';
  return buying.open ? 'below_floor' : 'below_deal_floor';
}

/** Pick, price, reserve: the part that costs money, so nothing may refuse after the reservation. */
export function offerFor(
  decide: Decide,
  { candidate, valueCpmMicros }: Finalist,
  impression: Impression,
): Offer | Reason {
  const { exchange, request, snapshot, ports, currency, nowMs, draws } = decide;
  const { line, buying } = candidate;
  const account = snapshot.catalog.book.account;
  const { chosen, propensity } = pick(line, candidate.fitting, snapshot.arms[line.number] ?? [], draws);
  const landscape = snapshot.landscapes.get(`${exchange.id}/${currency.code}`);

  let refusal: Reason = 'deal_not_allowed';
  const routes: readonly (Deal | undefined)[] = buying.open ? [...buying.deals, undefined] : buying.deals;
  for (const deal of routes) {
    if (deal && !dealAdmitsDomains(deal, chosen.creative.domains)) continue;
    const floorCpmMicros = floorFor(impression, deal, chosen.fit.durationSeconds, currency, account);
    if (floorCpmMicros === undefined) {
      refusal = 'currency_not_offered';
      continue;
    }
    const auctionType = deal?.auctionType ?? request.auctionType;
    const price = priceOf(line, valueCpmMicros, {
      currency,
      floorCpmMicros,
      auctionType,
      underDeal: deal !== undefined,
      landscape,
    });
    if (typeof price === 'string') {
      refusal = price;
      continue;
    }
    const holdSeconds = exchange.holdSeconds[chosen.fit.media];
    const facts: BidFacts = {
      bidId: bidIdFrom(ports.bidIds, nowMs),
      bidAtMs: nowMs,
      exchangeId: exchange.id,
      advertiserId: line.advertiser.id,
      campaignId: line.campaign.id,
      lineItemId: line.lineItem.id,
      creativeId: chosen.creative.creative.id,
      media: chosen.fit.media,
      budgetDay: line.zone.at(nowMs).day,
      leaseId: ports.purse.leaseId,
      bidCpmMicros: price,
      floorCpmMicros,
      currency: currency.code,
      rateMicros: currency.rateMicros,
      multiplierMilli: impression.multiplierMilli,
      userKey: decide.person.userKey,
      test: request.test,
    };
    const refused = ports.purse.reserve({
      bidId: facts.bidId,
      budgets: line.budgets,
      costMicros: costCeiling(price, currency, impression.multiplierMilli),
      impressions: Math.ceil(impression.multiplierMilli / 1000),
      nowMs,
      expiresAtMs:
        nowMs + 1000 * (exchange.sendsWinNotices ? Math.min(exchange.winSeconds, holdSeconds) : holdSeconds),
    });
    if (refused) return refused;
    const tokens = ports.tokens.sign(facts);
    const links = noticeLinks(
      ports.publicUrl,
      impression.secure ? ports.securePublicUrl : ports.publicUrl,
      tokens,
      exchange.billing,
    );
    return {
      decision: { impression, line, chosen, deal, facts, links, holdSeconds },
      propensity,
      auctionType,
    };
  }
  return refusal;
}
