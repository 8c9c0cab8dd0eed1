/** One offer of a finalist: its creative, its price under one way of buying, the money reserved, and what the notices will carry. */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { BidFacts, BidRecord } from '../core/event.ts';
import { lastCreative } from '../core/history.ts';
import { bidIdFrom, objectNumber } from '../core/ids.ts';
import type { DerivedTags } from '../core/profile.ts';
import type { Random } from '../core/random.ts';
import type { Reason } from '../core/reason.ts';
import type { BidRequest, Deal, Impression } from '../openrtb/request.ts';
import { isPublicScreen } from '../openrtb/request.ts';
import type { Scene } from '../policy/bandit/policy.ts';
import { NO_SCENE } from '../policy/bandit/policy.ts';
import { marketContext } from '../policy/price/market.ts';
import type { Decision } from './answer.ts';
import type { Arms } from './assign.ts';
import type { Eligible, Gate } from './eligible.ts';
import type { Circumstances } from './features.ts';
import { holdSecondsFor } from './hold.ts';
import type { Picked } from './pick.ts';
import { pick } from './pick.ts';
import { placeOf } from './place.ts';
import type { BidObserver, BidPorts } from './ports.ts';
import { priceOf } from './price.ts';
import type { Seen } from './seen.ts';
import { isLeftToWin, linksOf } from './served.ts';
import { skAdNetworkAnswer } from './skadnetwork.ts';
import type { Snapshot } from './snapshot.ts';
import type { AnswerCurrency } from './terms.ts';
import { costCeiling, declaredDomains, floorFor, toAnswerCurrency } from './terms.ts';
import type { Valued } from './value.ts';
import { pClickOf } from './value.ts';

/** What stays the same for all impressions of a request. */
export interface Decide extends Pick<Gate, 'exchange' | 'blocks' | 'person' | 'nowMs'> {
  readonly request: BidRequest;
  readonly snapshot: Snapshot;
  readonly ports: BidPorts;
  readonly observer: BidObserver;
  readonly currency: AnswerCurrency;
  /** Where packs may be consulted, and models say something of the person. */
  readonly derived: DerivedTags | undefined;
  readonly draws: Random;
  /** Of the experiments that the person is part of. */
  readonly arms: Arms;
  /** Of the person, where they may be consulted. */
  readonly packs: readonly string[];
  /** Of the impression at hand, worked out when first asked for. */
  circumstances(): Circumstances;
  readonly seen: Seen;
}

export interface Finalist extends Valued {
  readonly candidate: Eligible;
  /** Breaks ties between equal worths evenly. */
  readonly tie: number;
}

export interface Offer {
  readonly finalist: Finalist;
  readonly decision: Decision;
  readonly propensity: number;
  readonly auctionType: number;
}

/** What became of the finalists of one impression. */
export interface Contest {
  readonly offers: readonly Offer[];
  /** Why finalists that were asked for an offer made none; those that nobody asked are not in it. */
  readonly refusals: ReadonlyMap<Finalist, Reason>;
}

/**
 * What the funnel says of a finalist that others outbid: that its worth is under every floor it could have met, where it
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
    const floor = floorFor(impression, deal, fitting[0]!.fit, currency, account);
    return floor !== undefined && value >= floor;
  };
  if ((buying.open && meets(undefined)) || buying.deals.some(meets)) return 'outranked';
  return buying.open ? 'below_floor' : 'below_deal_floor';
}

/** One of the creatives that fit, by the line item's rotation. */
export function pickFor(decide: Decide, { line, fitting }: Eligible): Picked {
  return pick(line, fitting, decide.snapshot.beliefs[line.number], sceneOf(decide, line), decide.draws);
}

/** Rotations look at no more of the impression and the person than they need. */
function sceneOf({ circumstances, seen }: Decide, { lineItem, creatives }: CatalogLine): Scene {
  if (lineItem.rotation === 'contextual') return { circumstances: circumstances().hashes };
  if (lineItem.rotation !== 'sequential' || !seen.history) return NO_SCENE;
  const last = lastCreative(seen.history, lineItem.id);
  const place = creatives.findIndex(({ creative }) => objectNumber('creative', creative.id) === last);
  return place < 0 ? NO_SCENE : { ...NO_SCENE, lastSeen: place };
}

/** Where there is nothing to choose, nothing is learned of what works with whom. */
function hasChoice({ creatives }: CatalogLine): boolean {
  return creatives.length > 1 || creatives[0]?.template !== undefined;
}

/**
 * Price and reserve, under `deal` or in the open: the part that costs money, so nothing may refuse after the reservation.
 * The creative was chosen before, since floors depend on its length; the price never sees the draw.
 */
export function offerFor(
  decide: Decide,
  finalist: Finalist,
  { chosen, propensity }: Picked,
  impression: Impression,
  deal: Deal | undefined,
): Offer | Reason {
  const { exchange, request, snapshot, ports, currency, nowMs, draws } = decide;
  const { line } = finalist.candidate;
  const account = snapshot.catalog.book.account;
  const domains = declaredDomains(chosen.creative.domains, deal, account, request.blockedAdvertisers);
  if (!domains) return 'deal_not_allowed';
  const floorCpmMicros = floorFor(impression, deal, chosen.fit, currency, account);
  if (floorCpmMicros === undefined) return 'currency_not_offered';
  const auctionType = deal?.auctionType ?? request.auctionType;
  const price = priceOf(line, finalist.valueCpmMicros, {
    currency,
    floorCpmMicros,
    auctionType,
    underDeal: deal !== undefined,
    landscape: snapshot.landscapes
      .get(`${exchange.id}/${currency.code}`)
      ?.within(marketContext({ floorCpmMicros, media: chosen.fit.media })),
    draws: decide.draws,
  });
  if (typeof price === 'string') return price;
  const holdSeconds = holdSecondsFor(exchange, chosen.fit.media, impression, isPublicScreen(request), nowMs);
  if (holdSeconds === undefined) return 'displayed_too_late';
  const facts: BidFacts = {
    bidId: bidIdFrom(ports.bidIds, nowMs, ports.worker),
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
    place: placeOf(decide, line, chosen.fit, deal),
    ...(chosen.elements ? { elements: chosen.elements } : {}),
    ...(hasChoice(line) ? { circumstances: decide.circumstances().hashes } : {}),
    ...(finalist.forecast ? { forecast: finalist.forecast } : {}),
  };
  const refused = ports.purse.reserve({
    bidId: facts.bidId,
    budgets: line.budgets,
    costMicros: costCeiling(price, currency, impression.multiplierMilli),
    impressions: Math.ceil(impression.multiplierMilli / 1000),
    nowMs,
    wonExpiresAtMs: nowMs + 1000 * holdSeconds,
    expiresAtMs:
      nowMs + 1000 * (exchange.sendsWinNotices ? Math.min(exchange.winSeconds, holdSeconds) : holdSeconds),
  });
  if (refused) return refused;
  const recipe = { fit: chosen.fit, secure: impression.secure };
  const links = linksOf(ports, facts, recipe, exchange, isLeftToWin(exchange, chosen.fit.media));
  return {
    finalist,
    decision: {
      skAdNetwork: skAdNetworkAnswer(
        chosen.creative.creative,
        impression.skAdNetwork,
        snapshot.skAdNetwork,
        draws,
        nowMs,
      ),
      impression,
      line,
      chosen,
      domains,
      deal,
      facts,
      links,
      holdSeconds,
    },
    propensity,
    auctionType,
  };
}

/** What is written down of an offer that leaves the house. */
export function recordOf(
  { snapshot, circumstances, arms }: Pick<Decide, 'snapshot' | 'circumstances' | 'arms'>,
  { finalist, decision, propensity, auctionType }: Offer,
  packs: readonly string[],
): BidRecord {
  const { facts, impression, deal, line } = decision;
  const { fitting } = finalist.candidate;
  const experimentId = line.experimentId;
  const arm = experimentId === undefined ? undefined : arms.get(experimentId);
  return {
    facts,
    impressionId: impression.id,
    auctionType,
    dealId: deal?.id ?? '',
    valueCpmMicros: finalist.valueCpmMicros,
    propensity,
    pClick: facts.forecast?.pClick ?? pClickOf(snapshot, line, facts.creativeId),
    snapshotVersion: snapshot.version,
    packs: packs.map((pack) => snapshot.packs.versionOf(pack)),
    ...(fitting.length > 1 ? { offered: fitting.map(({ creative }) => creative.creative.id) } : {}),
    ...(facts.circumstances ? { circumstances: circumstances().names } : {}),
    ...(arm === undefined ? {} : { experiment: `${experimentId}/${arm}` }),
  };
}
