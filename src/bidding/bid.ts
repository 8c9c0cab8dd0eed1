/**
 * THE PAGE: one bid request, every step in order.
 *
 *   refuse · permit · lookup · await hydrate · for each impression: eligible · value · pick · price · reserve · answer
 *
 * It reads one snapshot, waits once, and after the wait everything is synchronous. A refusal is a value from the closed
 * list in `core/reason.ts`. Decoding and encoding are the dialect's (`exchange/`); what follows a bid is in `learning/`.
 */
import type { Probe } from '../campaign/targeting/dimension.ts';
import type { BidRecord } from '../core/event.ts';
import type { Reason } from '../core/reason.ts';
import { REASONS } from '../core/reason.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { BidRequest } from '../openrtb/request.ts';
import type { BidResponse } from '../openrtb/response.ts';
import type { Decision } from './answer.ts';
import { answer } from './answer.ts';
import { blocksOf } from './blocks.ts';
import { contest } from './contest.ts';
import type { Gate } from './eligible.ts';
import { eligible } from './eligible.ts';
import { circumstancesOf } from './features.ts';
import { hydrate } from './hydrate.ts';
import { lookup } from './lookup.ts';
import type { Decide, Finalist } from './offer.ts';
import { recordOf, refusalOfOutranked } from './offer.ts';
import { keysOfPerson, permit } from './permit.ts';
import type { Break } from './pod.ts';
import { Breaks } from './pod.ts';
import type { BidObserver, BidPorts } from './ports.ts';
import { seatFor } from './seat.ts';
import { Seen } from './seen.ts';
import type { Snapshot } from './snapshot.ts';
import { supplyRefusal } from './supply.ts';
import type { AnswerCurrency } from './terms.ts';
import { chooseCurrency } from './terms.ts';
import { noticeIsOurs } from './transparency.ts';
import { valuer } from './value.ts';

export interface Opportunity {
  readonly exchange: ExchangeProfile;
  readonly request: BidRequest;
  /** When the request arrived, by the monotonic clock. */
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
  const { permits, ids, userKey } = permit(request, exchange.id, account, ports.keysOf);
  ports.identity.meet(ids, nowMs);
  const packs = snapshot.packs.packsOf(request, permits, keysOfPerson(ids, ports.identity));
  const probes = request.impressions.map(
    (impression): Probe => ({ exchangeId: exchange.id, request, impression, permits, packs, nowMs }),
  );
  const found = lookup(snapshot.catalog, probes);
  found.candidates.forEach((candidates, index) => {
    observer.impression(index, candidates, exchange.id);
  });
  if (found.total === 0)
    return { bid: false, reason: snapshot.catalog.lines.length === 0 ? 'no_line_items' : 'not_targeted' };

  const person = await hydrate(snapshot.catalog, found, userKey, ports.people, nowMs, deadlineMs);
  if (ports.clock.monotonic() >= deadlineMs) return { bid: false, reason: 'deadline_passed' };

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
    seen,
    derived: permits.audiences && userKey !== '' ? ports.profiles.derivedOf(userKey, nowMs) : undefined,
  };
  const breaks = new Breaks();
  const decisions: Decision[] = [];
  const records: BidRecord[] = [];
  let nearest: Reason = 'not_targeted';
  probes.forEach((probe, index) => {
    const outcome = decideImpression(
      decide,
      index,
      probe,
      found.candidates[index]!,
      breaks.of(probe.impression),
    );
    if (typeof outcome === 'string') nearest = nearer(nearest, outcome);
    else {
      decisions.push(...outcome.decisions);
      records.push(...outcome.records);
    }
  });
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

/** Everything one impression gets: several bids where it has deals, or is a break to be filled. */
function decideImpression(
  decide: Omit<Decide, 'circumstances'>,
  index: number,
  probe: Probe,
  candidates: Int32Array,
  adBreak: Break | undefined,
): { decisions: readonly Decision[]; records: readonly BidRecord[] } | Reason {
  const { snapshot, observer, draws } = decide;
  const { impression } = probe;
  const takesPart = (lineNumber: number): boolean => {
    const share = snapshot.participation[lineNumber] ?? 1;
    return share >= 1 || draws.next() < share;
  };
  const mustDrawNotice = noticeIsOurs(decide.request);
  const history = decide.seen.history;
  const gate: Gate = {
    ...decide,
    impression,
    history,
    takesPart,
    adBreak,
    mustDrawNotice,
    skAdNetwork: snapshot.skAdNetwork,
  };
  const finalists: Finalist[] = [];
  const valued = valuer(probe, snapshot, decide.derived);
  let nearest: Reason = 'not_targeted';
  const refuseLine = (lineNumber: number, reason: Reason): void => {
    observer.refused(index, lineNumber, reason);
    nearest = nearer(nearest, reason);
  };
  for (const lineNumber of candidates) {
    const line = snapshot.catalog.lines[lineNumber]!;
    const candidate = eligible(line, gate);
    if (typeof candidate === 'string') refuseLine(lineNumber, candidate);
    else if (snapshot.expectations.stopped(line)) refuseLine(lineNumber, 'stopped_by_guard');
    else finalists.push({ candidate, ...valued(line), tie: draws.next() });
  }
  finalists.sort((a, b) => b.valueCpmMicros - a.valueCpmMicros || a.tie - b.tie);
  let known: readonly number[] | undefined;
  const circumstances = () => (known ??= circumstancesOf(probe));
  const { offers, refusals } = contest({ ...decide, circumstances }, finalists, impression, adBreak);
  const records = offers.map((offer) => recordOf(decide, offer, probe.packs));
  for (const finalist of finalists) {
    const { number } = finalist.candidate.line;
    const first = offers.findIndex((offer) => offer.finalist === finalist);
    if (first >= 0) observer.won(index, number, records[first]!);
    else refuseLine(number, refusals.get(finalist) ?? refusalOfOutranked(decide, finalist, impression));
  }
  return offers.length > 0 ? { decisions: offers.map((offer) => offer.decision), records } : nearest;
}

/** Of two refusals the one that came later in the funnel: it says most about what would have to change. */
function nearer(a: Reason, b: Reason): Reason {
  return RANK.get(b)! > RANK.get(a)! ? b : a;
}

const RANK = new Map<Reason, number>(
  (Object.keys(REASONS) as Reason[]).map((reason, index) => [reason, index]),
);
