/**
 * Draws from the distributions that policies and the simulator need. All chance comes from the Random that is handed in.
 *
 * Normal: the polar method (Marsaglia & Bray 1964). Gamma: Marsaglia & Tsang 2000, "A Simple Method for Generating
 * Gamma Variables", with their boost for shapes below one, kept as a logarithm so that a tiny shape does not become
 * zero. Beta: the ratio of two gammas.
 */
import type { Random } from './random.ts';

/** Mean 0, standard deviation 1. */
export function drawNormal(random: Random): number {
  for (;;) {
    const u = 2 * random.next() - 1;
    const v = 2 * random.next() - 1;
    const square = u * u + v * v;
    // The second number of the pair is thrown away: keeping it would make a draw depend on the draws before it.
    if (square > 0 && square < 1) return u * Math.sqrt((-2 * Math.log(square)) / square);
  }
}

/** exp of a normal: `median` times or divided by e^sigma in two cases of three. */
export function drawLogNormal(median: number, sigma: number, random: Random): number {
  return median * Math.exp(sigma * drawNormal(random));
}

/** Mean 1. */
export function drawExponential(random: Random): number {
  return -Math.log(1 - random.next());
}

/** Scale 1, so the mean is the shape. @throws RangeError for a shape that is not above zero. */
export function drawGamma(shape: number, random: Random): number {
  return Math.exp(drawLogGamma(shape, random));
}

/** @throws RangeError for a parameter that is not above zero. */
export function drawBeta(a: number, b: number, random: Random): number {
  const x = drawLogGamma(a, random);
  const y = drawLogGamma(b, random);
  // x / (x + y) from logarithms: exact where both gammas are far below the least float.
  return 1 / (1 + Math.exp(y - x));
}

function drawLogGamma(shape: number, random: Random): number {
  if (!(shape > 0 && shape < Number.POSITIVE_INFINITY))
    throw new RangeError(`not the shape of a gamma: ${shape}`);
  // Gamma(a) is Gamma(a + 1) · U^(1/a).
  if (shape < 1) return drawLogGamma(shape + 1, random) - drawExponential(random) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = 1 - random.next();
    // The squeeze accepts nearly all without a logarithm.
    if (u < 1 - 0.0331 * x ** 4 || Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v)))
      return Math.log(d * v);
  }
}
