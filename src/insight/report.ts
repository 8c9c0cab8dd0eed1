/**
 * Figures as buyers read them: rates and costs worked out from the journal’s sums, for the API and the console. This file is one thing: the
 * overview, the report and the budgets say the same of the same sums.
 */
import type { Catalog, CatalogLine } from '../campaign/catalog.ts';
import { linesAsWritten } from '../campaign/catalog.ts';
import { hasBit } from '../core/bitset.ts';
import type { BucketId, BudgetRef } from '../core/budget.ts';
import { dayBucket, lifetimeBucket } from '../core/budget.ts';
import type { BucketState, CountRow, ReportRow } from '../state/port.ts';

export interface ReportFigures extends ReportRow {
  /** Of the conversions those credited to a click. */
  readonly clickConversions: number;
  /** Undefined where there is nothing to divide by. */
  readonly cpaMicros: number | undefined;
  readonly cpcMicros: number | undefined;
  /** Spend for a thousand impressions. */
  readonly cpmMicros: number | undefined;
  readonly clickRate: number | undefined;
  readonly conversionRate: number | undefined;
  readonly winRate: number | undefined;
  /** Worth of the conversions for one of spend. */
  readonly roas: number | undefined;
}

export function withRates(row: ReportRow): ReportFigures {
  return {
    ...row,
    clickConversions: row.conversions - row.viewConversions,
    cpaMicros: rounded(ratio(row.spendMicros, row.conversions)),
    cpcMicros: rounded(ratio(row.spendMicros, row.clicks)),
    cpmMicros: rounded(ratio(row.spendMicros * 1000, row.impressions)),
    clickRate: ratio(row.clicks, row.impressions),
    conversionRate: ratio(row.conversions, row.clicks),
    winRate: ratio(row.wins, row.bids),
    roas: ratio(row.conversionValueMicros, row.spendMicros),
  };
}

/** Sum of rows; keys are let go. */
export function totalOf(rows: readonly ReportRow[]): ReportRow {
  const total: { -readonly [Name in keyof typeof NOTHING]: ReportRow[Name] } = { ...NOTHING };
  for (const row of rows) for (const name of SUMMED) total[name] += row[name];
  return total;
}

const NOTHING = {
  key: {},
  bids: 0,
  wins: 0,
  losses: 0,
  billings: 0,
  impressions: 0,
  clicks: 0,
  conversions: 0,
  viewConversions: 0,
  conversionValueMicros: 0,
  conversionsByTouchTime: 0,
  retractions: 0,
  voidedClicks: 0,
  spendMicros: 0,
  lateSpendMicros: 0,
  flagged: 0,
  contradictions: 0,
} satisfies ReportRow;
const SUMMED = Object.keys(NOTHING).filter((name) => name !== 'key') as Exclude<
  keyof typeof NOTHING,
  'key'
>[];

function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value);
}

/** In the field's words. */
export type DeliveryStatus =
  | 'active'
  | 'paused'
  | 'not_started'
  | 'ended'
  | 'limited_by_budget'
  | 'budget_spent'
  | 'no_creatives';

export interface ObjectFigures {
  readonly id: string;
  readonly name: string;
  readonly status: DeliveryStatus;
  readonly spendMicros: number;
  readonly spentTodayMicros: number;
  readonly dailyMicros: number | undefined;
  readonly bids: number;
  readonly wins: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly cpaMicros: number | undefined;
}

export interface CampaignFigures extends ObjectFigures {
  readonly lineItems: readonly ObjectFigures[];
}

export interface Overview {
  /** The bidder's clock. */
  readonly now: number;
  readonly currency: string;
  readonly timeZone: string;
  readonly totals: {
    readonly requests: number;
    readonly bids: number;
    readonly wins: number;
    readonly impressions: number;
    readonly clicks: number;
    readonly conversions: number;
    readonly spendMicros: number;
  };
  readonly campaigns: readonly CampaignFigures[];
}

export interface OverviewSources {
  readonly catalog: Catalog;
  readonly nowMs: number;
  /** All time, by campaign and line item. */
  readonly rows: readonly ReportRow[];
  /** All time, of whole requests. */
  readonly counts: readonly Pick<CountRow, 'lineItemId' | 'name' | 'count'>[];
  /** States of `bucketsOf(catalog, nowMs)`. */
  readonly buckets: readonly BucketState[];
  /** Share of opportunities that line n takes part in. */
  readonly participation: Float64Array;
}

export function overviewOf(sources: OverviewSources): Overview {
  const { catalog, nowMs, rows, counts, buckets } = sources;
  const { account } = catalog.book;
  const spent = new Map(
    buckets.filter(({ unit }) => unit === 'micros').map((state) => [state.bucket, state]),
  );
  const total = totalOf(rows);
  const byLine = Map.groupBy(rows, ({ key }) => key.line_item ?? '');
  const byCampaign = Map.groupBy(rows, ({ key }) => key.campaign ?? '');
  const linesOf = Map.groupBy(linesAsWritten(catalog), (line) => line.campaign.id);
  return {
    now: nowMs,
    currency: account.currency,
    timeZone: account.timeZone,
    totals: {
      requests: counts.reduce(
        (sum, { lineItemId, name, count }) => sum + (lineItemId === '' && name === 'requests' ? count : 0),
        0,
      ),
      bids: total.bids,
      wins: total.wins,
      impressions: total.impressions,
      clicks: total.clicks,
      conversions: total.conversions,
      spendMicros: total.spendMicros,
    },
    campaigns: catalog.book.campaigns
      .filter(({ status }) => status !== 'archived')
      .map((campaign): CampaignFigures => {
        const lines = linesOf.get(campaign.id) ?? [];
        const today = lines[0]?.zone.at(nowMs).day;
        const lineItems = lines.map((line): ObjectFigures => {
          const own = byLine.get(line.lineItem.id) ?? [];
          const limit = line.lineItem.budget?.dailyMicros;
          return {
            ...figuresOf(line.lineItem, own, limit, statusOfLine(line, sources, spent)),
            spentTodayMicros: spent.get(dayBucket('line_item', line.lineItem.id, today ?? ''))?.spent ?? 0,
          };
        });
        const own = byCampaign.get(campaign.id) ?? [];
        const status = campaign.status === 'active' ? statusOfCampaign(lineItems) : 'paused';
        return {
          ...figuresOf(campaign, own, campaign.budget?.dailyMicros, status),
          spentTodayMicros: spent.get(dayBucket('campaign', campaign.id, today ?? ''))?.spent ?? 0,
          lineItems,
        };
      }),
  };
}

function figuresOf(
  object: { readonly id: string; readonly name?: string },
  rows: readonly ReportRow[],
  dailyMicros: number | undefined,
  status: DeliveryStatus,
): Omit<ObjectFigures, 'spentTodayMicros'> {
  const { spendMicros, bids, wins, impressions, clicks, conversions, cpaMicros } = withRates(totalOf(rows));
  const name = object.name ?? object.id;
  return {
    id: object.id,
    name,
    status,
    spendMicros,
    dailyMicros,
    bids,
    wins,
    impressions,
    clicks,
    conversions,
    cpaMicros,
  };
}

/** Held back to less than this share, a line item could spend clearly more than its budget allows. */
const LIMITED_BELOW = 0.95;

function statusOfLine(
  line: CatalogLine,
  { catalog, nowMs, participation }: OverviewSources,
  spent: ReadonlyMap<BucketId, BucketState>,
): DeliveryStatus {
  if (nowMs >= line.flightEndMs) return 'ended';
  if (!hasBit(catalog.active, line.number)) return 'paused';
  if (nowMs < line.flightStartMs) return 'not_started';
  if (line.creatives.length === 0) return 'no_creatives';
  if (line.budgets.some((budget) => isSpent(budget, nowMs, spent))) return 'budget_spent';
  return (participation[line.number] ?? 1) < LIMITED_BELOW ? 'limited_by_budget' : 'active';
}

function isSpent(budget: BudgetRef, nowMs: number, spent: ReadonlyMap<BucketId, BucketState>): boolean {
  const { day } = budget.zone.at(nowMs);
  const over = (bucket: BucketId, limit: number | undefined): boolean =>
    limit !== undefined && (spent.get(bucket)?.spent ?? 0) >= limit;
  return (
    over(dayBucket(budget.scope, budget.id, day), budget.dailyMicros) ||
    over(lifetimeBucket(budget.scope, budget.id), budget.lifetimeMicros)
  );
}

/** The best that any of its line items has. */
function statusOfCampaign(lines: readonly ObjectFigures[]): DeliveryStatus {
  return ORDER.find((status) => lines.some((line) => line.status === status)) ?? 'no_creatives';
}

const ORDER: readonly DeliveryStatus[] = [
  'active',
  'limited_by_budget',
  'budget_spent',
  'not_started',
  'paused',
  'ended',
];

export interface BudgetLine {
  readonly scope: 'campaign' | 'line_item';
  readonly id: string;
  readonly period: 'day' | 'lifetime';
  readonly bucket: BucketId;
  readonly limitMicros: number;
  readonly spentMicros: number;
  /** Held by bids that are still open. */
  readonly heldMicros: number;
  /** Granted to processes and not charged yet. */
  readonly leasedMicros: number;
}

/** Every limited bucket of money, today's and the lifetime's. */
export function budgetLines(
  catalog: Catalog,
  nowMs: number,
  states: readonly BucketState[],
  heldMicros: (bucket: BucketId) => number,
): readonly BudgetLine[] {
  const known = new Map(states.filter(({ unit }) => unit === 'micros').map((state) => [state.bucket, state]));
  return limitedBuckets(catalog, nowMs).map(({ budget, period, bucket, limitMicros }) => ({
    scope: budget.scope,
    id: budget.id,
    period,
    bucket,
    limitMicros,
    spentMicros: known.get(bucket)?.spent ?? 0,
    heldMicros: heldMicros(bucket),
    leasedMicros: known.get(bucket)?.leased ?? 0,
  }));
}

/** The buckets whose states overview and budgets are made from: of every campaign and line item, limited or not. */
export function bucketsOf(catalog: Catalog, nowMs: number): readonly BucketId[] {
  const found = new Set<BucketId>();
  for (const { zone, campaign, lineItem } of linesAsWritten(catalog)) {
    const { day } = zone.at(nowMs);
    found.add(dayBucket('campaign', campaign.id, day)).add(lifetimeBucket('campaign', campaign.id));
    found.add(dayBucket('line_item', lineItem.id, day)).add(lifetimeBucket('line_item', lineItem.id));
  }
  return [...found];
}

interface LimitedBucket extends Pick<BudgetLine, 'period' | 'bucket' | 'limitMicros'> {
  readonly budget: BudgetRef;
}

function limitedBuckets(catalog: Catalog, nowMs: number): readonly LimitedBucket[] {
  const found = new Map<BucketId, LimitedBucket>();
  for (const budget of linesAsWritten(catalog).flatMap((line) => line.budgets)) {
    const day = dayBucket(budget.scope, budget.id, budget.zone.at(nowMs).day);
    const life = lifetimeBucket(budget.scope, budget.id);
    if (budget.dailyMicros !== undefined)
      found.set(day, { budget, period: 'day', bucket: day, limitMicros: budget.dailyMicros });
    if (budget.lifetimeMicros !== undefined)
      found.set(life, { budget, period: 'lifetime', bucket: life, limitMicros: budget.lifetimeMicros });
  }
  return [...found.values()];
}
