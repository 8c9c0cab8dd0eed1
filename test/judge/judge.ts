// The outside judge: is this answer one that the exchange which sent this request may take?
//
// It is written from the specification's tables and clauses and knows nothing of the bidder, so that the two
// can only agree by both being right. The request is read tolerantly (2.5 or 2.6, numbers as strings), the
// answer strictly.

import { checkAdQuality } from './ad-quality.ts';
import { checkAudio } from './audio.ts';
import { checkBanner } from './banner.ts';
import type { BidCase } from './bid-case.ts';
import { bidCaseOf } from './bid-case.ts';
import { checkDelivery } from './delivery.ts';
import type { Departure, Report } from './departure.ts';
import { checkMedium } from './medium.ts';
import { checkNative } from './native.ts';
import { checkPods } from './pods.ts';
import type { Json } from './reading.ts';
import { objectOf, objectsOf, shown, textOf } from './reading.ts';
import { checkResponse, currencyOf, seatedBidsOf } from './response.ts';
import { checkSkadn } from './skadn.ts';
import { checkGuaranteed, checkTerms } from './terms.ts';
import { checkVideo } from './video.ts';

export interface JudgeOptions {
  /** When the auction was; needed only to hold `exp` against an announced showing (`imp.dt`). */
  readonly nowMs?: number;
  /** Ids of deals that this bidder has agreed to: where they are guaranteed, it must bid under them. */
  readonly deals?: readonly string[];
}

/**
 * Every departure of a parsed answer from the specification, given the parsed request; an empty list means
 * sound. Judges an answer with a body: a 204 needs no judge. Never throws, whatever it is given.
 */
export function judge(request: unknown, response: unknown, options: JudgeOptions = {}): Departure[] {
  const departures: Departure[] = [];
  const report: Report = (code, path, message) => departures.push({ code, path, message });
  try {
    judgeAnswer(objectOf(request), response, options, report);
  } catch (error) {
    // Unreachable for parsed JSON as far as the tests know; said aloud rather than thrown into somebody's
    // load test.
    report('judge_failed', '', error instanceof Error ? error.message : 'not an Error');
  }
  return departures;
}

function judgeAnswer(request: Json, response: unknown, options: JudgeOptions, report: Report): void {
  checkResponse(request, response, report);
  const currency = currencyOf(response);
  const impressions = impressionsById(request);
  const bids = seatedBidsOf(response);
  const cases: BidCase[] = [];
  for (const seated of bids) {
    const imp = impressions.get(textOf(seated.bid.impid));
    const bidCase = bidCaseOf({ request, imp: imp ?? {}, currency, ...seated });
    if (imp !== undefined) cases.push(bidCase);
    judgeBid(bidCase, imp !== undefined, options, report);
  }
  checkPods(cases, report);
  checkGuaranteed(request, bids, options.deals ?? [], report);
}

function judgeBid(bidCase: BidCase, isImpKnown: boolean, options: JudgeOptions, report: Report): void {
  checkAdQuality(bidCase, report);
  checkDelivery(bidCase, report);
  if (!isImpKnown) {
    // Everything else compares the bid with an impression that is not there.
    report(
      'unknown_imp',
      `${bidCase.path}.impid`,
      `no impression ${shown(bidCase.bid.impid)} in the request`,
    );
    return;
  }
  checkTerms(bidCase, report);
  checkSkadn(bidCase, report);
  if (!checkMedium(bidCase, options.nowMs, report)) return;
  if (bidCase.medium === 'banner') checkBanner(bidCase, report);
  if (bidCase.medium === 'video') checkVideo(bidCase, report);
  if (bidCase.medium === 'audio') checkAudio(bidCase, report);
  if (bidCase.medium === 'native') checkNative(bidCase, report);
}

/** The first of a repeated id wins: such a request is at fault itself (§3.2.4). */
function impressionsById(request: Json): Map<string | undefined, Json> {
  const impressions = new Map<string | undefined, Json>();
  for (const imp of objectsOf(request.imp)) {
    const id = textOf(imp.id);
    if (id !== undefined && !impressions.has(id)) impressions.set(id, imp);
  }
  return impressions;
}
