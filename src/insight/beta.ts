/** The beta distribution: what is believed of a rate after so many results. */
import { logGamma } from '../policy/value/special.ts';

const STEPS_MAX = 300;
const TINY = 1e-300;

/** P(X ≤ x) for Beta(a, b), by the continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8, after Lentz). */
export function betaAtMost(x: number, a: number, b: number): number {
  if (!(x > 0)) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast below the mean; above it the other tail is worked out.
  return x < (a + 1) / (a + b + 2)
    ? (front * fraction(x, a, b)) / a
    : 1 - (front * fraction(1 - x, b, a)) / b;
}

/** The value that lies above a share `p` of the distribution, by halving; to 1e-12. */
export function betaQuantile(p: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (betaAtMost(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = apart(1 - ((a + b) * x) / (a + 1));
  d = 1 / d;
  let value = d;
  for (let step = 1; step <= STEPS_MAX; step++) {
    const even = (step * (b - step) * x) / ((a + 2 * step - 1) * (a + 2 * step));
    d = 1 / apart(1 + even * d);
    c = apart(1 + even / c);
    value *= d * c;
    const odd = (-(a + step) * (a + b + step) * x) / ((a + 2 * step) * (a + 2 * step + 1));
    d = 1 / apart(1 + odd * d);
    c = apart(1 + odd / c);
    const change = d * c;
    value *= change;
    if (Math.abs(change - 1) < 1e-14) break;
  }
  return value;
}

function apart(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
