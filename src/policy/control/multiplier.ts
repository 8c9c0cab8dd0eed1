/**
 * The multiplier α of a line item's bids: in a second-price auction the bid is α·value, in a first-price auction the b that makes
 * (α·value − b)·F(b) greatest (hand α·value to a pricer as the value; nothing is shaded twice). The value of an opportunity is what
 * is expected of it, in any unit; α is a price for one unit of it.
 */

export interface PeriodGoal {
  /** To be expected in the whole period, and from now to its end: a forecast. */
  readonly opportunities: number;
  readonly opportunitiesLeft: number;
  /** What may still be spent of the period's budget; Infinity where there is none. */
  readonly spendLeft: number;
  readonly target?: CostTarget;
}

/** What an action may cost on average, and how things stand. Money in the unit of `paid`. */
export interface CostTarget {
  readonly costPerAction: number;
  /** Actions that a unit of value has turned out to bring (`predict/recalibrate.ts`). */
  readonly actionsPerValue: number;
  readonly spent: number;
  /** To be expected of what was bought, those that came included. */
  readonly actions: number;
  /** Those that came. */
  readonly came: number;
}

/**
 * O(1) state, whatever was seen. Above 0 and finite at any time, whatever it is told and in whichever order. For each
 * opportunity or batch of them it is told `offered`, then `won` for each win; `step` before the next. Wins may come late, when the
 * multiplier has moved on; what is learned from them is then as wrong as the move was large.
 */
export interface Multiplier {
  readonly multiplier: number;
  /** Bid on at the multiplier as it stands. */
  offered(opportunities: number): void;
  won(value: number, paid: number): void;
  step(goal: PeriodGoal): void;
  /** Plain JSON, for `restore` of the same kind. */
  save(): unknown;
}

export interface MultiplierKind {
  readonly name: 'planned' | 'dual' | 'steered';
  /** @throws RangeError for a first multiplier that is not above zero and finite. */
  start(first: number): Multiplier;
  /** Undefined for what cannot be believed. */
  restore(saved: unknown): Multiplier | undefined;
}
