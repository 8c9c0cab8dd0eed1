/**
 * THE PAGE: one bid request, every step in order.
 *
 *   refuse · permit · lookup · await hydrate · for each impression: eligible · value · pick · price · reserve · answer
 *
 * It reads one snapshot, waits once, and after the wait everything is synchronous. A refusal is a value from the closed
 * list in `core/reason.ts`. Decoding and encoding are the dialect's (`exchange/`); what follows a bid is in `learning/`.
 */
import type { Probe } from '../campaign/targeting/dimension.ts';
import type { Clock } from '../core/clock.ts';
import type { BidFacts, BidRecord } from '../core/event.ts';
import type { PersonHistory } from '../core/history.ts';
import { withTouch } from '../core/history.ts';
import { bidIdFrom } from '../core/ids.ts';
import { noticeLinks } from '../core/notice-url.ts';
import type { Random } from '../core/random.ts';
import type { Reason } from '../core/reason.ts';
import { REASONS } from '../core/reason.ts';
import type { TokenCodec } from '../core/token.ts';
import type { CpmMicros } from '../core/units.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { BidRequest, Deal, Impression } from '../openrtb/request.ts';
import type { BidResponse } from '../openrtb/response.ts';
import type { PeoplePort, Purse } from '../state/port.ts';
import type { Decision } from './answer.ts';
import { answer } from './answer.ts';
import { blocksOf } from './blocks.ts';
import type { Eligible, Gate } from './eligible.ts';
import { eligible } from './eligible.ts';
import { hydrate } from './hydrate.ts';
import { lookup } from './lookup.ts';
import { permit } from './permit.ts';
import { pick } from './pick.ts';
import { priceOf } from './price.ts';
import type { Snapshot } from './snapshot.ts';
import type { AnswerCurrency } from './terms.ts';
import { chooseCurrency, costCeiling, dealAdmitsDomains, floorFor, seatAllowed } from './terms.ts';
import { worthOf } from './value.ts';

export interface Opportunity {
  readonly exchange: ExchangeProfile;
  readonly request: BidRequest;
  /** When the request arrived, by the monotonic clock. */
  readonly arrivedMs: number;
}

export interface BidPorts {
  readonly clock: Clock;
  readonly people: Pick<PeoplePort, 'read' | 'hold'>;
  readonly purse: Purse;
  readonly tokens: TokenCodec;
  readonly personKey: (space: string, id: string) => string;
  /** Draws of a request come from a stream of its own id, so that a replay repeats them. */
  readonly choices: Random;
  readonly bidIds: Random;
  readonly publicUrl: string;
  /** The same door by https, for markup in placements that admit nothing else. */
  readonly securePublicUrl: string;
}

/** Watches a bid being decided: the funnel's counters, or the trace of `explain`. */
export interface BidObserver {
  impression(index: number, candidates: Int32Array): void;
  refused(index: number, lineNumber: number, reason: Reason): void;
  won(index: number, lineNumber: number, record: BidRecord): void;
}

export type BidOutcome =
  | { readonly bid: true; readonly response: BidResponse; readonly records: readonly BidRecord[] }
  | { readonly bid: false; readonly reason: Reason };

export async function bid(
  { exchange, request, arrivedMs }: Opportunity,
  snapshot: Snapshot,
  ports: BidPorts,
  observer: BidObserver,
): Promise<BidOutcome> {
  const account = snapshot.catalog.book.account;
  const currency = chooseCurrency(request, exchange, account);
  const deadlineMs = arrivedMs + (request.tmaxMs ?? exchange.tmaxDefaultMs) - exchange.deadlineMarginMs;
  const refusal = refuse(request, exchange, snapshot, currency, deadlineMs - arrivedMs);
  if (refusal !== undefined || currency === undefined)
    return { bid: false, reason: refusal ?? 'currency_not_offered' };

  const nowMs = ports.clock.now();
  const { permits, userKey } = permit(request, account, ports.personKey);
  const packs = snapshot.packs.packsOf(request, permits);
  const probes = request.impressions.map(
    (impression): Probe => ({ exchangeId: exchange.id, request, impression, permits, packs, nowMs }),
  );
  const found = lookup(snapshot.catalog, probes);
  found.candidates.forEach((candidates, index) => {
    observer.impression(index, candidates);
  });
  if (found.total === 0)
    return { bid: false, reason: snapshot.catalog.lines.length === 0 ? 'no_line_items' : 'not_targeted' };

  const person = await hydrate(snapshot.catalog, found, userKey, ports.people, nowMs, deadlineMs);
  if (ports.clock.monotonic() >= deadlineMs) return { bid: false, reason: 'deadline_passed' };

  const draws = ports.choices.stream(request.id);
  const decide: Decide = {
    exchange,
    request,
    snapshot,
    ports,
    observer,
    currency,
    nowMs,
    draws,
    blocks: blocksOf(request),
    person,
  };
  const decisions: Decision[] = [];
  const records: BidRecord[] = [];
  let history = person.history;
  let nearest: Reason = 'not_targeted';
  probes.forEach((probe, index) => {
    const outcome = decideImpression(decide, index, probe, found.candidates[index]!, history);
    if (typeof outcome === 'string') nearest = nearer(nearest, outcome);
    else {
      decisions.push(outcome.decision);
      records.push(outcome.record);
      history = remember(outcome.decision, history, nowMs, ports);
    }
  });
  if (decisions.length === 0) return { bid: false, reason: nearest };
  return { bid: true, response: answer(request, exchange, currency.code, decisions), records };
}

/** What can be refused without looking at a single line item. */
function refuse(
  request: BidRequest,
  exchange: ExchangeProfile,
  snapshot: Snapshot,
  currency: AnswerCurrency | undefined,
  timeMs: number,
): Reason | undefined {
  if (snapshot.stopped) return 'emergency_stop';
  if (timeMs <= 0) return 'too_little_time';
  if (!seatAllowed(request.allowedSeats, request.blockedSeats, exchange.seat)) return 'seat_not_allowed';
  if (!currency) return 'currency_not_offered';
  return request.impressions.some(
    (impression) => impression.banner ?? impression.video ?? impression.audio ?? impression.native,
  )
    ? undefined
    : 'unsupported_auction';
}

/** What stays the same for all impressions of a request. */
interface Decide extends Pick<Gate, 'exchange' | 'blocks' | 'person' | 'nowMs'> {
  readonly request: BidRequest;
  readonly snapshot: Snapshot;
  readonly ports: BidPorts;
  readonly observer: BidObserver;
  readonly currency: AnswerCurrency;
  readonly draws: Random;
}

interface Finalist {
  readonly candidate: Eligible;
  readonly valueCpmMicros: CpmMicros;
  /** Breaks ties between equal worths evenly. */
  readonly tie: number;
}

/** The line item that offers most and can pay it; the next one where it cannot. */
function decideImpression(
  decide: Decide,
  index: number,
  probe: Probe,
  candidates: Int32Array,
  history: PersonHistory | undefined,
): { decision: Decision; record: BidRecord } | Reason {
  const { snapshot, observer, draws } = decide;
  const takesPart = (lineNumber: number): boolean => {
    const share = snapshot.participation[lineNumber] ?? 1;
    return share >= 1 || draws.next() < share;
  };
  const gate: Gate = { ...decide, impression: probe.impression, history, takesPart };
  const finalists: Finalist[] = [];
  let nearest: Reason = 'not_targeted';
  const refuseLine = (lineNumber: number, reason: Reason): void => {
    observer.refused(index, lineNumber, reason);
    nearest = nearer(nearest, reason);
  };
  for (const lineNumber of candidates) {
    const line = snapshot.catalog.lines[lineNumber]!;
    const candidate = eligible(line, gate);
    if (typeof candidate === 'string') refuseLine(lineNumber, candidate);
    else finalists.push({ candidate, valueCpmMicros: worthOf(line, probe), tie: draws.next() });
  }
  finalists.sort((a, b) => b.valueCpmMicros - a.valueCpmMicros || a.tie - b.tie);
  for (let place = 0; place < finalists.length; place++) {
    const finalist = finalists[place]!;
    const offer = offerFor(decide, finalist, probe.impression);
    if (typeof offer === 'string') {
      refuseLine(finalist.candidate.line.number, offer);
      continue;
    }
    for (const outranked of finalists.slice(place + 1))
      observer.refused(index, outranked.candidate.line.number, 'outranked');
    const record: BidRecord = {
      facts: offer.decision.facts,
      impressionId: probe.impression.id,
      auctionType: offer.auctionType,
      dealId: offer.decision.deal?.id ?? '',
      valueCpmMicros: finalist.valueCpmMicros,
      propensity: offer.propensity,
      snapshotVersion: snapshot.version,
      packs: probe.packs.map((pack) => snapshot.packs.versionOf(pack)),
    };
    observer.won(index, finalist.candidate.line.number, record);
    return { decision: offer.decision, record };
  }
  return nearest;
}

interface Offer {
  readonly decision: Decision;
  readonly propensity: number;
  readonly auctionType: number;
}

/** Pick, price, reserve: the part that costs money, so nothing may refuse after the reservation. */
function offerFor(
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
      impressions: 1,
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

/** Counts the bid in flight as seen: for other requests in the store, for this one's later impressions in the history at hand. */
function remember(
  { facts, line, holdSeconds }: Decision,
  history: PersonHistory | undefined,
  nowMs: number,
  ports: Pick<BidPorts, 'people'>,
): PersonHistory | undefined {
  if (facts.userKey === '' || !line.needsPerson) return history;
  const touch = { ...facts, kind: 'impression', atMs: nowMs } as const;
  ports.people.hold(touch, nowMs + holdSeconds * 1000);
  return history && withTouch(history, touch);
}

/** Of two refusals the one that came later in the funnel: it says most about what would have to change. */
function nearer(a: Reason, b: Reason): Reason {
  return RANK.get(b)! > RANK.get(a)! ? b : a;
}

const RANK = new Map<Reason, number>(
  (Object.keys(REASONS) as Reason[]).map((reason, index) => [reason, index]),
);
