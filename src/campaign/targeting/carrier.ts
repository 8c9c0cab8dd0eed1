/** `device.carrier`, whatever its case. */
import { Type } from 'typebox';
import { valueDimension } from './value-dimension.ts';

export const carrier = valueDimension({
  name: 'carrier',
  description: 'Carrier or provider of the connection.',
  level: 'request',
  cost: 36,
  item: Type.String({
    minLength: 1,
    maxLength: 100,
    description: 'Name as the exchange writes it; case does not matter.',
  }),
  values: ({ request }) => plain(request.device.carrier),
  expand: (value) => [plain(value)],
});

function plain(name: string): string {
  return name.trim().toLowerCase();
}
