/**
 * Steers line items that go by results: estimates what a showing brings, holds what it costs to what it is worth, and leaves each
 * of them the factor that budget and target, by the tighter of the two, allow (Balseiro et al. 2023: the minimum of both, never one
 * after the other). The state of each is there to be looked at.
 */
import type { Expectations } from '../bidding/snapshot.ts';
import type { BidStrategy } from '../campaign/bid-strategy.ts';
import { goesByResults } from '../campaign/bid-strategy.ts';
import type { CatalogLine } from '../campaign/catalog.ts';
import { exposureGuard } from '../policy/control/guard.ts';
import type { TargetState } from '../policy/control/target.ts';
import { FIRST_TARGET_STATE, LOG_FACTOR_MAX, logFactorOf, stepTarget } from '../policy/control/target.ts';
import type { TablesPort } from '../state/port.ts';
import type { HeldClickModel } from './clicks.ts';
import type { Estimate } from './estimate.ts';
import { estimateAll } from './estimate.ts';
import type { LineResults, Results } from './results.ts';

/** Where a line item stands, in the field's words. */
export const STEERING_STATUSES = [
  'learning',
  'active',
  'limited_by_budget',
  'limited_by_target',
  'stopped_by_guard',
] as const;
export type SteeringStatus = (typeof STEERING_STATUSES)[number];

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
  /** Of the conversions of all clicks so far, the share that has come by now. */
  readonly maturedShare: number;
  readonly estimate: Estimate;
  /** Factors on the worth: by the target, by the budgets, and the lesser of them, which is in force. */
  readonly targetFactor: number;
  readonly budgetFactor: number;
  readonly factor: number;
  readonly guardChance: number;
}

interface LineState {
  target: TargetState;
  stopped: boolean;
  spendMicros: number;
  expectedClicks: number;
  showings: number;
}

const TABLE = 'steering';
/** Platforms speak of a learning phase until about so many results. */
const LEARNING_RESULTS = 50;

export class Steering {
  readonly #results: Results;
  readonly #states = new Map<string, LineState>();
  #steered = new Map<string, Steered>();

  constructor(results: Results) {
    this.#results = results;
  }

  /** One step of every line item that goes by results. `logBudgetOf` is what its budgets allow. */
  step(lines: readonly CatalogLine[], logBudgetOf: (line: CatalogLine) => number, nowMs: number): void {
    const steered = lines.filter(({ lineItem }) => goesByResults(lineItem.bid));
    const estimates = estimateAll(steered, this.#results, nowMs);
    this.#steered = new Map(
      steered.map((line) => {
        const id = line.lineItem.id;
        const state = this.#states.get(id) ?? newState();
        this.#states.set(id, state);
        return [id, stepLine(line, state, this.#results.of(id), estimates.of(line), logBudgetOf(line))];
      }),
    );
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
    await store.save(TABLE, Buffer.from(JSON.stringify(Object.fromEntries(this.#states))));
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
  conversionDrift: 0,
  viewConversionsPerShowing: 0,
  valuePerConversionMicros: 0,
  costPerConversionMicros: 0,
  maturedShare: 0,
  owedSpendMicros: 0,
};

function newState(): LineState {
  return { target: FIRST_TARGET_STATE, stopped: false, spendMicros: 0, expectedClicks: 0, showings: 0 };
}

function stepLine(
  { lineItem }: CatalogLine,
  state: LineState,
  known: LineResults | undefined,
  estimate: Estimate,
  logBudget: number,
): Steered {
  const { bid } = lineItem;
  const targetMicros = targetOf(bid, estimate);
  const spendMicros = known?.spendMicros ?? 0;
  const resultsOf = (clicks: number, showings: number, perClick: number): number =>
    bid.strategy === 'target_cpc'
      ? clicks
      : clicks * perClick + showings * estimate.viewConversionsPerShowing;
  const clicksExpected = (known?.expectedClicks ?? 0) * estimate.clickCalibration;
  const expectedResults = resultsOf(clicksExpected, known?.showings ?? 0, estimate.conversionsPerClickSoFar);
  const worth = targetMicros ?? 0;
  const results =
    bid.strategy === 'target_cpc'
      ? (known?.clicks ?? 0)
      : (known?.conversions ?? 0) + (known?.viewConversions ?? 0);
  const input = {
    spentMicros: spendMicros - state.spendMicros,
    worthMicros:
      worth *
      resultsOf(
        ((known?.expectedClicks ?? 0) - state.expectedClicks) * estimate.clickCalibration,
        (known?.showings ?? 0) - state.showings,
        estimate.conversionsPerClick,
      ),
    spentTotalMicros: spendMicros,
    worthTotalMicros: worth * expectedResults,
    resultWorthMicros: worth,
    results,
    logLimit: logBudget,
  };
  state.target = targetMicros === undefined ? state.target : stepTarget(state.target, input);
  state.spendMicros = spendMicros;
  state.expectedClicks = known?.expectedClicks ?? 0;
  state.showings = known?.showings ?? 0;
  const logTarget = targetMicros === undefined ? LOG_FACTOR_MAX : logFactorOf(state.target, input);
  const guard =
    targetMicros === undefined || targetMicros === 0
      ? { stopped: false, chance: 1 }
      : exposureGuard(estimate.owedSpendMicros / targetMicros, results, state.stopped);
  state.stopped = guard.stopped;
  const logFactor = Math.min(logTarget, logBudget);
  return {
    lineItemId: lineItem.id,
    status: statusOf(guard.stopped, results, logTarget, logBudget),
    targetMicros,
    spendMicros,
    results,
    expectedResults,
    maturedShare: estimate.maturedShare,
    estimate,
    targetFactor: Math.exp(logTarget),
    budgetFactor: Math.exp(logBudget),
    factor: Math.exp(logFactor),
    guardChance: guard.chance,
  };
}

function statusOf(stopped: boolean, results: number, logTarget: number, logBudget: number): SteeringStatus {
  if (stopped) return 'stopped_by_guard';
  if (results < LEARNING_RESULTS) return 'learning';
  if (logBudget < logTarget) return 'limited_by_budget';
  return logTarget < 0 ? 'limited_by_target' : 'active';
}

/** Most that one result may cost on average. */
function targetOf(bid: BidStrategy, { valuePerConversionMicros }: Estimate): number | undefined {
  switch (bid.strategy) {
    case 'target_cpc':
    case 'target_cpa':
      return bid.targetMicros;
    case 'target_roas':
      return valuePerConversionMicros / bid.target;
    default:
      return undefined;
  }
}
