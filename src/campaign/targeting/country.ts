/** `device.geo.country`. */
import { Type } from 'typebox';
import { valueDimension } from './value-dimension.ts';

export const country = valueDimension({
  name: 'country',
  description: 'Country of the device.',
  level: 'request',
  cost: 10,
  item: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 3166-1 alpha-3, as DEU or USA.' }),
  values: ({ request }) => request.device.geo.country,
});
