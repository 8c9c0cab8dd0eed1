import { describe, expect, it } from 'vitest';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { drawBeta, drawExponential, drawGamma, drawLogNormal, drawNormal } from '../../src/core/sampling.ts';

const DRAWS = 40_000;
const SEED = 20_241;
/** Kolmogorov–Smirnov distance times √n that chance exceeds once in 10,000 (the seed is fixed, so it never flickers). */
const KS_LIMIT = 2.22;

function draws(draw: (random: Random) => number): number[] {
  const random = seededRandom(SEED);
  return Array.from({ length: DRAWS }, () => draw(random));
}

/** √n times the greatest distance between the draws and a distribution. */
function distance(values: readonly number[], cdf: (x: number) => number): number {
  const sorted = [...values].sort((a, b) => a - b);
  let most = 0;
  sorted.forEach((value, index) => {
    const expected = cdf(value);
    most = Math.max(
      most,
      Math.abs(expected - index / sorted.length),
      Math.abs(expected - (index + 1) / sorted.length),
    );
  });
  return most * Math.sqrt(sorted.length);
}

/** CDF by Simpson's rule over a density, for a check that shares nothing with the sampler. */
function cdfOf(density: (x: number) => number, from: number, to: number): (x: number) => number {
  const cells = 20_000;
  const step = (to - from) / cells;
  const sums = new Float64Array(cells + 1);
  for (let cell = 0; cell < cells; cell++) {
    const x = from + cell * step;
    sums[cell + 1] = sums[cell]! + (step / 6) * (density(x) + 4 * density(x + step / 2) + density(x + step));
  }
  const whole = sums[cells]!;
  return (x) => {
    const place = Math.min(cells, Math.max(0, (x - from) / step));
    const cell = Math.min(cells - 1, Math.floor(place));
    return (sums[cell]! + (place - cell) * (sums[cell + 1]! - sums[cell]!)) / whole;
  };
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

describe(`draws, seed ${SEED}`, () => {
  it('normal follows the bell', () => {
    const cdf = cdfOf((x) => Math.exp(-x * x * 0.5), -9, 9);
    expect(distance(draws(drawNormal), cdf)).toBeLessThan(KS_LIMIT);
  });

  it('exponential falls off with rate one', () => {
    expect(distance(draws(drawExponential), (x) => 1 - Math.exp(-x))).toBeLessThan(KS_LIMIT);
  });

  it('log-normal has its median in the middle and the spread asked for', () => {
    const values = draws((random) => Math.log(drawLogNormal(2.5, 0.7, random)));
    const { mean, variance } = moments(values);
    expect(Math.abs(mean - Math.log(2.5))).toBeLessThan(0.02);
    expect(Math.abs(variance - 0.49)).toBeLessThan(0.02);
  });

  it.each([0.3, 0.9, 1, 1.5, 4, 60])('gamma of shape %d has the mean and variance of the shape', (shape) => {
    const { mean, variance } = moments(draws((random) => drawGamma(shape, random)));
    const error = Math.sqrt(shape / DRAWS);
    expect(Math.abs(mean - shape)).toBeLessThan(5 * error);
    expect(Math.abs(variance - shape)).toBeLessThan(0.08 * shape + 10 * error);
  });

  it.each([1, 2.5, 9, 40])('gamma of shape %d follows its distribution', (shape) => {
    const cdf = cdfOf((x) => x ** (shape - 1) * Math.exp(-x), 0, shape + 40 + 12 * Math.sqrt(shape));
    expect(
      distance(
        draws((random) => drawGamma(shape, random)),
        cdf,
      ),
    ).toBeLessThan(KS_LIMIT);
  });

  it.each([
    [1, 1],
    [1, 30],
    [3, 2],
    [21, 981],
    [400, 60],
  ])('beta of %d and %d follows its distribution', (a, b) => {
    const cdf = cdfOf((x) => x ** (a - 1) * (1 - x) ** (b - 1), 0, 1);
    expect(
      distance(
        draws((random) => drawBeta(a, b, random)),
        cdf,
      ),
    ).toBeLessThan(KS_LIMIT);
  });

  it('beta stays a probability for parameters of any size', () => {
    const random = seededRandom(SEED);
    for (const a of [1e-6, 0.01, 1, 1e3, 1e12]) {
      for (const b of [1e-6, 0.01, 1, 1e3, 1e12]) {
        for (let count = 0; count < 50; count++) {
          const value = drawBeta(a, b, random);
          expect(value >= 0 && value <= 1, `Beta(${a}, ${b}) gave ${value}`).toBe(true);
        }
      }
    }
  });

  it('refuses a shape that is none', () => {
    for (const shape of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => drawGamma(shape, seededRandom(1))).toThrow(RangeError);
  });
});
