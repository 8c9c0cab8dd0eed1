/** What was spent over the hours of a day, and an even spread of its budget beside it. */
import type { Point } from './chart-model.ts';

export interface HourRow {
  readonly key: { readonly hour?: string };
  readonly spendMicros: number;
  readonly impressions: number;
  readonly wins: number;
  readonly bids: number;
  readonly conversions: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Where the day began that a moment lies in, by the clocks of a zone. */
export function dayStartMs(nowMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(nowMs);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const sinceMs = part('hour') * HOUR_MS + part('minute') * 60_000 + part('second') * 1000;
  return nowMs - (nowMs % 1000) - sinceMs;
}

/** Running totals at the ends of hours, in the order of time; the hour that is running ends now. */
export function spentSoFar(rows: readonly HourRow[], startMs: number, nowMs: number): readonly Point[] {
  let total = 0;
  const points: Point[] = [{ x: startMs, y: 0 }];
  for (const row of inOrder(rows)) {
    const endMs = hourOf(row) + HOUR_MS;
    if (endMs <= startMs) continue;
    total += row.spendMicros;
    points.push({ x: Math.min(endMs, nowMs), y: total });
  }
  return points;
}

export function evenPlan(dailyMicros: number, startMs: number): readonly Point[] {
  return [
    { x: startMs, y: 0 },
    { x: startMs + DAY_MS, y: dailyMicros },
  ];
}

export function perHour(rows: readonly HourRow[], of: (row: HourRow) => number): readonly Point[] {
  return inOrder(rows).map((row) => ({ x: hourOf(row), y: of(row) }));
}

function inOrder(rows: readonly HourRow[]): readonly HourRow[] {
  return rows.toSorted((a, b) => hourOf(a) - hourOf(b));
}

function hourOf({ key: { hour = '' } }: HourRow): number {
  return Date.parse(hour);
}
