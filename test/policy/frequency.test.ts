/** Frequency caps over histories. This file is one thing: the windows of a cap, each against a slow reference. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CapRule, HistoryTouch, PersonHistory } from '../../src/core/history.ts';
import { TOUCH_KINDS, withTouch } from '../../src/core/history.ts';
import { objectNumber } from '../../src/core/ids.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import { capVerdict, windowStartMs } from '../../src/policy/frequency/cap.ts';

const SEED = 20261123;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 23, 12);

const NOBODY: PersonHistory = {
  count: 0,
  kinds: new Uint8Array(0),
  atMs: new Float64Array(0),
  advertisers: new Float64Array(0),
  campaigns: new Float64Array(0),
  lineItems: new Float64Array(0),
  creatives: new Float64Array(0),
  completeSinceMs: 0,
};

type Row = Omit<HistoryTouch, 'userKey' | 'bidId'>;

function row(atMs: number, more: Partial<Row> = {}): Row {
  const ids = { advertiserId: 'a', campaignId: 'c', lineItemId: 'l', creativeId: 'k' };
  return { kind: 'impression', atMs, ...ids, ...more };
}

function historyOf(rows: readonly Row[], completeSinceMs = 0): PersonHistory {
  return { ...rows.reduce(withTouch, NOBODY), completeSinceMs };
}

function cap(max: number, window: CapRule['window'], more: Partial<CapRule> = {}): CapRule {
  return {
    level: 'line_item',
    objectNumber: objectNumber('line_item', 'l'),
    event: 'impression',
    max,
    window,
    gap: false,
    ...more,
  };
}

const lifetime = { kind: 'lifetime' } as const;
const rolling = (lengthMs: number) => ({ kind: 'rolling', lengthMs }) as const;
type Unit = Extract<CapRule['window'], { kind: 'calendar' }>['unit'];
const calendar = (unit: Unit, length: number, zone: string) =>
  ({ kind: 'calendar', unit, length, zone: zoneNamed(zone) }) as const;

describe('a frequency cap', () => {
  it('passes everybody where there is none, known or not', () => {
    expect(capVerdict([], undefined, NOON)).toBeUndefined();
    expect(capVerdict([], NOBODY, NOON)).toBeUndefined();
  });

  it('permits nothing to a person that nothing is known of', () => {
    expect(capVerdict([cap(3, lifetime)], undefined, NOON)).toBe('cap_unknown');
    expect(capVerdict([cap(3, lifetime)], NOBODY, NOON)).toBeUndefined();
  });

  it('refuses once its number is reached, not before', () => {
    const seen = [row(NOON - 3 * HOUR), row(NOON - 2 * HOUR), row(NOON - HOUR)];
    expect(capVerdict([cap(3, rolling(DAY))], historyOf(seen.slice(1)), NOON)).toBeUndefined();
    expect(capVerdict([cap(3, rolling(DAY))], historyOf(seen), NOON)).toBe('frequency_capped');
  });

  it('of none refuses always', () => {
    expect(capVerdict([cap(0, rolling(DAY))], NOBODY, NOON)).toBe('frequency_capped');
  });

  it('counts only its own object, level and event', () => {
    const others = [
      row(NOON - 1, { lineItemId: 'other' }),
      row(NOON - 1, { kind: 'click' }),
      // An advertiser of the same name as the line item.
      row(NOON - 1, { lineItemId: 'x', advertiserId: 'l' }),
    ];
    expect(capVerdict([cap(1, lifetime)], historyOf(others), NOON)).toBeUndefined();
    expect(capVerdict([cap(1, lifetime, { event: 'click' })], historyOf(others), NOON)).toBe(
      'frequency_capped',
    );
  });

  it('rolls: an event stops counting when the whole length has passed', () => {
    const history = historyOf([row(NOON)]);
    expect(capVerdict([cap(1, rolling(HOUR))], history, NOON + HOUR - 1)).toBe('frequency_capped');
    expect(capVerdict([cap(1, rolling(HOUR))], history, NOON + HOUR)).toBeUndefined();
  });

  it('as a gap refuses with too_soon until its length has passed', () => {
    const gap = cap(0, rolling(10 * MINUTE), { gap: true });
    expect(capVerdict([gap], NOBODY, NOON)).toBeUndefined();
    expect(capVerdict([gap], historyOf([row(NOON)]), NOON + 10 * MINUTE - 1)).toBe('too_soon');
    expect(capVerdict([gap], historyOf([row(NOON)]), NOON + 10 * MINUTE)).toBeUndefined();
  });

  it('counts what another machine’s clock puts into the future', () => {
    expect(capVerdict([cap(1, rolling(HOUR))], historyOf([row(NOON + MINUTE)]), NOON)).toBe(
      'frequency_capped',
    );
  });

  it('all must pass', () => {
    const history = historyOf([row(NOON - 2 * DAY)]);
    expect(capVerdict([cap(1, rolling(HOUR)), cap(1, lifetime)], history, NOON)).toBe('frequency_capped');
  });

  it('is unknown where rows that it needs were dropped, and caps with those that were kept', () => {
    const forgotten = historyOf([row(NOON - HOUR)], NOON - DAY);
    expect(capVerdict([cap(2, rolling(DAY - MINUTE))], forgotten, NOON)).toBeUndefined();
    expect(capVerdict([cap(2, rolling(DAY + MINUTE))], forgotten, NOON)).toBe('cap_unknown');
    expect(capVerdict([cap(2, lifetime)], forgotten, NOON)).toBe('cap_unknown');
    expect(capVerdict([cap(1, lifetime)], forgotten, NOON)).toBe('frequency_capped');
  });

  it('begins anew at midnight of its zone', () => {
    const window = calendar('day', 1, 'Asia/Kolkata');
    const midnight = Date.UTC(2026, 10, 22, 18, 30);
    const history = historyOf([row(midnight - 1)]);
    expect(capVerdict([cap(1, window)], history, midnight - 1)).toBe('frequency_capped');
    expect(capVerdict([cap(1, window)], history, midnight)).toBeUndefined();
    expect(capVerdict([cap(1, window)], historyOf([row(midnight)]), midnight + 23 * HOUR)).toBe(
      'frequency_capped',
    );
  });
});

/** Civil fields of an instant by the platform's own calendar: nothing of it is shared with the code under test. */
function civil(zone: string): (atMs: number) => Record<string, string> {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    calendar: 'iso8601',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    weekday: 'short',
    timeZoneName: 'longOffset',
    hourCycle: 'h23',
  });
  return (atMs) => Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
}

/** Names the unit that an instant lies in; two instants are in the same unit when the names agree. */
function unitName(unit: Exclude<Unit, 'week' | 'minute'>, parts: Record<string, string>): string {
  const day = `${parts['year']}-${parts['month']}-${parts['day']}`;
  if (unit === 'month') return day.slice(0, 7);
  // The hour that is repeated when clocks go back is two hours, told apart by their offsets.
  return unit === 'day' ? day : `${day} ${parts['hour']} ${parts['timeZoneName']}`;
}

/** Walks back a quarter of an hour at a time and counts where units begin. */
function slowStart(unit: Exclude<Unit, 'minute'>, length: number, zone: string, nowMs: number): number {
  const fields = civil(zone);
  const named = (atMs: number) => unitName(unit === 'week' ? 'day' : unit, fields(atMs));
  let at = Math.floor(nowMs / (15 * MINUTE)) * 15 * MINUTE;
  for (let begun = 0; ; at -= 15 * MINUTE) {
    const starts = named(at - 15 * MINUTE) !== named(at);
    if (starts && (unit !== 'week' || fields(at)['weekday'] === 'Mon') && ++begun === length) return at;
  }
}

// With clocks that change at midnight, by half an hour, and offsets of half and quarter hours.
const ZONES = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'America/Santiago',
  'Africa/Cairo',
  'Asia/Beirut',
  'Australia/Sydney',
];

describe('a calendar window', () => {
  const instant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2028, 0, 1) });
  /** Most draws near a change of clocks somewhere: March, April, October, November. */
  const nearChange = fc
    .tuple(
      fc.integer({ min: 2024, max: 2027 }),
      fc.constantFrom(2, 3, 8, 9, 10),
      fc.integer({ min: 0, max: 31 * DAY }),
    )
    .map(([year, month, offset]) => Date.UTC(year, month, 1) + offset);

  it.each(['hour', 'day', 'week', 'month'] as const)(
    'of %ss begins where the platform’s calendar says, also when clocks change',
    (unit) => {
      fc.assert(
        fc.property(
          fc.constantFrom(...ZONES),
          fc.integer({ min: 1, max: unit === 'hour' || unit === 'day' ? 3 : 2 }),
          fc.oneof(instant, nearChange),
          (zone, length, nowMs) => {
            expect(windowStartMs(calendar(unit, length, zone), nowMs)).toBe(
              slowStart(unit, length, zone, nowMs),
            );
          },
        ),
        { seed: SEED, numRuns: unit === 'month' ? 6 : 30 },
      );
    },
  );

  it('of minutes begins on the minute', () => {
    const nowMs = NOON + 7 * MINUTE + 12_345;
    expect(windowStartMs(calendar('minute', 1, 'Asia/Kolkata'), nowMs)).toBe(NOON + 7 * MINUTE);
    expect(windowStartMs(calendar('minute', 5, 'Asia/Kolkata'), nowMs)).toBe(NOON + 3 * MINUTE);
  });

  it('stays the same within its unit and never goes back, asked over and over', () => {
    const window = calendar('day', 1, 'America/New_York');
    let last = 0;
    // The days on which New York's clocks go back: 25 hours.
    for (let nowMs = Date.UTC(2026, 9, 31); nowMs < Date.UTC(2026, 10, 4); nowMs += 7 * MINUTE) {
      const start = windowStartMs(window, nowMs);
      expect(start).toBeGreaterThanOrEqual(last);
      expect(start).toBeLessThanOrEqual(nowMs);
      expect(start).toBe(zoneNamed('America/New_York').at(nowMs).dayStartMs);
      last = start;
    }
  });
});

describe('the verdict', () => {
  const id = fc.constantFrom('p', 'q');
  const touch = fc.record({
    kind: fc.constantFrom(...TOUCH_KINDS),
    atMs: fc.integer({ min: NOON - 3 * DAY, max: NOON }),
    advertiserId: id,
    campaignId: id,
    lineItemId: id,
    creativeId: id,
  });
  const LEVELS = ['advertiser', 'campaign', 'line_item', 'creative'] as const;
  const rule = fc.record({
    level: fc.constantFrom(...LEVELS),
    name: id,
    event: fc.constantFrom(...TOUCH_KINDS),
    max: fc.integer({ min: 0, max: 3 }),
    window: fc.oneof(
      fc.constant(lifetime),
      fc.integer({ min: 1, max: 4 * DAY }).map(rolling),
      fc.constantFrom(calendar('day', 1, 'Europe/Berlin'), calendar('hour', 6, 'UTC')),
    ),
    gap: fc.boolean(),
  });
  const ID_OF = {
    advertiser: 'advertiserId',
    campaign: 'campaignId',
    line_item: 'lineItemId',
    creative: 'creativeId',
  } as const;

  it('agrees with counting by hand', () => {
    fc.assert(
      fc.property(
        fc.array(touch, { maxLength: 25 }),
        fc.array(rule, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: NOON - 4 * DAY, max: NOON }),
        (touches, rules, completeSinceMs) => {
          const kept = touches.filter(({ atMs }) => atMs >= completeSinceMs);
          const compiled = rules.map(
            ({ name, ...rest }): CapRule => ({
              ...rest,
              objectNumber: objectNumber(rest.level, name),
            }),
          );
          const verdict = capVerdict(compiled, historyOf(kept, completeSinceMs), NOON);
          const counted = rules.map(({ level, name, event, max, window, gap }) => {
            const fromMs =
              window.kind === 'rolling' ? NOON - window.lengthMs : windowStartMs(window, NOON) - 1;
            const inWindow = kept.filter(
              (one) => one.kind === event && one[ID_OF[level]] === name && one.atMs > fromMs,
            ).length;
            return {
              stops: gap ? inWindow > max : inWindow >= max,
              gap,
              known: completeSinceMs <= fromMs + 1,
            };
          });
          const stopping = counted.find(({ stops }) => stops);
          const expected = stopping
            ? stopping.gap
              ? 'too_soon'
              : 'frequency_capped'
            : counted.some(({ known }) => !known)
              ? 'cap_unknown'
              : undefined;
          expect(verdict).toBe(expected);
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('on what was kept is never milder than on everything', () => {
    fc.assert(
      fc.property(
        fc.array(touch, { maxLength: 25 }),
        rule,
        fc.integer({ min: NOON - 4 * DAY, max: NOON }),
        (touches, { name, ...rest }, completeSinceMs) => {
          const caps = [{ ...rest, objectNumber: objectNumber(rest.level, name) }];
          const whole = capVerdict(caps, historyOf(touches), NOON);
          const kept = historyOf(
            touches.filter(({ atMs }) => atMs >= completeSinceMs),
            completeSinceMs,
          );
          if (whole !== undefined) expect(capVerdict(caps, kept, NOON)).toBeDefined();
        },
      ),
      { seed: SEED, numRuns: 1000 },
    );
  });
});
