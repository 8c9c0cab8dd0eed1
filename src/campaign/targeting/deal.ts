/** Ids of the impression's private deals. */
import { Type } from 'typebox';
import { valueDimension } from './value-dimension.ts';

export const deal = valueDimension({
  name: 'deal',
  description:
    'Private deals of the impression. A line item that includes or requires deals buys nothing in the open.',
  level: 'impression',
  cost: 10,
  item: Type.String({ minLength: 1, maxLength: 200, description: 'Deal id.' }),
  values: ({ impression }) =>
    impression.deals.length === 0 ? NONE : impression.deals.map((offered) => offered.id),
});

const NONE: readonly string[] = [];
