import type { PriceCodec } from './codec.ts';

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** `${AUCTION_PRICE:B64}`: the decimal text in base64 of either alphabet. It hides nothing; some exchanges do it. */
export const base64: PriceCodec = {
  name: 'base64',
  decode: (text) =>
    BASE64.test(text.trim()) ? { decimal: Buffer.from(text.trim(), 'base64').toString('latin1') } : undefined,
};
