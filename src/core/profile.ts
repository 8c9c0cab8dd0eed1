/**
 * What is known of people at first hand: events, what they amount to, and tags. Whoever makes rules over people (packs, features,
 * models of worth) reads these and nothing else.
 */

/** Events with a meaning of their own; an account may send others under names of its own. */
export const STANDARD_EVENTS = [
  'page_view',
  'search',
  'add_to_cart',
  'purchase',
  'impression',
  'click',
  'conversion',
] as const;

export interface ProfileEvent {
  /** Pseudonym, as `PermittedPerson.userKey`; never a raw id. */
  readonly person: string;
  readonly name: string;
  readonly atMs: number;
  /** In the account's currency, whatever it was sent in. */
  readonly valueMicros?: number;
  readonly item?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

/**
 * A fact is what profiles count by day: an event by its name, `NAME item=ITEM`, `NAME PROPERTY=VALUE`, and `PROPERTY=VALUE` whatever
 * the event. A rule "put A-1 into the cart twice in 7 days" asks for `add_to_cart item=A-1`.
 */
export type Fact = string;

export function itemFact(name: string, item: string): Fact {
  return `${name} item=${item}`;
}

export function propertyFact(property: string, value: string): Fact {
  return `${property}=${value}`;
}

export interface FactTotals {
  readonly count: number;
  /** Days with at least one. */
  readonly days: number;
  readonly valueMicros: number;
}

export const DAY_MS = 86_400_000;

/** Whole days since 1970, UTC. */
export function dayNumber(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

/**
 * One person, read at one moment and not kept past it. Days are UTC's, both ends included. Questions about one fact cost the
 * logarithm of what is kept of the person.
 */
export interface Profile {
  /** Windows that begin before this day are not known to the day: counts of them may be too high, never too low. */
  readonly exactSinceDay: number;
  totals(fact: Fact, fromDay: number, toDay: number): FactTotals;
  firstDay(fact: Fact): number | undefined;
  /** The last that is not after the given day, where one is given. */
  lastDay(fact: Fact, untilDay?: number): number | undefined;
  /** First and last day of any fact. */
  readonly firstSeenDay: number;
  readonly lastSeenDay: number;
  /** Every fact with all that is kept of it. */
  facts(): readonly { readonly fact: Fact; readonly lastDay: number; readonly totals: FactTotals }[];
}

/** Did this person do it at least so often, from the day `days − 1` before today until today? */
export function didAtLeast(
  profile: Profile,
  fact: Fact,
  times: number,
  days: number,
  today: number,
): boolean {
  return profile.totals(fact, today - days + 1, today).count >= times;
}

/** `demographic`, `media` and `environment` are told by events; `derived` is worked out from them. */
export type TagGroup = 'demographic' | 'media' | 'environment' | 'derived';

export interface TagDefinition {
  readonly name: string;
  readonly group: TagGroup;
  readonly kind: 'text' | 'number';
  /** One sentence that a buyer can read. */
  readonly definition: string;
  /** Where the values are a closed list. */
  readonly values?: readonly string[];
  /** How often it is worked out; 0 for one that is true the moment an event comes. */
  readonly refreshMs: number;
  /** After so long without news it is not told any more. */
  readonly expiryMs: number;
}

export interface Tag {
  readonly name: string;
  readonly value: string | number;
  readonly refreshedMs: number;
  readonly expiresMs: number;
}

/** Fifths of recency against the mean of the fifths of frequency and money, as the trade draws the grid. */
export const RFM_CLASSES = [
  'none',
  'champion',
  'loyal',
  'promising',
  'new',
  'needs_attention',
  'at_risk',
  'cannot_lose',
  'asleep',
  'lost',
] as const;
/** `none`: has bought nothing. */
export type RfmClass = (typeof RFM_CLASSES)[number];

/** From the first sight of somebody to their leaving for good. */
export const STAGES = [
  'dormant',
  'visitor',
  'prospect',
  'new_customer',
  'active_customer',
  'at_risk',
  'lapsed',
] as const;
export type Stage = (typeof STAGES)[number];

/** What models say of a person; every number is of the last refresh. */
export interface DerivedTags {
  readonly refreshedMs: number;
  /** 1 to 5 each; all 0 where the person has bought nothing. */
  readonly recency: number;
  readonly frequency: number;
  readonly monetary: number;
  readonly rfmClass: RfmClass;
  readonly stage: Stage;
  /** Of the next `HORIZON_DAYS` days; undefined while too few people have bought for it to be known. */
  readonly expectedValueMicros: number | undefined;
  readonly purchaseChance: number | undefined;
  /** Chance of having left for good, of those who have bought. */
  readonly churnRisk: number | undefined;
}

/** The next period: what expected value and propensity look ahead. */
export const HORIZON_DAYS = 30;

/** People's profiles as others may read them. */
export interface ProfilesReading {
  readonly people: number;
  profileOf(person: string): Profile | undefined;
  derivedOf(person: string): DerivedTags | undefined;
  /** People of whom something new is known since the last call, at most so many; the rest wait for the next. */
  takeTouched(limit: number): readonly string[];
  /** Every person once, in no particular order; pages, so that a pass over millions can let bids through. `next` undefined at the end. */
  page(
    from: number,
    limit: number,
  ): { readonly people: readonly string[]; readonly next: number | undefined };
}
