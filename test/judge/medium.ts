// Which medium the bid answers, whether the impression offers it, and what any medium has in common: markup,
// API, expiry.

import { checkApi } from './api.ts';
import type { BidCase } from './bid-case.ts';
import { markupLooks, mediaOffered, mediumOfType } from './bid-case.ts';
import type { Report } from './departure.ts';
import { isFilled, isObject, numberOf, shown, textOf } from './reading.ts';

/** True when there is an offer and markup that the checks of the medium can be held against. */
export function checkMedium(bidCase: BidCase, nowMs: number | undefined, report: Report): boolean {
  checkExpiry(bidCase, nowMs, report);
  const isOffered = checkOffered(bidCase, report);
  if (!isOffered || !checkMarkup(bidCase, report)) return false;
  checkApi(bidCase, report);
  return true;
}

/** §3.1: a bid is for exactly one of the media offered. §4.2.3: mtype says which. */
function checkOffered({ bid, imp, medium, path }: BidCase, report: Report): boolean {
  const at = `${path}.mtype`;
  if (!isFilled(bid.mtype)) report('missing_mtype', at, 'nothing says which medium is answered');
  else if (mediumOfType(bid.mtype) === undefined) report('bad_mtype', at, `${shown(bid.mtype)} is not 1..4`);
  if (isObject(imp[medium])) return true;
  report(
    'medium_not_offered',
    at,
    `${medium}, where ${mediaOffered(imp).join(', ') || 'nothing'} is offered`,
  );
  return false;
}

/**
 * §4.3: markup comes in adm, or as the body of the answer to nurl; and it is markup of the medium that was
 * named.
 */
function checkMarkup({ bid, medium, markup, path }: BidCase, report: Report): boolean {
  if (markup === undefined) {
    if (!isFilled(bid.adm) && !isFilled(bid.nurl))
      report('missing_markup', `${path}.adm`, 'neither adm nor nurl');
    // Markup that is no string is the field table's matter; without markup the bid's own fields are still
    // judged.
    return !isFilled(bid.adm);
  }
  const looks = markupLooks(markup);
  const isMismatch =
    (medium === 'banner' && looks !== 'other') ||
    (medium === 'native' && looks === 'vast') ||
    ((medium === 'video' || medium === 'audio') && looks === 'native');
  if (isMismatch) report('markup_mismatch', `${path}.adm`, `${looks} markup in a ${medium} bid`);
  return !isMismatch;
}

/** §7.2: exp is how long the bidder waits; imp.dt, milliseconds, is when the seller means to show the ad. */
function checkExpiry({ bid, imp, path }: BidCase, nowMs: number | undefined, report: Report): void {
  const waitSeconds = numberOf(bid.exp);
  if (waitSeconds === undefined) {
    if (textOf(bid.exp) !== undefined)
      report('bad_exp', `${path}.exp`, `${shown(bid.exp)} is no number of seconds`);
    return;
  }
  if (waitSeconds <= 0) report('bad_exp', `${path}.exp`, `${waitSeconds} is not a waiting time`);
  const showingMs = numberOf(imp.dt);
  if (nowMs !== undefined && showingMs !== undefined && showingMs > nowMs + waitSeconds * 1000) {
    report(
      'expires_before_showing',
      `${path}.exp`,
      `the showing is ${Math.round((showingMs - nowMs) / 1000)} s away`,
    );
  }
}
