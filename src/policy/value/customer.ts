/** What a model of worth is told of a customer, and what it says of their future. */

/** Purchases of one day count as one. Days may be broken. */
export interface Customer {
  /** Days with a purchase after the first such day. */
  readonly repeats: number;
  /** From the first purchase to the last. */
  readonly recencyDays: number;
  /** From the first purchase to now. */
  readonly ageDays: number;
  /** All purchases, the first included. */
  readonly spendMicros: number;
}

/** What is expected of a customer within a span from now; pure functions of what was fitted. */
export interface FittedValue {
  expectedPurchases(customer: Customer, days: number): number;
  expectedSpendMicros(customer: Customer, days: number): number;
  /** Chance of at least one purchase within the span. */
  chanceOfPurchase(customer: Customer, days: number): number;
  /** Chance that the customer has not left for good. */
  chanceAlive(customer: Customer): number;
  /** What was fitted, by name, to be shown and compared with the literature. */
  readonly parameters: Readonly<Record<string, number>>;
}

/**
 * A member of the family. `fit` yields after each bounded piece of work (one pass over the customers at most), so that whoever
 * runs it can let bids through in between. The same customers in the same order give the same fit.
 */
export interface ValueModel {
  readonly name: string;
  fit(customers: readonly Customer[]): Generator<undefined, FittedValue>;
}

/** Runs a fit to its end in one go. */
export function fitted(model: ValueModel, customers: readonly Customer[]): FittedValue {
  return finished(model.fit(customers));
}

export function finished<Result>(steps: Generator<undefined, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
