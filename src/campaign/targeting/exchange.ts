/** The exchange that the request came from. */
import { Type } from 'typebox';
import { valueDimension } from './value-dimension.ts';

export const exchange = valueDimension({
  name: 'exchange',
  description: 'Exchange.',
  level: 'request',
  cost: 15,
  item: Type.String({ minLength: 1, maxLength: 64, description: 'Id of a configured exchange.' }),
  maxItems: 1000,
  values: ({ exchangeId }) => exchangeId,
});
