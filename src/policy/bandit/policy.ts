/**
 * Choice among creatives, or among the elements of a slot. What is known stands in a `Belief`, made anew whenever learning
 * publishes and never written to afterwards; a policy turns it into shares, the probabilities with which each is to be
 * shown, and `choose.ts` draws from these. So the propensity of every choice is known, and a draft policy can be asked what it
 * would have done (`sharesOf`).
 */
import { hash32 } from '../../core/random.ts';
import type { Probability } from '../../core/units.ts';

/** What is known of one creative on one line item, or of one element in its slot. */
export interface Arm {
  readonly creativeId: string;
  readonly weight: number;
  /**
   * Impressions and rewards, floats ≥ 0, as the policy's memory reads them: those that had no time yet to be rewarded count by
   * the share of it that has passed, those that are forgotten not at all.
   */
  readonly trials: number;
  readonly rewards: number;
  /** Impressions in full, those too that had no time yet; as `trials` where absent. */
  readonly shown?: number;
  /** Sums over the rewards of their worth, in any unit, and of its square; for policies that go by value. */
  readonly value?: number;
  readonly valueSquares?: number;
  /** Names it to the model of effects; by its id where absent. */
  readonly feature?: number;
  /** Never shown less or more than this share of the choices it stands in; 0 and 1 where absent. */
  readonly shareMin?: number;
  readonly shareMax?: number;
}

/** By what the model of effects knows it. */
export function featureOf({ feature, creativeId }: Pick<Arm, 'feature' | 'creativeId'>): number {
  return feature ?? hash32(creativeId, 0);
}

/** What an arm is taken to be before it was shown: a Beta of this mean, with the weight of so many trials. */
export interface Prior {
  readonly rate: number;
  readonly trials: number;
}

/** Nothing known: every rate equally likely. */
export const FLAT_PRIOR: Prior = { rate: 0.5, trials: 2 };

/** A normal belief of one effect, on the scale of rewards in a trial. */
export interface Effect {
  readonly mean: number;
  readonly variance: number;
}

/** What elements add, in general and under one circumstance. Any feature may be asked for: an unseen one gives the prior. */
export interface Effects {
  of(feature: number): Effect;
  /** Of an element under one circumstance of the scene, on top of `of(feature)`. */
  under(feature: number, circumstance: number): Effect;
}

/** The posterior of one line item's creatives, or of one slot's elements. Immutable: shares are remembered by its identity. */
export interface Belief {
  /** In the order of the line item's creatives. */
  readonly arms: readonly Arm[];
  readonly prior: Prior;
  /** Part of the planned impressions that is still to come, 0..1; absent where there is no plan. */
  readonly ahead?: number;
  /** Impressions that are still to come by the plan; absent where there is none, or nothing to tell it from. */
  readonly left?: number;
  readonly effects?: Effects;
  /** Of creatives with slots, by creative: a belief for each slot, its elements as arms. */
  readonly looks?: ReadonlyMap<string, readonly Belief[]>;
}

/** One impression, as far as policies may look at it. */
export interface Scene {
  /** Hashes of placement, device, audience and the like; the same ones go to learning. */
  readonly circumstances: readonly number[];
  /** Place in `arms` of what the person saw last; undefined where nothing or nobody is known. */
  readonly lastSeen?: number | undefined;
}

export const NO_SCENE: Scene = { circumstances: [] };

export interface Choice {
  /** Index into what was offered. */
  readonly index: number;
  /** Probability with which it was chosen, given belief, offer and scene. */
  readonly propensity: Probability;
}

/** How evidence is to be read for a policy: all of it, what came of late, or all since something changed. */
export type Memory = 'all' | 'fading' | 'window' | 'since_change';

export const CREATIVE_POLICY_NAMES = [
  'even',
  'weighted',
  'sequential',
  'thompson',
  'planned',
  'top_two',
  'value',
  'contextual',
  'discounted',
  'sliding_window',
  'change_aware',
] as const;
export type CreativePolicyName = (typeof CREATIVE_POLICY_NAMES)[number];

/**
 * Shares of the arms on offer, places in `belief.arms`, at least one. Each is ≥ 0, they add up to one, and the same arguments
 * give the same shares; limits of single arms are not the policy's affair.
 */
export interface CreativePolicy {
  readonly name: CreativePolicyName;
  readonly memory: Memory;
  shares(belief: Belief, offered: readonly number[], scene: Scene): Float64Array;
}
