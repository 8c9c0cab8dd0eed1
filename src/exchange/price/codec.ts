/** How a clearing price is written into a notice. */
import type { ExchangeProfile } from '../../openrtb/exchange-profile.ts';

export interface PriceKeys {
  /** Base64, web-safe or not. */
  readonly encryption: string;
  readonly integrity: string;
}

export interface OpenedPrice {
  /** The number as decimal text, so that no digit passes through a float; the unit is the profile's business. */
  readonly decimal: string;
  /** When it was sealed, where the writing tells. */
  readonly sealedAtMs?: number;
}

/**
 * Undoes one way of writing a price, under whichever of the keys fits. Undefined where the text was not written this way. It
 * never throws.
 */
export interface PriceCodec {
  readonly name: ExchangeProfile['priceCodec'];
  decode(text: string, keys: readonly PriceKeys[]): OpenedPrice | undefined;
}
