/** From worth to the bid that is written: shaded, never above the worth, never below a floor. */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { Random } from '../core/random.ts';
import type { Reason } from '../core/reason.ts';
import type { CpmMicros } from '../core/units.ts';
import { pricerNamed } from '../policy/price/index.ts';
import type { PriceLandscape } from '../policy/price/pricer.ts';
import type { AnswerCurrency } from './terms.ts';
import { toAnswerCurrency } from './terms.ts';

export interface PriceTerms {
  readonly currency: AnswerCurrency;
  readonly floorCpmMicros: CpmMicros;
  readonly auctionType: number;
  readonly underDeal: boolean;
  readonly landscape: PriceLandscape | undefined;
  /** For looking around below the worth, where the exchange never tells a price. */
  readonly draws: Random;
}

/** The bid in the answer's currency, or why there is none. */
export function priceOf(line: CatalogLine, valueCpmMicros: CpmMicros, terms: PriceTerms): CpmMicros | Reason {
  const value = toAnswerCurrency(valueCpmMicros, terms.currency);
  if (value <= 0) return 'no_value';
  if (value < terms.floorCpmMicros) return terms.underDeal ? 'below_deal_floor' : 'below_floor';
  // The deal's floor is the price agreed on, whatever the strategy (OpenRTB 2.6 section 3.2.12, `at` 3).
  if (terms.underDeal && terms.auctionType === 3 && terms.floorCpmMicros > 0) return terms.floorCpmMicros;
  const { bid } = line.lineItem;
  const pricer = pricerNamed(bid.strategy === 'fixed_cpm' ? 'full' : 'surplus');
  const { floorCpmMicros, auctionType, landscape, draws } = terms;
  const price = pricer.bid({ valueCpmMicros: value, floorCpmMicros, auctionType, landscape, draws });
  const own = bid.strategy === 'fixed_cpm' ? undefined : bid.minCpmMicros;
  const least = own === undefined ? 0 : toAnswerCurrency(own, terms.currency);
  if (price >= least && price > 0) return price;
  // A shaded bid under the buyer's own minimum is lifted to it while the worth allows.
  return least <= value && least > 0 ? (least as CpmMicros) : 'below_minimum_bid';
}
