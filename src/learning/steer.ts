/**
 * Steers line items that go by results: estimates what a showing brings, holds what it costs to what it is worth, and leaves each
 * of them the factor that budget and target, by the tighter of the two, allow (Balseiro et al. 2023: the minimum of both, never one
 * after the other). The state of each is there to be looked at.
 */
import type { Expectations } from '../bidding/snapshot.ts';
import { goesByResults } from '../campaign/bid-strategy.ts';
import type { CatalogLine } from '../campaign/catalog.ts';
import { exposureGuard } from '../policy/control/guard.ts';
import { LOG_FACTOR_MAX, logFactorOf, stepTarget } from '../policy/control/target.ts';
import type { DelayCurve } from '../policy/predict/delay.ts';
import { PUBLISHED_DELAYS } from '../policy/predict/delay.ts';
import type { TablesPort } from '../state/port.ts';
import type { HeldClickModel } from './clicks.ts';
import type { Estimate } from './estimate.ts';
import { estimateAll } from './estimate.ts';
import type { LineAccount, LineState } from './goal-account.ts';
import { accountOf, newState, portfoliosOf, together } from './goal-account.ts';
import type { Results } from './results.ts';
import { daysOf } from './results.ts';
import type { Limits, SteeringStatus } from './steering-status.ts';
import { isAtCeiling, statusOf } from './steering-status.ts';
import type { Work } from './turns.ts';
import { atOnce, eachOf, inTurns, jsonOf } from './turns.ts';

/** One line item's controllers, as they stand. */
export interface Steered {
  readonly lineItemId: string;
  readonly status: SteeringStatus;
  /** Most that a result may cost on average; undefined where the strategy has no target. */
  readonly targetMicros: number | undefined;
  readonly spendMicros: number;
  /** Results that came, and those to be expected of all that was shown, to come included. */
  readonly results: number;
  readonly expectedResults: number;
  /** Clicks that were expected of its impressions when they were bid for. */
  readonly expectedClicks: number;
  /** Of the conversions of all clicks so far, the share that has come by now. */
  readonly maturedShare: number;
  /** Conversions for a click of late have moved away from their mean, beyond chance. */
  readonly drifting: boolean;
  /** That shares its target. */
  readonly portfolio: string | undefined;
  readonly estimate: Estimate;
  /** Factors on the worth: by the target, by the budgets, and the lesser of them, which is in force. */
  readonly targetFactor: number;
  readonly budgetFactor: number;
  readonly factor: number;
  readonly guardChance: number;
}

const TABLE = 'steering';

export class Steering {
  readonly #results: Results;
  readonly #states = new Map<string, LineState>();
  #steered = new Map<string, Steered>();
  #begun = 0;

  constructor(results: Results) {
    this.#results = results;
  }

  /** One step of every line item that goes by results. `logBudgetOf` is what its budgets allow. */
  step(lines: readonly CatalogLine[], logBudgetOf: (line: CatalogLine) => number, nowMs: number): void {
    atOnce(this.#step(lines, logBudgetOf, nowMs));
  }

  /** The same, with bids in between: they go by the last step until this one is done. */
  stepInTurns(
    lines: readonly CatalogLine[],
    logBudgetOf: (line: CatalogLine) => number,
    nowMs: number,
  ): Promise<void> {
    return inTurns(this.#step(lines, logBudgetOf, nowMs));
  }

  *#step(
    lines: readonly CatalogLine[],
    logBudgetOf: (line: CatalogLine) => number,
    nowMs: number,
  ): Work<void> {
    const begun = ++this.#begun;
    const steered = lines.filter(({ lineItem }) => goesByResults(lineItem.bid));
    const estimates = yield* estimateAll(steered, this.#results, nowMs);
    const accounts: LineAccount[] = [];
    yield* eachOf(steered, (line) => {
      const { id } = line.lineItem;
      const known = this.#results.of(id);
      accounts.push(accountOf(line, this.#stateOf(id), known, estimates.of(line), logBudgetOf(line)));
    });
    const shared = new Map<string, number>();
    for (const [portfolio, members] of portfoliosOf(accounts)) {
      const state = this.#stateOf(`portfolio/${portfolio}`);
      const input = together(members);
      state.target = stepTarget(state.target, input);
      shared.set(portfolio, logFactorOf(state.target, input));
    }
    const next = new Map<string, Steered>();
    yield* eachOf(accounts, (account) => {
      next.set(account.line.lineItem.id, stepLine(account, shared.get(account.portfolio ?? ''), nowMs));
    });
    // One that was begun later knows newer line items.
    if (begun === this.#begun) this.#steered = next;
  }

  #stateOf(key: string): LineState {
    let state = this.#states.get(key);
    if (!state) this.#states.set(key, (state = newState()));
    return state;
  }

  of(lineItemId: string): Steered | undefined {
    return this.#steered.get(lineItemId);
  }

  /** What the target alone leaves in force, for budgets not to wind up beyond it. */
  logTargetOf(line: CatalogLine): number {
    const steered = this.#steered.get(line.lineItem.id);
    return steered ? Math.log(steered.targetFactor) : 0;
  }

  /** Clicks for a showing of the line item in the mean: what the click model starts from. */
  clickRateOf(lineItemId: string): number {
    return this.#steered.get(lineItemId)?.estimate.pClick ?? 0;
  }

  /** How long its conversions take; undefined where it does not go by results. */
  delaysOf(lineItemId: string): DelayCurve | undefined {
    return this.#steered.get(lineItemId)?.estimate.delays;
  }

  /** A view that later steps do not change. */
  expectations(clicks: HeldClickModel): Expectations {
    const steered = this.#steered;
    const estimateOf = (line: CatalogLine): Estimate => steered.get(line.lineItem.id)?.estimate ?? UNKNOWN;
    return {
      pClick: (line, features) => clicks.pClick(line.lineItem.id, features, estimateOf(line).pClick),
      conversionsPerClick: (line) => estimateOf(line).conversionsPerClick,
      conversionsPerShowing: (line) => estimateOf(line).viewConversionsPerShowing,
      valuePerConversionMicros: (line) => estimateOf(line).valuePerConversionMicros,
      costPerConversionMicros: (line) => estimateOf(line).costPerConversionMicros,
      drive: (line) => steered.get(line.lineItem.id)?.factor ?? 1,
      stopped: (line) => steered.get(line.lineItem.id)?.status === 'stopped_by_guard',
    };
  }

  async save(store: Pick<TablesPort, 'save'>): Promise<void> {
    await store.save(TABLE, Buffer.from(await inTurns(jsonOf(this.#states))));
  }

  /** Gives false for a table that cannot be believed. */
  async restore(store: Pick<TablesPort, 'load'>): Promise<boolean> {
    const bytes = await store.load(TABLE);
    if (!bytes) return true;
    try {
      const table = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, LineState>;
      for (const [id, state] of Object.entries(table)) {
        if (!Number.isFinite(state.target?.integral)) return false;
        this.#states.set(id, { ...newState(), ...state });
      }
      return true;
    } catch {
      return false;
    }
  }
}

const UNKNOWN: Estimate = {
  pClick: 0,
  clickCalibration: 1,
  conversionsPerClick: 0,
  conversionsPerClickSoFar: 0,
  drifting: false,
  viewConversionsPerShowing: 0,
  valuePerConversionMicros: 0,
  costPerConversionMicros: 0,
  delays: PUBLISHED_DELAYS,
  maturedShare: 0,
  owedSpendMicros: 0,
};

/** `logShared` is what its portfolio allows, where it is in one. */
function stepLine(account: LineAccount, logShared: number | undefined, nowMs: number): Steered {
  const { line, state, known, estimate, logBudget, targetMicros, input } = account;
  if (targetMicros !== undefined && logShared === undefined) state.target = stepTarget(state.target, input);
  const logTarget =
    targetMicros === undefined ? LOG_FACTOR_MAX : (logShared ?? logFactorOf(state.target, input));
  const guard =
    targetMicros === undefined || targetMicros === 0
      ? { stopped: false, chance: 1 }
      : exposureGuard(estimate.owedSpendMicros / targetMicros, input.results, state.stopped);
  state.stopped = guard.stopped;
  const factor = Math.exp(Math.min(logTarget, logBudget));
  const limits: Limits = {
    stopped: guard.stopped,
    results: input.results,
    days: known ? daysOf(known, nowMs) : 0,
    logTarget,
    logBudget,
    atCeiling: isAtCeiling(line, estimate, targetMicros, factor),
  };
  return {
    lineItemId: line.lineItem.id,
    status: statusOf(limits),
    targetMicros,
    spendMicros: input.spentTotalMicros,
    results: input.results,
    expectedResults: account.expectedResults,
    expectedClicks: known?.expectedClicks ?? 0,
    maturedShare: estimate.maturedShare,
    drifting: estimate.drifting,
    portfolio: account.portfolio,
    estimate,
    targetFactor: Math.exp(logTarget),
    budgetFactor: Math.exp(logBudget),
    factor,
    guardChance: guard.chance,
  };
}
