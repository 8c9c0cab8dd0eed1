/**
 * A bidder with a budget and nothing else to go by: its first multiplier comes from its first request, a bid of what the budget
 * allows an opportunity on average. It knows how many opportunities its period has, as a line item knows the end of its flight and
 * a forecast of its traffic.
 */
import { multiplierNamed } from '../../src/policy/control/index.ts';
import type { Multiplier } from '../../src/policy/control/multiplier.ts';
import type { ReplayBidder } from './replay.ts';

export interface ValuedRequest {
  readonly value: number;
}

export interface BudgetBidder extends ReplayBidder<ValuedRequest> {
  /** A new period with a budget of its own; what was learned stays. */
  begin(opportunities: number, budget: number): void;
}

export function budgetBidder(controller: string): BudgetBidder {
  const kind = multiplierNamed(controller);
  let multiplier: Multiplier | undefined;
  let opportunities = 0;
  let opportunitiesLeft = 0;
  let spendLeft = 0;
  return {
    begin: (length, budget) => {
      opportunities = length;
      opportunitiesLeft = length;
      spendLeft = budget;
    },
    bid: ({ value }) => {
      if (!multiplier && value > 0) multiplier = kind.start(spendLeft / opportunities / value);
      multiplier?.step({ opportunities, opportunitiesLeft, spendLeft });
      multiplier?.offered(1);
      opportunitiesLeft--;
      return (multiplier?.multiplier ?? 0) * value;
    },
    told: ({ request, won, paid }) => {
      if (!won) return;
      spendLeft -= paid;
      multiplier?.won(request.value, paid);
    },
  };
}
