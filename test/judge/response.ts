// The answer as a whole: shape by the field tables, identity, and the rules that look at more than one bid.

import type { Report } from './departure.ts';
import { isDynamic } from './pods.ts';
import type { Json } from './reading.ts';
import {
  isFilled,
  isObject,
  listOf,
  numberOf,
  objectOf,
  objectsOf,
  shown,
  textOf,
  textsOf,
} from './reading.ts';
import { walkShape } from './shape.ts';

export interface SeatedBid {
  readonly seat: string | undefined;
  readonly bid: Json;
  readonly path: string;
}

export function checkResponse(request: Json, response: unknown, report: Report): void {
  if (!isObject(response)) {
    report('not_an_object', '', 'the answer is not a JSON object');
    return;
  }
  const bids = seatedBidsOf(response);
  // `{}` is a no-bid of §7.1, a poor one; holding it to the table would only say so twice.
  if (Object.keys(response).length > 0) checkShape(response, report);
  checkIdentity(request, response, report);
  if (bids.length > 0) checkCurrency(request, response, report);
  checkNoBid(response, bids.length, report);
  checkBidIds(bids, report);
  checkRepeats(request, bids, report);
  checkGroups(request, response, report);
}

export function seatedBidsOf(response: unknown): SeatedBid[] {
  const bids: SeatedBid[] = [];
  for (const [seatIndex, seatBid] of listOf(objectOf(response).seatbid).entries()) {
    const { bid: bidList, seat } = objectOf(seatBid);
    for (const [bidIndex, bid] of listOf(bidList).entries()) {
      if (!isObject(bid)) continue;
      bids.push({ seat: textOf(seat), bid, path: `seatbid[${seatIndex}].bid[${bidIndex}]` });
    }
  }
  return bids;
}

export function currencyOf(response: unknown): string {
  return textOf(objectOf(response).cur) ?? 'USD';
}

function checkShape(response: Json, report: Report): void {
  walkShape('BidResponse', response, '', {
    required: (path) => report('missing_field', path, 'required, and missing or empty'),
    type: (path, wanted) => report('wrong_type', path, `not of type ${wanted}`),
    unknown: (path) =>
      report('unknown_field', path, 'not a field of OpenRTB 2.6; extensions go under ext (§2.9)'),
  });
}

/** §4.2.1: the id is the id of the request, for logging on both sides. */
function checkIdentity(request: Json, response: Json, report: Report): void {
  const asked = textOf(request.id);
  const answered = textOf(response.id);
  if (asked !== undefined && answered !== undefined && asked !== answered) {
    report('id_mismatch', 'id', `${answered} answers ${asked}`);
  }
}

/** §3.2.1: cur lists what is allowed. Without the list only the default of the answer (§4.2.1) is safe. */
function checkCurrency(request: Json, response: Json, report: Report): void {
  const currency = currencyOf(response);
  if (!/^[A-Z]{3}$/.test(currency)) {
    report('bad_currency', 'cur', `${currency} is no code`);
    return;
  }
  const allowed = textsOf(request.cur).map((code) => code.toUpperCase());
  if (allowed.length === 0) allowed.push('USD');
  if (!allowed.includes(currency)) {
    report('currency_not_allowed', 'cur', `${currency} is not one of ${allowed.join(', ')}`);
  }
}

/**
 * §4.2.1: without a bid a 204 is the answer, or an object with a reason from the list (0..17, 500 and up our
 * own).
 */
function checkNoBid(response: Json, bidCount: number, report: Report): void {
  if (bidCount === 0 && !isFilled(response.nbr)) report('empty_answer', 'seatbid', 'no bid and no nbr');
  const reason = numberOf(response.nbr);
  if (reason === undefined) return;
  if (bidCount > 0) report('bad_nbr', 'nbr', 'a reason for not bidding beside bids');
  if (!(reason >= 0 && (reason <= 17 || reason >= 500)))
    report('bad_nbr', 'nbr', `${reason} is not in the list`);
}

function checkBidIds(bids: readonly SeatedBid[], report: Report): void {
  const seen = new Set<string>();
  for (const { bid, path } of bids) {
    const id = textOf(bid.id);
    if (id === undefined) continue;
    if (seen.has(id)) report('duplicate_bid_id', `${path}.id`, `${id} is already the id of another bid`);
    seen.add(id);
  }
}

/**
 * §4.2.2 and §7.3 let a seat bid more than once on an impression, under each deal and several times in the
 * open. The same creative under the same deal only competes with itself, except in a dynamic pod, which
 * several ads fill (§7.6).
 */
function checkRepeats(request: Json, bids: readonly SeatedBid[], report: Report): void {
  const dynamic = dynamicImpressions(request);
  const seen = new Set<string>();
  for (const { bid, seat, path } of bids) {
    const impId = textOf(bid.impid);
    if (dynamic.has(impId)) continue;
    const key = JSON.stringify([impId, textOf(bid.dealid), seat, textOf(bid.crid)]);
    if (seen.has(key))
      report('repeated_bid', path, 'the same seat, deal and creative once more on this impression');
    seen.add(key);
  }
}

/** §4.2.2: group 1 says that all bids of the seat are won or lost together, so all of them must be winnable. */
function checkGroups(request: Json, response: Json, report: Report): void {
  const dynamic = dynamicImpressions(request);
  for (const [index, seatBid] of objectsOf(response.seatbid).entries()) {
    if (!isFilled(seatBid.group)) continue;
    const group = numberOf(seatBid.group);
    const at = `seatbid[${index}].group`;
    if (group !== 0 && group !== 1) report('bad_group', at, `${shown(seatBid.group)} is neither 0 nor 1`);
    if (group !== 1) continue;
    const single = textsOf(objectsOf(seatBid.bid).map((bid) => bid.impid)).filter((id) => !dynamic.has(id));
    if (new Set(single).size < single.length)
      report('bad_group', at, 'two bids for one impression, of which only one can win');
  }
}

/** Ids of impressions that several ads may fill. */
function dynamicImpressions(request: Json): ReadonlySet<string | undefined> {
  const imps = objectsOf(request.imp);
  return new Set(
    imps
      .filter(({ video, audio }) => isDynamic(objectOf(video)) || isDynamic(objectOf(audio)))
      .map((imp) => textOf(imp.id)),
  );
}
