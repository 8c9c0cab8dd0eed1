/** What a thousand such impressions are worth to a line item, in the account's currency. */
import type { LineItem } from '../campaign/campaign.ts';
import type { CatalogLine } from '../campaign/catalog.ts';
import { CPM_MICROS_MAX } from '../campaign/ceiling.ts';
import { daypartMultiplier } from '../campaign/targeting/daypart.ts';
import type { Probe } from '../campaign/targeting/dimension.ts';
import type { Forecast } from '../core/event.ts';
import type { DerivedTags } from '../core/profile.ts';
import type { CpmMicros } from '../core/units.ts';
import { predictorNamed } from '../policy/predict/index.ts';
import type { ShowingFacts } from './features.ts';
import { featuresOf, showingFacts } from './features.ts';
import type { Snapshot } from './snapshot.ts';

/** What an impression is worth to a line item, and what that rests on. */
export interface Valued {
  readonly valueCpmMicros: CpmMicros;
  /** Of strategies that go by results. */
  readonly forecast: Forecast | undefined;
}

/** Values one impression for each line item that asks; what they have in common is worked out once, and only when one goes by results. */
export function valuer(
  probe: Probe,
  { expectations, catalog }: Snapshot,
  derived: DerivedTags | undefined,
): (line: CatalogLine) => Valued {
  let facts: ShowingFacts | undefined;
  return (line) => {
    const { bid } = line.lineItem;
    const factor = factorOf(line, probe);
    if (bid.strategy === 'fixed_cpm') return priced(bid.priceCpmMicros, factor);
    if (bid.strategy === 'max_cpm') return priced(bid.maxCpmMicros, factor);
    facts ??= showingFacts(probe, derived, catalog.namedPacks);
    const features = featuresOf(facts, line.hash);
    const pClick = expectations.pClick(line, features);
    const conversionsPerClick = expectations.conversionsPerClick(line);
    const conversions = pClick * conversionsPerClick + expectations.conversionsPerShowing(line);
    const worth = worthMicros(line, pClick, conversions, expectations);
    // In this order: worth, the buyer's factors, the drive of the controllers, and last the ceiling that nothing exceeds.
    const driven = 1000 * worth * factor * expectations.drive(line);
    const value = Math.floor(Math.min(driven, bid.maxCpmMicros ?? CPM_MICROS_MAX)) as CpmMicros;
    return { valueCpmMicros: value, forecast: { features, pClick, conversionsPerClick } };
  };
}

function priced(cpmMicros: number, factor: number): Valued {
  const value = (factor === 1 ? cpmMicros : Math.round(cpmMicros * factor)) as CpmMicros;
  return { valueCpmMicros: value, forecast: undefined };
}

/**
 * The buyer's factors in this order: hour of the week, then the greatest weight of a pack that the person is in. A fixed price is
 * a price that the buyer moves by these, and by nothing else.
 */
function factorOf(line: CatalogLine, probe: Probe): number {
  const { targeting, audienceWeights } = line.lineItem;
  const factor = targeting.daypart ? daypartMultiplier(targeting.daypart, probe, line) : 1;
  return audienceWeights.length > 0 && probe.packs.length > 0
    ? factor * (weightOf(line, probe.packs)?.multiplier ?? 1)
    : factor;
}

/** What one showing is worth by the line item's goal, before budget and target have a say. */
function worthMicros(
  line: CatalogLine,
  clicks: number,
  conversions: number,
  expectations: Snapshot['expectations'],
): number {
  const { bid } = line.lineItem;
  switch (bid.strategy) {
    case 'target_cpc':
      return clicks * bid.targetMicros;
    case 'target_cpa':
      return conversions * bid.targetMicros;
    case 'target_roas':
      return (conversions * expectations.valuePerConversionMicros(line)) / bid.target;
    case 'maximize_conversions':
      return conversions * expectations.costPerConversionMicros(line);
    default:
      return 0;
  }
}

/** By the simplest predictor; written down with each bid, so that better ones can be judged on the log. */
export function pClickOf(snapshot: Snapshot, line: CatalogLine, creativeId: string): number {
  const shown = snapshot.shown[line.number];
  return predictorNamed('pooled').pClick({
    lineItemId: line.lineItem.id,
    creativeId,
    lineTrials: shown?.trials ?? 0,
    lineClicks: shown?.clicks ?? 0,
    accountTrials: snapshot.accountTrials,
    accountClicks: snapshot.accountClicks,
  });
}

/** The greatest weight of a line item that applies to somebody in these packs: the one that counts. */
export function weightOf(
  { lineItem: { audienceWeights } }: CatalogLine,
  packs: readonly string[],
): LineItem['audienceWeights'][number] | undefined {
  let greatest: LineItem['audienceWeights'][number] | undefined;
  for (const weight of audienceWeights)
    if (packs.includes(weight.audience) && !(greatest && greatest.multiplier >= weight.multiplier))
      greatest = weight;
  return greatest;
}
