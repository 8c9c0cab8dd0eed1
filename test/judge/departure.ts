// What the judge can say. Every code is listed here once, with the clause it stands on; a test fails for a
// code that no test provokes.

export interface Departure {
  readonly code: DepartureCode;
  readonly path: string;
  readonly message: string;
}

export type DepartureCode = keyof typeof DEPARTURE_CODES;

export type Report = (code: DepartureCode, path: string, message: string) => void;

export const DEPARTURE_CODES = {
  // The answer as a whole (§4.2.1, §4.2.2)
  not_an_object: 'the answer is not a JSON object',
  empty_answer: 'an answer without a bid and without nbr; 204 is the no-bid to send (§7.1)',
  missing_field: 'a field the tables require is missing or empty',
  wrong_type: 'a field has another type than its table says',
  unknown_field: 'a field outside `ext` that no table knows',
  id_mismatch: 'the answer does not echo the id of the request',
  bad_nbr: 'nbr is outside the list of reasons, or given together with bids',
  duplicate_bid_id: 'two bids share an id',
  repeated_bid: 'a seat bids twice on one impression with the same creative under the same deal',
  bad_group: 'seatbid.group is not 0 or 1, or holds bids that cannot all win',
  judge_failed: 'the judge itself failed on this pair: a fault of the judge',

  // Terms (§3.2.1, §3.2.4, §3.2.11, §3.2.12, §7.3, §7.11)
  unknown_imp: 'impid names no impression of the request',
  bad_price: 'price is not a positive number (0 is for deals only)',
  bad_currency: 'cur is not an ISO 4217 code',
  currency_not_allowed: 'cur is not among the currencies of the request',
  below_floor: 'price is below the floor of the impression',
  below_deal_floor: 'price is below the floor, or the agreed price, of the deal',
  unknown_deal: 'dealid names no deal of the impression',
  deal_required: 'an open bid on an impression that is for its deals only',
  seat_not_allowed: 'the seat is not on the allow list of the request or of the deal',
  seat_blocked: 'the seat is on the block list of the request',
  deal_advertiser: 'an advertiser that the deal does not allow, or none where it has a list',
  guaranteed_not_bid: 'no bid under a guaranteed deal that the bidder has agreed to',

  // Ad quality (§4.2.3 and the lists of §3.2.1)
  missing_crid: 'no creative id',
  missing_adomain: 'no advertiser domain',
  bad_adomain: 'an advertiser domain that is not a host name',
  blocked_advertiser: 'an advertiser domain on the block list',
  blocked_category: 'a category on the block list',
  category_not_allowed: 'not every category is on the allow list',
  blocked_app: 'the advertised app is on the block list',
  blocked_attribute: 'a creative attribute that the medium blocks',
  language_not_allowed: 'a language that is not on the allow list',
  two_languages: 'both language and langb',
  bad_language: 'a language that is not of ISO 639-1, or a langb that is not of BCP 47',
  bad_cattax: 'a cattax that is no taxonomy of content or products',
  category_taxonomy: 'a category that is not of the taxonomy that the bid names',
  missing_dsa: 'the request requires transparency data (DSA) and the bid has none',
  bad_dsa: 'transparency data without a name of the advertiser or the payer, or of another shape',
  dsa_rendering: 'the transparency notice is drawn by nobody, or twice',
  skadn_not_offered: 'SKAdNetwork data that was not asked for, or of a network or version not listed',
  bad_skadn: 'SKAdNetwork data that a phone could not verify',

  // Which medium, and where (§3.1, §3.2.7, §4.2.3, §7.6)
  missing_mtype: 'no mtype',
  bad_mtype: 'an mtype outside 1..4',
  medium_not_offered: 'the bid is for a medium that the impression does not offer',
  missing_markup: 'neither markup nor a win notice that could return it',
  markup_mismatch: 'the markup is of another medium than the bid says',
  slot_not_dynamic: 'slotinpod outside a dynamic pod',
  bad_slot: 'a slotinpod outside -1..2',
  slot_not_offered: 'a place in the pod that the seller does not guarantee',
  pod_too_long: 'bids for one dynamic pod that are longer than it, all together',
  pod_too_many: 'more bids for one dynamic pod than it holds ads',
  pod_repetition: 'two bids of one pod have in common what poddedupe forbids',
  bad_exp: 'exp is not a positive number of seconds',
  expires_before_showing: 'the bid expires before the announced time of the showing',

  // Delivery (§3.2.4, §4.2.3, §4.4)
  bad_url: 'not an absolute URL',
  insecure_url: 'a notice URL without TLS in a secure impression',
  insecure_markup: 'markup with http:, or without any https:, in a secure impression',
  unknown_macro: 'a macro that the specification does not know or that cannot be substituted',
  unexpanded_placeholder: "a placeholder of the bidder's own templates that was left in the markup",

  // Banner (§3.2.6, §3.2.10)
  missing_size: 'no w and h',
  size_not_offered: 'a size that the impression does not offer',
  missing_ratio: 'an ad that fits as a Flex Ad alone, without wratio and hratio',
  expansion_not_offered: 'an ad that expands, where no direction is left to it',
  blocked_banner_type: 'a type of banner that the impression blocks',
  api_not_offered: 'an API that the medium does not list',
  mime_not_offered: 'a content type that the medium does not list',

  // Video and audio (§3.2.7, §3.2.8, §7.4; VAST 1.0 to 4.3, DAAST 1.0)
  bad_vast: 'the markup is not well-formed VAST',
  vast_missing_element: 'VAST without an element its schema requires',
  vast_protocol: 'the version of the VAST, or its being a wrapper, is not among the protocols',
  protocol_mismatch: 'bid.protocol does not name the VAST in the markup',
  bad_media_file: 'a MediaFile without its required attributes or its URL',
  delivery_not_offered: 'a delivery method that the medium does not list',
  bitrate_out_of_range: 'no media file within the bit rates of the medium',
  boxing_not_allowed: 'no media file as wide in shape as the player, where none may be boxed',
  companion_not_offered: 'a companion of a size or a kind that is not offered',
  missing_duration: 'no dur',
  duration_mismatch: 'dur is not the duration in the VAST',
  duration_not_allowed: 'a duration that the medium does not allow',
  linearity_not_offered: 'linear where overlay is wanted, or the reverse',
  skip_not_allowed: 'attribute 16, its own skip button, where the player shows one',
  skip_undeclared: 'the VAST asks for a skip button without attribute 16',

  // Native (Dynamic Native Ads 1.2)
  bad_native: 'the markup is not a native response in JSON',
  native_required_asset: 'a required asset is not answered',
  native_unknown_asset: 'an asset that was not asked for',
  native_duplicate_asset: 'an asset answered twice',
  native_asset_kind: 'an asset of another kind or type than asked for',
  native_text_too_long: 'a text longer than asked for',
  native_image_size: 'an image of another size than asked for',
  native_image_unsized: 'an image without w and h where a size was asked for',
  native_link: 'no link.url',
  native_tracker_not_offered: 'an event tracker, or a method, that was not offered',
} as const;

/**
 * What the tables do not require but the text recommends and exchanges enforce. A bidder of good manners is
 * free of these too; an answer that has only these breaks no rule.
 */
export const ADVISORY_CODES: ReadonlySet<DepartureCode> = new Set<DepartureCode>([
  'empty_answer',
  'unknown_field',
  'repeated_bid',
  'missing_crid',
  'missing_adomain',
  'missing_mtype',
  'missing_size',
  'missing_duration',
  'companion_not_offered',
  'two_languages',
  'bad_language',
  'category_taxonomy',
  'bad_exp',
  'expires_before_showing',
  'native_image_unsized',
  'slot_not_dynamic',
  'slot_not_offered',
  'pod_too_long',
  'pod_too_many',
  'pod_repetition',
]);
