import type { PriceCodec } from './codec.ts';

export const plain: PriceCodec = { name: 'plain', decode: (text) => ({ decimal: text }) };
