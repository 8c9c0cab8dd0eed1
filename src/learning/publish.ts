/** From what is configured and what was learned to the next snapshot. Nothing in it is written to afterwards. */
import type { Expectations, Snapshot } from '../bidding/snapshot.ts';
import type { PackDirectory } from '../campaign/audience/pack.ts';
import type { Catalog, CatalogLine } from '../campaign/catalog.ts';
import type { SellerDirectory } from '../campaign/sellers.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Belief } from '../policy/bandit/policy.ts';
import type { MarketLandscape } from '../policy/price/pricer.ts';
import type { ArmCounts } from './tables.ts';

export interface Learned {
  readonly accountTrials: number;
  readonly accountClicks: number;
  armOf(lineItemId: string, creativeId: string): ArmCounts;
  landscapes(): ReadonlyMap<string, MarketLandscape>;
}

export interface SnapshotSources {
  readonly catalog: Catalog;
  readonly exchanges: ReadonlyMap<string, ExchangeProfile>;
  readonly packs: PackDirectory;
  readonly sellers: SellerDirectory;
  readonly skAdNetwork: Snapshot['skAdNetwork'];
  /** Of line n; handed over, not kept by its maker. */
  readonly participation: Float64Array;
  readonly learned: Learned;
  readonly beliefOf: (line: CatalogLine) => Belief;
  readonly expectations: Expectations;
  readonly stopped: boolean;
}

export function nextSnapshot(version: number, sources: SnapshotSources): Snapshot {
  const { catalog, exchanges, packs, sellers, skAdNetwork, participation, learned, expectations, stopped } =
    sources;
  return {
    version,
    catalog,
    exchanges,
    packs,
    sellers,
    skAdNetwork,
    participation,
    beliefs: catalog.lines.map(sources.beliefOf),
    shown: catalog.lines.map((line) => shownOf(line, learned)),
    accountTrials: learned.accountTrials,
    accountClicks: learned.accountClicks,
    landscapes: learned.landscapes(),
    expectations,
    stopped,
  };
}

function shownOf(line: CatalogLine, learned: Learned): Snapshot['shown'][number] {
  let trials = 0;
  let clicks = 0;
  for (const { creative } of line.creatives) {
    const arm = learned.armOf(line.lineItem.id, creative.id);
    trials += arm.trials;
    clicks += arm.rewards;
  }
  return { trials, clicks };
}
