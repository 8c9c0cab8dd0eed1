/** Exchanges whose own counts are further from ours than was agreed. */
import type { ReportRow } from '../../state/port.ts';
import type { HourSums } from '../discrepancy/compare.ts';
import { compareFigures } from '../discrepancy/compare.ts';
import type { Alert, AlertSources } from './alert.ts';
import { about, HOUR_MS, hourOf } from './alert.ts';

const DAY_MS = 24 * HOUR_MS;
/** What is older was told of in its time, or nobody sent a report then. */
const NEWS_MS = 14 * DAY_MS;
const IMPRESSIONS_MIN = 100;

export function discrepancyAlerts({ nowMs, rows, theirs = [] }: AlertSources): Alert[] {
  return theirs.flatMap(({ figures, facts }): Alert[] => {
    const days = figures.days.filter(({ day }) => Date.parse(day) > nowMs - NEWS_MS);
    if (days.length === 0) return [];
    const hours = hourSums(rows, figures.exchangeId);
    const { total, isOver, causes } = compareFigures({ ...figures, days }, { ...facts, hours, nowMs });
    const { ours, theirs: told, impressionsOff = 0, spendOff = 0 } = total;
    if (!isOver || !total.isOver || Math.max(told.impressions, ours.impressions) < IMPRESSIONS_MIN) return [];
    const [cause] = causes;
    const z = Math.abs(ours.impressions - told.impressions) / Math.sqrt(1.3 * Math.max(1, told.impressions));
    const byMoney = Math.abs(spendOff) > figures.threshold;
    return [
      {
        ...about('discrepancy', 'exchange', figures.exchangeId, Date.parse(days[0]!.day)),
        id: `discrepancy/${figures.exchangeId}`,
        confidence: byMoney ? 1 : 1 - Math.exp((-z * z) / 2),
        message: `${figures.exchangeId} counted ${told.impressions} impressions and ${amount(told.spendMicros)}; we ${ours.impressions} (${percent(impressionsOff)}) and ${amount(ours.spendMicros)} (${percent(spendOff)}).`,
        cause: cause?.message ?? 'None of the causes that can be worked out explains it.',
        causeKind: 'exchange',
        ...(cause ? { explains: cause.explains } : {}),
        remedy:
          cause?.remedy ??
          'Compare single bids: ask the exchange for the ids of bids that it billed on one day.',
        timesInMonth: 1,
      },
    ];
  });
}

/** Hours of one exchange, whatever else rows are kept apart by. */
export function hourSums(rows: readonly ReportRow[], exchangeId: string): readonly HourSums[] {
  const byHour = new Map<number, { -readonly [Name in keyof HourSums]: HourSums[Name] }>();
  for (const row of rows) {
    if (row.key.exchange !== exchangeId) continue;
    const hourMs = hourOf(row.key.hour);
    const sums = byHour.get(hourMs) ?? {
      hourMs,
      wins: 0,
      billings: 0,
      impressions: 0,
      spendMicros: 0,
      flagged: 0,
    };
    sums.wins += row.wins;
    sums.billings += row.billings;
    sums.impressions += row.impressions;
    sums.spendMicros += row.spendMicros;
    sums.flagged += row.flagged;
    byHour.set(hourMs, sums);
  }
  return [...byHour.values()].sort((a, b) => a.hourMs - b.hourMs);
}

function amount(micros: number): string {
  return (micros / 1e6).toFixed(2);
}

function percent(share: number): string {
  return `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(1)} %`;
}
