/** Hours of the week, in the campaign's or the user's zone, each with a factor on the bid. */

import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Bitset } from '../../core/bitset.ts';
import { andInto, fullBitset, removeBit } from '../../core/bitset.ts';
import type { Zone } from '../../core/zone.ts';
import type { Dimension, DimensionIndex, LineContext, Probe } from './dimension.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const slot = Type.Object(
  {
    days: Type.Optional(
      Type.Array(
        Type.Union(
          [
            Type.Literal('mon'),
            Type.Literal('tue'),
            Type.Literal('wed'),
            Type.Literal('thu'),
            Type.Literal('fri'),
            Type.Literal('sat'),
            Type.Literal('sun'),
          ],
          { description: 'Day.' },
        ),
        { minItems: 1, maxItems: 7, description: 'Days; all seven where absent.' },
      ),
    ),
    hours: Type.Optional(
      Type.String({
        pattern: '^([01]?\\d|2[0-3])-([01]?\\d|2[0-4])$',
        description:
          'From the start of one hour to the start of another: 8-20 ends at 20:00, 22-6 runs into the next day. All day where absent.',
      }),
    ),
    multiplier: Type.Optional(
      Type.Number({ minimum: 0.1, maximum: 10, description: 'Factor on the bid; 1 where absent.' }),
    ),
  },
  { additionalProperties: false, description: 'Hours of some days.' },
);
const schema = Type.Object(
  {
    slots: Type.Array(slot, {
      minItems: 1,
      maxItems: 168,
      description: 'Hours of delivery; all others are off. Where two overlap the later one counts.',
    }),
    zone: Type.Optional(
      Type.Union([Type.Literal('campaign'), Type.Literal('user')], {
        description:
          'Whose clock: the campaign’s (unless said otherwise), or the user’s, by the offset in the request; an unknown one is refused.',
      }),
    ),
  },
  { additionalProperties: false, description: 'Hours of the week.' },
);
export type DaypartRule = Static<typeof schema>;

export const daypart = {
  name: 'daypart',
  schema,
  level: 'request',
  cost: 60,
  accepts: (rule, probe, line) => daypartMultiplier(rule, probe, line) > 0,
  index,
} as const satisfies Dimension<DaypartRule>;

/** Factor of the hour, 0 where it is off or not known. */
export function daypartMultiplier(rule: DaypartRule, probe: Probe, line: LineContext): number {
  const hour = rule.zone === 'user' ? userHour(probe) : line.zone.at(probe.nowMs).hourOfWeek;
  return hour === undefined ? 0 : gridOf(rule)[hour]!;
}

const HOURS = 168;

/** Offsets of real zones lie between -12 and +14 hours; others are not believed. */
function userHour({ request, nowMs }: Probe): number | undefined {
  const offset = request.device.geo.utcOffsetMinutes;
  if (offset === undefined || !(offset >= -720 && offset <= 840)) return undefined;
  const hours = Math.floor((nowMs + offset * 60_000) / 3_600_000);
  // 1 January 1970 was a Thursday.
  return (((hours + 72) % HOURS) + HOURS) % HOURS;
}

/** A fact of the rule alone, kept as long as the rule. */
const grids = new WeakMap<DaypartRule, Float64Array>();

function gridOf(rule: DaypartRule): Float64Array {
  let grid = grids.get(rule);
  if (!grid) grids.set(rule, (grid = makeGrid(rule)));
  return grid;
}

function makeGrid(rule: DaypartRule): Float64Array {
  const grid = new Float64Array(HOURS);
  for (const { days = DAYS, hours = '0-24', multiplier = 1 } of rule.slots) {
    const [from = 0, to = 24] = hours.split('-').map(Number);
    const length = to > from ? to - from : to + 24 - from;
    for (const day of days) {
      const start = DAYS.indexOf(day) * 24 + from;
      for (let hour = start; hour < start + length; hour++) grid[hour % HOURS] = multiplier;
    }
  }
  return grid;
}

/** Zones change their offset on a quarter of an hour, so a column of campaigns' clocks holds for its quarter. */
const QUARTER_MS = 900_000;

/**
 * Two columns to AND: lines by the user's clock, one column for each hour of the week, made when it is first needed; and
 * lines by their campaign's clock, one column for the current quarter of an hour.
 */
function index(rules: readonly (DaypartRule | undefined)[], lines: readonly LineContext[]): DimensionIndex {
  const byUser = linesOf(rules, lines, 'user');
  const byCampaign = linesOf(rules, lines, 'campaign');
  const userColumns: (Bitset | undefined)[] = [];
  const userUnknown = column(rules.length, byUser, () => undefined);
  let quarter = Number.NaN;
  let campaignColumn = userUnknown;
  return {
    narrow: (probe, candidates) => {
      if (byUser.length > 0) {
        const hour = userHour(probe);
        const accepting =
          hour === undefined ? userUnknown : (userColumns[hour] ??= column(rules.length, byUser, () => hour));
        if (!andInto(candidates, accepting)) return false;
      }
      if (byCampaign.length === 0) return candidates.some((word) => word !== 0);
      if (quarter !== Math.floor(probe.nowMs / QUARTER_MS)) {
        quarter = Math.floor(probe.nowMs / QUARTER_MS);
        campaignColumn = column(rules.length, byCampaign, (zone) => zone.at(probe.nowMs).hourOfWeek);
      }
      return andInto(candidates, campaignColumn);
    },
  };
}

interface Clocked {
  readonly number: number;
  readonly zone: Zone;
  readonly grid: Float64Array;
}

function linesOf(
  rules: readonly (DaypartRule | undefined)[],
  lines: readonly LineContext[],
  zone: 'user' | 'campaign',
): Clocked[] {
  return rules.flatMap((rule, number) =>
    rule && (rule.zone ?? 'campaign') === zone
      ? { number, zone: lines[number]!.zone, grid: gridOf(rule) }
      : [],
  );
}

/** Everybody but those of `clocked` whose hour is off. */
function column(
  size: number,
  clocked: readonly Clocked[],
  hourIn: (zone: Zone) => number | undefined,
): Bitset {
  const accepting = fullBitset(size);
  const hours = new Map<Zone, number | undefined>();
  for (const { number, zone, grid } of clocked) {
    if (!hours.has(zone)) hours.set(zone, hourIn(zone));
    const hour = hours.get(zone);
    if (hour === undefined || grid[hour] === 0) removeBit(accepting, number);
  }
  return accepting;
}
