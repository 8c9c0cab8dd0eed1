/** One creative among those that fit, by the line item's rotation; where it is a template, an element for each of its slots by the same. */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { Template } from '../campaign/dynamic/template.ts';
import type { Random } from '../core/random.ts';
import { choose } from '../policy/bandit/choose.ts';
import { combine } from '../policy/bandit/combine.ts';
import { creativePolicyNamed } from '../policy/bandit/index.ts';
import type { Belief, CreativePolicy, Scene } from '../policy/bandit/policy.ts';
import { FLAT_PRIOR } from '../policy/bandit/policy.ts';
import type { ChosenCreative, FittingCreative } from './eligible.ts';
import { dressed, elementNumbers } from './media/looks.ts';

export interface Picked {
  readonly chosen: ChosenCreative;
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
  const policy = creativePolicyNamed(line.lineItem.rotation);
  if (fitting.length === 1) return withLook(only, 1, policy, belief, scene, random);
  const offered = fitting.map(({ arm }) => arm);
  const { index, propensity } = choose(policy, belief ?? unknown(line), offered, scene, random);
  return withLook(fitting[index] ?? only, propensity, policy, belief, scene, random);
}

/** Fills the slots of a template. */
function withLook(
  chosen: FittingCreative,
  propensity: number,
  policy: CreativePolicy,
  belief: Belief | undefined,
  scene: Scene,
  random: Random,
): Picked {
  const { creative, looks } = chosen;
  const { template } = creative;
  if (!looks || !template) return { chosen, propensity };
  const known = belief?.looks?.get(creative.creative.id) ?? beliefsOf(template);
  const slots = known.map((own, slot) => ({
    belief: own,
    offered: looks.offered[slot]!,
  }));
  const forbidden = template.rules.length > 0 ? looks.forbids : undefined;
  // With nearly everything forbidden none may be found by chance; there is one all the same.
  const { elements, propensity: ofLook } =
    combine(policy, slots, scene, random, forbidden) ?? looks.draw(random);
  return {
    chosen: {
      ...chosen,
      creative: dressed(creative, elements),
      elements: elementNumbers(template, elements),
    },
    propensity: propensity * ofLook,
  };
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

/** Shares are remembered by their belief, so the beliefs of a template must be the same ones from bid to bid. */
const beliefs = new WeakMap<Template, readonly Belief[]>();

/** A belief for each slot of a template that learning does not know yet. */
function beliefsOf(template: Template): readonly Belief[] {
  let slots = beliefs.get(template);
  if (!slots) {
    slots = template.slots.map(({ elements }): Belief => {
      const arms = elements.map(({ id, number, weight }) => ({
        creativeId: id,
        weight,
        trials: 0,
        rewards: 0,
        feature: number,
      }));
      return { arms, prior: FLAT_PRIOR };
    });
    beliefs.set(template, slots);
  }
  return slots;
}
