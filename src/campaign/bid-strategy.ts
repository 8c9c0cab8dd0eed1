/** How the price of a bid is found. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { closed, cpm } from './words.ts';

export const bidSchema = Type.Union(
  [
    closed(
      {
        strategy: Type.Literal('fixed_cpm', {
          description: 'Bids this price; only the buyer’s own daypart and pack factors move it.',
        }),
        priceCpmMicros: cpm('The price.'),
      },
      'A fixed price.',
    ),
    closed(
      {
        strategy: Type.Literal('max_cpm', {
          description: 'Bids at most this; shaded towards the clearing price in first-price auctions.',
        }),
        maxCpmMicros: cpm('The ceiling, and what an impression is worth.'),
        minCpmMicros: Type.Optional(cpm('The least bid worth making.')),
      },
      'A ceiling, shaded.',
    ),
  ],
  { description: 'How the price of a bid is found.' },
);
export type BidStrategy = Static<typeof bidSchema>;
