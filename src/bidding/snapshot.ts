/**
 * All that a bid may read, taken once at its start. Learning and configuration build a new one and swap the reference;
 * nobody writes into one that has been published.
 */

import type { PackDirectory } from '../campaign/audience/pack.ts';
import type { Catalog } from '../campaign/catalog.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Arm } from '../policy/bandit/policy.ts';
import type { PriceLandscape } from '../policy/price/pricer.ts';

export interface Snapshot {
  readonly version: number;
  readonly catalog: Catalog;
  readonly exchanges: ReadonlyMap<string, ExchangeProfile>;
  readonly packs: PackDirectory;
  /** Share of opportunities that line n takes part in, 0..1. */
  readonly participation: Float64Array;
  /** Arms of line n, in the order of its creatives. */
  readonly arms: readonly (readonly Arm[])[];
  readonly accountTrials: number;
  readonly accountClicks: number;
  readonly landscapes: ReadonlyMap<string, PriceLandscape>;
  /** An operator has stopped all bidding. */
  readonly stopped: boolean;
}
