/** From what is configured and what was learned to the next snapshot. Nothing in it is written to afterwards. */
import type { Expectations, Snapshot } from '../bidding/snapshot.ts';
import type { PackDirectory } from '../campaign/audience/pack.ts';
import type { Catalog, CatalogLine } from '../campaign/catalog.ts';
import type { SellerDirectory } from '../campaign/sellers.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Belief } from '../policy/bandit/policy.ts';
import type { MarketLandscape } from '../policy/price/pricer.ts';
import type { ArmCounts } from './tables.ts';
import type { Work } from './turns.ts';
import { eachOf } from './turns.ts';

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
  readonly expectations: Expectations;
  readonly stopped: boolean;
}

/** What bids are to go by of each line item, by its number. */
export type LearnedOfLines = Pick<Snapshot, 'beliefs' | 'shown'>;

export function* learnedOfLines(
  lines: readonly CatalogLine[],
  learned: Pick<Learned, 'armOf'>,
  beliefOf: (line: CatalogLine) => Belief,
): Work<LearnedOfLines> {
  const beliefs: Belief[] = [];
  const shown: Snapshot['shown'][number][] = [];
  yield* eachOf(lines, (line) => {
    beliefs.push(beliefOf(line));
    shown.push(shownOf(line, learned));
  });
  return { beliefs, shown };
}

/** Each takes half a microsecond of a line item, and every second a snapshot of all would be one in twenty of a processor at 100,000. */
export function publishEveryMs(lines: number): number {
  return 1000 * Math.max(1, lines / LINES_A_SECOND);
}

const LINES_A_SECOND = 20_000;

export function nextSnapshot(
  version: number,
  sources: SnapshotSources,
  { beliefs, shown }: LearnedOfLines,
): Snapshot {
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
    beliefs,
    shown,
    accountTrials: learned.accountTrials,
    accountClicks: learned.accountClicks,
    landscapes: learned.landscapes(),
    expectations,
    stopped,
  };
}

function shownOf(line: CatalogLine, learned: Pick<Learned, 'armOf'>): Snapshot['shown'][number] {
  let trials = 0;
  let clicks = 0;
  for (const { creative } of line.creatives) {
    const arm = learned.armOf(line.lineItem.id, creative.id);
    trials += arm.trials;
    clicks += arm.rewards;
  }
  return { trials, clicks };
}
