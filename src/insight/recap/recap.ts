/** What a period brought beside the one before it: what worked, what changed, what carried the result, and what to try next. */
import type { Change } from '../../core/change.ts';
import type { ReportRow } from '../../state/port.ts';
import { totalOf } from '../report.ts';

export const RECAP_DIMENSIONS = ['campaign', 'line_item', 'creative', 'exchange'] as const;

export interface RecapSums {
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly valueMicros: number;
  readonly spendMicros: number;
  /** Absent without conversions. */
  readonly cpaMicros?: number;
}

/** One part of a whole: how much of the result it carried, and for how much of the money. */
export interface RecapPart extends RecapSums {
  readonly dimension: (typeof RECAP_DIMENSIONS)[number] | 'hour';
  readonly id: string;
  readonly resultShare: number;
  readonly spendShare: number;
}

export interface Recap {
  readonly fromMs: number;
  readonly toMs: number;
  /** What parts are measured by: conversions where there are any, else clicks. */
  readonly measuredBy: 'conversions' | 'clicks';
  readonly period: RecapSums;
  readonly before: RecapSums;
  /** Those that carried most, of each dimension at most five. */
  readonly carried: readonly RecapPart[];
  /** Cheap for what they brought beyond chance, and dear. */
  readonly worked: readonly RecapPart[];
  readonly failed: readonly RecapPart[];
  readonly changes: readonly {
    readonly atMs: number;
    readonly who: string;
    readonly what: string;
    readonly why: string;
  }[];
  readonly next: readonly string[];
}

export interface RecapSources {
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the period, by each of the dimensions by itself, and by hour. */
  readonly byDimension: Readonly<Record<(typeof RECAP_DIMENSIONS)[number] | 'hour', readonly ReportRow[]>>;
  readonly before: readonly ReportRow[];
  readonly changes: readonly Change[];
}

const CARRIED_MAX = 5;
const NAMED_MAX = 5;
/** In standard deviations of a count: rarely chance. */
const BEYOND_CHANCE = 2.6;
const RESULTS_MIN = 5;

export function recapOf({ fromMs, toMs, byDimension, before, changes }: RecapSources): Recap {
  const period = sumsOf(totalOf(byDimension.campaign));
  const measuredBy = period.conversions > 0 ? 'conversions' : 'clicks';
  const parts = (Object.entries(byDimension) as [RecapPart['dimension'], readonly ReportRow[]][]).flatMap(
    ([dimension, rows]) => partsOf(dimension, rows, period, measuredBy),
  );
  const surprise = ({ resultShare, spendShare }: RecapPart): number => {
    const expected = spendShare * period[measuredBy];
    return expected > 0 ? (resultShare * period[measuredBy] - expected) / Math.sqrt(expected) : 0;
  };
  const ranked = parts
    .filter(({ spendShare }) => spendShare < 1 && spendShare * period[measuredBy] >= RESULTS_MIN)
    .sort((a, b) => surprise(b) - surprise(a));
  const worked = ranked.filter((part) => surprise(part) >= BEYOND_CHANCE).slice(0, NAMED_MAX);
  const failed = ranked
    .filter((part) => surprise(part) <= -BEYOND_CHANCE)
    .reverse()
    .slice(0, NAMED_MAX);
  return {
    fromMs,
    toMs,
    measuredBy,
    period,
    before: sumsOf(totalOf(before)),
    carried: [...Map.groupBy(parts, ({ dimension }) => dimension).values()].flatMap((own) =>
      [...own].sort((a, b) => b.resultShare - a.resultShare).slice(0, CARRIED_MAX),
    ),
    worked,
    failed,
    changes: changes.map(({ atMs, who, source, why, objects }) => ({
      atMs,
      who: who || source,
      what: objects.map(({ id }) => id).join(', '),
      why,
    })),
    next: nextOf(worked, failed, period, measuredBy),
  };
}

function partsOf(
  dimension: RecapPart['dimension'],
  rows: readonly ReportRow[],
  period: RecapSums,
  measuredBy: Recap['measuredBy'],
): RecapPart[] {
  const nameOf = ({ key }: ReportRow): string =>
    dimension === 'hour' ? `${key.hour?.slice(11, 13) ?? ''}:00 UTC` : (key[dimension] ?? '');
  return [...Map.groupBy(rows, nameOf)].map(([id, own]) => {
    const sums = sumsOf(totalOf(own));
    return {
      dimension,
      id,
      ...sums,
      resultShare: shareOf(sums[measuredBy], period[measuredBy]),
      spendShare: shareOf(sums.spendMicros, period.spendMicros),
    };
  });
}

function sumsOf({
  impressions,
  clicks,
  conversions,
  conversionValueMicros,
  spendMicros,
}: ReportRow): RecapSums {
  return {
    impressions,
    clicks,
    conversions,
    valueMicros: conversionValueMicros,
    spendMicros,
    ...(conversions > 0 ? { cpaMicros: Math.round(spendMicros / conversions) } : {}),
  };
}

function nextOf(
  worked: readonly RecapPart[],
  failed: readonly RecapPart[],
  period: RecapSums,
  measuredBy: Recap['measuredBy'],
): string[] {
  const advice = (part: RecapPart, isGood: boolean): string => {
    const shares = `${percent(part.resultShare)} of the ${measuredBy} for ${percent(part.spendShare)} of the money`;
    switch (part.dimension) {
      case 'creative':
        return isGood
          ? `Make more creatives like ${part.id} (${shares}).`
          : `Pause ${part.id}, or let the rotation learn (${shares}).`;
      case 'hour':
        return isGood ? `Bid more at ${part.id} (${shares}).` : `Bid less at ${part.id} (${shares}).`;
      case 'exchange':
        return isGood
          ? `Buy more at ${part.id} (${shares}).`
          : `Look at what is bought at ${part.id} (${shares}).`;
      default:
        return isGood
          ? `Give ${part.id} more budget; ask the plan how much (${shares}).`
          : `Give ${part.id} less budget, or a lower bid (${shares}).`;
    }
  };
  const found = [...worked.map((part) => advice(part, true)), ...failed.map((part) => advice(part, false))];
  if (found.length > 0) return found;
  return period[measuredBy] < RESULTS_MIN
    ? ['Too little came to tell good from bad: widen targeting, or wait.']
    : ['Nothing stands out beyond chance: try something new in an experiment.'];
}

function shareOf(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
