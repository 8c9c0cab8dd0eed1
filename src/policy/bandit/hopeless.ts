/** Arms that a buyer's rule takes out: seen often enough, and hardly the best of them. */
import type { Belief } from './policy.ts';
import { thompsonShares } from './rates.ts';

export interface PauseRule {
  readonly chanceToBeBestBelow: number;
  readonly afterImpressions: number;
}

/**
 * The belief with a ceiling of nothing on those that are hopeless; the arms stay where they are. Somebody is always likely enough to be the
 * best, so somebody is left, and an arm comes back by itself once the others turn out to be no better.
 */
export function pauseHopeless(belief: Belief, rule: PauseRule | undefined): Belief {
  if (!rule || belief.arms.length < 2) return belief;
  const everyone = belief.arms.map((_, place) => place);
  // By all that is known: near the end of a plan policies bet on less than that.
  const { ahead: _, ...known } = belief;
  const chances = thompsonShares(known, everyone);
  return {
    ...belief,
    arms: belief.arms.map((arm, place) =>
      arm.trials >= rule.afterImpressions && chances[place]! < rule.chanceToBeBestBelow
        ? { ...arm, shareMin: 0, shareMax: 0 }
        : arm,
    ),
  };
}
