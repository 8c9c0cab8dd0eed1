/**
 * What a showing of each line item brings in the mean: clicks, conversions after a click and after a showing alone, their value. A
 * line item's own counts are shrunk to its campaign's, and those to the account's (empirical Bayes), so that a new one begins with what is
 * usual; conversions are held against the clicks that have had time to bring them. This file is one thing: counts to rates.
 */
import type { BidStrategy } from '../campaign/bid-strategy.ts';
import type { CatalogLine } from '../campaign/catalog.ts';
import type { DelayCurve } from '../policy/predict/delay.ts';
import { addReached, delayCurve, PUBLISHED_DELAYS, SPANS, shareBy } from '../policy/predict/delay.ts';
import { recalibration } from '../policy/predict/recalibrate.ts';
import type { LineResults, Results } from './results.ts';
import { eachHour } from './results.ts';
import type { Work } from './turns.ts';
import { eachOf } from './turns.ts';

export interface Estimate {
  readonly pClick: number;
  /** Clicks that came for each that was expected of showings: what is wrong with the click model for this line item. */
  readonly clickCalibration: number;
  /** As of late: what the next click can be expected to bring. */
  readonly conversionsPerClick: number;
  /** The same in the mean of all clicks so far, for what was bought with them. */
  readonly conversionsPerClickSoFar: number;
  /** The two have moved apart, beyond chance: then the last fifty conversions or so speak alone. */
  readonly drifting: boolean;
  readonly viewConversionsPerShowing: number;
  readonly valuePerConversionMicros: number;
  readonly costPerConversionMicros: number;
  /** How long its conversions take. */
  readonly delays: DelayCurve;
  /** Of the conversions of all its clicks, the share that should have come by now. */
  readonly maturedShare: number;
  /** Spend weighed by the share of conversions that comes by its age. */
  readonly owedSpendMicros: number;
}

export interface Estimates {
  of(line: CatalogLine): Estimate;
}

/** What an account that has shown nothing yet is taken to have: display's usual rates, with the weight of a few results. */
const FIRST_CLICK_RATE = 0.002;
const FIRST_CONVERSIONS_PER_CLICK = 0.02;
const FIRST_WEIGHT = 5;
/** How much the hope weighs beside what the account has seen. */
const HOPE_RESULTS = 10;
/** Results that the level above lends to the one below. */
const CLICKS_LENT = 20;
const CONVERSIONS_LENT = 10;
const DELAYS_LENT = 20;
/** The conversion rate of late forgets two thirds within as many conversions: known to a fifteenth, and not for ever. */
const MEMORY_CONVERSIONS = 200;
/** Whether it moves shows within fewer. */
const DRIFT_CONVERSIONS = 50;
/** In standard deviations; looked at again and again, so further out than for a single look. */
const DRIFT_FROM = 3;
/** Where nothing is known of what a conversion costs: what impressions usually cost. */
const FIRST_CPM_MICROS = 2e6;

export function* estimateAll(
  lines: readonly CatalogLine[],
  results: Results,
  nowMs: number,
): Work<Estimates> {
  const account = emptySums();
  const campaigns = new Map<string, Sums>();
  yield* eachOf(lines, (line) => {
    const known = results.of(line.lineItem.id);
    if (!known) return;
    addResults(account, known, nowMs);
    addResults(sumsOf(campaigns, line.campaign.id), known, nowMs);
  });
  const accountLevel = levelOf(account, FIRST_LEVEL, FIRST_WEIGHT, FIRST_WEIGHT);
  const levels = new Map<string, Level>();
  yield* eachOf(campaigns, ([id, sums]) => {
    levels.set(id, levelOf(sums, accountLevel, CLICKS_LENT, CONVERSIONS_LENT));
  });
  const estimates = new Map<string, Estimate>();
  return {
    of: (line) => {
      const id = line.lineItem.id;
      let estimate = estimates.get(id);
      if (!estimate) {
        const parent = levels.get(line.campaign.id) ?? accountLevel;
        const hope = hopeOf(line.lineItem.bid, account);
        estimates.set(id, (estimate = estimateOf(results.of(id), parent, hope, nowMs)));
      }
      return estimate;
    },
  };
}

/**
 * An account without a history knows nothing of its rates, and a bid by the usual ones may never win, so never learn. A buyer
 * is taken at their word instead: that the target can be met at the prices impressions usually have. It weighs as much as a few
 * results, so that is also what it costs to find out that it cannot.
 */
interface Hope {
  /** Results a showing must bring for that. */
  readonly resultsPerShowing: number;
  /** Results that the account has seen, which outweigh hope. */
  readonly seen: number;
  readonly of: 'clicks' | 'conversions';
}

function hopeOf(bid: BidStrategy, account: Sums): Hope | undefined {
  if (bid.strategy !== 'target_cpc' && bid.strategy !== 'target_cpa') return undefined;
  const resultsPerShowing = FIRST_CPM_MICROS / 1000 / Math.max(1, bid.targetMicros);
  return bid.strategy === 'target_cpc'
    ? { resultsPerShowing, seen: account.clicks, of: 'clicks' }
    : { resultsPerShowing, seen: account.conversions + account.viewConversions, of: 'conversions' };
}

function hoped(known: number, needed: number, { seen }: Hope): number {
  return (seen * known + HOPE_RESULTS * Math.max(known, needed)) / (seen + HOPE_RESULTS);
}

/** Counts of a level, with clicks by the span of ages that they have lived through. */
interface Sums {
  showings: number;
  clicks: number;
  conversions: number;
  viewConversions: number;
  valueMicros: number;
  spendMicros: number;
  readonly delays: Float64Array;
  readonly reached: Float64Array;
  readonly hours: { readonly clicks: number; readonly conversions: number; readonly ageMs: number }[];
  oldClicks: number;
}

/** Rates of a level. */
interface Level {
  readonly clickRate: number;
  readonly conversionsPerClick: number;
  readonly viewConversionsPerShowing: number;
  readonly valuePerConversionMicros: number;
  readonly costPerConversionMicros: number | undefined;
  readonly curve: DelayCurve;
}

const FIRST_LEVEL: Level = {
  clickRate: FIRST_CLICK_RATE,
  conversionsPerClick: FIRST_CONVERSIONS_PER_CLICK,
  viewConversionsPerShowing: 0,
  valuePerConversionMicros: 0,
  costPerConversionMicros: undefined,
  curve: PUBLISHED_DELAYS,
};

function emptySums(): Sums {
  return {
    showings: 0,
    clicks: 0,
    conversions: 0,
    viewConversions: 0,
    valueMicros: 0,
    spendMicros: 0,
    delays: new Float64Array(SPANS),
    reached: new Float64Array(SPANS),
    hours: [],
    oldClicks: 0,
  };
}

function sumsOf(campaigns: Map<string, Sums>, id: string): Sums {
  let sums = campaigns.get(id);
  if (!sums) campaigns.set(id, (sums = emptySums()));
  return sums;
}

function addResults(sums: Sums, line: LineResults, nowMs: number): void {
  sums.showings += line.showings;
  sums.clicks += line.clicks;
  sums.conversions += line.conversions;
  sums.viewConversions += line.viewConversions;
  sums.valueMicros += line.valueMicros;
  sums.spendMicros += line.spendMicros;
  for (let span = 0; span < SPANS; span++) sums.delays[span]! += line.delays[span]!;
  let kept = 0;
  eachHour(line, nowMs, ({ clicks, conversions, ageMs }) => {
    kept += clicks;
    sums.hours.push({ clicks, conversions, ageMs });
    addReached(sums.reached, clicks, ageMs);
  });
  const old = Math.max(0, line.clicks - kept);
  sums.oldClicks += old;
  for (let span = 0; span < SPANS; span++) sums.reached[span]! += old;
}

function levelOf(sums: Sums, parent: Level, clicksLent: number, conversionsLent: number): Level {
  const curve = delayCurve(sums.delays, sums.reached, parent.conversionsPerClick, parent.curve, DELAYS_LENT);
  const matured = maturedClicks(sums, curve);
  const conversions = sums.conversions + sums.viewConversions;
  return {
    curve,
    clickRate: shrunk(sums.clicks, sums.showings, parent.clickRate, clicksLent),
    conversionsPerClick: shrunk(sums.conversions, matured, parent.conversionsPerClick, conversionsLent),
    viewConversionsPerShowing: sums.showings > 0 ? sums.viewConversions / sums.showings : 0,
    valuePerConversionMicros: average(sums.valueMicros, conversions, parent.valuePerConversionMicros),
    costPerConversionMicros:
      conversions > 0 ? sums.spendMicros / conversions : parent.costPerConversionMicros,
  };
}

function maturedClicks({ hours, oldClicks }: Sums, curve: DelayCurve): number {
  return hours.reduce((sum, { clicks, ageMs }) => sum + clicks * shareBy(curve, ageMs), oldClicks);
}

function estimateOf(
  line: LineResults | undefined,
  parent: Level,
  hope: Hope | undefined,
  nowMs: number,
): Estimate {
  const sums = emptySums();
  if (line) addResults(sums, line, nowMs);
  const matured = maturedClicks(sums, parent.curve);
  const clickRate =
    hope?.of === 'clicks' ? hoped(parent.clickRate, hope.resultsPerShowing, hope) : parent.clickRate;
  const pClick = shrunk(sums.clicks, sums.showings, Math.min(1, clickRate), CLICKS_LENT);
  // Hope is for what a showing brings: where people click more than is usual, a click need not bring as much.
  const perClick =
    hope?.of === 'conversions'
      ? hoped(parent.conversionsPerClick, hope.resultsPerShowing / pClick, hope)
      : parent.conversionsPerClick;
  const soFar = shrunk(sums.conversions, matured, perClick, CONVERSIONS_LENT);
  const latest = ofLate(sums, parent.curve, soFar, DRIFT_CONVERSIONS);
  const drifting = Math.abs(driftOf(latest, soFar)) > DRIFT_FROM;
  const late = drifting ? latest : ofLate(sums, parent.curve, soFar, MEMORY_CONVERSIONS);
  const conversionsPerClick = shrunk(late.conversions, late.matured, perClick, CONVERSIONS_LENT);
  const conversions = sums.conversions + sums.viewConversions;
  const viewConversionsPerShowing =
    sums.showings > 0 ? sums.viewConversions / sums.showings : parent.viewConversionsPerShowing;
  const perShowing = pClick * conversionsPerClick + viewConversionsPerShowing;
  const usualCost = parent.costPerConversionMicros ?? FIRST_CPM_MICROS / 1000 / Math.max(perShowing, 1e-9);
  let owedSpendMicros = 0;
  let keptSpend = 0;
  if (line)
    eachHour(line, nowMs, ({ spendMicros, ageMs }) => {
      keptSpend += spendMicros;
      owedSpendMicros += spendMicros * shareBy(parent.curve, ageMs);
    });
  return {
    pClick,
    clickCalibration: recalibration(line?.clicks ?? 0, line?.expectedClicks ?? 0),
    conversionsPerClick,
    conversionsPerClickSoFar: soFar,
    drifting,
    viewConversionsPerShowing,
    valuePerConversionMicros: average(sums.valueMicros, conversions, parent.valuePerConversionMicros),
    costPerConversionMicros:
      (sums.spendMicros + CONVERSIONS_LENT * usualCost) / (conversions + CONVERSIONS_LENT),
    delays: parent.curve,
    maturedShare: sums.clicks > 0 ? matured / sums.clicks : 1,
    owedSpendMicros: owedSpendMicros + Math.max(0, sums.spendMicros - keptSpend),
  };
}

interface Late {
  readonly conversions: number;
  readonly matured: number;
  /** Of `conversions`, were they to come at the rate. */
  readonly variance: number;
}

/** Clicks of late and what came of them, each counting less by what was to be expected of those that came after it. */
function ofLate(
  { hours, oldClicks, conversions: all }: Sums,
  curve: DelayCurve,
  rate: number,
  memory: number,
): Late {
  let conversions = 0;
  let matured = 0;
  let variance = 0;
  let expectedSince = 0;
  let kept = 0;
  const count = (came: number, due: number): void => {
    const weight = Math.exp(-expectedSince / memory);
    conversions += weight * came;
    matured += weight * due;
    variance += weight * weight * due * rate;
    expectedSince += due * rate;
  };
  for (const hour of hours) {
    count(hour.conversions, hour.clicks * shareBy(curve, hour.ageMs));
    kept += hour.conversions;
  }
  count(Math.max(0, all - kept), oldClicks);
  return { conversions, matured, variance };
}

function driftOf({ conversions, matured, variance }: Late, rate: number): number {
  return variance > 0 ? (conversions - matured * rate) / Math.sqrt(variance) : 0;
}

/** `count` of `trials`, with `lent` results more at the rate of the level above. */
function shrunk(count: number, trials: number, parentRate: number, lent: number): number {
  return (count + lent) / (Math.max(trials, count) + lent / Math.max(parentRate, 1e-9));
}

function average(sum: number, count: number, usual: number): number {
  return (sum + FIRST_WEIGHT * usual) / (count + (usual > 0 ? FIRST_WEIGHT : 0) || 1);
}
