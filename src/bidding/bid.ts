/**
 * THE PAGE: one bid request, every step in order.
 *
 *   refuse · permit · lookup · assign · await hydrate · for each impression: eligible · value · pick · price · reserve · answer
 *
 * It reads one snapshot, waits once, and after the wait everything is synchronous. A refusal is a value from the closed
 * list in `core/reason.ts`. Decoding and encoding are the dialect's (`exchange/`); what follows a bid is in `learning/`.
 */
import type { Catalog } from '../campaign/catalog.ts';
import type { Probe } from '../campaign/targeting/dimension.ts';
import type { Bitset } from '../core/bitset.ts';
import { isEmpty } from '../core/bitset.ts';
import type { BidRecord } from '../core/event.ts';
import type { Reason } from '../core/reason.ts';
import { REASONS } from '../core/reason.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { BidRequest } from '../openrtb/request.ts';
import type { BidResponse } from '../openrtb/response.ts';
import type { Decision } from './answer.ts';
import { answer } from './answer.ts';
import { assign, holdBack } from './assign.ts';
import { blocksOf } from './blocks.ts';
import { contest } from './contest.ts';
import type { Gate } from './eligible.ts';
import { eligible } from './eligible.ts';
import type { Circumstances } from './features.ts';
import { circumstancesOf } from './features.ts';
import { hydrate } from './hydrate.ts';
import { giveBack, lookup } from './lookup.ts';
import type { Decide, Finalist } from './offer.ts';
import { recordOf, refusalOfOutranked } from './offer.ts';
import { idsOfPerson, permit } from './permit.ts';
import type { Break } from './pod.ts';
import { Breaks } from './pod.ts';
import type { BidObserver, BidPorts } from './ports.ts';
import { rivalsAmong } from './ranking.ts';
import { screen } from './screen.ts';
import { seatFor } from './seat.ts';
import { Seen } from './seen.ts';
import type { Snapshot } from './snapshot.ts';
import { supplyRefusal } from './supply.ts';
import type { AnswerCurrency } from './terms.ts';
import { chooseCurrency, flatFloorOf, inAccountCurrency } from './terms.ts';
import { noticeIsOurs } from './transparency.ts';
import { valuer } from './value.ts';

export interface Opportunity {
  readonly exchange: ExchangeProfile;
  readonly request: BidRequest;
  /** When the request arrived, by the clock's `waiting()`. */
  readonly arrivedMs: number;
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
  const { permits, ids, userKey } = permit(request, exchange.id, account, ports);
  ports.identity.meet(ids, nowMs);
  const packs = snapshot.packs.packsOf(request, permits, idsOfPerson(ids, ports.identity), (key, space) =>
    ports.seen.id(exchange.id, space, key, nowMs),
  );
  if (userKey !== '' && permits.audiences) ports.seen.person(userKey, packs, nowMs);
  const probes = request.impressions.map(
    (impression): Probe => ({ exchangeId: exchange.id, request, impression, permits, packs, nowMs }),
  );
  const assigned = assign(
    snapshot.catalog,
    lookup(snapshot.catalog, probes),
    userKey,
    nowMs,
    ports.experiments,
  );
  assigned.found.forEach((candidates, index) => {
    observer.impression(index, candidates, exchange.id);
  });
  const { arms, heldBy } = assigned;
  // What people buy who are shown nothing is told under ids that must lead to them all the same.
  if (arms.size > 0) ports.identity.join(ids, nowMs, 'observed');
  const found = heldBy.length > 0 ? holdBack(assigned.found, heldBy, observer) : assigned.found;
  if (!found.some((candidates) => candidates !== undefined))
    return { bid: false, reason: heldBy.length > 0 ? 'held_out' : noneAsks(snapshot) };

  const person = await hydrate(snapshot.catalog, found, userKey, ports.people, nowMs, deadlineMs);
  if (ports.clock.waiting() >= deadlineMs) return { bid: false, reason: 'deadline_passed' };

  const draws = ports.choices.stream(request.id);
  const seen = new Seen(person, ports.people, nowMs);
  const blocks = blocksOf(request, snapshot.catalog.ownDomains);
  const decide = {
    exchange,
    request,
    snapshot,
    ports,
    observer,
    currency,
    nowMs,
    draws,
    blocks,
    person,
    arms,
    packs,
    seen,
    derived: permits.audiences && userKey !== '' ? ports.profiles.derivedOf(userKey, nowMs) : undefined,
  };
  const breaks = new Breaks();
  const decisions: Decision[] = [];
  const records: BidRecord[] = [];
  let nearest: Reason = 'not_targeted';
  // Nothing waits from here on.
  probes.forEach((probe, index) => {
    const outcome = decideImpression(decide, index, probe, found[index], breaks.of(probe.impression));
    if (typeof outcome === 'string') nearest = nearer(nearest, outcome);
    else {
      decisions.push(...outcome.decisions);
      records.push(...outcome.records);
    }
  });
  giveBack(found);
  if (decisions.length === 0) return { bid: false, reason: nearest };
  // Only who is bid for is remembered: notices of this bid will name them.
  if (ids.length > 0) ports.identity.join(ids, nowMs, 'observed');
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
  if (!seatFor(request, undefined, exchange)) return 'seat_not_allowed';
  if (!currency) return 'currency_not_offered';
  const unsold = supplyRefusal(request, exchange, snapshot.catalog.book.account, snapshot.sellers);
  if (unsold) return unsold;
  return request.impressions.some(
    (impression) => impression.banner ?? impression.video ?? impression.audio ?? impression.native,
  )
    ? undefined
    : 'unsupported_auction';
}

function noneAsks({ catalog }: Snapshot): Reason {
  return catalog.lines.length === 0 ? 'no_line_items' : 'not_targeted';
}

/** Everything one impression gets: several bids where it has deals, or is a break to be filled. */
function decideImpression(
  decide: Omit<Decide, 'circumstances'>,
  index: number,
  probe: Probe,
  candidates: Bitset | undefined,
  adBreak: Break | undefined,
): { decisions: readonly Decision[]; records: readonly BidRecord[] } | Reason {
  const { snapshot, observer, draws } = decide;
  const { catalog } = snapshot;
  if (!candidates) return 'not_targeted';
  const { impression } = probe;
  const lots = draws.uint32();
  const gate: Gate = {
    ...decide,
    impression,
    history: decide.seen.history,
    takesPart: ({ number, hash }) => {
      const share = snapshot.participation[number] ?? 1;
      return share >= 1 || lotOf(lots, hash) < share;
    },
    adBreak,
    mustDrawNotice: noticeIsOurs(decide.request),
    skAdNetwork: snapshot.skAdNetwork,
  };
  const tieBreaks = draws.uint32();
  const valued = valuer(probe, snapshot, decide.derived);
  let nearest: Reason = 'not_targeted';
  const refuseLine = (lineNumber: number, reason: Reason): void => {
    observer.refused(index, lineNumber, reason);
    nearest = nearer(nearest, reason);
  };
  const judge = (lineNumber: number): Finalist | undefined => {
    const line = catalog.lines[lineNumber]!;
    const candidate = eligible(line, gate);
    if (typeof candidate === 'string') refuseLine(lineNumber, candidate);
    else if (snapshot.expectations.stopped(line)) refuseLine(lineNumber, 'stopped_by_guard');
    else return { candidate, ...valued(line), tie: lotOf(tieBreaks, line.hash) };
    return undefined;
  };
  const bidMore = biddingMoreFor(probe.packs, catalog);
  const floor = flatFloorOf(impression, decide.currency, catalog.book.account);
  screen(
    candidates,
    catalog,
    impression,
    decide.person.userKey === '',
    bidMore,
    floor && inAccountCurrency(floor, decide.currency),
    (lines, reason) => {
      observer.refusedAlike(index, lines, reason);
      nearest = nearer(nearest, reason);
    },
  );
  const rivals = rivalsAmong(candidates, catalog, impression.deals.length > 0, bidMore, judge);
  // The plain twin, which traces go by: everybody is judged before anybody is asked for an offer.
  if (observer.thorough) rivals.open.all();
  let known: Circumstances | undefined;
  const own = { ...decide, circumstances: () => (known ??= circumstancesOf(probe)) };
  const { offers, refusals } = contest(own, rivals, impression, adBreak);
  const records = offers.map((offer) => recordOf(own, offer, probe.packs));
  for (const finalist of rivals.finalists()) {
    const { number } = finalist.candidate.line;
    const first = offers.findIndex((offer) => offer.finalist === finalist);
    if (first >= 0) observer.won(index, number, records[first]!);
    else refuseLine(number, refusals.get(finalist) ?? refusalOfOutranked(decide, finalist, impression));
  }
  // Could not have won, whatever else stands in their way: nobody looked.
  rivals.dropJudged();
  if (!isEmpty(candidates)) observer.refusedAlike(index, candidates, 'outranked');
  return offers.length > 0 ? { decisions: offers.map((offer) => offer.decision), records } : nearest;
}

const NONE: readonly number[] = [];

/** Line items that somebody's packs can make worth more than their ceilings; each may be named more than once. */
function biddingMoreFor(packs: readonly string[], { bidMoreFor }: Catalog): readonly number[] {
  if (packs.length === 0 || bidMoreFor.size === 0) return NONE;
  const found = packs.flatMap((pack) => bidMoreFor.get(pack) ?? NONE);
  return found.length > 0 ? found : NONE;
}

/** Where draws and line items are many, a draw for each that no other shifts: of the drawn number and the hash of its id. */
function lotOf(drawn: number, lineHash: number): number {
  let mixed = Math.imul(drawn ^ lineHash, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ lineHash, 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296;
}

/** Of two refusals the one that came later in the funnel: it says most about what would have to change. */
function nearer(a: Reason, b: Reason): Reason {
  return RANK.get(b)! > RANK.get(a)! ? b : a;
}

const RANK = new Map<Reason, number>(
  (Object.keys(REASONS) as Reason[]).map((reason, index) => [reason, index]),
);
