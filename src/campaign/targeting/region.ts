/** `device.geo.region`, alone or after its country. */
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

export const region = valueDimension({
  name: 'region',
  description: 'State or province of the device.',
  level: 'request',
  cost: 20,
  item: Type.String({
    pattern: '^([A-Z]{3}-)?[A-Z0-9]{1,3}$',
    description: 'ISO 3166-2 subdivision, alone (CA) or after the alpha-3 country (USA-CA).',
  }),
  values,
});

function values({ request }: Probe): readonly string[] {
  const { country, region: code } = request.device.geo;
  if (code === '') return [];
  return country === '' ? [code] : [code, `${country}-${code}`];
}
