/**
 * First-price auctions without a budget: how much of the surplus Σ (value − bid) is kept by a bidder that learns what it takes
 * to win, against one that knew the distribution of all the file's prices beforehand.
 */

import type { CpmMicros } from '../../src/core/units.ts';
import { LandscapeHistogram } from '../../src/policy/price/landscape.ts';
import type { PriceLandscape } from '../../src/policy/price/pricer.ts';
import { surplusPricer } from '../../src/policy/price/surplus.ts';
import type { BidReplayFile } from './bid-replay-file.ts';
import { readBidReplay, recordedAuctions } from './bid-replay-file.ts';
import type { Evaluation, Findings } from './evaluation.ts';
import { bestBids } from './oracle.ts';
import type { ReplayBidder, ReplayRule } from './replay.ts';
import { replay } from './replay.ts';

interface Request {
  readonly valueCpmMicros: number;
}

const MICROS_PER_FEN = 10_000;

export const shading: Evaluation = {
  name: 'shading',
  title: 'surplus of learned bid shading in first-price auctions',
  settings: {
    feedback: { default: 'full', means: 'what a bid is told of its auction: full' },
    factors: {
      default: '0.5,1,2,4',
      means: 'worth of an impression, in multiples of pCTR × historical cost per click',
    },
  },
  variant: ({ feedback }) => feedback!,
  run: ({ files, settings }) => {
    const feedback = feedbackOf(settings.feedback!);
    const factors = settings.factors!.split(',').map(Number);
    const cells = files.flatMap((path) => {
      const file = readBidReplay(path);
      return factors.map((factor) => cellOf(file, factor, feedback));
    });
    return findingsOf(cells);
  },
};

interface Cell {
  readonly file: string;
  readonly factor: number;
  readonly surplus: number;
  readonly inSample: number;
  readonly clairvoyant: number;
}

function feedbackOf(text: string): ReplayRule['feedback'] {
  if (text === 'full') return text;
  throw new Error(`--feedback ${text}: full`);
}

function cellOf(file: BidReplayFile, factor: number, feedback: ReplayRule['feedback']): Cell {
  const value = file.pctr.map((pctr) => Math.floor(pctr * file.historicalEcpc * factor * MICROS_PER_FEN));
  const price = file.price.map((fen) => fen * MICROS_PER_FEN);
  const known = bestBids(price, value);
  let surplus = 0;
  let inSample = 0;
  let clairvoyant = 0;
  for (let row = 0; row < file.rows; row++) {
    if (known[row]! >= price[row]!) inSample += value[row]! - known[row]!;
    clairvoyant += Math.max(0, value[row]! - price[row]!);
  }
  replay(
    recordedAuctions({ ...file, price }, (row): Request => ({ valueCpmMicros: value[row]! })),
    learningBidder(),
    { auction: 'first', feedback },
    ({ request }, paid) => {
      surplus += request.valueCpmMicros - paid;
    },
  );
  return { file: file.name, factor, surplus, inSample, clairvoyant };
}

function learningBidder(): ReplayBidder<Request> {
  const histogram = new LandscapeHistogram();
  let landscape: PriceLandscape | undefined;
  let seen = 0;
  return {
    bid: ({ valueCpmMicros }) =>
      surplusPricer.bid({
        valueCpmMicros: valueCpmMicros as CpmMicros,
        floorCpmMicros: 0 as CpmMicros,
        auctionType: 1,
        landscape,
      }),
    told: ({ minToWin }) => {
      if (minToWin !== undefined) histogram.observe(minToWin);
      if (++seen % 100 === 0) landscape = histogram.publish();
    },
  };
}

function findingsOf(cells: readonly Cell[]): Findings {
  const shares = cells.map(({ surplus, inSample }) => surplus / inSample);
  return {
    figures: {
      surplusShareMean: mean(shares),
      surplusShareWorst: Math.min(...shares),
      ofClairvoyantMean: mean(cells.map(({ surplus, clairvoyant }) => surplus / clairvoyant)),
    },
    goals: {},
    tables: [
      {
        title: 'Surplus by file and worth',
        columns: ['file', 'factor', '/ in-sample F', '/ clairvoyant'],
        rows: cells.map(({ file, factor, surplus, inSample, clairvoyant }) => [
          file,
          factor,
          surplus / inSample,
          surplus / clairvoyant,
        ]),
      },
    ],
    notes: [
      'Shares of what the best bids from the distribution of all the prices of the file would have kept.',
    ],
  };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
