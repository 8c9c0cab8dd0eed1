/**
 * The encrypted price of Google Authorized Buyers, which other exchanges use too: web-safe base64 of a vector (16 bytes),
 * the price as a big-endian 64 bit integer under the first 8 bytes of HMAC-SHA1(encryption key, vector), and the first
 * 4 bytes of HMAC-SHA1(integrity key, price and vector). The vector begins with the time of sealing, seconds and
 * microseconds in 4 bytes each; whether that is near enough to the bid is for the caller.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PriceCodec, PriceKeys } from './codec.ts';

const BASE64 = /^[A-Za-z0-9+/_-]{38}={0,2}$/;
const VECTOR_BYTES = 16;
const PRICE_BYTES = 8;
const SIGNATURE_BYTES = 4;

export const google: PriceCodec = {
  name: 'google-hmac-sha1',
  decode(text, keys) {
    const written = asWritten(text);
    if (written === undefined) return undefined;
    const message = Buffer.from(written, 'base64');
    if (message.length !== VECTOR_BYTES + PRICE_BYTES + SIGNATURE_BYTES) return undefined;
    for (const pair of keys) {
      const decimal = open(message, pair);
      if (decimal !== undefined) return { decimal, sealedAtMs: sealedAtMs(message) };
    }
    return undefined;
  },
};

/** The plus sign of the other alphabet turns into a space where it stands in a query unencoded. */
function asWritten(text: string): string | undefined {
  return [text.trim(), text.replaceAll(' ', '+')].find((spelling) => BASE64.test(spelling));
}

function open(message: Buffer, keys: PriceKeys): string | undefined {
  const vector = message.subarray(0, VECTOR_BYTES);
  const signature = message.subarray(VECTOR_BYTES + PRICE_BYTES);
  const pad = hmac(keys.encryption, vector);
  const price = Buffer.from(message.subarray(VECTOR_BYTES, VECTOR_BYTES + PRICE_BYTES));
  for (let index = 0; index < PRICE_BYTES; index++) price[index]! ^= pad[index]!;
  const expected = hmac(keys.integrity, Buffer.concat([price, vector])).subarray(0, SIGNATURE_BYTES);
  return timingSafeEqual(signature, expected) ? price.readBigInt64BE().toString() : undefined;
}

function sealedAtMs(message: Buffer): number {
  return message.readUInt32BE(0) * 1000 + Math.floor(message.readUInt32BE(4) / 1000);
}

function hmac(key: string, message: Buffer): Buffer {
  return createHmac('sha1', Buffer.from(key, 'base64')).update(message).digest();
}
