/**
 * Second-price auctions under a budget: how much of the value that a clairvoyant would have bought is bought by a bidder that
 * starts from nothing. Value is Σ pCTR, the recording's own prediction: exact, where clicks are few and half luck.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BidReplayFile } from './bid-replay-file.ts';
import { readBidReplay, recordedAuctions } from './bid-replay-file.ts';
import type { BudgetBidder, ValuedRequest } from './budget-bidder.ts';
import { budgetBidder } from './budget-bidder.ts';
import type { Evaluation, Findings } from './evaluation.ts';
import { firstPriceFindings } from './first-price.ts';
import { fractionalKnapsack } from './oracle.ts';
import type { Recorded } from './replay.ts';
import { replay } from './replay.ts';

export const bidReplay: Evaluation = {
  name: 'bid-replay',
  title: 'value bought under a budget, of what hindsight would have bought',
  settings: {
    protocol: {
      default: 'whole',
      means: 'whole: one budget for a file; episodes: one for every 1,000 auctions, state stays',
    },
    controller: {
      default: 'planned',
      means: 'multiplier of the bid: planned, dual or steered (the server’s)',
    },
    auction: { default: 'second', means: 'second or first price' },
    budgets: { default: '', means: 'parts of the cost of everything, as 64,32: 1/64 and 1/32' },
  },
  variant: ({ protocol, controller, auction }) =>
    [
      auction === 'first' ? 'first' : '',
      protocol === 'whole' ? '' : protocol,
      controller === 'planned' ? '' : controller,
    ]
      .filter(Boolean)
      .join('-'),
  run: ({ files, settings }) => {
    const protocol = PROTOCOLS[settings.protocol!];
    if (!protocol) throw new Error(`--protocol ${settings.protocol}: ${Object.keys(PROTOCOLS)}`);
    const parts = (settings.budgets || protocol.parts).split(',').map(Number);
    if (settings.auction === 'first') return firstPriceFindings(files, parts);
    const cells = files.flatMap((path) => {
      const file = readBidReplay(path);
      const budgetOfAll = protocol.cost(path, file);
      return parts.map((part) => cellOf(file, part, budgetOfAll / part, protocol, settings.controller!));
    });
    return findingsOf(cells, protocol);
  },
};

interface Protocol {
  readonly parts: string;
  /** Cost of everything, of which budgets are parts. */
  cost(path: string, file: BidReplayFile): number;
  /** Auctions of one budget. */
  length(file: BidReplayFile): number;
  readonly goals: Readonly<Record<string, string>>;
  readonly note: string;
}

const EPISODE = 1000;

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  whole: {
    parts: '64,32,16,8,4,2',
    cost: (_, file) => sum(file.price),
    length: ({ rows }) => rows,
    goals: { valueShareMean: '>= 0.985', valueShareWorst: '>= 0.95', budgetUsedMean: '>= 0.98' },
    note: 'One budget for the whole file, a part of what all its auctions cost.',
  },
  episodes: {
    parts: '32,16,8,4,2',
    // As in the published demo: the cost of the campaign's earlier traffic sets the budgets.
    cost: (path, file) => (trainingCost(path) ?? sum(file.price) / file.rows) * wholeEpisodes(file) * EPISODE,
    length: () => EPISODE,
    goals: { valueShareMean: '>= 0.965' },
    note: 'Episodes of 1,000 auctions with a budget each (Cai et al. 2017, "Real-Time Bidding by Reinforcement Learning in Display Advertising"), hindsight within each episode; a last, shorter one is left out. What was learned stays from one to the next.',
  },
};

interface Cell {
  readonly file: string;
  readonly part: number;
  readonly value: number;
  readonly hindsight: number;
  readonly clicks: number;
  readonly wins: number;
  readonly spend: number;
  readonly budget: number;
}

function cellOf(
  file: BidReplayFile,
  part: number,
  budget: number,
  protocol: Protocol,
  controller: string,
): Cell {
  const values = file.pctr;
  const length = protocol.length(file);
  const periods = Math.floor(file.rows / length);
  const bidder = budgetBidder(controller);
  const cell = { file: file.name, part, value: 0, hindsight: 0, clicks: 0, wins: 0, spend: 0, budget };
  const recording = recordedAuctions(file, (row): ValuedRequest => ({ value: values[row]! }));
  for (let period = 0; period < periods; period++) {
    const from = period * length;
    const own = budget / periods;
    const bought = runPeriod(take(recording, length), bidder, length, own);
    cell.value += bought.value;
    cell.clicks += bought.clicks;
    cell.wins += bought.wins;
    cell.spend += bought.spend;
    cell.hindsight += fractionalKnapsack(
      values.subarray(from, from + length),
      file.price.subarray(from, from + length),
      own,
    ).value;
  }
  return cell;
}

function runPeriod(
  recording: Iterable<Recorded<ValuedRequest>>,
  bidder: BudgetBidder,
  length: number,
  budget: number,
) {
  let value = 0;
  bidder.begin(length, budget);
  const outcome = replay(
    recording,
    bidder,
    { auction: 'second', feedback: 'binary', budget },
    ({ request }) => {
      value += request.value;
    },
  );
  return { ...outcome, value };
}

/** The next `count`, leaving the rest for later. */
function* take<Item>(items: Iterator<Item>, count: number): Generator<Item> {
  for (let taken = 0; taken < count; taken++) {
    const next = items.next();
    if (next.done) return;
    yield next.value;
  }
}

function findingsOf(cells: readonly Cell[], { goals, note }: Protocol): Findings {
  const shares = cells.map(({ value, hindsight }) => value / hindsight);
  const used = cells.map(({ spend, budget }) => spend / budget);
  return {
    figures: {
      valueShareMean: mean(shares),
      valueShareWorst: Math.min(...shares),
      budgetUsedMean: mean(used),
      budgetUsedWorst: Math.min(...used),
      clicks: sum(cells.map(({ clicks }) => clicks)),
    },
    goals,
    tables: [
      {
        title: 'By file and budget',
        columns: ['file', 'budget', 'value / hindsight', 'budget used', 'won', 'clicks', 'cost per click'],
        rows: cells.map(({ file, part, value, hindsight, spend, budget, wins, clicks }) => [
          file,
          `1/${part}`,
          value / hindsight,
          spend / budget,
          wins,
          clicks,
          clicks > 0 ? spend / clicks : '–',
        ]),
      },
    ],
    notes: [
      note,
      'The bidder starts without any history. Of a win it is told the price paid, of a loss nothing; it knows how many auctions its budget has to last for.',
    ],
  };
}

function trainingCost(path: string): number | undefined {
  const info = join(dirname(path), 'campaign_info.json');
  const campaign = /^\d+/.exec(basename(path))?.[0];
  if (campaign === undefined || !existsSync(info)) return undefined;
  const totals = JSON.parse(readFileSync(info, 'utf8'))[campaign];
  const cost = totals ? totals.cost_train / totals.imp_train : Number.NaN;
  return cost > 0 && Number.isFinite(cost) ? cost : undefined;
}

function wholeEpisodes({ rows }: BidReplayFile): number {
  return Math.floor(rows / EPISODE);
}

function mean(numbers: readonly number[]): number {
  return numbers.length > 0 ? sum(numbers) / numbers.length : Number.NaN;
}

function sum(numbers: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < numbers.length; index++) total += numbers[index]!;
  return total;
}
