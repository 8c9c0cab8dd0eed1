/**
 * Thompson sampling over the elements that a creative is made of and the circumstances it is shown in: a linear model of rewards with an
 * effect for each element, and a smaller one for each element under each circumstance (Agrawal & Goyal 2013, "Thompson Sampling for Contextual
 * Bandits with Linear Payoffs"; hierarchical effects as in Schwartz, Bradlow & Fader 2017). What is the same for all on offer, as the
 * placement's own level, cancels out of the comparison. An unseen element under a seen circumstance has the prior's mean and width, so it
 * borrows from what is usual and is tried.
 */

import { chancesOfNormals } from './greatest-normal.ts';
import type { CreativePolicy, Effect, Effects } from './policy.ts';
import { featureOf } from './policy.ts';
import { spreadOf, thompsonShares } from './rates.ts';

export const contextualPolicy: CreativePolicy = {
  name: 'contextual',
  memory: 'all',
  shares: (belief, offered, { circumstances }) => {
    const { arms, effects, ahead } = belief;
    if (!effects) return thompsonShares(belief, offered);
    const spread = spreadOf(ahead) ** 2;
    return chancesOfNormals(
      offered.map((place) => scoreOf(featureOf(arms[place]!), circumstances, effects, spread)),
    );
  },
};

function scoreOf(
  feature: number,
  circumstances: readonly number[],
  effects: Effects,
  spread: number,
): Effect {
  let { mean, variance } = effects.of(feature);
  for (const circumstance of circumstances) {
    const effect = effects.under(feature, circumstance);
    mean += effect.mean;
    variance += effect.variance;
  }
  return { mean, variance: spread * variance };
}
