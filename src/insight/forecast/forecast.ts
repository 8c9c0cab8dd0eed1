/** From replayed requests to a day: what a line item would bid, win, spend and bring, and how sure that is. */
import type { Catalog, CatalogLine } from '../../campaign/catalog.ts';
import { linesAsWritten } from '../../campaign/catalog.ts';
import type { RequestSample } from '../../state/sample-port.ts';
import type { Replayed } from './replay.ts';
import type { SeenOfLine } from './seen.ts';
import { withSeen } from './seen.ts';

/** With the interval that holds nine in ten days. */
export interface Range {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface LineForecast {
  readonly lineItemId: string;
  /** A day each. Bids are those it could make while it has money; all that follows is within its budgets. */
  readonly bids: Range;
  readonly impressions: Range;
  readonly spendMicros: Range;
  readonly clicks: Range;
  readonly conversions: Range;
  readonly winRate: number;
  /** Absent where nothing is expected to convert. */
  readonly cpaMicros?: number;
  /** Of what it could spend, what its budgets let it. */
  readonly budgetShare: number;
  /** Of its bids, the share whose price to win was learned; the others are taken to win as often as the account's do. */
  readonly pricesKnown: number;
}

export interface Sampled {
  readonly requests: number;
  readonly fromMs: number;
  readonly toMs: number;
}

const HOUR_MS = 3_600_000;
const HOURS_A_DAY = 24;
/** Of a normal curve, either side. */
const NINE_IN_TEN = 1.645;
/** By how much days of a line item differ beside chance, relative: rivals, prices and what was learned since; see `npm run eval -- forecast`. */
const DAY_TO_DAY = 0.15;

export function sampledOf(samples: readonly RequestSample[]): Sampled {
  return {
    requests: samples.length,
    fromMs: samples[0]?.atMs ?? 0,
    toMs: samples.at(-1)?.atMs ?? 0,
  };
}

/**
 * `usualWinRate` of the account: what is won of what is bid. `seen` is what line items brought of late: where there is more of it than estimates
 * and bids could tell, the forecast goes by that.
 */
export function forecastOf(
  catalog: Catalog,
  samples: readonly RequestSample[],
  replayed: readonly Replayed[],
  usualWinRate: number,
  seen: ReadonlyMap<string, SeenOfLine> = new Map(),
): readonly LineForecast[] {
  const hours = new Set(samples.map(({ atMs }) => Math.floor(atMs / HOUR_MS))).size;
  const days = Math.max(hours, 1) / HOURS_A_DAY;
  const byLine = Map.groupBy(replayed, ({ lineItemId }) => lineItemId);
  return linesAsWritten(catalog).map((line) =>
    lineForecast(
      line,
      withSeen(byLine.get(line.lineItem.id) ?? [], seen.get(line.lineItem.id)),
      days,
      usualWinRate,
    ),
  );
}

function lineForecast(
  line: CatalogLine,
  bids: readonly Replayed[],
  days: number,
  usualWinRate: number,
): LineForecast {
  const chanceOf = ({ winChance }: Replayed): number => winChance ?? usualWinRate;
  const costOf = (one: Replayed): number =>
    (chanceOf(one) * one.bidCpmMicros * (one.rateMicros / 1e6) * one.paidShare) / 1000;
  const wanted = sumOf(bids, costOf, days).mean;
  const allowed = dailyBudgetOf(line);
  const budgetShare = allowed !== undefined && wanted > allowed ? allowed / wanted : 1;
  const part = (amount: (one: Replayed) => number, isCount = true): Range =>
    sumOf(bids, (one) => budgetShare * amount(one), days, isCount);
  const offered = sumOf(bids, () => 1, days, true);
  const [impressions, spendMicros] = [part(chanceOf), part(costOf, false)];
  const conversions = part((one) => chanceOf(one) * one.conversions);
  return {
    lineItemId: line.lineItem.id,
    bids: offered,
    impressions,
    spendMicros:
      allowed === undefined ? spendMicros : { ...spendMicros, high: Math.min(allowed, spendMicros.high) },
    clicks: part((one) => chanceOf(one) * one.clicks),
    conversions,
    winRate: offered.mean > 0 ? sumOf(bids, chanceOf, days).mean / offered.mean : 0,
    ...(conversions.mean > 0 ? { cpaMicros: Math.round(spendMicros.mean / conversions.mean) } : {}),
    budgetShare,
    pricesKnown:
      bids.length > 0 ? bids.filter(({ winChance }) => winChance !== undefined).length / bids.length : 0,
  };
}

/** The doubt of a sample (Horvitz & Thompson 1952, independent draws), and of the day itself where things are counted. */
function sumOf(
  bids: readonly Replayed[],
  amountOf: (one: Replayed) => number,
  days: number,
  isCount = false,
): Range {
  let mean = 0;
  let variance = 0;
  for (const one of bids) {
    const amount = amountOf(one);
    mean += (one.weight * amount) / days;
    variance += (one.weight * (one.weight - 1) * amount * amount) / (days * days);
    variance += isCount ? (one.weight * amount) / days : (one.weight * amount * amount) / days;
  }
  const reach = NINE_IN_TEN * Math.sqrt(variance + (DAY_TO_DAY * mean) ** 2);
  return { mean, low: Math.max(0, mean - reach), high: mean + reach };
}

/** What it may spend of a day, were it alone in its campaign. */
function dailyBudgetOf({ budgets }: CatalogLine): number | undefined {
  const limits = budgets.flatMap(({ dailyMicros }) => dailyMicros ?? []);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}
