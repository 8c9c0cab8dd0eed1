/**
 * How much customers spend at a time: Gamma-Gamma (Fader & Hardie 2013, "The Gamma-Gamma Model of Monetary Value"). A purchase is
 * Gamma(p, ν) with the customer's own ν, which is Gamma(q, γ) over customers; so the mean of few purchases is pulled towards that
 * of all customers. Every purchase counts, the first too: it is as much of a witness as the others.
 */
import type { Customer } from './customer.ts';
import { minimise } from './nelder-mead.ts';
import { logGamma } from './special.ts';

export interface SpendParameters {
  readonly p: number;
  readonly q: number;
  /** Micros of one purchase. */
  readonly gammaMicros: number;
}

type Spending = Pick<Customer, 'repeats' | 'spendMicros'>;

const EVALUATIONS_MAX = 500;
const LOG_BOUND = 12;
const PULL = 0.01;
/** The mean over customers exists for q above 1. */
const Q_MIN = 1.01;

/** Where nobody has spent anything nothing is expected. */
export function* fitSpend(customers: readonly Spending[]): Generator<undefined, SpendParameters> {
  const buyers = customers.filter(({ spendMicros }) => spendMicros > 0);
  const meanMicros = buyers.reduce((sum, buyer) => sum + meanOf(buyer), 0) / Math.max(1, buyers.length);
  if (buyers.length === 0) return { p: 1, q: 2, gammaMicros: 0 };
  // In units of the mean, so that the search does not depend on the currency.
  const columns = columnsOf(buyers, meanMicros);
  const start = [Math.log(3), Math.log(3), 0];
  const found = yield* minimise(
    (at) => {
      if (at.some((value) => Math.abs(value) > LOG_BOUND)) return Number.POSITIVE_INFINITY;
      const pull = at.reduce((sum, value, axis) => sum + (value - start[axis]!) ** 2, 0);
      const { p, q, gamma } = shapeAt(at);
      return PULL * pull - logLikelihood(columns, p, q, gamma);
    },
    start,
    0.5,
    { evaluationsMax: EVALUATIONS_MAX, tolerance: 1e-9 },
  );
  const { p, q, gamma } = shapeAt(found.at);
  return { p, q, gammaMicros: gamma * meanMicros };
}

/** Of the customer's next purchase: between their own mean and everybody's. */
export function expectedPurchaseMicros(customer: Spending, { p, q, gammaMicros }: SpendParameters): number {
  const purchases = customer.spendMicros > 0 ? customer.repeats + 1 : 0;
  return (p * (gammaMicros + customer.spendMicros)) / (p * purchases + q - 1);
}

function meanOf({ repeats, spendMicros }: Spending): number {
  return spendMicros / (repeats + 1);
}

function shapeAt(at: readonly number[]) {
  const [p, q, gamma] = at.map(Math.exp);
  return { p: p!, q: q! + Q_MIN, gamma: gamma! };
}

interface Columns {
  readonly from: readonly number[];
  readonly purchases: readonly number[];
  readonly means: Float64Array;
  readonly logMeans: Float64Array;
}

/** Sorted by purchases, since the gamma functions depend on these alone. */
function columnsOf(buyers: readonly Spending[], unitMicros: number): Columns {
  const sorted = [...buyers].sort((one, other) => one.repeats - other.repeats);
  const from: number[] = [];
  const purchases: number[] = [];
  sorted.forEach(({ repeats }, index) => {
    if (purchases.at(-1) === repeats + 1) return;
    from.push(index);
    purchases.push(repeats + 1);
  });
  const means = Float64Array.from(sorted, (buyer) => meanOf(buyer) / unitMicros);
  return { from, purchases, means, logMeans: means.map(Math.log) };
}

function logLikelihood({ from, purchases, means, logMeans }: Columns, p: number, q: number, gamma: number) {
  const common = -logGamma(q) + q * Math.log(gamma);
  let sum = 0;
  for (let group = 0; group < from.length; group++) {
    const n = purchases[group]!;
    const until = from[group + 1] ?? means.length;
    const shape = logGamma(p * n + q) - logGamma(p * n) + p * n * Math.log(n);
    sum += (until - from[group]!) * (common + shape);
    for (let index = from[group]!; index < until; index++)
      sum += (p * n - 1) * logMeans[index]! - (p * n + q) * Math.log(gamma + n * means[index]!);
  }
  return sum;
}
