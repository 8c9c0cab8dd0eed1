/** `publisher.id` of the site, app or screen. */
import { Type } from 'typebox';
import { valueDimension } from './value-dimension.ts';

export const publisher = valueDimension({
  name: 'publisher',
  description: 'Publisher. Ids are the exchange’s own: name the exchange too.',
  level: 'request',
  cost: 14,
  item: Type.String({ minLength: 1, maxLength: 200, description: 'Publisher id.' }),
  maxItems: 100_000,
  values: ({ request }) => (request.site ?? request.app ?? request.outOfHome)?.publisherId ?? '',
});
