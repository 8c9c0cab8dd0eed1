/** Opaque ids. */
import type { Random } from './random.ts';
import { hash32 } from './random.ts';

/**
 * 16 characters of base64url: the time in milliseconds and 48 random bits. The time keeps ids apart even where a
 * generator is seeded the same way twice, since a repeated bid id would make a charge look like a duplicate.
 *
 * Where several workers of a host answer behind one port, the last byte names the one that bid, so that whatever follows a
 * bid, notice, click or conversion, finds it; 40 random bits are left.
 */
export function bidIdFrom(random: Random, nowMs: number, worker?: number): string {
  const bytes = Buffer.allocUnsafe(12);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.writeUInt32LE(random.uint32(), 6);
  bytes.writeUInt16LE(random.uint32() & 0xffff, 10);
  if (worker !== undefined) bytes.writeUInt8(worker, 11);
  return bytes.toString('base64url');
}

/** The worker named by an id that was made with one; any number for what is none of ours. */
export function workerOf(bidId: string): number | undefined {
  return Buffer.from(bidId, 'base64url')[11];
}

/** 52-bit number of a named object, so that people's histories are columns of numbers. Collisions: 1 in 10^8 at 10,000 objects. */
export function objectNumber(level: string, id: string): number {
  const text = `${level}\0${id}`;
  return hash32(text, 1) * 1_048_576 + (hash32(text, 2) >>> 12);
}
