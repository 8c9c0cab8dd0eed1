/** Verdict of frequency caps over a person's history. */
import { DateTime } from 'luxon';
import type { CapLevel, CapRule, PersonHistory } from '../../core/history.ts';
import { TOUCH_KINDS } from '../../core/history.ts';

export type CapVerdict = 'frequency_capped' | 'too_soon' | 'cap_unknown';

/**
 * Undefined when all caps pass. No history where caps exist is `cap_unknown`: unknown is not permission. A history whose
 * beginning was forgotten counts as far as it goes: what it holds can cap, what it lacks cannot permit.
 * Three impressions since noon under a cap of 3 a day: `frequency_capped`, until midnight of the campaign's zone.
 */
export function capVerdict(
  caps: readonly CapRule[],
  history: PersonHistory | undefined,
  nowMs: number,
): CapVerdict | undefined {
  if (caps.length === 0) return undefined;
  if (!history) return 'cap_unknown';
  let unknown = false;
  for (const cap of caps) {
    const fromMs = windowStartMs(cap.window, nowMs);
    // A gap admits no event within its length, so one is too many; a cap of n refuses once n are counted.
    const enough = cap.gap ? cap.max + 1 : cap.max;
    if (reaches(cap, history, fromMs, enough)) return cap.gap ? 'too_soon' : 'frequency_capped';
    if (history.completeSinceMs > fromMs) unknown = true;
  }
  return unknown ? 'cap_unknown' : undefined;
}

/** Events that lie in the future, by the clock of another machine, are counted. */
function reaches(cap: CapRule, history: PersonHistory, fromMs: number, enough: number): boolean {
  const objects = columnOf(cap.level, history);
  const kind = TOUCH_KINDS.indexOf(cap.event);
  let left = enough;
  for (let row = 0; row < history.count && left > 0; row++) {
    if (objects[row] === cap.objectNumber && history.kinds[row] === kind && history.atMs[row]! >= fromMs)
      left--;
  }
  return left <= 0;
}

function columnOf(level: CapLevel, history: PersonHistory): Float64Array {
  switch (level) {
    case 'advertiser':
      return history.advertisers;
    case 'campaign':
      return history.campaigns;
    case 'line_item':
      return history.lineItems;
    case 'creative':
      return history.creatives;
  }
}

/**
 * The first instant that counts. A rolling window has passed once its whole length has. A calendar window of n units is
 * the current one and the n − 1 before it, so that no n units in a row ever see more than the cap.
 */
export function windowStartMs(window: CapRule['window'], nowMs: number): number {
  if (window.kind === 'lifetime') return 0;
  if (window.kind === 'rolling') return nowMs - window.lengthMs + 1;
  return calendarStartMs(window, nowMs);
}

type CalendarWindow = Extract<CapRule['window'], { kind: 'calendar' }>;

const MINUTE_MS = 60_000;
/** Every change of a zone's offset since 1970 falls on a quarter of an hour, so all longer units begin on one. */
const QUARTER_MS = 15 * MINUTE_MS;

/** A window belongs to one compiled rule; civil time is asked for once a quarter: 10 µs saved a look, and a bid has many. */
const lastStarts = new WeakMap<CalendarWindow, { readonly quarter: number; readonly startMs: number }>();

function calendarStartMs(window: CalendarWindow, nowMs: number): number {
  const { unit, length, zone } = window;
  if (unit === 'minute') return (Math.floor(nowMs / MINUTE_MS) - (length - 1)) * MINUTE_MS;
  const quarter = Math.floor(nowMs / QUARTER_MS);
  const known = lastStarts.get(window);
  if (known?.quarter === quarter) return known.startMs;
  const current = DateTime.fromMillis(nowMs, { zone: zone.name }).startOf(unit);
  const startMs = current
    .minus({ [unit]: length - 1 })
    .startOf(unit)
    .toMillis();
  lastStarts.set(window, { quarter, startMs });
  return startMs;
}
