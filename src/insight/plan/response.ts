/**
 * What a line item brings for what it spends: results = scale × spend ^ elasticity, which flattens as it grows (Hanssens, Parsons & Schultz 2001,
 * "Market Response Models", chapter 3, multiplicative response). The elasticity is learned from its days of more and of less spend, each
 * weighed by its results, and leans on the usual one as long as these say little. The scale is what the last days brought.
 */

export interface SpendDay {
  readonly spendMicros: number;
  readonly results: number;
}

export interface Response {
  /** Mean of a day with any spend. */
  readonly spendMicros: number;
  readonly results: number;
  readonly elasticity: number;
  /** Standard deviation of what is believed of it, and of the logarithm of the scale. */
  readonly elasticityDeviation: number;
  readonly scaleDeviation: number;
  readonly days: number;
}

/** Spending more brings less than in proportion: what advertising studies find lies between a tenth and nearly one. */
const USUAL_ELASTICITY = 0.7;
const USUAL_DEVIATION = 0.15;
const ELASTICITY_MIN = 0.2;
const ELASTICITY_MAX = 0.95;
const RESULTS_MIN = 5;

/** Undefined where too little came to plan by. */
export function responseOf(days: readonly SpendDay[]): Response | undefined {
  const live = days.filter(({ spendMicros }) => spendMicros > 0);
  const results = live.reduce((sum, day) => sum + day.results, 0);
  const spendMicros = live.reduce((sum, day) => sum + day.spendMicros, 0);
  if (live.length === 0 || results < RESULTS_MIN) return undefined;
  const { elasticity, deviation } = elasticityOf(live);
  return {
    spendMicros: spendMicros / live.length,
    results: results / live.length,
    elasticity,
    elasticityDeviation: deviation,
    scaleDeviation: 1 / Math.sqrt(results),
    days: live.length,
  };
}

/** Of a day with so much spend. */
export function resultsAt({ spendMicros, results, elasticity }: Response, atMicros: number): number {
  return atMicros <= 0 ? 0 : results * (atMicros / spendMicros) ** elasticity;
}

/** Weighted regression of logarithms, with the usual elasticity as what is believed before; a day without results counts as half of one. */
function elasticityOf(days: readonly SpendDay[]): {
  readonly elasticity: number;
  readonly deviation: number;
} {
  const points = days.map(({ spendMicros, results }) => ({
    x: Math.log(spendMicros),
    y: Math.log(results + 0.5),
    weight: results + 0.5,
  }));
  const weight = points.reduce((sum, point) => sum + point.weight, 0);
  const meanX = points.reduce((sum, point) => sum + point.weight * point.x, 0) / weight;
  const meanY = points.reduce((sum, point) => sum + point.weight * point.y, 0) / weight;
  const spread = points.reduce((sum, { x, weight: own }) => sum + own * (x - meanX) ** 2, 0);
  const together = points.reduce((sum, { x, y, weight: own }) => sum + own * (x - meanX) * (y - meanY), 0);
  const before = 1 / USUAL_DEVIATION ** 2;
  const slope = (together + before * USUAL_ELASTICITY) / (spread + before);
  return {
    elasticity: Math.min(ELASTICITY_MAX, Math.max(ELASTICITY_MIN, slope)),
    deviation: 1 / Math.sqrt(spread + before),
  };
}
