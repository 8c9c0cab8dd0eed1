/** A recording with columns `click, market_price, pctr` and perhaps `hour` (iPinYou: prices in CPM, RMB fen). */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readCsv } from './csv.ts';
import type { Recorded } from './replay.ts';

export interface BidReplayFile {
  readonly name: string;
  readonly rows: number;
  readonly price: Float64Array;
  readonly pctr: Float64Array;
  readonly click: Float64Array;
  readonly hour: Float64Array | undefined;
  /** Cost per click of the campaign's earlier traffic, in the unit of the prices: known before the first row. */
  readonly historicalEcpc: number;
}

export function readBidReplay(path: string): BidReplayFile {
  const csv = readCsv(path);
  const price = csv.numbers('market_price');
  const pctr = csv.numbers('pctr');
  return {
    name: csv.name,
    rows: csv.rows,
    price,
    pctr,
    click: csv.numbers('click'),
    hour: csv.has('hour') ? csv.numbers('hour') : undefined,
    historicalEcpc: trainingEcpc(path) ?? sum(price) / sum(pctr),
  };
}

/** In the order of the rows; `requestOf` names what a bidder may see of each. */
export function* recordedAuctions<Request>(
  { rows, price, click }: BidReplayFile,
  requestOf: (row: number) => Request,
): Generator<Recorded<Request>> {
  for (let row = 0; row < rows; row++)
    yield { request: requestOf(row), price: price[row]!, click: click[row] === 1 };
}

/**
 * `campaign_info.json` beside the file holds the totals of the traffic before it, by the campaign that the file's name begins
 * with. Where there is none the file's own cost per expected click sets the scale of its values; nothing is learned from it.
 */
function trainingEcpc(path: string): number | undefined {
  const info = join(dirname(path), 'campaign_info.json');
  const campaign = /^\d+/.exec(basename(path))?.[0];
  if (campaign === undefined || !existsSync(info)) return undefined;
  const totals = JSON.parse(readFileSync(info, 'utf8'))[campaign];
  const ecpc = totals ? totals.cost_train / totals.clk_train : Number.NaN;
  return ecpc > 0 && Number.isFinite(ecpc) ? ecpc : undefined;
}

function sum(numbers: Float64Array): number {
  return numbers.reduce((total, value) => total + value, 0);
}
