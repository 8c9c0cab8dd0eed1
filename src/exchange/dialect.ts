/** What a wire dialect must do. */
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Decoded } from '../openrtb/read.ts';
import type { BidResponse } from '../openrtb/response.ts';

export type { Decoded };

/**
 * A dialect turns bytes into a request and an answer into bytes. It never throws on bytes, keeps no state and knows
 * no exchange: habits come from the profile.
 */
export interface Dialect {
  readonly name: ExchangeProfile['dialect'];
  /** Media types, without parameters, that belong to it. */
  readonly contentTypes: readonly string[];
  decode(body: Buffer): Decoded;
  encode(response: BidResponse): Buffer;
}
