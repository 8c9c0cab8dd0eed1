/** What a thousand such impressions are worth to a line item, in the account's currency. */
import type { CatalogLine } from '../campaign/catalog.ts';
import { daypartMultiplier } from '../campaign/targeting/daypart.ts';
import type { Probe } from '../campaign/targeting/dimension.ts';
import type { CpmMicros } from '../core/units.ts';
import { predictorNamed } from '../policy/predict/index.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * The strategy's worth, times the buyer's factors in this order: hour of the week, then the greatest weight of a pack
 * that the person is in. A fixed price is a price that the buyer moves by the same factors, and by nothing else.
 */
export function worthOf(line: CatalogLine, probe: Probe): CpmMicros {
  const { bid, targeting, audienceWeights } = line.lineItem;
  const base = bid.strategy === 'fixed_cpm' ? bid.priceCpmMicros : bid.maxCpmMicros;
  let factor = targeting.daypart ? daypartMultiplier(targeting.daypart, probe, line) : 1;
  if (audienceWeights.length > 0 && probe.packs.length > 0) factor *= packWeight(line, probe);
  return (factor === 1 ? base : Math.round(base * factor)) as CpmMicros;
}

/** By the simplest predictor; written down with each bid, so that better ones can be judged on the log. */
export function pClickOf(snapshot: Snapshot, line: CatalogLine, creativeId: string): number {
  const arms = snapshot.arms[line.number] ?? [];
  return predictorNamed('pooled').pClick({
    lineItemId: line.lineItem.id,
    creativeId,
    lineTrials: arms.reduce((sum, arm) => sum + arm.trials, 0),
    lineClicks: arms.reduce((sum, arm) => sum + arm.rewards, 0),
    accountTrials: snapshot.accountTrials,
    accountClicks: snapshot.accountClicks,
  });
}

function packWeight(line: CatalogLine, probe: Probe): number {
  let weight: number | undefined;
  for (const { audience, multiplier } of line.lineItem.audienceWeights) {
    if (probe.packs.includes(audience))
      weight = weight === undefined ? multiplier : Math.max(weight, multiplier);
  }
  return weight ?? 1;
}
