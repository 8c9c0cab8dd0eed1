/**
 * Two multipliers by dual descent, one for the budget (`budget.ts`) and one for the target (`target.ts`), and the lesser of them in
 * force: three numbers of state, and no need to know what a win would have cost at another multiplier, so good for first-price
 * auctions too. These are the steps that line items which go by results take in `learning/steer.ts` and `learning/pace.ts`.
 */
import { LOG_BUDGET_MAX, stepBudget } from './budget.ts';
import type { CostTarget, Multiplier, MultiplierKind, PeriodGoal } from './multiplier.ts';
import type { TargetState } from './target.ts';
import { FIRST_TARGET_STATE, logFactorOf, stepTarget } from './target.ts';

interface Saved {
  readonly version: 1;
  readonly first: number;
  readonly logBudget: number;
  readonly target: TargetState;
  readonly logTarget: number;
}

export const dualMultiplier: MultiplierKind = {
  name: 'dual',
  start: (first) => {
    if (!(first > 0 && first < Number.POSITIVE_INFINITY)) throw new RangeError(`not a multiplier: ${first}`);
    const target = FIRST_TARGET_STATE;
    return new Dual({ version: 1, first, logBudget: 0, target, logTarget: LOG_BUDGET_MAX });
  },
  restore: (saved) => {
    const state = (saved ?? {}) as Partial<Saved>;
    const numbers = [state.first, state.logBudget, state.target?.integral, state.logTarget];
    return state.version === 1 && numbers.every(Number.isFinite) && (state.first as number) > 0
      ? new Dual(state as Saved)
      : undefined;
  },
};

class Dual implements Multiplier {
  #state: Saved;
  #opportunities = 0;
  #value = 0;
  #spent = 0;

  constructor(state: Saved) {
    this.#state = state;
  }

  get multiplier(): number {
    const { first, logBudget, logTarget } = this.#state;
    const multiplier = first * Math.exp(Math.min(logBudget, logTarget));
    return Math.min(Math.max(multiplier, Number.MIN_VALUE), Number.MAX_VALUE);
  }

  offered(opportunities: number): void {
    this.#opportunities += positive(opportunities);
  }

  won(value: number, paid: number): void {
    this.#value += positive(value);
    this.#spent += positive(paid);
  }

  step({ opportunities, opportunitiesLeft, spendLeft, target }: PeriodGoal): void {
    if (this.#opportunities === 0) return;
    const before = this.#state;
    const logBudget = stepBudget(before.logBudget, {
      length: this.#opportunities / Math.max(1, positive(opportunities)),
      spentMicros: this.#spent,
      allowedMicros: (positive(spendLeft) * this.#opportunities) / Math.max(1, positive(opportunitiesLeft)),
      logLimit: before.logTarget,
    });
    this.#state = { ...before, logBudget, ...(target && this.#towards(target, logBudget)) };
    this.#opportunities = 0;
    this.#value = 0;
    this.#spent = 0;
  }

  save(): Saved {
    return this.#state;
  }

  #towards(target: CostTarget, logBudget: number): Pick<Saved, 'target' | 'logTarget'> {
    const worthPerValue = positive(target.costPerAction) * positive(target.actionsPerValue);
    // Ascent is in factors on the worth, this class in factors on the first multiplier.
    const logWorth = worthPerValue > 0 ? Math.log(worthPerValue) - Math.log(this.#state.first) : 0;
    const input = {
      spentMicros: this.#spent,
      worthMicros: worthPerValue * this.#value,
      spentTotalMicros: target.spent,
      worthTotalMicros: target.costPerAction * target.actions,
      resultWorthMicros: target.costPerAction,
      results: target.came,
      logLimit: logBudget - logWorth,
    };
    const state = stepTarget(this.#state.target, input);
    return { target: state, logTarget: logWorth + logFactorOf(state, input) };
  }
}

function positive(value: number): number {
  return value > 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : 0;
}
