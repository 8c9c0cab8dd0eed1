/**
 * How often customers will buy, and whether they still do: BG/NBD (Fader, Hardie & Lee 2005, "Counting Your Customers the Easy
 * Way") and its modified form (Batislam, Denizel & Filiztekin 2007), in which a customer may leave after the first purchase too. While
 * alive a customer buys at a rate of their own, Gamma(r, α) over customers; after each purchase they leave with a chance of their
 * own, Beta(a, b). Time is in weeks, as in the literature.
 *
 *   r = 0.243, α = 4.414, a = 0.793, b = 2.426; 2 repeats, the last after 30.43 of 38.86 weeks: 1.226 purchases in the next 39
 */
import type { Customer } from './customer.ts';
import { minimise } from './nelder-mead.ts';
import { hypergeometric, logGamma } from './special.ts';

export interface PurchaseParameters {
  readonly r: number;
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
}

/** `modified`: a customer may have left after the first purchase. */
export type PurchaseForm = 'plain' | 'modified';

type Timing = Pick<Customer, 'repeats' | 'recencyDays' | 'ageDays'>;

const DAYS_A_WEEK = 7;
/** Where the search begins: far from nothing, and the same for all data. */
const START: PurchaseParameters = { r: 0.5, alpha: 5, a: 1, b: 2 };
const EVALUATIONS_MAX = 600;
/** Parameters stay within what can be computed with; data of a single day would drive them out of all bounds. */
const LOG_BOUND = 12;
/** A weak pull towards the start, in log-likelihood, so that data which say nothing about a parameter leave it where it is. */
const PULL = 0.01;

export function* fitPurchases(
  customers: readonly Timing[],
  form: PurchaseForm,
): Generator<undefined, PurchaseParameters> {
  const columns = columnsOf(customers);
  const start = [START.r, START.alpha, START.a, START.b].map(Math.log);
  const found = yield* minimise(
    (at) => {
      if (at.some((value) => Math.abs(value) > LOG_BOUND)) return Number.POSITIVE_INFINITY;
      const pull = at.reduce((sum, value, axis) => sum + (value - start[axis]!) ** 2, 0);
      return PULL * pull - logLikelihoodOf(columns, parametersAt(at), form);
    },
    start,
    0.5,
    { evaluationsMax: EVALUATIONS_MAX, tolerance: 1e-9 },
  );
  return parametersAt(found.at);
}

/** Of all customers together; what the fit makes as great as it can. */
export function logLikelihood(
  customers: readonly Timing[],
  parameters: PurchaseParameters,
  form: PurchaseForm,
): number {
  return logLikelihoodOf(columnsOf(customers), parameters, form);
}

export function chanceAlive(customer: Timing, parameters: PurchaseParameters, form: PurchaseForm): number {
  return 1 / (1 + oddsLeft(customer, parameters, form));
}

/** Whoever is alive and does not buy stays alive: leaving comes after a purchase alone. */
export function chanceOfPurchase(
  customer: Timing,
  days: number,
  parameters: PurchaseParameters,
  form: PurchaseForm,
): number {
  const { r, alpha } = parameters;
  const until = alpha + customer.ageDays / DAYS_A_WEEK;
  const none = (until / (until + days / DAYS_A_WEEK)) ** (r + customer.repeats);
  return chanceAlive(customer, parameters, form) * (1 - none);
}

/** Equation 10 of the paper, its hypergeometric function in the form that converges for regular customers and long spans. */
export function expectedPurchases(
  customer: Timing,
  days: number,
  parameters: PurchaseParameters,
  form: PurchaseForm,
): number {
  const { r, alpha } = parameters;
  // At 1 the formula is nought divided by nought; beside it, it is smooth.
  const a = Math.abs(parameters.a - 1) < 1e-6 ? 1 + 1e-6 : parameters.a;
  const b = parameters.b + (form === 'modified' ? 1 : 0);
  const x = customer.repeats;
  const weeks = days / DAYS_A_WEEK;
  const z = weeks / (alpha + customer.ageDays / DAYS_A_WEEK + weeks);
  const series = hypergeometric(a + b - 1 - r, a - 1, a + b + x - 1, z);
  const whileAlive = ((a + b + x - 1) / (a - 1)) * (1 - (1 - z) ** (a - 1) * series);
  return Math.max(0, whileAlive * chanceAlive(customer, { ...parameters, a }, form));
}

/** Chance of having left for that of being alive. */
function oddsLeft(
  { repeats, recencyDays, ageDays }: Timing,
  parameters: PurchaseParameters,
  form: PurchaseForm,
) {
  const { r, alpha, a, b } = parameters;
  if (form === 'plain' && repeats === 0) return 0;
  const chances = a / (form === 'plain' ? b + repeats - 1 : b + repeats);
  const silence = (alpha + ageDays / DAYS_A_WEEK) / (alpha + recencyDays / DAYS_A_WEEK);
  return chances * silence ** (r + repeats);
}

function parametersAt(at: readonly number[]): PurchaseParameters {
  const [r, alpha, a, b] = at.map(Math.exp);
  return { r: r!, alpha: alpha!, a: a!, b: b! };
}

/** Customers sorted by repeats, since the gamma functions depend on these alone: 20 times as fast. */
interface Columns {
  /** First customer of each group. */
  readonly from: readonly number[];
  readonly repeats: readonly number[];
  readonly recency: Float64Array;
  readonly age: Float64Array;
}

function columnsOf(customers: readonly Timing[]): Columns {
  const sorted = [...customers].sort((one, other) => one.repeats - other.repeats);
  const from: number[] = [];
  const repeats: number[] = [];
  sorted.forEach((customer, index) => {
    if (repeats.at(-1) === customer.repeats) return;
    from.push(index);
    repeats.push(customer.repeats);
  });
  return {
    from,
    repeats,
    recency: Float64Array.from(sorted, ({ recencyDays }) => recencyDays / DAYS_A_WEEK),
    age: Float64Array.from(sorted, ({ ageDays }) => ageDays / DAYS_A_WEEK),
  };
}

function logLikelihoodOf(
  columns: Columns,
  { r, alpha, a, b }: PurchaseParameters,
  form: PurchaseForm,
): number {
  const { from, repeats, recency, age } = columns;
  const more = form === 'modified' ? 1 : 0;
  const common = r * Math.log(alpha) - logGamma(r) + logGamma(a + b) - logGamma(b);
  let sum = 0;
  for (let group = 0; group < from.length; group++) {
    const x = repeats[group]!;
    const until = from[group + 1] ?? age.length;
    const counts = logGamma(r + x) + logGamma(b + x + more) - logGamma(a + b + x + more);
    sum += (until - from[group]!) * (common + counts);
    const mayHaveLeft = x > 0 || form === 'modified';
    const chances = a / (b + x - 1 + more);
    for (let index = from[group]!; index < until; index++) {
      const alive = -(r + x) * Math.log(alpha + age[index]!);
      const odds = mayHaveLeft ? chances * ((alpha + age[index]!) / (alpha + recency[index]!)) ** (r + x) : 0;
      sum += alive + Math.log1p(odds);
    }
  }
  return sum;
}
