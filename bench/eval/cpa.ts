/**
 * A target cost per action held with a prediction that may be wrong and results that come late: prices and predictions are recorded,
 * results drawn from κ times the prediction.
 */
import { seededRandom } from '../../src/core/random.ts';
import type { BidReplayFile } from './bid-replay-file.ts';
import { readBidReplay } from './bid-replay-file.ts';
import type { ValuedRequest } from './budget-bidder.ts';
import { costBidder } from './cost-bidder.ts';
import type { Evaluation, Findings } from './evaluation.ts';
import { byValuePerPrice } from './oracle.ts';
import type { Recorded } from './replay.ts';
import { replay } from './replay.ts';

const CLICK_DELAY = 2000;
const TRUTHS = [1, 0.7];
/** Of what an action costs where everything is bought. */
const TARGETS = [0.5, 0.25];
/** Of what everything costs; so that the target binds and not the budget. */
const BUDGET = 0.5;

export const cpa: Evaluation = {
  name: 'cpa',
  title: 'actions bought at a target cost, with a wrong prediction and late feedback',
  settings: {
    controller: {
      default: 'planned',
      means: 'multiplier of the bid: planned, dual or steered (the server’s)',
    },
    draws: { default: '48', means: 'how often results are drawn for each cell' },
  },
  variant: ({ controller }) => (controller === 'planned' ? '' : controller!),
  run: ({ files, seed, settings }) => {
    const draws = Number(settings.draws);
    const cells = files.flatMap((path) => {
      const file = readBidReplay(path);
      return TRUTHS.flatMap((truth) =>
        TARGETS.map((target) => cellOf(file, truth, target, settings.controller!, draws, seed)),
      );
    });
    return findingsOf(cells, draws);
  },
};

/** Means over the draws. */
interface Cell {
  readonly file: string;
  readonly truth: number;
  readonly target: number;
  readonly optimum: number;
  /** min(1, (target / cost)²) · actions / optimum, by the actions that were drawn, and by those to be expected of what was bought. */
  readonly score: number;
  readonly expectedScore: number;
  readonly overshoot: number;
  readonly expectedOvershoot: number;
  readonly costShare: number;
  readonly expectedCostShare: number;
  /** Actions drawn of what the optimum buys, for each that was to be expected. */
  readonly luck: number;
}

function cellOf(
  file: BidReplayFile,
  truth: number,
  target: number,
  controller: string,
  draws: number,
  seed: number,
): Cell {
  const all = sum(file.price);
  const costPerClick = (target * all) / (truth * sum(file.pctr));
  const budget = BUDGET * all;
  const { actions: optimum, chosen } = fluidOptimum(file, truth, costPerClick, budget);
  const totals = [0, 0, 0, 0, 0, 0, 0];
  for (let draw = 0; draw < draws; draw++) {
    const random = seededRandom(seed).stream(`${file.name} ${truth} ${target} ${draw}`);
    const clicked = Array.from(file.pctr, (pctr) => random.next() < truth * pctr);
    const lucky = clicked.filter((click, row) => click && chosen[row] === 1).length;
    const limits = { controller, costPerClick, budget, opportunities: file.rows, clickDelay: CLICK_DELAY };
    let expected = 0;
    const { spend, clicks } = replay(
      recordedWith(file, clicked),
      costBidder(limits),
      { auction: 'second', feedback: 'binary', budget, clickDelay: CLICK_DELAY },
      ({ request }) => {
        expected += truth * request.value;
      },
    );
    const costs = [clicks, expected].map((actions) => spend / Math.max(actions, 1) / costPerClick);
    const scores = [clicks, expected].map(
      (actions, index) => (Math.min(1, costs[index]! ** -2) * actions) / optimum,
    );
    [...scores, ...costs.map((cost) => Math.max(0, cost - 1)), ...costs, lucky / optimum].forEach(
      (figure, index) => {
        totals[index]! += figure / draws;
      },
    );
  }
  const [score, expectedScore, overshoot, expectedOvershoot, costShare, expectedCostShare, luck] = totals as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    file: file.name,
    truth,
    target,
    optimum,
    score,
    expectedScore,
    overshoot,
    expectedOvershoot,
    costShare,
    expectedCostShare,
    luck,
  };
}

function* recordedWith(
  { rows, pctr, price }: BidReplayFile,
  clicked: readonly boolean[],
): Generator<Recorded<ValuedRequest>> {
  for (let row = 0; row < rows; row++)
    yield { request: { value: pctr[row]! }, price: price[row]!, click: clicked[row]! };
}

/** The best bargains, as many as target and budget allow one who knows every price and the truth. */
function fluidOptimum(
  { rows, pctr, price }: BidReplayFile,
  truth: number,
  costPerClick: number,
  budget: number,
) {
  const order = byValuePerPrice(pctr, price);
  let spend = 0;
  let actions = 0;
  let best = { actions: 0, count: 0 };
  for (let count = 1; count <= order.length; count++) {
    const row = order[count - 1]!;
    spend += price[row]!;
    actions += truth * pctr[row]!;
    if (spend > budget) break;
    if (spend <= costPerClick * actions) best = { actions, count };
  }
  const chosen = new Uint8Array(rows);
  for (const row of order.subarray(0, best.count)) chosen[row] = 1;
  return { actions: best.actions, chosen };
}

function findingsOf(cells: readonly Cell[], draws: number): Findings {
  const over = (pick: (cell: Cell) => number): number => sum(cells.map(pick)) / cells.length;
  return {
    figures: {
      scoreMean: over(({ score }) => score),
      overshootMean: over(({ overshoot }) => overshoot),
      scoreWorst: Math.min(...cells.map(({ score }) => score)),
      expectedScoreMean: over(({ expectedScore }) => expectedScore),
      expectedOvershootMean: over(({ expectedOvershoot }) => expectedOvershoot),
      costShareMean: over(({ costShare }) => costShare),
      luckMean: over(({ luck }) => luck),
    },
    goals: { scoreMean: '>= 0.955', overshootMean: '<= 0.02' },
    tables: [
      {
        title: `By file, truth and target, means of ${draws} draws`,
        columns: [
          'file',
          'κ',
          'target',
          'optimum',
          'score',
          'overshoot',
          'cost / target',
          'score, expected',
          'overshoot, expected',
          'cost / target, expected',
          'luck',
        ],
        rows: cells.map((cell) => [
          cell.file,
          cell.truth,
          cell.target,
          cell.optimum,
          cell.score,
          cell.overshoot,
          cell.costShare,
          cell.expectedScore,
          cell.expectedOvershoot,
          cell.expectedCostShare,
          cell.luck,
        ]),
      },
    ],
    notes: [
      'Score: min(1, (target / cost)²) · actions / what one who knows prices and truth expects to buy at the target. Cost and actions are those drawn in a run; beside them by the actions to be expected of what was bought, which a run cannot know. With N actions chance alone moves the cost of a run by 1/√N; where the draws were 1 % lucky the score is about 2 % too high, which `luckMean` tells.',
      `Second price; of a win it is told the price, of a loss nothing, of a click ${CLICK_DELAY} auctions later. Targets are parts of what an action costs where everything is bought; the budget is half of what everything costs.`,
    ],
  };
}

function sum(numbers: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < numbers.length; index++) total += numbers[index]!;
  return total;
}
