/** Functions of mathematics that the models of worth need. */

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** Logarithm of the gamma function for positive arguments, to about 1e-13 (Lanczos 1964, g = 7, nine terms). */
export function logGamma(value: number): number {
  // Below a half the series loses places; Γ(x) = Γ(x + 1) / x.
  if (value < 0.5) return logGamma(value + 1) - Math.log(value);
  const x = value - 1;
  let sum: number = LANCZOS[0];
  for (let term = 1; term < LANCZOS.length; term++) sum += LANCZOS[term]! / (x + term);
  const t = x + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(sum);
}

const TERMS_MAX = 10_000;

/**
 * Gauss's hypergeometric function 2F1(a, b; c; z) for 0 ≤ z < 1 by its series. The callers bring it to the form whose series
 * converges (Abramowitz & Stegun 15.3.3), where terms fall from the first.
 */
export function hypergeometric(a: number, b: number, c: number, z: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 0; n < TERMS_MAX; n++) {
    term *= ((a + n) * (b + n) * z) / ((c + n) * (n + 1));
    sum += term;
    if (Math.abs(term) < 1e-13 * Math.abs(sum)) break;
  }
  return sum;
}
