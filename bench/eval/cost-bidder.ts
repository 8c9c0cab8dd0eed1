/**
 * A bidder held to a cost per click, and to a budget where there is one. It has a prediction that may be wrong throughout, and
 * clicks that come late: expectations count against it only when a click would have come. Its first multiplier is the
 * target itself, a bid of what a click may cost times its chance.
 */
import { multiplierNamed } from '../../src/policy/control/index.ts';
import { recalibration } from '../../src/policy/predict/recalibrate.ts';
import type { ValuedRequest } from './budget-bidder.ts';
import type { ReplayBidder } from './replay.ts';

export interface CostLimits {
  readonly controller: string;
  readonly costPerClick: number;
  readonly budget: number;
  /** To be expected in all. */
  readonly opportunities: number;
  /** Auctions until a click on a win is told; known, as an attribution window is. */
  readonly clickDelay: number;
}

export function costBidder({
  controller,
  costPerClick,
  budget,
  opportunities,
  clickDelay,
}: CostLimits): ReplayBidder<ValuedRequest> {
  const multiplier = multiplierNamed(controller).start(costPerClick);
  /** Wins that a click may still come of, oldest first; no more than the delay has auctions. */
  const open: { readonly value: number; readonly until: number }[] = [];
  let oldest = 0;
  let auction = 0;
  let spent = 0;
  let value = 0;
  let matured = 0;
  let came = 0;
  const mature = (): void => {
    while (oldest < open.length && open[oldest]!.until <= auction) matured += open[oldest++]!.value;
    if (oldest > 1000) {
      open.splice(0, oldest);
      oldest = 0;
    }
  };
  return {
    bid: (request) => {
      mature();
      const actionsPerValue = recalibration(came, matured);
      multiplier.step({
        opportunities,
        opportunitiesLeft: opportunities - auction,
        spendLeft: budget - spent,
        target: {
          costPerAction: costPerClick,
          actionsPerValue,
          spent,
          actions: came + actionsPerValue * (value - matured),
          came,
        },
      });
      multiplier.offered(1);
      auction++;
      return multiplier.multiplier * request.value;
    },
    told: ({ request, won, paid }) => {
      if (!won) return;
      spent += paid;
      value += request.value;
      open.push({ value: request.value, until: auction + clickDelay });
      multiplier.won(request.value, paid);
    },
    clicked: () => {
      came++;
    },
  };
}
