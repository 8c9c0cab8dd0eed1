/** Seals prices as Google Authorized Buyers does, written anew from its description: the other side of `exchange/price/google.ts`. */
import { createHmac } from 'node:crypto';
import type { PriceKeys } from '../../src/exchange/price/codec.ts';

export function sealPrice(price: bigint, vector: Buffer, keys: PriceKeys): string {
  const clear = Buffer.alloc(8);
  clear.writeBigInt64BE(price);
  const pad = hmac(keys.encryption, vector);
  const hidden = clear.map((byte, index) => byte ^ pad[index]!);
  const signature = hmac(keys.integrity, Buffer.concat([clear, vector])).subarray(0, 4);
  return Buffer.concat([vector, hidden, signature]).toString('base64url');
}

/** A vector that says when it was made. */
export function vectorAt(atMs: number): Buffer {
  const vector = Buffer.alloc(16, 0x2a);
  vector.writeUInt32BE(Math.floor(atMs / 1000), 0);
  vector.writeUInt32BE((atMs % 1000) * 1000, 4);
  return vector;
}

function hmac(key: string, message: Buffer): Buffer {
  return createHmac('sha1', Buffer.from(key, 'base64')).update(message).digest();
}
