import type { CpmMicros } from '../../core/units.ts';
import { cpmMicrosFromNumber } from '../../core/units.ts';
import type { DurationFloor } from '../request.ts';
import type { Notes } from './notes.ts';
import { isFilled, NONE, readCount, readNumber, readObjects, readText } from './value.ts';

/** Dearer than any impression; past it micros would leave the safe integers. */
const FLOOR_MAX = 1_000_000_000;

export function readFloor(value: unknown, path: string, notes: Notes): CpmMicros {
  return readOptionalFloor(value, path, notes) ?? (0 as CpmMicros);
}

export function readOptionalFloor(value: unknown, path: string, notes: Notes): CpmMicros | undefined {
  const floor = readNumber(value, path, notes);
  if (floor === undefined) return undefined;
  if (floor < 0) notes.warn(path, 'negative, read as 0');
  return cpmMicrosFromNumber(Math.min(FLOOR_MAX, Math.max(0, floor)));
}

/** A floor's currency is dollars unless told (section 7.11: a deal does not inherit the impression's). */
export function readFloorCurrency(value: unknown, path: string, notes: Notes): string {
  return value === undefined ? 'USD' : readText(value, path, notes).toUpperCase() || 'USD';
}

/**
 * Ranges of seconds with floors of their own. The text asks for one end, its example gives both: either will do. A range
 * without a floor says nothing; read as a floor of 0 it would undercut the impression's.
 */
export function readDurationFloors(value: unknown, path: string, notes: Notes): readonly DurationFloor[] {
  if (!isFilled(value)) return NONE;
  const ranges = readObjects(value, path, notes).filter((range) => isFilled(range.bidfloor));
  return ranges.map((range) => ({
    secondsMin: readCount(range.mindur, path, notes) ?? 0,
    secondsMax: readCount(range.maxdur, path, notes) ?? Number.POSITIVE_INFINITY,
    floorCpmMicros: readFloor(range.bidfloor, path, notes),
  }));
}
