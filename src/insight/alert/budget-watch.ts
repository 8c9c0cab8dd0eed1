/** Money that ends too soon, and money that will be left. */
import type { CatalogLine } from '../../campaign/catalog.ts';
import { linesAsWritten } from '../../campaign/catalog.ts';
import type { ReportRow } from '../../state/port.ts';
import type { BudgetLine } from '../report.ts';
import type { Alert, AlertSources } from './alert.ts';
import { about, HOUR_MS, hourOf } from './alert.ts';

const DAY_MS = 24 * HOUR_MS;
/** Its end so much before the end of its time is told. */
const EARLY_DAY_MS = HOUR_MS;
const EARLY_LIFETIME_MS = 12 * HOUR_MS;
/** Of the limit; less says nothing about the rest. */
const SPENT_SHARE_MIN = 0.05;
const SHORT_SHARE = 0.8;
/** Of a flight; before that a forecast is a guess. */
const PASSED_SHARE_MIN = 0.2;

export function budgetAlerts(sources: AlertSources): Alert[] {
  const { catalog, nowMs, budgets = [], rows } = sources;
  const lines = linesAsWritten(catalog);
  return budgets.flatMap((budget): Alert[] => {
    const own = lines.filter(({ campaign, lineItem }) =>
      budget.scope === 'campaign' ? campaign.id === budget.id : lineItem.id === budget.id,
    );
    const live = own.filter(
      ({ flightStartMs, flightEndMs }) => nowMs >= flightStartMs && nowMs < flightEndMs,
    );
    if (live.length === 0 || budget.limitMicros === 0) return [];
    const spent = rows.filter(
      ({ key }) => (budget.scope === 'campaign' ? key.campaign : key.line_item) === budget.id,
    );
    return budget.period === 'day'
      ? endingToday(budget, live[0]!, spent, nowMs)
      : [...endingForGood(budget, live, spent, nowMs), ...willBeLeft(budget, live, spent, nowMs)];
  });
}

function endingToday(
  budget: BudgetLine,
  line: CatalogLine,
  rows: readonly ReportRow[],
  nowMs: number,
): Alert[] {
  const { dayStartMs, dayEndMs } = line.zone.at(nowMs);
  const endsMs = endOf(budget, rows, nowMs);
  if (endsMs === undefined || endsMs >= dayEndMs - EARLY_DAY_MS) return [];
  const at = clockAt(line, endsMs);
  return [
    {
      ...about('budget_ending', budget.scope, budget.id, dayStartMs),
      confidence: confidenceOf(budget, rows, nowMs),
      message:
        endsMs <= nowMs
          ? `The day’s budget of ${budget.id} is spent.`
          : `The day’s budget of ${budget.id} will end at ${at}.`,
      cause: `It spends as fast as it has in the last hour, and ${Math.round((100 * budget.spentMicros) / budget.limitMicros)} % is spent.`,
      remedy: 'Pace it evenly, raise the budget of the day, or lower the bid.',
      timesInMonth: 1 + daysEndedEarly(budget, rows, dayStartMs),
    },
  ];
}

function endingForGood(
  budget: BudgetLine,
  lines: readonly CatalogLine[],
  rows: readonly ReportRow[],
  nowMs: number,
): Alert[] {
  const flightEndMs = Math.max(...lines.map((line) => line.flightEndMs));
  const endsMs = endOf(budget, rows, nowMs);
  if (endsMs === undefined || endsMs > nowMs + DAY_MS || endsMs >= flightEndMs - EARLY_LIFETIME_MS) return [];
  const left = Number.isFinite(flightEndMs)
    ? `${((flightEndMs - endsMs) / DAY_MS).toFixed(1)} days before its flight`
    : 'with no end to its flight';
  return [
    {
      ...about('budget_ending', budget.scope, budget.id, Math.min(nowMs, firstRowMs(rows))),
      id: `budget_ending/${budget.id}/lifetime`,
      confidence: confidenceOf(budget, rows, nowMs),
      message:
        endsMs <= nowMs
          ? `The whole budget of ${budget.id} is spent, ${left}.`
          : `The whole budget of ${budget.id} will end at ${clockAt(lines[0]!, endsMs)}, ${left}.`,
      cause: 'It spends as fast as it has in the last hours.',
      remedy: 'Raise the budget, or end the flight.',
      timesInMonth: 1,
    },
  ];
}

function willBeLeft(
  budget: BudgetLine,
  lines: readonly CatalogLine[],
  rows: readonly ReportRow[],
  nowMs: number,
): Alert[] {
  const startMs = Math.max(Math.min(...lines.map((line) => line.flightStartMs)), firstRowMs(rows));
  const endMs = Math.max(...lines.map((line) => line.flightEndMs));
  if (!Number.isFinite(startMs) || !Number.isFinite(endMs)) return [];
  const passed = (nowMs - startMs) / (endMs - startMs);
  if (passed < PASSED_SHARE_MIN || nowMs - startMs < DAY_MS) return [];
  const lately = between(rows, nowMs - DAY_MS, nowMs);
  const projected = budget.spentMicros + (lately / DAY_MS) * (endMs - nowMs);
  if (projected >= SHORT_SHARE * budget.limitMicros) return [];
  const days = Array.from({ length: 7 }, (_, ago) =>
    between(rows, nowMs - (ago + 1) * DAY_MS, nowMs - ago * DAY_MS),
  );
  const below = days.filter(
    (micros) => budget.spentMicros + (micros / DAY_MS) * (endMs - nowMs) < SHORT_SHARE * budget.limitMicros,
  );
  return [
    {
      ...about('under_delivery', budget.scope, budget.id, startMs),
      confidence: below.length / days.length,
      message: `${budget.id} will spend ${money(projected)} of ${money(budget.limitMicros)} by the end of its flight, as it goes.`,
      cause: `It spent ${money(lately)} in the last day; ${money((budget.limitMicros - budget.spentMicros) / Math.max(1e-9, (endMs - nowMs) / DAY_MS))} a day would be needed.`,
      remedy: 'Ask its funnel where most chances are lost; widen targeting, or raise the bid.',
      timesInMonth: 1,
    },
  ];
}

/** By the pace of the last hour and the one at hand; undefined where it stands still or has hardly begun. */
function endOf(
  { limitMicros, spentMicros }: BudgetLine,
  rows: readonly ReportRow[],
  nowMs: number,
): number | undefined {
  if (spentMicros >= limitMicros) return nowMs;
  if (spentMicros < SPENT_SHARE_MIN * limitMicros) return undefined;
  const fromMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - HOUR_MS;
  const pace = between(rows, fromMs, nowMs) / (nowMs - fromMs);
  return pace > 0 ? nowMs + (limitMicros - spentMicros) / pace : undefined;
}

/** How steady its hours are: one less the deviation of its pace. */
function confidenceOf(
  { limitMicros, spentMicros }: BudgetLine,
  rows: readonly ReportRow[],
  nowMs: number,
): number {
  if (spentMicros >= limitMicros) return 1;
  const hours = Array.from({ length: 6 }, (_, ago) =>
    between(rows, nowMs - (ago + 1) * HOUR_MS, nowMs - ago * HOUR_MS),
  );
  const mean = hours.reduce((sum, micros) => sum + micros, 0) / hours.length;
  const deviation = Math.sqrt(hours.reduce((sum, micros) => sum + (micros - mean) ** 2, 0) / hours.length);
  return mean > 0 ? Math.max(0.5, 1 - deviation / mean / 2) : 0.5;
}

function daysEndedEarly({ limitMicros }: BudgetLine, rows: readonly ReportRow[], dayStartMs: number): number {
  let times = 0;
  for (let ago = 1; ago <= 29; ago++) {
    const fromMs = dayStartMs - ago * DAY_MS;
    if (between(rows, fromMs, fromMs + DAY_MS - EARLY_DAY_MS) >= 0.999 * limitMicros) times++;
  }
  return times;
}

function between(rows: readonly ReportRow[], fromMs: number, toMs: number): number {
  let micros = 0;
  for (const { key, spendMicros } of rows) {
    const hourMs = hourOf(key.hour);
    // Of an hour that lies in it by a part, as much.
    const part = Math.min(hourMs + HOUR_MS, toMs) - Math.max(hourMs, fromMs);
    if (part > 0) micros += hourMs + HOUR_MS > toMs ? spendMicros : (spendMicros * part) / HOUR_MS;
  }
  return micros;
}

function firstRowMs(rows: readonly ReportRow[]): number {
  return rows.reduce((first, { key }) => Math.min(first, hourOf(key.hour)), Number.POSITIVE_INFINITY);
}

function clockAt({ zone }: CatalogLine, atMs: number): string {
  const { dayStartMs, day } = zone.at(atMs);
  const minutes = Math.floor((atMs - dayStartMs) / 60_000);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)} on ${day}`;
}

function money(micros: number): string {
  return (micros / 1e6).toFixed(2);
}
