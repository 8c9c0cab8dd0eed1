// The terms of the sale: price, floor, deal, seat.

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import { isWithinDomain } from './domain.ts';
import { floorOf } from './floor.ts';
import type { Json } from './reading.ts';
import { isFilled, numberOf, objectOf, objectsOf, textOf, textsOf } from './reading.ts';
import type { SeatedBid } from './response.ts';

/**
 * §3.2.12: under a guaranteed deal (`guar` 1) the bidder must bid. An exchange sends a deal to others than its
 * buyer too, so this can be held against a bidder only for deals that it has agreed to.
 */
export function checkGuaranteed(
  request: Json,
  bids: readonly SeatedBid[],
  agreed: readonly string[],
  report: Report,
): void {
  for (const [index, imp] of objectsOf(request.imp).entries()) {
    for (const deal of objectsOf(objectOf(imp.pmp).deals)) {
      const id = textOf(deal.id);
      if (id === undefined || numberOf(deal.guar) !== 1 || !agreed.includes(id)) continue;
      const isBidOn = bids.some(
        ({ bid }) => textOf(bid.impid) === textOf(imp.id) && textOf(bid.dealid) === id,
      );
      if (!isBidOn) report('guaranteed_not_bid', `imp[${index}].pmp`, `deal ${id} is guaranteed`);
    }
  }
}

export function checkTerms(bidCase: BidCase, report: Report): void {
  checkPrice(bidCase, report);
  checkDeal(bidCase, report);
  checkSeat(bidCase, report);
  checkFloor(bidCase, report);
}

/** Zero is a price only where a deal has settled the money elsewhere; real servers drop every other zero. */
function checkPrice({ bid, path }: BidCase, report: Report): void {
  const price = numberOf(bid.price);
  // Missing and mistyped prices are the field table's matter.
  if (typeof bid.price !== 'number' || (price !== undefined && price > 0)) return;
  if (price === 0 && isFilled(bid.dealid)) return;
  report('bad_price', `${path}.price`, `${bid.price} is not a price`);
}

function checkDeal({ bid, imp, deal, path }: BidCase, report: Report): void {
  const pmp = objectOf(imp.pmp);
  const dealId = textOf(bid.dealid);
  if (dealId !== undefined && deal === undefined) {
    report('unknown_deal', `${path}.dealid`, `no deal ${dealId} in this impression`);
  }
  if (dealId === undefined && numberOf(pmp.private_auction) === 1) {
    report(
      'deal_required',
      `${path}.dealid`,
      'private_auction is 1: bids are for the listed deals only (§3.2.11)',
    );
  }
  checkDealAdvertisers(deal, bid, path, report);
}

/**
 * §3.2.12: no wadomain means any advertiser; with one, every domain of the bid must be on it, and an
 * advertiser that is not named cannot be.
 */
function checkDealAdvertisers(deal: Json | undefined, bid: Json, path: string, report: Report): void {
  const allowed = textsOf(deal?.wadomain);
  if (allowed.length === 0) return;
  const domains = textsOf(bid.adomain);
  if (domains.length === 0)
    report('deal_advertiser', `${path}.adomain`, 'no advertiser, and the deal is for listed ones');
  for (const [index, domain] of domains.entries()) {
    if (allowed.some((one) => isWithinDomain(domain, one))) continue;
    report('deal_advertiser', `${path}.adomain[${index}]`, `${domain} may not bid under this deal`);
  }
}

/** §3.2.1 and §3.2.12. A bid without a seat cannot be on an allow list. */
function checkSeat({ request, deal, seat, path }: BidCase, report: Report): void {
  const seatPath = path.replace(/\.bid\[\d+\]$/, '.seat');
  for (const list of [textsOf(request.wseat), textsOf(deal?.wseat)]) {
    if (list.length === 0 || (seat !== undefined && list.includes(seat))) continue;
    report('seat_not_allowed', seatPath, `${seat ?? 'no seat'} is not one of ${list.slice(0, 5).join(', ')}`);
  }
  if (seat !== undefined && textsOf(request.bseat).includes(seat))
    report('seat_blocked', seatPath, `${seat} is blocked`);
}

// Half a hundredth of a micro: a product of floats, never a price that somebody meant.
const CPM_TOLERANCE = 5e-9;

/** Floors in another currency than the bid's are not compared: the rate is between the two parties. */
function checkFloor(bidCase: BidCase, report: Report): void {
  const price = numberOf(bidCase.bid.price);
  const floor = floorOf(bidCase);
  if (price === undefined || floor === undefined || floor.currency !== bidCase.currency) return;
  if (price >= floor.cpm - CPM_TOLERANCE) return;
  const code = floor.isOfDeal ? 'below_deal_floor' : 'below_floor';
  report(code, `${bidCase.path}.price`, `${price} is below ${floor.cpm} ${floor.currency} (${floor.source})`);
}
