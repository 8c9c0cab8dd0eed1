/** Choice among the creatives that fit. Two verbs elsewhere: choose here, learn in `learning/`. */

import type { Random } from '../../core/random.ts';
import type { Probability } from '../../core/units.ts';

/** What is known of one creative on one line item. */
export interface Arm {
  readonly creativeId: string;
  readonly weight: number;
  /** Impressions and rewards so far, floats ≥ 0. */
  readonly trials: number;
  readonly rewards: number;
}

export interface Choice {
  /** Index into the arms. */
  readonly index: number;
  /** Probability with which it was chosen, given these arms. */
  readonly propensity: Probability;
}

/** Choosing changes nothing. Same arms and same generator state give the same choice. At least one arm is given. */
export interface CreativePolicy {
  readonly name: 'even' | 'weighted' | 'thompson';
  choose(arms: readonly Arm[], random: Random): Choice;
}
