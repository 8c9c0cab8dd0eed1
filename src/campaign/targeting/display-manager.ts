/** SDK or player that shows the ad (`imp.displaymanager` and its version). */
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

export const displayManager = valueDimension({
  name: 'displayManager',
  description: 'SDK or player that shows the ad.',
  level: 'impression',
  cost: 33,
  item: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'Name in any case, as GOOGLE, or with its version, as prebid-mobile/2.1.0.',
  }),
  values,
  expand: (value) => [value.toLowerCase()],
});

function values({ impression }: Probe): readonly string[] {
  const name = impression.displayManager.toLowerCase();
  if (name === '') return [];
  const version = impression.displayManagerVersion.toLowerCase();
  return version === '' ? [name] : [name, `${name}/${version}`];
}
