/**
 * First-price auctions under a budget: one multiplier by dual descent and one optimisation of (α · value − bid) · F(bid), with F
 * learned from the prices of lost auctions as they come. The limits know the distribution of all the file's prices and the
 * multiplier that spends the budget.
 */
import type { CpmMicros } from '../../src/core/units.ts';
import { multiplierNamed } from '../../src/policy/control/index.ts';
import type { Multiplier } from '../../src/policy/control/multiplier.ts';
import { ContextLandscape } from '../../src/policy/price/context.ts';
import { surplusPricer } from '../../src/policy/price/surplus.ts';
import type { BidReplayFile } from './bid-replay-file.ts';
import { readBidReplay, recordedAuctions } from './bid-replay-file.ts';
import type { Findings } from './evaluation.ts';
import { bestBidRule, bestMultiplier, fractionalKnapsack } from './oracle.ts';
import type { ReplayBidder } from './replay.ts';
import { replay } from './replay.ts';
import type { ShadingRequest } from './shading.ts';
import { MICROS_PER_FEN, worthContext } from './shading.ts';

interface Cell {
  readonly file: string;
  readonly part: number;
  readonly value: number;
  readonly shaded: number;
  readonly unshaded: number;
  readonly hindsight: number;
  readonly spend: number;
  readonly budget: number;
}

export function firstPriceFindings(files: readonly string[], parts: readonly number[]): Findings {
  const cells = files.flatMap((path) => {
    const file = readBidReplay(path);
    return parts.map((part) => cellOf(file, part));
  });
  const shares = cells.map(({ value, shaded }) => value / shaded);
  const gains = cells.map(({ value, unshaded }) => value / unshaded);
  return {
    figures: {
      valueOfShadedMean: mean(shares),
      valueOfShadedWorst: Math.min(...shares),
      valueOfUnshadedMean: mean(gains),
      valueOfUnshadedWorst: Math.min(...gains),
      unshadedOfShadedMean: mean(cells.map(({ unshaded, shaded }) => unshaded / shaded)),
      valueOfHindsightMean: mean(cells.map(({ value, hindsight }) => value / hindsight)),
      budgetUsedMean: mean(cells.map(({ spend, budget }) => spend / budget)),
    },
    goals: { valueOfShadedMean: '>= 0.985', valueOfUnshadedWorst: '>= 1' },
    tables: [
      {
        title: 'By file and budget',
        columns: ['file', 'budget', '/ known-F shading', '/ unshaded', '/ hindsight', 'budget used'],
        rows: cells.map(({ file, part, value, shaded, unshaded, hindsight, spend, budget }) => [
          file,
          `1/${part}`,
          value / shaded,
          value / unshaded,
          value / hindsight,
          spend / budget,
        ]),
      },
    ],
    notes: [
      'Value is Σ pCTR. Known-F shading bids the best for one multiplier of the value and the distribution of all the prices of the file; unshaded bids the multiple of the value itself; both multipliers are the highest that the budget lasts for, chosen in hindsight. Hindsight is the fractional knapsack.',
      'The bidder starts without any history. Of a loss it is told the least winning bid, of a win nothing; it knows how many auctions its budget has to last for. Context: the value, in bands of an octave and of a third of one.',
    ],
  };
}

function cellOf(file: BidReplayFile, part: number): Cell {
  const values = file.pctr.map((pctr) => Math.floor(pctr * file.historicalEcpc * MICROS_PER_FEN));
  const price = file.price.map((fen) => fen * MICROS_PER_FEN);
  const budget = price.reduce((sum, each) => sum + each, 0) / part;
  let value = 0;
  const recording = recordedAuctions(
    { ...file, price },
    (row): ShadingRequest => ({ valueCpmMicros: values[row]!, context: worthContext(values[row]!) }),
  );
  const bidder = pacedBidder(file.rows, budget);
  const rule = { auction: 'first', feedback: 'loss', budget } as const;
  const { spend } = replay(recording, bidder, rule, ({ request }) => {
    value += request.valueCpmMicros;
  });
  return {
    file: file.name,
    part,
    value,
    shaded: bestMultiplier(bestBidRule(price), values, price, budget).value,
    unshaded: bestMultiplier((worth) => worth, values, price, budget).value,
    hindsight: fractionalKnapsack(values, price, budget).value,
    spend,
    budget,
  };
}

/** The first multiplier comes from the first request, a bid of what the budget allows an opportunity. */
function pacedBidder(opportunities: number, budget: number): ReplayBidder<ShadingRequest> {
  const landscape = new ContextLandscape();
  let multiplier: Multiplier | undefined;
  let opportunitiesLeft = opportunities;
  let spendLeft = budget;
  return {
    bid: ({ valueCpmMicros, context }) => {
      if (!multiplier && valueCpmMicros > 0)
        multiplier = multiplierNamed('dual').start(spendLeft / opportunities / valueCpmMicros);
      multiplier?.step({ opportunities, opportunitiesLeft, spendLeft });
      multiplier?.offered(1);
      opportunitiesLeft--;
      return surplusPricer.bid({
        valueCpmMicros: valueCpmMicros as CpmMicros,
        multiplier: multiplier?.multiplier ?? 0,
        floorCpmMicros: 0 as CpmMicros,
        auctionType: 1,
        landscape: landscape.within(context),
      });
    },
    told: ({ request, bid, won, paid, minToWin }) => {
      landscape.learn(request.context, bid, won, minToWin);
      if (!won) return;
      spendLeft -= paid;
      multiplier?.won(request.valueCpmMicros, paid);
    },
  };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
