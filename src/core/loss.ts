/**
 * Why an exchange says that a bid lost: the closed list of OpenRTB 3.0 that 2.6 refers to, each with what a buyer or operator
 * can do about it. Exchanges' own codes begin at 500; which they are is in their manuals.
 */

/** `bid`: the answer was not accepted. `auction`: it was, and lost. `creative`: the creative was kept out. */
export type LossKind = 'won' | 'bid' | 'auction' | 'creative' | 'own';

export interface LossFacts {
  readonly name: string;
  readonly kind: LossKind;
  readonly remedy: string;
}

/** What is told of a loss notice without a code that can be read. */
export const NOT_TOLD: LossFacts = {
  name: 'loss_not_told',
  kind: 'auction',
  remedy: 'The exchange reports the loss without its reason; ask it to fill in ${AUCTION_LOSS}.',
};

const LOSSES: Readonly<Record<number, LossFacts>> = {
  0: {
    name: 'loss_bid_won',
    kind: 'won',
    remedy: 'A loss notice that says the bid won; ask the exchange which of the two is meant.',
  },
  1: {
    name: 'loss_internal_error',
    kind: 'bid',
    remedy: 'An error on the exchange’s side; nothing to do unless it lasts.',
  },
  2: {
    name: 'loss_impression_expired',
    kind: 'auction',
    remedy: 'The chance to show it passed before the bid was used; look at how fast we answer.',
  },
  3: {
    name: 'loss_invalid_response',
    kind: 'bid',
    remedy: 'The exchange could not take our answer; compare one with its documentation.',
  },
  4: {
    name: 'loss_invalid_deal',
    kind: 'bid',
    remedy: 'The deal id is not known or not valid any more; check it with the seller.',
  },
  5: {
    name: 'loss_invalid_auction',
    kind: 'bid',
    remedy: 'The auction id was not known; the answer may have come after its time.',
  },
  6: {
    name: 'loss_invalid_domain',
    kind: 'bid',
    remedy: 'The advertiser’s domain was missing or malformed; check the domains of advertiser and creative.',
  },
  7: {
    name: 'loss_missing_markup',
    kind: 'bid',
    remedy: 'The exchange found no markup; ask whether it wants it in the bid or by the win notice.',
  },
  8: {
    name: 'loss_missing_creative_id',
    kind: 'bid',
    remedy: 'The exchange found no creative id; ask whether it wants one registered beforehand.',
  },
  9: {
    name: 'loss_missing_price',
    kind: 'bid',
    remedy: 'The exchange found no price in the bid; ask it why.',
  },
  10: {
    name: 'loss_missing_approval_data',
    kind: 'bid',
    remedy:
      'The exchange lacks what it reviews creatives by; give domain, category, picture and landing page.',
  },
  100: {
    name: 'loss_below_floor',
    kind: 'auction',
    remedy: 'The exchange’s floor was higher than the one it sent; raise the bid or its ceiling.',
  },
  101: {
    name: 'loss_below_deal_floor',
    kind: 'auction',
    remedy: 'The bid was below the deal’s floor; raise it, or settle the price with the seller.',
  },
  102: {
    name: 'loss_to_higher_bid',
    kind: 'auction',
    remedy: 'Somebody bid more; raise the bid or its ceiling, or aim at less contested placements.',
  },
  103: {
    name: 'loss_to_deal',
    kind: 'auction',
    remedy: 'A bid under a deal came first; ask the seller for a deal of your own.',
  },
  104: {
    name: 'loss_seat_blocked',
    kind: 'bid',
    remedy: 'The seat may not buy here; ask the exchange or the publisher to allow it.',
  },
  200: {
    name: 'loss_creative_filtered',
    kind: 'creative',
    remedy: 'The creative was kept out, no reason given; ask the exchange about this creative.',
  },
  201: {
    name: 'loss_creative_pending',
    kind: 'creative',
    remedy: 'The creative is still being reviewed; submit it before the flight begins.',
  },
  202: {
    name: 'loss_creative_disapproved',
    kind: 'creative',
    remedy:
      'The exchange has rejected the creative; read its review, and change the creative under a new crid.',
  },
  203: {
    name: 'loss_size_not_allowed',
    kind: 'creative',
    remedy: 'The creative’s size is not allowed there; add one in the sizes that are.',
  },
  204: {
    name: 'loss_format_incorrect',
    kind: 'creative',
    remedy: 'The creative’s format is wrong for the placement; check its markup and type.',
  },
  205: {
    name: 'loss_advertiser_excluded',
    kind: 'creative',
    remedy: 'The publisher excludes the advertiser; leave its placements out, or ask to be let in.',
  },
  206: {
    name: 'loss_app_excluded',
    kind: 'creative',
    remedy: 'The publisher excludes the advertised app; leave its placements out, or ask to be let in.',
  },
  207: {
    name: 'loss_not_secure',
    kind: 'creative',
    remedy: 'The creative loads something without https; replace those addresses.',
  },
  208: {
    name: 'loss_language_excluded',
    kind: 'creative',
    remedy: 'The creative’s language is excluded; add one in a language that is allowed.',
  },
  209: {
    name: 'loss_category_excluded',
    kind: 'creative',
    remedy: 'The creative’s category is excluded; check that its categories are right.',
  },
  210: {
    name: 'loss_attribute_excluded',
    kind: 'creative',
    remedy: 'An attribute of the creative is excluded; add one without it.',
  },
  211: {
    name: 'loss_ad_type_excluded',
    kind: 'creative',
    remedy: 'The type of ad is excluded; add a creative of another type.',
  },
  212: {
    name: 'loss_animation_too_long',
    kind: 'creative',
    remedy: 'The animation is longer than allowed; shorten it.',
  },
  213: {
    name: 'loss_not_in_deal',
    kind: 'creative',
    remedy: 'The deal does not allow the creative; check the deal’s terms, or have it approved for the deal.',
  },
  214: {
    name: 'loss_invalid_skadnetwork',
    kind: 'creative',
    remedy: 'What the creative says for SKAdNetwork is not valid; check its app and campaign numbers.',
  },
  215: {
    name: 'loss_app_bundle_excluded',
    kind: 'creative',
    remedy:
      'The publisher excludes the advertised app’s bundle; check the bundle, or leave its placements out.',
  },
};

/** All that are listed, in order. */
export const LOSS_CODES: readonly number[] = Object.keys(LOSSES).map(Number);

/** The one that says a creative was looked at and refused. */
export const DISAPPROVED = 202;

export function lossFacts(code: number | undefined): LossFacts {
  if (code === undefined) return NOT_TOLD;
  const listed = LOSSES[code];
  if (listed) return listed;
  const own = code >= 500;
  return {
    name: `loss_${code}`,
    kind: own ? 'own' : 'auction',
    remedy: own
      ? 'A code of the exchange’s own; its manual says what it means.'
      : 'A code that no list has; ask the exchange what it means.',
  };
}

/** Losses that tell of the creative itself, so that the same creative loses the same way the next time. */
export function isOfCreative(code: number | undefined): boolean {
  return lossFacts(code).kind === 'creative' && code !== 200;
}

/** Losses of bids whose creative was accepted: they came as far as being compared with others. */
export function isPastReview(code: number | undefined): boolean {
  return code === 102 || code === 103;
}
