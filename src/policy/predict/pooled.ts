/**
 * The line item's own click rate, shrunk to the account's: a beta prior worth as many impressions as bring 60 clicks at the
 * account's rate (empirical Bayes; Efron & Morris 1975, "Data Analysis Using Stein's Estimator"). An account at 0.2 %
 * lends 30,000 impressions: a line with 30 clicks of 10,000 is predicted (30 + 60) / (10,000 + 30,000) = 0.225 %.
 */
import type { Probability } from '../../core/units.ts';
import type { Predictor } from './predictor.ts';

const PRIOR_CLICKS = 60;
/** What an account that has shown nothing yet is taken to have: display's usual rate, with the weight of ten clicks. */
const FIRST_RATE = 0.002;
const FIRST_CLICKS = 10;

export const pooledPredictor: Predictor = {
  name: 'pooled',
  pClick: ({ lineTrials, lineClicks, accountTrials, accountClicks }) => {
    const account = shrunk(accountTrials, accountClicks, FIRST_RATE, FIRST_CLICKS);
    return shrunk(lineTrials, lineClicks, account, PRIOR_CLICKS) as Probability;
  },
};

/** Clicks that outnumber their impressions, for they may come first, count up to them. */
function shrunk(trials: number, clicks: number, prior: number, priorClicks: number): number {
  const shown = Number.isFinite(trials) ? Math.max(0, trials) : 0;
  const clicked = clicks > 0 ? Math.min(clicks, shown) : 0;
  return (clicked + priorClicks) / (shown + priorClicks / prior);
}
