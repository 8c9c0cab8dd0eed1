/** Civil time in a named zone, from the tz database. Days may have 23, 24 or 25 hours; nothing here adds 86,400,000. */
import { DateTime, IANAZone } from 'luxon';

export interface ZoneHour {
  /** yyyy-mm-dd in the zone. */
  readonly day: string;
  /** 0 (Monday 00:00) to 167 (Sunday 23:00). */
  readonly hourOfWeek: number;
  readonly dayStartMs: number;
  readonly dayEndMs: number;
}

export interface Zone {
  readonly name: string;
  at(nowMs: number): ZoneHour;
  /** First instant of a civil date, and of the next one. */
  bounds(day: string): { readonly startMs: number; readonly endMs: number };
}

export function isZone(name: string): boolean {
  return IANAZone.isValidZone(name);
}

const zones = new Map<string, Zone>();

/** Zones are immutable facts, so one instance of each is shared. @throws RangeError for a name the tz database lacks. */
export function zoneNamed(name: string): Zone {
  let zone = zones.get(name);
  if (!zone) {
    zone = makeZone(name);
    zones.set(name, zone);
  }
  return zone;
}

function makeZone(name: string): Zone {
  if (!isZone(name)) throw new RangeError(`unknown time zone: ${name}`);
  // Every offset change of the tz database since 1970 falls on a quarter of an hour, so an answer holds for its quarter.
  const QUARTER_MS = 900_000;
  const cache = new Map<number, ZoneHour>();
  const bounds = (day: string) => {
    const start = DateTime.fromISO(day, { zone: name }).startOf('day');
    return { startMs: start.toMillis(), endMs: start.plus({ days: 1 }).startOf('day').toMillis() };
  };
  return {
    name,
    bounds,
    at: (nowMs) => {
      const quarter = Math.floor(nowMs / QUARTER_MS);
      const known = cache.get(quarter);
      if (known) return known;
      const local = DateTime.fromMillis(nowMs, { zone: name });
      const day = local.toISODate() ?? '1970-01-01';
      const { startMs, endMs } = bounds(day);
      const hour = {
        day,
        hourOfWeek: (local.weekday - 1) * 24 + local.hour,
        dayStartMs: startMs,
        dayEndMs: endMs,
      };
      if (cache.size > 96) cache.clear();
      cache.set(quarter, hour);
      return hour;
    },
  };
}
