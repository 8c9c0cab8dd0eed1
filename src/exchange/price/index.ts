/** Price codecs by name. */
import { base64 } from './base64.ts';
import type { PriceCodec } from './codec.ts';
import { google } from './google.ts';
import { plain } from './plain.ts';

export const priceCodecs: ReadonlyMap<string, PriceCodec> = new Map(
  [plain, base64, google].map((codec) => [codec.name, codec]),
);
