/** `device.geo.zip`, whole or by its beginning. */
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

export const postcode = valueDimension({
  name: 'postcode',
  description: 'Postcode of the device. Codes repeat between countries: name the country too.',
  level: 'request',
  cost: 24,
  item: Type.String({
    pattern: '^[A-Za-z0-9 -]{1,12}\\*?$',
    description: 'A postcode, or its beginning and a star: 101*.',
  }),
  maxItems: 50_000,
  values,
  expand: (value) => [plain(value)],
});

/** The code, the part before a dash (ZIP+4), and every beginning with a star; the exchange's text is cut at 12 characters. */
function values({ request }: Probe): readonly string[] {
  const code = plain(request.device.geo.postcode.slice(0, 16)).slice(0, 12);
  if (code === '') return [];
  const found = [code];
  const short = request.device.geo.postcode.split('-', 1)[0]!;
  if (/^\d{5}$/.test(short)) found.push(short);
  for (let length = 1; length <= code.length; length++) found.push(`${code.slice(0, length)}*`);
  return found;
}

function plain(code: string): string {
  return code.replaceAll(/[ -]/g, '').toUpperCase();
}
