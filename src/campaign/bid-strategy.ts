/** How the price of a bid is found. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { amount, closed, cpm, id } from './words.ts';

/** What every strategy that goes by results may be held within. */
const limits = {
  maxCpmMicros: Type.Optional(cpm('The ceiling: no bid is above it.')),
  minCpmMicros: Type.Optional(cpm('The least bid worth making.')),
};
const portfolio = Type.Optional(
  id('Line items of one portfolio share a target: all of them together keep to it, not each by itself.'),
);
const actions = Type.Optional(
  Type.Array(id('Conversion action.'), {
    minItems: 1,
    description: 'Actions that count; all of the advertiser’s where absent.',
  }),
);

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
    closed(
      {
        strategy: Type.Literal('target_cpc', {
          description: 'As many clicks as the budget buys at this cost on average.',
        }),
        targetMicros: amount('What a click may cost on average.'),
        portfolio,
        ...limits,
      },
      'A cost per click.',
    ),
    closed(
      {
        strategy: Type.Literal('target_cpa', {
          description: 'As many conversions as the budget buys at this cost on average.',
        }),
        targetMicros: amount('What a conversion may cost on average.'),
        actions,
        portfolio,
        ...limits,
      },
      'A cost per action.',
    ),
    closed(
      {
        strategy: Type.Literal('target_roas', {
          description: 'As much conversion value as the budget buys at this return on average.',
        }),
        target: Type.Number({
          exclusiveMinimum: 0,
          maximum: 1000,
          description: 'Value of conversions for one unit of spend: 4 is a return of 400 %.',
        }),
        actions,
        portfolio,
        ...limits,
      },
      'A return on ad spend.',
    ),
    closed(
      {
        strategy: Type.Literal('maximize_conversions', {
          description: 'Spends the budget on as many conversions as it buys, whatever one costs.',
        }),
        actions,
        ...limits,
      },
      'All for conversions.',
    ),
  ],
  { description: 'How the price of a bid is found.' },
);
export type BidStrategy = Static<typeof bidSchema>;

type ConversionStrategy = 'target_cpa' | 'target_roas' | 'maximize_conversions';

/** Strategies whose worth is in conversions. */
export function countsConversions<Bid extends { readonly strategy?: BidStrategy['strategy'] | undefined }>(
  bid: Bid,
): bid is Extract<Bid, { readonly strategy?: ConversionStrategy | undefined }> {
  const { strategy } = bid;
  return strategy === 'target_cpa' || strategy === 'target_roas' || strategy === 'maximize_conversions';
}

/** Strategies that go by results rather than by a price: they are forecast and steered. */
export function goesByResults(bid: BidStrategy): boolean {
  return countsConversions(bid) || bid.strategy === 'target_cpc';
}

/** Line items that share a target, by its name; undefined for one that stands alone. */
export function portfolioOf(bid: BidStrategy): string | undefined {
  return 'portfolio' in bid ? bid.portfolio : undefined;
}
