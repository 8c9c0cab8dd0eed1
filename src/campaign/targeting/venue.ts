/** Where a public screen hangs (`dooh.venuetype`, `venuetypetax`). */
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

export const venue = valueDimension({
  name: 'venue',
  description: 'Kind of place that a public screen hangs in.',
  level: 'request',
  cost: 17,
  item: Type.String({
    minLength: 1,
    maxLength: 200,
    description:
      'Venue type of OpenOOH 1.0 as the exchange writes it, 203 or transit.airports (transit alone is all below it); of another taxonomy with its number before it, 0:12.',
  }),
  values,
  expand: (value) => [value.toLowerCase()],
});

/** AdCOM list of DOOH venue taxonomies: OpenOOH 1.0. */
const OPEN_OOH = 1;

function values({ request: { outOfHome } }: Probe): readonly string[] {
  if (!outOfHome) return [];
  const prefix = outOfHome.venueTaxonomy === OPEN_OOH ? '' : `${outOfHome.venueTaxonomy}:`;
  return outOfHome.venueTypes.flatMap((type) => {
    const parts = type.toLowerCase().split('.', DEPTH_MAX);
    return parts.map((_part, last) => prefix + parts.slice(0, last + 1).join('.'));
  });
}

/** The taxonomy has three levels. */
const DEPTH_MAX = 4;
