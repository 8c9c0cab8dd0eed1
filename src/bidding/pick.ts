/** One creative among those that fit, by the line item's rotation. */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { Random } from '../core/random.ts';
import { choose } from '../policy/bandit/choose.ts';
import { creativePolicyNamed } from '../policy/bandit/index.ts';
import type { Belief, Scene } from '../policy/bandit/policy.ts';
import { FLAT_PRIOR } from '../policy/bandit/policy.ts';
import type { FittingCreative } from './eligible.ts';

export interface Picked {
  readonly chosen: FittingCreative;
  readonly propensity: number;
}

/** `belief` is the line item's, its arms in the order of its creatives; only those that fit are drawn from. */
export function pick(
  line: CatalogLine,
  fitting: readonly FittingCreative[],
  belief: Belief | undefined,
  scene: Scene,
  random: Random,
): Picked {
  const only = fitting[0]!;
  if (fitting.length === 1) return { chosen: only, propensity: 1 };
  const policy = creativePolicyNamed(line.lineItem.rotation);
  const offered = fitting.map(({ arm }) => arm);
  const { index, propensity } = choose(policy, belief ?? unknown(line), offered, scene, random);
  return { chosen: fitting[index] ?? only, propensity };
}

/** Of a line item that the snapshot's learning does not know yet. */
function unknown({ creatives }: CatalogLine): Belief {
  const arms = creatives.map(({ creative, weight }) => ({
    creativeId: creative.id,
    weight,
    trials: 0,
    rewards: 0,
  }));
  return { arms, prior: FLAT_PRIOR };
}
