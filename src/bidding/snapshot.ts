/**
 * All that a bid may read, taken once at its start. Learning and configuration build a new one and swap the reference;
 * nobody writes into one that has been published.
 */

import type { PackDirectory } from '../campaign/audience/pack.ts';
import type { Catalog, CatalogLine } from '../campaign/catalog.ts';
import type { SellerDirectory } from '../campaign/sellers.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Belief } from '../policy/bandit/policy.ts';
import type { MarketLandscape } from '../policy/price/pricer.ts';
import type { SkAdNetworkSigner } from './skadnetwork.ts';

export interface Snapshot {
  readonly version: number;
  readonly catalog: Catalog;
  readonly exchanges: ReadonlyMap<string, ExchangeProfile>;
  readonly packs: PackDirectory;
  readonly sellers: SellerDirectory;
  /** Where the account has a network of its own. */
  readonly skAdNetwork: SkAdNetworkSigner | undefined;
  /** Share of opportunities that line n takes part in, 0..1. */
  readonly participation: Float64Array;
  /** What is known of the creatives of line n, in their order. */
  readonly beliefs: readonly Belief[];
  /** What line n has shown, and how often that was clicked. */
  readonly shown: readonly { readonly trials: number; readonly clicks: number }[];
  readonly accountTrials: number;
  readonly accountClicks: number;
  readonly landscapes: ReadonlyMap<string, MarketLandscape>;
  readonly expectations: Expectations;
  /** An operator has stopped all bidding. */
  readonly stopped: boolean;
}

/** What showings can be expected to bring to line items that go by results, and how hard each of them is driven. */
export interface Expectations {
  /** Probability of a click on a showing with these features, before the creative is chosen. */
  pClick(line: CatalogLine, features: readonly number[]): number;
  /** Conversions that count for the line item, in the mean of a click. */
  conversionsPerClick(line: CatalogLine): number;
  /** Conversions after a showing that nobody clicked. */
  conversionsPerShowing(line: CatalogLine): number;
  valuePerConversionMicros(line: CatalogLine): number;
  /** What a conversion has cost so far; where none is known, what it may well cost. */
  costPerConversionMicros(line: CatalogLine): number;
  /** Factor on the worth: what budget and target, by the tighter of the two, leave room for. */
  drive(line: CatalogLine): number;
  /** It cost too much for what it brought, beyond what chance explains. */
  stopped(line: CatalogLine): boolean;
}
