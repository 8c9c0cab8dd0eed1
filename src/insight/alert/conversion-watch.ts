/**
 * Whether conversions come as they did: beyond what is still to come of late clicks, and beyond chance. Two looks must agree. By the time of
 * the click, conversions are held against clicks weighed by the share that should have come; by the time of the conversion, against
 * the clicks of the days before it. The first is misled by delays that are longer than is known, the second by clicks that have
 * just become many; neither by both. Counts are compared by the binomial test of two Poisson rates (Przyborowski & Wilenski 1940).
 */
import type { CatalogLine } from '../../campaign/catalog.ts';
import { linesAsWritten } from '../../campaign/catalog.ts';
import type { DelayCurve } from '../../policy/predict/delay.ts';
import { PUBLISHED_DELAYS, shareBy } from '../../policy/predict/delay.ts';
import type { ReportRow } from '../../state/port.ts';
import { betaAtMost } from '../beta.ts';
import type { Alert, AlertSources } from './alert.ts';
import { about, HOUR_MS, hourOf, nameOf } from './alert.ts';
import { causeOf } from './cause.ts';

/** A fall by less is no news. */
const KEPT_SHARE = 0.85;
/** How long it may have lasted; the likeliest of them is told. */
const WINDOWS_HOURS = [6, 12, 24, 48, 72] as const;
const BASE_HOURS = 7 * 24;
const BACK_HOURS = 30 * 24;
const BACK_STEP_HOURS = 6;
/** People who buy twice make counts vary by more than chance alone. */
const DISPERSION = 1.3;
/** Asked every few minutes of every line item, so far out; most of these looks see what the last one saw. */
const CHANCE_MAX = 1e-4;
const SILENT_CHANCE_MAX = 1e-5;
/** The look by the time of conversions is blunt, since those of earlier clicks go on; it need only agree, more so where delays are not known. */
const AGREES = 0.05;
const AGREES_STRICTLY = 1e-3;
const BASE_CONVERSIONS_MIN = 30;
const EXPECTED_MIN = 6;
/** Of conversions to come, after a click. */
const REACH_HOURS = 72;

/** Sums of one object by hour; hour n ends at `endMs` − n hours. */
interface Series {
  readonly endMs: number;
  readonly clicks: Float64Array;
  readonly byClickTime: Float64Array;
  readonly byOwnTime: Float64Array;
  /** Conversions that clicks of the hours before lead to expect at each hour, but for a factor. */
  readonly due: Float64Array;
}

interface Fall {
  readonly sinceMs: number;
  readonly chance: number;
  readonly expected: number;
  readonly came: number;
}

export function conversionAlerts(sources: AlertSources): Alert[] {
  const { catalog, nowMs, byCreative = [] } = sources;
  const byLine = Map.groupBy(byCreative, ({ key }) => key.line_item ?? '');
  const silent = silentAdvertisers(sources, byLine);
  const alerts: Alert[] = silent.map(({ alert }) => alert);
  for (const line of linesAsWritten(catalog)) {
    const rows = byLine.get(line.lineItem.id);
    if (!rows || silent.some(({ id }) => id === line.advertiser.id)) continue;
    const delays = delaysFor(line, sources);
    const series = seriesOf(rows, nowMs, delays);
    const fall = fallAt(series, 0, delays);
    if (!fall) continue;
    const cause = causeOf(line, rows, fall.sinceMs, sources, (ageMs) => shareBy(delays, ageMs));
    alerts.push({
      ...about('conversion_rate_down', 'line_item', line.lineItem.id, fall.sinceMs),
      confidence: 1 - fall.chance,
      message: `${nameOf(line)} had ${fall.came} conversions where its clicks lead to expect ${fall.expected.toFixed(0)} by now.`,
      ...cause,
      timesInMonth: timesInMonth(series, delays),
    });
  }
  return alerts;
}

function delaysFor({ lineItem }: CatalogLine, { delaysOf }: AlertSources): DelayCurve {
  return delaysOf?.(lineItem.id) ?? PUBLISHED_DELAYS;
}

function seriesOf(rows: readonly ReportRow[], nowMs: number, delays: DelayCurve): Series {
  // The hour that has just begun counts with the one before.
  const endMs = Math.ceil(nowMs / HOUR_MS) * HOUR_MS;
  const hours = BACK_HOURS + BASE_HOURS + WINDOWS_HOURS.at(-1)!;
  const clicks = new Float64Array(hours + REACH_HOURS);
  const [byClickTime, byOwnTime, due] = [
    new Float64Array(hours),
    new Float64Array(hours),
    new Float64Array(hours),
  ];
  for (const { key, clicks: came, conversions, conversionsByTouchTime } of rows) {
    const ago = Math.round((endMs - hourOf(key.hour)) / HOUR_MS) - 1;
    if (ago < 0 || ago >= clicks.length) continue;
    clicks[ago]! += came;
    if (ago >= hours) continue;
    byClickTime[ago]! += conversionsByTouchTime;
    byOwnTime[ago]! += conversions;
  }
  const shares = Float64Array.from(
    { length: REACH_HOURS },
    (_, age) =>
      shareBy(delays, (age + 0.5) * HOUR_MS) - (age === 0 ? 0 : shareBy(delays, (age - 0.5) * HOUR_MS)),
  );
  for (let ago = 0; ago < hours; ago++)
    for (let age = 0; age < REACH_HOURS; age++) due[ago]! += clicks[ago + age]! * shares[age]!;
  return { endMs, clicks, byClickTime, byOwnTime, due };
}

/** As it stood so many hours ago, with what is known of those hours today. */
function fallAt(series: Series, hoursAgo: number, delays: DelayCurve): Fall | undefined {
  const { endMs, clicks, byClickTime, byOwnTime, due } = series;
  const weight = (ago: number): number => clicks[ago]! * shareBy(delays, (ago + 0.5) * HOUR_MS);
  let best: Fall | undefined;
  for (const length of WINDOWS_HOURS) {
    const [from, middle, to] = [hoursAgo, hoursAgo + length, hoursAgo + length + BASE_HOURS];
    const sum = (values: (ago: number) => number, low: number, high: number): number => {
      let all = 0;
      for (let ago = low; ago < high; ago++) all += values(ago);
      return all;
    };
    const byClick = {
      came: sum((ago) => byClickTime[ago]!, from, middle),
      before: sum((ago) => byClickTime[ago]!, middle, to),
      weight: sum(weight, from, middle),
      weightBefore: sum(weight, middle, to),
    };
    if (byClick.before < BASE_CONVERSIONS_MIN || byClick.weightBefore === 0) continue;
    const expected = (byClick.before / byClick.weightBefore) * byClick.weight;
    if (expected < EXPECTED_MIN) continue;
    const byTime = {
      came: sum((ago) => byOwnTime[ago]!, from, middle),
      before: sum((ago) => byOwnTime[ago]!, middle, to),
      weight: sum((ago) => due[ago]!, from, middle),
      weightBefore: sum((ago) => due[ago]!, middle, to),
    };
    const chance = Math.min(1, WINDOWS_HOURS.length * chanceOf(byClick));
    const agrees = chanceOf(byTime) < (delays === PUBLISHED_DELAYS ? AGREES_STRICTLY : AGREES);
    if (agrees && chance < CHANCE_MAX && chance < (best?.chance ?? 1))
      best = { sinceMs: endMs - middle * HOUR_MS, chance, expected, came: byClick.came };
  }
  return best;
}

/** Of so few or fewer, had the rate kept 85 % of what it was. */
function chanceOf({
  came,
  before,
  weight,
  weightBefore,
}: {
  readonly came: number;
  readonly before: number;
  readonly weight: number;
  readonly weightBefore: number;
}): number {
  if (weight === 0 || weightBefore === 0) return 1;
  const share = (KEPT_SHARE * weight) / (KEPT_SHARE * weight + weightBefore);
  // P(X ≤ k) of a binomial is the upper part of a beta.
  return 1 - betaAtMost(share, came / DISPERSION + 1, Math.max(before / DISPERSION, 1));
}

/** How many falls there would have been told of in the last thirty days, this one included. */
function timesInMonth(series: Series, delays: DelayCurve): number {
  let times = 0;
  let was = false;
  for (let ago = BACK_HOURS; ago >= 0; ago -= BACK_STEP_HOURS) {
    const is = fallAt(series, ago, delays) !== undefined;
    if (is && !was) times++;
    was = is;
  }
  return Math.max(1, times);
}

/** Nobody has bought anything of an advertiser for longer than chance explains: rarely the buyers, mostly the page or its tracking. */
function silentAdvertisers(
  sources: AlertSources,
  byLine: ReadonlyMap<string, readonly ReportRow[]>,
): { readonly id: string; readonly alert: Alert }[] {
  const found: { id: string; alert: Alert }[] = [];
  for (const [id, lines] of Map.groupBy(linesAsWritten(sources.catalog), ({ advertiser }) => advertiser.id)) {
    const rows = lines.flatMap(({ lineItem }) => byLine.get(lineItem.id) ?? []);
    if (rows.length === 0) continue;
    const series = seriesOf(rows, sources.nowMs, delaysFor(lines[0]!, sources));
    const gap = series.byOwnTime.findIndex((came) => came > 0);
    const all = series.byOwnTime.slice(gap, gap + BASE_HOURS).reduce((sum, came) => sum + came, 0);
    const dueBefore = series.due.slice(gap, gap + BASE_HOURS).reduce((sum, each) => sum + each, 0);
    if (gap < 2 || all < BASE_CONVERSIONS_MIN || dueBefore === 0) continue;
    const missing = (all / dueBefore) * series.due.slice(0, gap).reduce((sum, each) => sum + each, 0);
    const chance = Math.exp(-missing / DISPERSION);
    if (chance >= SILENT_CHANCE_MAX) continue;
    const sinceMs = series.endMs - gap * HOUR_MS;
    const edit = sources.edits?.findLast(
      ({ atMs }) => atMs >= sinceMs - 12 * HOUR_MS && atMs <= sinceMs + 3 * HOUR_MS,
    );
    found.push({
      id,
      alert: {
        ...about('tracking_silent', 'advertiser', id, sinceMs),
        confidence: 1 - chance,
        message: `No conversion of ${id} for ${gap} h, where ${missing.toFixed(0)} are usual; people click as before.`,
        cause: `All exchanges and creatives at once: the landing page at ${hostsOf(lines).join(', ')}, or the reports of its conversions.${edit ? ` The configuration was changed shortly before: ${edit.what}.` : ''}`,
        causeKind: 'site',
        explains: 1,
        remedy:
          'Open the landing page and buy something; look whether /conversion is called, and with which answer.',
        timesInMonth: silencesIn(series),
      },
    });
  }
  return found;
}

function silencesIn({ byOwnTime, due }: Series): number {
  const rate =
    byOwnTime.reduce((sum, came) => sum + came, 0) /
    Math.max(
      1e-9,
      due.reduce((sum, each) => sum + each, 0),
    );
  let [times, missing, told] = [0, 0, false];
  for (let ago = BACK_HOURS - 1; ago >= 0; ago--) {
    if (byOwnTime[ago]! > 0) [missing, told] = [0, false];
    else missing += rate * due[ago]!;
    if (!told && Math.exp(-missing / DISPERSION) < SILENT_CHANCE_MAX) [times, told] = [times + 1, true];
  }
  return Math.max(1, times);
}

function hostsOf(lines: readonly CatalogLine[]): string[] {
  const pages = lines.flatMap(({ creatives }) => creatives.map(({ creative }) => creative.landingPage));
  return [...new Set(pages.flatMap((page) => (URL.canParse(page) ? new URL(page).hostname : [])))];
}
