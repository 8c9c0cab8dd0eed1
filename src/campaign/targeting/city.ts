/** `device.geo.city`, whatever its case. */
import { Type } from 'typebox';
import { valueDimension } from './value-dimension.ts';

export const city = valueDimension({
  name: 'city',
  description: 'City of the device. Names repeat between countries: name the country too.',
  level: 'request',
  cost: 22,
  item: Type.String({
    minLength: 1,
    maxLength: 100,
    description: 'Name as the exchange writes it; case does not matter.',
  }),
  values: ({ request }) => plain(request.device.geo.city),
  expand: (value) => [plain(value)],
});

function plain(name: string): string {
  return name.trim().toLowerCase();
}
