/**
 * Rows of a person in the store, as bytes: doubles, little end first. Numbers never pass through text, in Lua or here, so
 * the 52 bits of an object number stay exact, and a row of 49 bytes fits a compact hash of Redis (64 is its limit).
 *
 *   field  kind 1 · bid number 8 · of conversions also the time 8: what says the same has the same field
 *   row    kind 1 · time 8 · expiry 8 · advertiser 8 · campaign 8 · line item 8 · creative 8
 *   reply  complete since 8 · rows
 */
import type { HistoryTouch, PersonHistory } from '../../core/history.ts';
import { TOUCH_KINDS } from '../../core/history.ts';
import { objectNumber } from '../../core/ids.ts';

const ROW_BYTES = 49;
const SINCE_BYTES = 8;

/** One click may lead to several conversions: they are told apart by their time. */
export function fieldOf({ bidId, kind, atMs }: Pick<HistoryTouch, 'bidId' | 'kind' | 'atMs'>): Buffer {
  const field = Buffer.allocUnsafe(kind === 'conversion' ? 17 : 9);
  field.writeUInt8(TOUCH_KINDS.indexOf(kind), 0);
  field.writeDoubleLE(objectNumber('bid', bidId), 1);
  if (kind === 'conversion') field.writeDoubleLE(atMs, 9);
  return field;
}

/** `expiresMs` is infinite for what really happened. */
export function rowOf(touch: HistoryTouch, expiresMs: number): Buffer {
  const row = Buffer.allocUnsafe(ROW_BYTES);
  row.writeUInt8(TOUCH_KINDS.indexOf(touch.kind), 0);
  row.writeDoubleLE(touch.atMs, 1);
  row.writeDoubleLE(expiresMs, 9);
  row.writeDoubleLE(objectNumber('advertiser', touch.advertiserId), 17);
  row.writeDoubleLE(objectNumber('campaign', touch.campaignId), 25);
  row.writeDoubleLE(objectNumber('line_item', touch.lineItemId), 33);
  row.writeDoubleLE(objectNumber('creative', touch.creativeId), 41);
  return row;
}

/** Undefined for bytes that are no history. */
export function historyOf(reply: unknown): PersonHistory | undefined {
  if (!Buffer.isBuffer(reply) || reply.length < SINCE_BYTES) return undefined;
  const count = (reply.length - SINCE_BYTES) / ROW_BYTES;
  if (!Number.isInteger(count)) return undefined;
  const history = {
    count,
    kinds: new Uint8Array(count),
    atMs: new Float64Array(count),
    advertisers: new Float64Array(count),
    campaigns: new Float64Array(count),
    lineItems: new Float64Array(count),
    creatives: new Float64Array(count),
    completeSinceMs: reply.readDoubleLE(0),
  };
  for (let row = 0, at = SINCE_BYTES; row < count; row++, at += ROW_BYTES) {
    history.kinds[row] = reply.readUInt8(at);
    history.atMs[row] = reply.readDoubleLE(at + 1);
    history.advertisers[row] = reply.readDoubleLE(at + 17);
    history.campaigns[row] = reply.readDoubleLE(at + 25);
    history.lineItems[row] = reply.readDoubleLE(at + 33);
    history.creatives[row] = reply.readDoubleLE(at + 41);
  }
  return history;
}
