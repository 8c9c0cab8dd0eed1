/**
 * One multiplier for budget and cost together, for second-price auctions: again and again the plan is made anew for all the
 * opportunities still to come, by what multipliers have been learned to cost (`spend-curve.ts`).
 *
 *   budget   the highest α whose cost an opportunity is within what is left / opportunities left
 *   target   the highest α at which spend so far and to come is within target × actions so far and to come
 *   α        the lesser of the two (Balseiro et al. 2023, "A Field Guide for Pacing Budget and ROS Constraints": the minimum, never
 *            one after the other), which for bids linear in value is also the optimum under both
 *
 * Solving again for the rest (Jasin & Kumar 2012, "A Re-Solving Heuristic with Bounded Revenue Loss for Network Revenue
 * Management") makes good by itself what was over- or underspent: there is no integral to wind up and no step size to choose.
 * While all that was tried is cheap the multiplier rises by a twentieth every few opportunities; where the cost of a multiplier is
 * known already it goes there at once.
 *
 * With 1,000 left for 10,000 opportunities, and α = 3 known to cost 0.08 of each and α = 4 known to cost 0.12, it comes to lie where
 * the cost is 0.1; after a windfall of cheap ones it rises, for the rest of the budget has fewer opportunities to last for.
 */
import type { CostTarget, Multiplier, MultiplierKind, PeriodGoal } from './multiplier.ts';
import type { SavedSpendCurve } from './spend-curve.ts';
import { restoreSpendCurve, SpendCurve } from './spend-curve.ts';

/** Evidence fades over a tenth of the period: the plan for the whole of it is made from nearly the latest prices. */
const MEMORY_SHARE = 0.1;
/** But over no less than brings so many wins: a spend known to 3 %. */
const MEMORY_WINS = 1000;
/** A span untried before is tried on so many opportunities before the next one is. */
const OPPORTUNITIES_A_SPAN = 5;
/** No step goes further than a factor of 2. */
const SPANS_A_STEP = 14;
/** What a cost is out by is made good over the rest, but at no time over less than this part of the period. */
const RECOVERY_SHARE = 0.05;
/**
 * By how many standard deviations a rate learned from few actions is taken too low. A cost above the target weighs as much as twice
 * the actions it brought, one below it loses a part of one: the dearer error is given a third of the chances.
 */
const CAUTION = 0.4;
/** What was lent to that rate in the first place counts as seen. */
const ACTIONS_LENT = 20;

interface Saved {
  readonly version: 1;
  readonly bin: number;
  readonly memory: number;
  readonly curve: SavedSpendCurve;
}

export const plannedMultiplier: MultiplierKind = {
  name: 'planned',
  start: (first) => {
    const curve = new SpendCurve(first);
    return new Planned(curve, curve.binBelow(first), 1);
  },
  restore: (saved) => {
    const { version, bin, memory, curve } = (saved ?? {}) as Partial<Saved>;
    if (version !== 1 || !Number.isInteger(bin) || !Number.isFinite(memory)) return undefined;
    const restored = restoreSpendCurve(curve);
    return restored && new Planned(restored, bin as number, memory as number);
  },
};

class Planned implements Multiplier {
  readonly #curve: SpendCurve;
  #bin: number;
  /** In opportunities. */
  #memory: number;
  #sinceStep = 0;

  constructor(curve: SpendCurve, bin: number, memory: number) {
    this.#curve = curve;
    this.#bin = bin;
    this.#memory = memory;
  }

  get multiplier(): number {
    return this.#curve.multiplierOf(this.#bin);
  }

  offered(opportunities: number): void {
    const count = atLeast(0, opportunities);
    this.#curve.offered(this.#bin, count, this.#memory);
    this.#sinceStep += count;
  }

  won(value: number, paid: number): void {
    this.#curve.won(this.#bin, value, paid);
  }

  step({ opportunities, opportunitiesLeft, spendLeft, target }: PeriodGoal): void {
    if (this.#sinceStep === 0) return;
    const { wins, opportunities: seen } = this.#curve;
    const period = atLeast(1, opportunities);
    this.#memory = Math.max(1, MEMORY_SHARE * period, wins > 0 ? (MEMORY_WINS * seen) / wins : 0);
    const left = Math.min(atLeast(1, opportunitiesLeft), period);
    const limits = {
      spendMax: atLeast(0, spendLeft) / left,
      ...(target && { cost: costLimit(target, Math.max(left, RECOVERY_SHARE * period)) }),
    };
    const aim = this.#curve.highestWithin(limits, Math.max(1, this.#sinceStep / OPPORTUNITIES_A_SPAN));
    this.#bin = Math.min(Math.max(aim, this.#bin - SPANS_A_STEP), this.#bin + SPANS_A_STEP);
    this.#sinceStep = 0;
  }

  save(): Saved {
    return { version: 1, bin: this.#bin, memory: this.#memory, curve: this.#curve.save() };
  }
}

/** Spread over `opportunities`, what the actions so far leave to be spent beyond what those to come may cost. */
function costLimit(
  { costPerAction, actionsPerValue, spent, actions, came }: CostTarget,
  opportunities: number,
) {
  const sure = 1 - CAUTION / Math.sqrt(atLeast(0, came) + ACTIONS_LENT);
  const target = atLeast(0, costPerAction);
  const open = Math.max(0, atLeast(0, actions) - atLeast(0, came));
  const slack = target * (atLeast(0, actions) - CAUTION * Math.sqrt(open)) - atLeast(0, spent);
  return {
    costPerValue: target * atLeast(0, actionsPerValue) * sure,
    overrunMax: slack / opportunities,
  };
}

/** Not a number counts as the least. Finite sums only: what is more than any money there is counts as so much. */
function atLeast(least: number, value: number): number {
  return value > least ? Math.min(value, Number.MAX_VALUE) : least;
}
