/** The results of a line item that goes by them, held against its target; and those of several that share one. */
import type { BidStrategy } from '../campaign/bid-strategy.ts';
import { portfolioOf } from '../campaign/bid-strategy.ts';
import type { CatalogLine } from '../campaign/catalog.ts';
import type { TargetInput, TargetState } from '../policy/control/target.ts';
import { FIRST_TARGET_STATE } from '../policy/control/target.ts';
import type { Estimate } from './estimate.ts';
import type { LineResults } from './results.ts';

/** From step to step: the controller, and what was counted at the last one. */
export interface LineState {
  target: TargetState;
  stopped: boolean;
  spendMicros: number;
  expectedClicks: number;
  showings: number;
}

export function newState(): LineState {
  return { target: FIRST_TARGET_STATE, stopped: false, spendMicros: 0, expectedClicks: 0, showings: 0 };
}

/** One line item's results held against its target. */
export interface LineAccount {
  readonly line: CatalogLine;
  readonly state: LineState;
  readonly known: LineResults | undefined;
  readonly estimate: Estimate;
  readonly logBudget: number;
  readonly portfolio: string | undefined;
  readonly targetMicros: number | undefined;
  readonly expectedResults: number;
  readonly input: TargetInput;
}

export function accountOf(
  line: CatalogLine,
  state: LineState,
  known: LineResults | undefined,
  estimate: Estimate,
  logBudget: number,
): LineAccount {
  const { bid } = line.lineItem;
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
  const input: TargetInput = {
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
  state.spendMicros = spendMicros;
  state.expectedClicks = known?.expectedClicks ?? 0;
  state.showings = known?.showings ?? 0;
  const portfolio = targetMicros === undefined ? undefined : portfolioOf(bid);
  return { line, state, known, estimate, logBudget, portfolio, targetMicros, expectedResults, input };
}

export function portfoliosOf(accounts: readonly LineAccount[]): Map<string, LineAccount[]> {
  const portfolios = new Map<string, LineAccount[]>();
  for (const account of accounts) {
    if (account.portfolio === undefined) continue;
    const members = portfolios.get(account.portfolio);
    if (members) members.push(account);
    else portfolios.set(account.portfolio, [account]);
  }
  return portfolios;
}

/** Each brings what its own results are worth, so that even different targets add up. */
export function together(members: readonly LineAccount[]): TargetInput {
  const sum = (of: (input: TargetInput) => number): number =>
    members.reduce((total, { input }) => total + of(input), 0);
  const results = sum(({ results: own }) => own);
  return {
    spentMicros: sum(({ spentMicros }) => spentMicros),
    worthMicros: sum(({ worthMicros }) => worthMicros),
    spentTotalMicros: sum(({ spentTotalMicros }) => spentTotalMicros),
    worthTotalMicros: sum(({ worthTotalMicros }) => worthTotalMicros),
    resultWorthMicros: sum(({ resultWorthMicros }) => resultWorthMicros) / members.length,
    results,
    logLimit: Math.max(...members.map(({ logBudget }) => logBudget)),
  };
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
