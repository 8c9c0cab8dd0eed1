/** One creative among those that fit, by the line item's rotation. */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { Random } from '../core/random.ts';
import { creativePolicyNamed } from '../policy/bandit/index.ts';
import type { Arm } from '../policy/bandit/policy.ts';
import type { FittingCreative } from './eligible.ts';

export interface Picked {
  readonly chosen: FittingCreative;
  readonly propensity: number;
}

/** `arms` are the line item's, in the order of its creatives; only those that fit are drawn from. */
export function pick(
  line: CatalogLine,
  fitting: readonly FittingCreative[],
  arms: readonly Arm[],
  random: Random,
): Picked {
  const only = fitting[0]!;
  if (fitting.length === 1) return { chosen: only, propensity: 1 };
  const offered = fitting.map(
    ({ arm, creative }) =>
      arms[arm] ?? { creativeId: creative.creative.id, weight: creative.weight, trials: 0, rewards: 0 },
  );
  const { index, propensity } = creativePolicyNamed(line.lineItem.rotation).choose(offered, random);
  return { chosen: fitting[index] ?? only, propensity };
}
