/** Sums by the hour gathered into the civil days of a zone. */
import type { Zone } from '../core/zone.ts';
import type { ReportRow } from '../state/port.ts';
import { totalOf } from './report.ts';

/** Of rows by hour and whatever else; hours are kept apart where `withHours`. */
export function byCivilDay(rows: readonly ReportRow[], zone: Zone, withHours: boolean): readonly ReportRow[] {
  const groups = Map.groupBy(rows, ({ key }) => JSON.stringify(keyIn(key, zone, withHours)));
  return [...groups]
    .map(([text, group]) => ({ ...totalOf(group), key: JSON.parse(text) as ReportRow['key'] }))
    .sort((one, other) => compare(one.key.day ?? '', other.key.day ?? ''));
}

function keyIn({ hour = '', ...rest }: ReportRow['key'], zone: Zone, withHours: boolean): ReportRow['key'] {
  const { day } = zone.at(Date.parse(hour));
  return { ...(withHours ? { hour } : {}), day, ...rest };
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
