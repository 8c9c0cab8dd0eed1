/** What steers line items that go by results, in words. */
import type { Steered } from '../learning/steer.ts';
import type { SteeringStatus } from '../learning/steering-status.ts';

export interface SteeringLine extends Omit<Steered, 'estimate' | 'targetMicros' | 'portfolio'> {
  readonly why: string;
  readonly clickRate: number;
  readonly conversionsPerClick: number;
  readonly conversionsPerClickSoFar: number;
  readonly portfolio?: string;
  readonly targetMicros?: number;
  readonly costMicros?: number;
}

export function steeringOf(steered: readonly Steered[]): { lineItems: SteeringLine[] } {
  return {
    lineItems: steered.map(({ estimate, targetMicros, portfolio, ...line }) => ({
      ...line,
      why: WHY[line.status],
      clickRate: estimate.pClick,
      conversionsPerClick: estimate.conversionsPerClick,
      conversionsPerClickSoFar: estimate.conversionsPerClickSoFar,
      ...(portfolio === undefined ? {} : { portfolio }),
      ...(targetMicros === undefined ? {} : { targetMicros: Math.round(targetMicros) }),
      ...(line.expectedResults > 0
        ? { costMicros: Math.round(line.spendMicros / line.expectedResults) }
        : {}),
    })),
  };
}

const WHY: Readonly<Record<SteeringStatus, string>> = {
  learning: 'Fewer than 50 results yet: its rates are still mostly those of its campaign and account.',
  active: 'It bids its worth, or more while results come cheaper than they may.',
  limited_by_budget: 'It could buy more within its target; its budgets hold the bid below that.',
  limited_by_target: 'Results cost more than they may at its full worth, so it bids less than that.',
  limited_by_bid_ceiling: 'Its worth is above the most that it may bid; a higher ceiling would buy more.',
  limited_by_data:
    'As it goes it will not have 50 results within two weeks: broaden its targeting, raise its budget, or count an earlier action.',
  stopped_by_guard:
    'What it spent should long have brought more conversions, even at twice its target. It goes on when they come, or when the target is raised.',
};
