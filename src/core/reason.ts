/**
 * The closed list of refusals, and so one page. One list feeds the answer's `nbr` (OpenRTB 3.0 no-bid reason codes), the metrics, the
 * buyer's funnel and the remedy text. 500 and above are our own codes, sent only where an exchange agreed to them.
 */

/** Where in the funnel a reason belongs, in the order a buyer reads it. */
export const FUNNEL_STAGES = [
  'requests',
  'targeting',
  'creative_fit',
  'frequency_caps',
  'pacing',
  'budget',
  'value',
  'price',
  'auction',
  'delivery',
] as const;
export type FunnelStage = (typeof FUNNEL_STAGES)[number];

interface ReasonFacts {
  readonly stage: FunnelStage;
  /** OpenRTB no-bid reason code. */
  readonly nbr: number;
  /** What a buyer or operator can do about it. */
  readonly remedy: string;
}

export const REASONS = {
  // The request as a whole.
  malformed_request: {
    stage: 'requests',
    nbr: 2,
    remedy: 'The exchange sent a body that is not a bid request; show it the 400 count.',
  },
  unsupported_auction: {
    stage: 'requests',
    nbr: 2,
    remedy: 'The request offers no banner, video, audio or native impression that can be answered.',
  },
  too_little_time: {
    stage: 'requests',
    nbr: 15,
    remedy:
      'tmax leaves no time after the network share; move nearer to the exchange or ask for a longer tmax.',
  },
  deadline_passed: {
    stage: 'requests',
    nbr: 15,
    remedy: 'The decision took longer than tmax allows; look at load and at the state store.',
  },
  technical_error: {
    stage: 'requests',
    nbr: 1,
    remedy: 'A fault of ours; the log has it under this request id.',
  },
  shedding_load: {
    stage: 'requests',
    nbr: 1,
    remedy: 'The process is over its limit; add capacity or lower the agreed rate.',
  },
  over_agreed_rate: {
    stage: 'requests',
    nbr: 1,
    remedy:
      'The exchange sends more than `requestsPerSecond` of its file; ask it to keep to it, or agree on more.',
  },
  backing_off: {
    stage: 'requests',
    nbr: 1,
    remedy:
      'Answers reach the exchange too late, so fewer of its requests are looked at until they do not; look at load, and at its distance.',
  },
  seat_not_allowed: {
    stage: 'requests',
    nbr: 0,
    remedy: 'The request admits other seats only (wseat, bseat); ask the exchange to allow the seat.',
  },
  currency_not_offered: {
    stage: 'requests',
    nbr: 0,
    remedy: 'None of the request’s currencies has a dated rate to the account’s; add the rate.',
  },
  emergency_stop: {
    stage: 'requests',
    nbr: 1,
    remedy: 'Bidding is stopped by hand; start it again in the settings.',
  },
  sellers_unknown: {
    stage: 'requests',
    nbr: 11,
    remedy: 'The publisher’s ads.txt or app-ads.txt is not in the sellers’ folder; fetch it.',
  },
  seller_not_authorized: {
    stage: 'requests',
    nbr: 12,
    remedy: 'The publisher’s ads.txt or app-ads.txt does not list who sells here.',
  },
  supply_chain_incomplete: {
    stage: 'requests',
    nbr: 16,
    remedy: 'The request’s supply chain is missing, broken or not whole, and the account asks for one.',
  },
  supply_chain_blocked: {
    stage: 'requests',
    nbr: 17,
    remedy: 'The supply chain is too long, or passes a seller that the account blocks.',
  },
  transparency_impossible: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'The Digital Services Act asks for a notice that neither the publisher nor our markup draws.',
  },

  // Targeting: no line item asks for this impression.
  no_line_items: {
    stage: 'targeting',
    nbr: 0,
    remedy: 'No line item is active now: check flights, status and budgets.',
  },
  not_in_flight: {
    stage: 'targeting',
    nbr: 0,
    remedy: 'The line item or its campaign is paused, or outside its flight dates.',
  },
  held_out: {
    stage: 'targeting',
    nbr: 0,
    remedy: 'The person is among those an experiment shows nothing to; end it, or hold out fewer.',
  },
  not_targeted: {
    stage: 'targeting',
    nbr: 0,
    remedy: 'Widen the targeting key that excludes most requests.',
  },
  deal_required: {
    stage: 'targeting',
    nbr: 0,
    remedy: 'A private auction for deals that the line item does not buy; add the deal.',
  },
  deal_not_allowed: {
    stage: 'targeting',
    nbr: 0,
    remedy: 'The deal admits other seats or advertiser domains only; check its terms.',
  },
  identity_required: {
    stage: 'targeting',
    nbr: 8,
    remedy:
      'The line item needs a known person (pack or cap), and this request gives no id that may be used.',
  },

  // Publisher's blocks and what fits.
  advertiser_blocked: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'The publisher blocks the advertiser’s domain (badv).',
  },
  category_blocked: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'The publisher blocks the creative’s category (bcat, acat).',
  },
  app_blocked: { stage: 'creative_fit', nbr: 0, remedy: 'The publisher blocks the advertised app (bapp).' },
  attribute_blocked: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'The publisher blocks an attribute of the creative (battr); add one without it.',
  },
  language_blocked: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'The request admits other languages only (wlang); add a creative in one of them.',
  },
  no_creative_of_format: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'Add a creative of the format asked for (banner, video, audio, native).',
  },
  no_creative_of_size: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'Add a creative in the size asked for most.',
  },
  creative_type_not_supported: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'The placement cannot play the creative’s type, protocol, API or duration.',
  },
  creative_not_secure: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'The placement is https only; replace http addresses in the creative.',
  },
  creative_not_approved: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'The exchange has not approved the creative; look at its approval state.',
  },
  no_combination_left: {
    stage: 'creative_fit',
    nbr: 0,
    remedy:
      'Of the template’s slots one has nothing left to show here: look at stock, approval, http addresses and lengths.',
  },
  repeated_in_pod: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'The ad break already has this creative, or one that the seller counts as the same; add another.',
  },
  break_full: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'What is left of the ad break is shorter than the creative; add a shorter one.',
  },
  installs_not_credited: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'The creative asks for SKAdNetwork, and the app does not list our network in a version we know.',
  },
  native_assets_missing: {
    stage: 'creative_fit',
    nbr: 0,
    remedy: 'The native placement requires an asset that the creative lacks.',
  },

  // Caps, pacing, budget.
  frequency_capped: {
    stage: 'frequency_caps',
    nbr: 9,
    remedy: 'People have seen it as often as the cap allows; raise the cap or widen the audience.',
  },
  too_soon: {
    stage: 'frequency_caps',
    nbr: 9,
    remedy: 'The minimum gap between two impressions has not passed.',
  },
  cap_unknown: {
    stage: 'frequency_caps',
    nbr: 9,
    remedy: 'The counters did not answer in time; a capped line does not bid without them.',
  },
  paced: {
    stage: 'pacing',
    nbr: 0,
    remedy: 'Held back on purpose to last the day; on plan. Raise the budget to spend faster.',
  },
  budget_spent: {
    stage: 'budget',
    nbr: 0,
    remedy: 'The daily or lifetime budget is spent; raise it or wait for the next day.',
  },
  budget_on_hold: {
    stage: 'budget',
    nbr: 0,
    remedy: 'What is left of the budget is held by bids still open; it comes back as they settle.',
  },
  displayed_too_late: {
    stage: 'budget',
    nbr: 0,
    remedy: 'The screen shows it later than money is held for; raise holdSecondsMax of the exchange.',
  },
  no_budget_lease: {
    stage: 'budget',
    nbr: 0,
    remedy: 'No budget has been granted to this node yet; check the ledger store.',
  },

  stopped_by_guard: {
    stage: 'value',
    nbr: 0,
    remedy:
      'It spent what should long have brought more conversions, even at twice its target; check that conversions are reported, or raise the target.',
  },

  // Value and price.
  no_value: {
    stage: 'value',
    nbr: 0,
    remedy: 'The strategy gives this impression no worth; check the goal and its target.',
  },
  below_floor: {
    stage: 'price',
    nbr: 0,
    remedy: 'The bid is below the floor; raise the bid or its ceiling.',
  },
  below_deal_floor: {
    stage: 'price',
    nbr: 0,
    remedy: 'The bid is below the deal’s price; raise the bid or leave the deal.',
  },
  below_minimum_bid: { stage: 'price', nbr: 0, remedy: 'The bid falls below the line item’s own minimum.' },
  outranked: {
    stage: 'auction',
    nbr: 0,
    remedy: 'Another line item of the account offered more for this impression.',
  },
} as const satisfies Record<string, ReasonFacts>;

export type Reason = keyof typeof REASONS;

export const REASON_LIST = Object.keys(REASONS) as readonly Reason[];

const CODES = new Map<Reason, number>(REASON_LIST.map((reason, index) => [reason, index]));

/** Dense number of a reason, for counters in typed arrays. */
export function reasonCode(reason: Reason): number {
  return CODES.get(reason)!;
}

export function reasonFacts(reason: Reason): ReasonFacts {
  return REASONS[reason];
}
