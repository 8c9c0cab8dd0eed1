/**
 * Top-two Thompson sampling, for who wants to know which creative is best rather than to earn meanwhile: Russo 2016, "Simple Bayesian
 * Algorithms for Best Arm Identification". In half of the cases the leader of a draw is shown, in the other half the leader of the first
 * draw after it that has another leader. With chances p to be best, arm k has ½ p_k + ½ p_k Σ_{j≠k} p_j / (1 − p_j).
 */
import type { CreativePolicy } from './policy.ts';
import { thompsonShares } from './rates.ts';

export const topTwoPolicy: CreativePolicy = {
  name: 'top_two',
  memory: 'all',
  shares: ({ ahead: _, ...belief }, offered) => {
    const chances = thompsonShares(belief, offered);
    if (chances.length === 1) return chances;
    const sure = chances.map((chance) => Math.max(chance, LEAST));
    const shares = new Float64Array(sure.length);
    for (let first = 0; first < sure.length; first++) {
      // From the others themselves: 1 − p loses all its digits where p is nearly one.
      let others = 0;
      for (let other = 0; other < sure.length; other++) if (other !== first) others += sure[other]!;
      for (let arm = 0; arm < sure.length; arm++)
        shares[arm]! += 0.5 * sure[first]! * (arm === first ? 1 : sure[arm]! / others);
    }
    const total = shares.reduce((sum, share) => sum + share, 0);
    return shares.map((share) => share / total);
  },
};

/** Smaller chances divide badly; among arms that are all so unlikely it is even which comes second. */
const LEAST = 1e-100;
