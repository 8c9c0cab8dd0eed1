/**
 * What a buyer should look at now, worked out from hourly sums when somebody asks: line items that have stopped delivering, prices and
 * win rates unlike any before, money spent beyond a limit, creatives that exchanges turn away. Each says since when, how sure that is,
 * what is behind it as far as the sums show, and what can be done.
 */

import { linesAsWritten } from '../../campaign/catalog.ts';
import { hasBit } from '../../core/bitset.ts';
import type { CountRow, ReportRow } from '../../state/port.ts';
import { funnelOf } from '../funnel.ts';
import type { Alert, AlertKind, AlertSources } from './alert.ts';
import { about, HOUR_MS, hourOf, nameOf } from './alert.ts';
import { budgetAlerts } from './budget-watch.ts';
import { conversionAlerts } from './conversion-watch.ts';
import { discrepancyAlerts } from './discrepancy-watch.ts';
import { healthAlerts } from './health-watch.ts';
import { SeriesWatch } from './series-watch.ts';

export const ALERT_HISTORY_MS = 61 * 24 * HOUR_MS;
/** A month to look back over, and what each of its days is compared with. */
export const ALERT_DETAIL_MS = 44 * 24 * HOUR_MS;
const MONTH_MS = 30 * 24 * HOUR_MS;
/** A leap is told for so long. */
const NEWS_MS = 24 * HOUR_MS;
/** An hour with fewer tells too little of a price, or of a rate. */
const IMPRESSIONS_MIN = 100;
const BIDS_MIN = 200;
/** A line item that showed so little in a day may well show nothing for an hour. */
const DAILY_IMPRESSIONS_MIN = 72;
const IN_A_ROW_MIN = 20;
const SPENT_SHARE = 0.95;

/** The latest first. */
export function alertsOf(sources: AlertSources): readonly Alert[] {
  return [
    ...silentLines(sources),
    ...shifts(sources, 'price_shift', ({ impressions, spendMicros }) =>
      impressions < IMPRESSIONS_MIN ? undefined : spendMicros / impressions / 1000,
    ),
    ...shifts(sources, 'win_rate_shift', ({ bids, wins, impressions }) =>
      bids < BIDS_MIN ? undefined : Math.max(wins, impressions) / bids,
    ),
    ...overspent(sources),
    ...rejected(sources),
    ...conversionAlerts(sources),
    ...budgetAlerts(sources),
    ...healthAlerts(sources),
    ...discrepancyAlerts(sources),
  ].sort((a, b) => b.sinceMs - a.sinceMs);
}

function silentLines({ catalog, nowMs, rows, counts, budgets = [] }: AlertSources): Alert[] {
  // What has no money is not silent; that it has none is told by itself.
  const spent = new Set(
    budgets
      .filter(({ limitMicros, spentMicros }) => spentMicros >= SPENT_SHARE * limitMicros)
      .map(({ scope, id }) => `${scope}/${id}`),
  );
  const alerts: Alert[] = [];
  const byLine = Map.groupBy(rows, ({ key }) => key.line_item ?? '');
  for (const line of linesAsWritten(catalog)) {
    if (!hasBit(catalog.active, line.number) || nowMs < line.flightStartMs || nowMs >= line.flightEndMs)
      continue;
    if (spent.has(`campaign/${line.campaign.id}`) || spent.has(`line_item/${line.lineItem.id}`)) continue;
    const shown = (byLine.get(line.lineItem.id) ?? []).filter(({ impressions }) => impressions > 0);
    const hours = [...new Set(shown.map(({ key }) => hourOf(key.hour)))].sort((a, b) => a - b);
    const last = hours.at(-1);
    // The hour that has just begun says nothing yet.
    if (last === undefined || nowMs - last < 2 * HOUR_MS) continue;
    const dayBefore = shown
      .filter(({ key }) => hourOf(key.hour) > last - 24 * HOUR_MS)
      .reduce((sum, { impressions }) => sum + impressions, 0);
    if (dayBefore < DAILY_IMPRESSIONS_MIN) continue;
    const sinceMs = last + HOUR_MS;
    const missed = ((nowMs - sinceMs) / HOUR_MS) * (dayBefore / 24);
    alerts.push({
      ...about('no_delivery', 'line_item', line.lineItem.id, sinceMs),
      // By chance nothing would come so seldom, were showings independent (Poisson).
      confidence: 1 - Math.exp(-missed),
      message: `${nameOf(line)} has shown nothing for ${Math.floor((nowMs - sinceMs) / HOUR_MS)} h; the day before it showed ${dayBefore}.`,
      ...whyNothing(line.lineItem.id, counts),
      timesInMonth: 1 + gapsIn(hours, nowMs),
    });
  }
  return alerts;
}

function whyNothing(lineItemId: string, counts: readonly CountRow[]): Pick<Alert, 'cause' | 'remedy'> {
  const { requests, bids, largest } = funnelOf(lineItemId, true, counts, { wins: 0, impressions: 0 });
  if (requests === 0)
    return { cause: 'No exchange sends requests.', remedy: 'Look at the connection to the exchanges.' };
  if (bids > 0)
    return {
      cause: `It has bid ${bids} times and won nothing, or nobody told us.`,
      remedy: 'Raise the bid, or look whether notices of the exchange arrive.',
    };
  return largest
    ? { cause: `${largest.reason}, ${largest.count} of ${requests} chances.`, remedy: largest.remedy }
    : { cause: 'Not known.', remedy: 'Explain a request that it should have bid on.' };
}

/** Former silences of two hours and more. */
function gapsIn(hours: readonly number[], nowMs: number): number {
  return hours.filter(
    (hour, place) => place > 0 && hour > nowMs - MONTH_MS && hour - hours[place - 1]! > 2 * HOUR_MS,
  ).length;
}

type Sums = Pick<ReportRow, 'bids' | 'wins' | 'impressions' | 'spendMicros'>;

function shifts(
  { nowMs, rows }: AlertSources,
  kind: 'price_shift' | 'win_rate_shift',
  figureOf: (sums: Sums) => number | undefined,
): Alert[] {
  const alerts: Alert[] = [];
  for (const [exchangeId, own] of Map.groupBy(rows, ({ key }) => key.exchange ?? '')) {
    const byHour = sumsByHour(own);
    const first = Math.min(...byHour.keys());
    const watch = new SeriesWatch();
    const alarms: { atMs: number; score: number; figure: number; expected: number }[] = [];
    for (let hour = first; hour + HOUR_MS <= nowMs; hour += HOUR_MS) {
      const sums = byHour.get(hour);
      const figure = sums && figureOf(sums);
      if (figure === undefined) {
        watch.skip();
        continue;
      }
      const { isAlarm, score, expected = 0 } = watch.next(figure);
      if (isAlarm) alarms.push({ atMs: hour, score, figure, expected });
    }
    const latest = alarms.at(-1);
    if (!latest || nowMs - latest.atMs > NEWS_MS) continue;
    const what = kind === 'price_shift' ? 'What a thousand impressions cost' : 'The share of bids won';
    alerts.push({
      ...about(kind, 'exchange', exchangeId, latest.atMs),
      confidence: 1 - 1 / Math.abs(latest.score),
      message: `${what} at ${exchangeId} was ${latest.figure.toPrecision(3)} where ${latest.expected.toPrecision(3)} is usual at this hour.`,
      cause: carriedBy(own, latest.atMs, kind),
      remedy: 'Look at the line items that carried it; their bids, or the exchange, have changed.',
      timesInMonth: alarms.filter(({ atMs }) => atMs > nowMs - MONTH_MS).length,
    });
  }
  return alerts;
}

/** The line item whose part of the hour is furthest from its part of the day before. */
function carriedBy(rows: readonly ReportRow[], atMs: number, kind: AlertKind): string {
  const amount = (row: ReportRow): number => (kind === 'price_shift' ? row.spendMicros : row.bids);
  const parts = (within: (hour: number) => boolean): Map<string, number> => {
    const chosen = rows.filter(({ key }) => within(hourOf(key.hour)));
    const all = chosen.reduce((sum, row) => sum + amount(row), 0);
    const shares = new Map<string, number>();
    for (const row of chosen) {
      const id = row.key.line_item ?? '';
      shares.set(id, (shares.get(id) ?? 0) + (all > 0 ? amount(row) / all : 0));
    }
    return shares;
  };
  const now = parts((hour) => hour === atMs);
  const before = parts((hour) => hour < atMs && hour >= atMs - 24 * HOUR_MS);
  const [id, share] = [...now].sort(
    ([a, own], [b, other]) => other - (before.get(b) ?? 0) - (own - (before.get(a) ?? 0)),
  )[0] ?? ['', 0];
  const percent = (part: number) => `${Math.round(100 * part)} %`;
  return id === ''
    ? 'Not known.'
    : `${id} made ${percent(share)} of it, the day before ${percent(before.get(id) ?? 0)}.`;
}

function overspent({ nowMs, rows }: AlertSources): Alert[] {
  const recent = rows.filter(
    ({ key, lateSpendMicros }) => lateSpendMicros > 0 && hourOf(key.hour) > nowMs - NEWS_MS,
  );
  return [...Map.groupBy(recent, ({ key }) => key.campaign ?? '')].map(([campaignId, own]) => {
    const micros = own.reduce((sum, row) => sum + row.lateSpendMicros, 0);
    return {
      ...about('overspend', 'campaign', campaignId, Math.min(...own.map(({ key }) => hourOf(key.hour)))),
      confidence: 1,
      message: `${campaignId} was charged ${(micros / 1e6).toFixed(2)} beyond its limit.`,
      cause: 'Wins were told after their reservation had been freed.',
      remedy:
        'Let reservations stand longer for the exchange (`winSeconds`), or lower the limit by what comes late.',
      timesInMonth: new Set(
        rows
          .filter(({ key, lateSpendMicros }) => key.campaign === campaignId && lateSpendMicros > 0)
          .map(({ key }) => key.hour?.slice(0, 10)),
      ).size,
    };
  });
}

function rejected({ rejections }: AlertSources): Alert[] {
  return rejections
    .filter(({ inARow }) => inARow >= IN_A_ROW_MIN)
    .map(({ exchangeId, creativeId, code, inARow, sinceMs }) => ({
      ...about('creative_rejected', 'creative', creativeId, sinceMs),
      id: `creative_rejected/${creativeId}@${exchangeId}`,
      confidence: 1,
      message: `${exchangeId} has turned ${creativeId} away ${inARow} times in a row.`,
      cause: `Loss code ${code} of the exchange.`,
      remedy: 'Have it approved there, or take it out for this exchange.',
      timesInMonth: 1,
    }));
}

function sumsByHour(rows: readonly ReportRow[]): Map<number, Sums> {
  const byHour = new Map<number, { -readonly [Key in keyof Sums]: Sums[Key] }>();
  for (const row of rows) {
    const hour = hourOf(row.key.hour);
    let sums = byHour.get(hour);
    if (!sums) byHour.set(hour, (sums = { bids: 0, wins: 0, impressions: 0, spendMicros: 0 }));
    sums.bids += row.bids;
    sums.wins += row.wins;
    sums.impressions += row.impressions;
    sums.spendMicros += row.spendMicros;
  }
  return byHour;
}
