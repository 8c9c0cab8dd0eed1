/**
 * What a request lets us do with the person behind it. `bidding/permit.ts` decides it once from the regulations of the
 * request and the account's choice; later steps obey and never look at consent again.
 */
export interface Permits {
  /** An id may be read and the person's record used: caps, packs, attribution by view. */
  readonly identity: boolean;
  /** Packs may be consulted (needs identity, and a legal basis for personalised advertising). */
  readonly audiences: boolean;
  /** Coordinates finer than two decimals may be used. */
  readonly preciseGeo: boolean;
  /** Why identity is refused; empty where it is not. */
  readonly refusal:
    | ''
    | 'coppa'
    | 'gdpr'
    | 'us_privacy'
    | 'gpp'
    | 'limit_tracking'
    | 'signal_missing'
    | 'malformed_consent';
}

export const NO_PERMITS: Permits = {
  identity: false,
  audiences: false,
  preciseGeo: false,
  refusal: 'signal_missing',
};
