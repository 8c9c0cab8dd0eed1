// Video (§3.2.7, §7.4): what it asks beyond what audio asks as well.

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import { numberOf, numbersOf } from './reading.ts';
import { checkTimedMedia } from './timed-media.ts';
import type { Vast } from './vast.ts';

export function checkVideo(bidCase: BidCase, report: Report): void {
  const vast = checkTimedMedia(bidCase, report);
  checkOwnSkipButton(bidCase, report);
  if (vast === undefined || vast.isWrapper) return;
  checkLinearity(bidCase, vast, report);
  checkSkipOffset(bidCase, vast, report);
}

/** AdCOM "Linearity Modes": 1 linear, 2 overlay; none means any. */
function checkLinearity({ offer, path }: BidCase, vast: Vast, report: Report): void {
  const wanted = numberOf(offer.linearity);
  for (const ad of vast.ads) {
    const isLinear = ad.linears.length > 0;
    const isOverlay = ad.overlayCount > 0;
    if ((wanted === 1 && isOverlay && !isLinear) || (wanted === 2 && isLinear && !isOverlay)) {
      report('linearity_not_offered', `${path}.adm`, `linearity ${wanted} is wanted`);
    }
  }
}

// AdCOM "Creative Attributes".
const OWN_SKIP_BUTTON = 16;

/**
 * §7.4, cases 1 and 2: where the player imposes a button, one of the creative's own would stand beside it.
 */
function checkOwnSkipButton({ bid, offer, path }: BidCase, report: Report): void {
  if (numberOf(offer.skip) === 1 && numbersOf(bid.attr).includes(OWN_SKIP_BUTTON)) {
    report(
      'skip_not_allowed',
      `${path}.attr`,
      'attribute 16, and the player shows its own button (skip is 1)',
    );
  }
}

/** §7.4, case 3: markup that will ask for skippability must say so. */
function checkSkipOffset({ bid, offer, path }: BidCase, vast: Vast, report: Report): void {
  const asks = vast.ads.some((ad) => ad.linears.some((linear) => linear.isSkippable));
  if (asks && numberOf(offer.skip) !== 1 && !numbersOf(bid.attr).includes(OWN_SKIP_BUTTON)) {
    report('skip_undeclared', `${path}.attr`, 'skipoffset in the VAST, and no attribute 16');
  }
}
