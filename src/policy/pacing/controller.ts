/** Spreading a budget over its time. A controller says which share of opportunities a line item takes part in. */
import type { Probability } from '../../core/units.ts';

export interface PacingInput {
  /** The share it took part in until now. */
  readonly participation: Probability;
  readonly budgetMicros: number;
  readonly spentMicros: number;
  /** Share of the period that has passed, 0..1, by the real length of the day (23, 24 or 25 h). */
  readonly elapsed: number;
  /** Spent since the last step, and the length of that step as a share of the period. */
  readonly spentSinceMicros: number;
  readonly stepElapsed: number;
}

/** Pure: input in, participation out, always finite and in 0..1 whatever the order or size of the inputs. */
export interface PacingController {
  readonly name: 'even' | 'asap';
  step(input: PacingInput): Probability;
}
