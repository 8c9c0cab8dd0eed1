/**
 * First-price auctions without a budget: how much of the surplus Σ (value − bid) is kept by a bidder that learns what it takes
 * to win, against one that knew the distribution of all the file's prices beforehand; and what contexts add to it.
 */
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { CpmMicros } from '../../src/core/units.ts';
import { ContextLandscape } from '../../src/policy/price/context.ts';
import { priceBand } from '../../src/policy/price/market.ts';
import { surplusPricer } from '../../src/policy/price/surplus.ts';
import { readBidReplay } from './bid-replay-file.ts';
import { readCsv } from './csv.ts';
import type { Evaluation, Findings } from './evaluation.ts';
import { bestBids } from './oracle.ts';
import type { Recorded, ReplayBidder, ReplayRule } from './replay.ts';
import { replay } from './replay.ts';

/** What the bidder may see of an auction. */
export interface ShadingRequest {
  readonly valueCpmMicros: number;
  /** The widest key first. */
  readonly context: readonly string[];
}

interface Recording {
  readonly name: string;
  readonly label: number;
  readonly auctions: readonly Recorded<ShadingRequest>[];
}

interface Cell {
  readonly name: string;
  readonly label: number;
  readonly withContext: number;
  readonly withoutContext: number;
  readonly inSample: number;
  readonly clairvoyant: number;
}

export const MICROS_PER_FEN = 10_000;
const FEEDBACKS = ['binary', 'loss', 'full'] as const;

export const shading: Evaluation = {
  name: 'shading',
  title: 'surplus of learned bid shading in first-price auctions',
  settings: {
    feedback: { default: 'full', means: `what a bid is told of its auction: ${FEEDBACKS.join(', ')}` },
    factors: { default: '0.5,1,2,4', means: 'values, in multiples of pCTR × historical cost per click' },
    context: { default: 'false', means: 'a flag: files of contextual auctions, and fixed values' },
    values: { default: '60,100,150,250', means: 'with --context: values in the unit of the prices' },
  },
  variant: ({ feedback, context }) => (context === 'true' ? 'context' : feedback!),
  run: ({ files, seed, settings }) => {
    const feedback = FEEDBACKS.find((each) => each === settings.feedback);
    if (!feedback) throw new Error(`--feedback ${settings.feedback}: ${FEEDBACKS.join(', ')}`);
    const contextual = settings.context === 'true';
    const labels = (contextual ? settings.values : settings.factors)!.split(',').map(Number);
    const cells = files.flatMap((path) => {
      const recordings = contextual ? contextualRecordings(path, labels) : worthRecordings(path, labels);
      return [...recordings].map((recording) => cellOf(recording, feedback, seed));
    });
    return contextual ? contextFindings(cells) : feedbackFindings(cells, feedback);
  },
};

/**
 * The server's own price model and pricer. Nothing reaches it but requests and what it was told of its bids; `random` is for
 * looking around where no prices are told.
 */
export function shadingBidder(random: Random): ReplayBidder<ShadingRequest> {
  const landscape = new ContextLandscape();
  return {
    bid: ({ valueCpmMicros, context }) =>
      surplusPricer.bid({
        valueCpmMicros: valueCpmMicros as CpmMicros,
        floorCpmMicros: 0 as CpmMicros,
        auctionType: 1,
        landscape: landscape.within(context),
        draws: random,
      }),
    told: ({ request, bid, won, minToWin }) => landscape.learn(request.context, bid, won, minToWin),
  };
}

/** The prediction is the one context that bid replay files have: where it is high rivals bid more. */
export function worthContext(valueCpmMicros: number): readonly string[] {
  return [priceBand(valueCpmMicros, 1), priceBand(valueCpmMicros, 3)];
}

function* worthRecordings(path: string, factors: readonly number[]): Generator<Recording> {
  const file = readBidReplay(path);
  for (const factor of factors)
    yield {
      name: file.name,
      label: factor,
      auctions: Array.from(file.price, (price, row) => {
        const value = Math.floor(file.pctr[row]! * file.historicalEcpc * factor * MICROS_PER_FEN);
        return {
          request: { valueCpmMicros: value, context: worthContext(value) },
          price: price * MICROS_PER_FEN,
          click: file.click[row] === 1,
        };
      }),
    };
}

/** Columns `adexchange, slotprice, slotid, payprice, click`: exchange, floor and slot, as a request has them. */
function* contextualRecordings(path: string, values: readonly number[]): Generator<Recording> {
  const csv = readCsv(path);
  const prices = csv.numbers('payprice');
  const floors = csv.numbers('slotprice');
  const clicks = csv.numbers('click');
  const exchanges = csv.texts('adexchange');
  const slots = csv.texts('slotid');
  for (const value of values)
    yield {
      name: csv.name,
      label: value,
      auctions: Array.from(prices, (price, row) => ({
        request: {
          valueCpmMicros: value * MICROS_PER_FEN,
          context: [exchanges[row]!, priceBand(floors[row]! * MICROS_PER_FEN, 2), slots[row]!],
        },
        price: price * MICROS_PER_FEN,
        click: clicks[row] === 1,
      })),
    };
}

function cellOf({ name, label, auctions }: Recording, feedback: ReplayRule['feedback'], seed: number): Cell {
  const prices = Float64Array.from(auctions, ({ price }) => price);
  const values = Float64Array.from(auctions, ({ request }) => request.valueCpmMicros);
  const known = bestBids(prices, values);
  let inSample = 0;
  let clairvoyant = 0;
  for (let row = 0; row < prices.length; row++) {
    if (known[row]! >= prices[row]!) inSample += values[row]! - known[row]!;
    clairvoyant += Math.max(0, values[row]! - prices[row]!);
  }
  const plain = auctions.map((auction) => ({ ...auction, request: { ...auction.request, context: [] } }));
  const surplusOf = (rows: readonly Recorded<ShadingRequest>[]): number => {
    let surplus = 0;
    const random = seededRandom(seed).stream(`${name} ${label}`);
    replay(rows, shadingBidder(random), { auction: 'first', feedback }, ({ request }, paid) => {
      surplus += request.valueCpmMicros - paid;
    });
    return surplus;
  };
  return {
    name,
    label,
    withContext: surplusOf(auctions),
    withoutContext: surplusOf(plain),
    inSample,
    clairvoyant,
  };
}

const GOALS: Readonly<Record<ReplayRule['feedback'], Readonly<Record<string, string>>>> = {
  binary: { surplusShareMean: '>= 0.985', surplusShareWorst: '>= 0.95' },
  loss: { surplusShareMean: '>= 0.995', surplusShareWorst: '>= 0.985' },
  full: {},
};

function feedbackFindings(cells: readonly Cell[], feedback: ReplayRule['feedback']): Findings {
  const shares = cells.map(({ withContext, inSample }) => withContext / inSample);
  const plain = cells.map(({ withoutContext, inSample }) => withoutContext / inSample);
  return {
    figures: {
      surplusShareMean: mean(shares),
      surplusShareWorst: Math.min(...shares),
      withoutContextMean: mean(plain),
      withoutContextWorst: Math.min(...plain),
      ofClairvoyantMean: mean(cells.map(({ withContext, clairvoyant }) => withContext / clairvoyant)),
    },
    goals: GOALS[feedback],
    tables: [
      {
        title: 'Surplus by file and value',
        columns: ['file', 'factor', '/ in-sample F', 'without context', '/ clairvoyant'],
        rows: cells.map((cell) => [
          cell.name,
          cell.label,
          cell.withContext / cell.inSample,
          cell.withoutContext / cell.inSample,
          cell.withContext / cell.clairvoyant,
        ]),
      },
    ],
    notes: [
      'Shares of the surplus of the best bids from the distribution of all the prices of the file, known beforehand and the same for all rows. The only context is the value itself, in bands of an octave and of a third of one: prices rise with the prediction, so a share can be above 1.',
      `The bidder is told of each auction: ${TOLD[feedback]}.`,
    ],
  };
}

const TOLD: Readonly<Record<ReplayRule['feedback'], string>> = {
  binary: 'won or lost; two bids in a hundred look around below the value',
  loss: 'the least winning bid where it lost, nothing where it won',
  full: 'the least winning bid',
};

function contextFindings(cells: readonly Cell[]): Findings {
  const gains = cells.map(({ withContext, withoutContext }) => withContext / withoutContext);
  return {
    figures: {
      contextGainMean: mean(gains),
      contextGainWorst: Math.min(...gains),
      ofClairvoyantMean: mean(cells.map(({ withContext, clairvoyant }) => withContext / clairvoyant)),
      withoutContextOfInSampleMean: mean(
        cells.map(({ withoutContext, inSample }) => withoutContext / inSample),
      ),
    },
    goals: { contextGainMean: '>= 1.12' },
    tables: [
      {
        title: 'Surplus by value',
        columns: ['file', 'value', 'with / without context', 'with / clairvoyant', 'without / clairvoyant'],
        rows: cells.map((cell) => [
          cell.name,
          cell.label,
          cell.withContext / cell.withoutContext,
          cell.withContext / cell.clairvoyant,
          cell.withoutContext / cell.clairvoyant,
        ]),
      },
    ],
    notes: [
      'Contexts: exchange, floor in bands of half an octave, slot, each starting from the wider one. Both bidders learn as they go, from the first row of the file on.',
    ],
  };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
