/**
 * A target cost per click held on real clicks, as in the published PID control of the cost per click (Zhang et al. 2016, "Feedback
 * Control of Real-Time Display Advertising"): how many clicks are bought at no more than a tenth above the target.
 */
import type { BidReplayFile } from './bid-replay-file.ts';
import { readBidReplay, recordedAuctions } from './bid-replay-file.ts';
import type { ValuedRequest } from './budget-bidder.ts';
import { costBidder } from './cost-bidder.ts';
import type { Evaluation } from './evaluation.ts';
import { replay } from './replay.ts';

const BAND = 0.1;
const ROUNDS = 40;

export const ecpc: Evaluation = {
  name: 'ecpc',
  title: 'real clicks bought at a target cost',
  settings: {
    controller: {
      default: 'planned',
      means: 'multiplier of the bid: planned, dual or steered (the server’s)',
    },
    target: { default: '40000', means: 'cost per click, in the unit of the prices' },
    delay: { default: '0', means: 'auctions until a click is told' },
  },
  variant: ({ controller }) => (controller === 'planned' ? '' : controller!),
  run: ({ files, settings }) => {
    const target = Number(settings.target);
    const cells = files.map((path) =>
      cellOf(readBidReplay(path), target, settings.controller!, Number(settings.delay)),
    );
    const total = (pick: (cell: Cell) => number): number => cells.reduce((sum, cell) => sum + pick(cell), 0);
    const clicksAtTarget = total(({ clicks, cost }) => (cost <= target * (1 + BAND) ? clicks : 0));
    const goals: Record<string, string> = { ofHindsight: '>= 0.69' };
    // The file that the published figure is of: its PID bought 29.
    if (files.length === 1 && files[0]!.endsWith('1458_dev.csv')) goals.clicksAtTarget = '>= 43';
    return {
      figures: {
        clicksAtTarget,
        ofHindsight: clicksAtTarget / total(({ hindsight }) => hindsight),
        clicks: total(({ clicks }) => clicks),
        clicksInHindsight: total(({ hindsight }) => hindsight),
        costPerClick: total(({ spend }) => spend) / total(({ clicks }) => clicks),
      },
      goals,
      tables: [
        {
          title: 'By file',
          columns: ['file', 'clicks', 'cost per click', 'in the band from round', 'clicks in hindsight'],
          rows: cells.map(({ file, clicks, cost, inBandFrom, hindsight }) => [
            file,
            clicks,
            cost,
            inBandFrom,
            hindsight,
          ]),
        },
      ],
      notes: [
        `Counted where the cost at the end is no more than ${100 * BAND} % above the target. Second price; of a win it is told the price and of its click ${settings.delay} auctions later, of a loss nothing. The prediction is the recording's; how wrong it is has to be found out from those same clicks. Hindsight is the best fixed multiple of it.`,
      ],
    };
  },
};

interface Cell {
  readonly file: string;
  readonly clicks: number;
  readonly spend: number;
  readonly cost: number;
  /** Of forty, the first at whose end the cost so far is in the band and stays there. */
  readonly inBandFrom: number | string;
  readonly hindsight: number;
}

function cellOf(file: BidReplayFile, target: number, controller: string, clickDelay: number): Cell {
  const bidder = costBidder({
    controller,
    costPerClick: target,
    budget: Number.POSITIVE_INFINITY,
    opportunities: file.rows,
    clickDelay,
  });
  let spend = 0;
  let clicks = 0;
  const costs: number[] = [];
  const endRounds = (index: number): void => {
    while (index >= ((costs.length + 1) * file.rows) / ROUNDS && costs.length < ROUNDS)
      costs.push(spend / clicks);
  };
  replay(
    recordedAuctions(file, (row): ValuedRequest => ({ value: file.pctr[row]! })),
    bidder,
    { auction: 'second', feedback: 'binary', clickDelay },
    ({ click }, paid, index) => {
      endRounds(index);
      spend += paid;
      if (click) clicks++;
    },
  );
  endRounds(file.rows);
  const outside = costs.findLastIndex((cost) => !(Math.abs(cost / target - 1) <= BAND));
  return {
    file: file.name,
    clicks,
    spend,
    cost: spend / clicks,
    inBandFrom: outside === ROUNDS - 1 ? 'never' : outside + 2,
    hindsight: bestFixed(file, target * (1 + BAND)),
  };
}

/** Most clicks that one multiple of the prediction buys at a cost within the limit. */
function bestFixed({ price, pctr, click, rows }: BidReplayFile, costMax: number): number {
  const ratios = Float64Array.from({ length: rows }, (_, row) =>
    pctr[row]! > 0 ? price[row]! / pctr[row]! : Number.POSITIVE_INFINITY,
  );
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort((a, b) => ratios[a]! - ratios[b]!);
  let spend = 0;
  let clicks = 0;
  let most = 0;
  for (const row of order) {
    spend += price[row]!;
    clicks += click[row]!;
    if (clicks > most && spend <= costMax * clicks) most = clicks;
  }
  return most;
}
