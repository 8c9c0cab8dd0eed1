/** What a wire dialect must do. */
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Decoded } from '../openrtb/read.ts';
import type { BidRequest } from '../openrtb/request.ts';
import type { BidResponse } from '../openrtb/response.ts';

export type { Decoded };

/**
 * A dialect turns bytes into a request and an answer into bytes. It never throws on bytes, keeps no state and knows
 * no exchange: habits come from the profile.
 */
export interface Dialect {
  readonly name: ExchangeProfile['dialect'];
  /** Media types, without parameters, that belong to it; the first is that of its answers. */
  readonly contentTypes: readonly [string, ...string[]];
  /** What any other media type of it ends with (RFC 6839). */
  readonly suffix: string;
  decode(body: Buffer): Decoded;
  /** With the request, native markup that it asked for as a message is answered as one; without, all markup is text. */
  encode(response: BidResponse, request?: BidRequest): Buffer | string;
}
