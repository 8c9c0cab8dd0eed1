/** Primary subtag of `device.language`. */
import { Type } from 'typebox';
import { valueDimension } from './value-dimension.ts';

export const language = valueDimension({
  name: 'language',
  description: 'Language of the device.',
  level: 'request',
  cost: 32,
  item: Type.String({ pattern: '^[a-z]{2,3}$', description: 'ISO 639 code, as en; regions do not matter.' }),
  values: ({ request }) => request.device.language.trim().toLowerCase().split(/[-_]/, 1)[0] ?? '',
});
