/**
 * The factors that steer line items in the server (`budget.ts`, `target.ts`), as a multiplier: so that evaluations measure the very
 * controllers that bid, beside others that may take their place. The first multiplier is the worth of a unit of value; the lesser of the two
 * factors is put on it.
 */
import { LOG_BUDGET_MAX, stepBudget } from './budget.ts';
import type { Multiplier, MultiplierKind, PeriodGoal } from './multiplier.ts';
import type { TargetInput, TargetState } from './target.ts';
import { FIRST_TARGET_STATE, logFactorOf, stepTarget } from './target.ts';

/** The server steps every 30 seconds of a day. */
const STEPS_A_PERIOD = 2880;

/** What has come into force moves no faster than either of the two does by itself. */
const STEP_LOG_MAX = Math.log(2);

interface Saved {
  readonly version: 1;
  readonly logFactor: number;
  readonly first: number;
  readonly logBudget: number;
  readonly integral: number;
  readonly logTarget: number;
}

export const steeredMultiplier: MultiplierKind = {
  name: 'steered',
  start: (first) => {
    if (!(first > 0 && first < Number.POSITIVE_INFINITY))
      throw new RangeError(`not a first multiplier: ${first}`);
    return new Steered({
      version: 1,
      first,
      logFactor: 0,
      logBudget: 0,
      integral: 0,
      logTarget: LOG_BUDGET_MAX,
    });
  },
  restore: (saved) => {
    const { version, first, logFactor, logBudget, integral, logTarget } = (saved ?? {}) as Partial<Saved>;
    const sound = [first, logFactor, logBudget, integral, logTarget].every(Number.isFinite) && first! > 0;
    return version === 1 && sound ? new Steered(saved as Saved) : undefined;
  },
};

class Steered implements Multiplier {
  readonly #first: number;
  #logFactor: number;
  #logBudget: number;
  #logTarget: number;
  #target: TargetState;
  /** Since the last step. */
  #offered = 0;
  #value = 0;
  #paid = 0;

  constructor({ first, logFactor, logBudget, integral, logTarget }: Saved) {
    this.#first = first;
    this.#logFactor = logFactor;
    this.#logBudget = logBudget;
    this.#logTarget = logTarget;
    this.#target = { ...FIRST_TARGET_STATE, integral };
  }

  get multiplier(): number {
    return Math.min(Number.MAX_VALUE, Math.max(Number.MIN_VALUE, this.#first * Math.exp(this.#logFactor)));
  }

  offered(opportunities: number): void {
    this.#offered += counted(opportunities);
  }

  won(value: number, paid: number): void {
    this.#value += counted(value);
    this.#paid += counted(paid);
  }

  step({ opportunities, opportunitiesLeft, spendLeft, target }: PeriodGoal): void {
    const period = Math.max(1, counted(opportunities));
    if (this.#offered < Math.max(1, period / STEPS_A_PERIOD)) return;
    const left = Math.min(period, Math.max(1, counted(opportunitiesLeft)));
    const length = this.#offered / period;
    // What was left before this step, and its part of the time that was left then.
    const rest = counted(spendLeft) + this.#paid;
    this.#logBudget =
      spendLeft < Number.POSITIVE_INFINITY
        ? stepBudget(this.#logBudget, {
            length,
            spentMicros: this.#paid,
            allowedMicros: (rest * this.#offered) / (left + this.#offered),
            logLimit: this.#logTarget,
          })
        : LOG_BUDGET_MAX;
    if (target) {
      const worth = counted(target.costPerAction);
      const input: TargetInput = {
        spentMicros: this.#paid,
        worthMicros: worth * counted(target.actionsPerValue) * this.#value,
        spentTotalMicros: counted(target.spent),
        worthTotalMicros: worth * counted(target.actions),
        resultWorthMicros: worth,
        results: counted(target.came),
        logLimit: this.#logBudget,
      };
      this.#target = stepTarget(this.#target, input);
      this.#logTarget = logFactorOf(this.#target, input);
    } else this.#logTarget = LOG_BUDGET_MAX;
    const aim = Math.min(this.#logBudget, this.#logTarget) - this.#logFactor;
    this.#logFactor += Math.min(STEP_LOG_MAX, Math.max(-STEP_LOG_MAX, aim));
    this.#offered = 0;
    this.#value = 0;
    this.#paid = 0;
  }

  save(): Saved {
    return {
      version: 1,
      first: this.#first,
      logFactor: this.#logFactor,
      logBudget: this.#logBudget,
      integral: this.#target.integral,
      logTarget: this.#logTarget,
    };
  }
}

/** Not a number counts as nothing, and more than there can be as much. */
function counted(value: number): number {
  return value > 0 ? Math.min(value, 1e100) : 0;
}
