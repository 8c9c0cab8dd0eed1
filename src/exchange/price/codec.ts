/** How a clearing price is written into a notice. */
import type { ExchangeProfile } from '../../openrtb/exchange-profile.ts';

export interface PriceKeys {
  /** Base64, web-safe or not. */
  readonly encryption: string;
  readonly integrity: string;
}

/**
 * Undoes one way of writing a price. It gives the number as decimal text, so that no digit passes through a float; the
 * unit is the profile's business. Undefined where the text was not written this way. It never throws.
 */
export interface PriceCodec {
  readonly name: ExchangeProfile['priceCodec'];
  decode(text: string, keys?: PriceKeys): string | undefined;
}
