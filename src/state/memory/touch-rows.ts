/**
 * Touches of all people in columns of numbers, linked person by person: 61 bytes a row, and nothing in them for the
 * garbage collector to walk. Columns grow by chunks, since doubling one of a hundred megabytes would stop every bid.
 */
import type { HistoryTouch, PersonHistory } from '../../core/history.ts';
import { TOUCH_KINDS } from '../../core/history.ts';
import { objectNumber } from '../../core/ids.ts';

/** End of a person's list. */
export const NO_ROW = -1;

/** What really happened never expires; a bid in flight does. */
export const NEVER_MS = Number.POSITIVE_INFINITY;

const CHUNK_BITS = 14;
const CHUNK_ROWS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_ROWS - 1;
const CONVERSION = TOUCH_KINDS.indexOf('conversion');

interface Chunk {
  readonly kinds: Uint8Array;
  readonly atMs: Float64Array;
  readonly advertisers: Float64Array;
  readonly campaigns: Float64Array;
  readonly lineItems: Float64Array;
  readonly creatives: Float64Array;
  readonly bids: Float64Array;
  readonly expiresMs: Float64Array;
  readonly next: Int32Array;
}

export class TouchRows {
  readonly #chunks: Chunk[] = [];
  #made = 0;
  #used = 0;
  #firstFree = NO_ROW;

  get used(): number {
    return this.#used;
  }

  /** Adds a row in front of a person's list; gives the new head. */
  add(head: number, touch: HistoryTouch, expiresMs: number): number {
    const row = this.#take();
    const chunk = this.#chunkOf(row);
    const at = row & CHUNK_MASK;
    chunk.kinds[at] = TOUCH_KINDS.indexOf(touch.kind);
    chunk.atMs[at] = touch.atMs;
    chunk.advertisers[at] = objectNumber('advertiser', touch.advertiserId);
    chunk.campaigns[at] = objectNumber('campaign', touch.campaignId);
    chunk.lineItems[at] = objectNumber('line_item', touch.lineItemId);
    chunk.creatives[at] = objectNumber('creative', touch.creativeId);
    chunk.bids[at] = bidNumber(touch.bidId);
    chunk.expiresMs[at] = expiresMs;
    chunk.next[at] = head;
    return row;
  }

  /** Takes a row out of a person's list, where `before` is the one in front of it; gives the head afterwards. */
  remove(head: number, before: number, row: number): number {
    const after = this.next(row);
    this.#chunkOf(row).next[row & CHUNK_MASK] = this.#firstFree;
    this.#firstFree = row;
    this.#used--;
    if (before === NO_ROW) return after;
    this.#chunkOf(before).next[before & CHUNK_MASK] = after;
    return head;
  }

  next(row: number): number {
    return this.#chunkOf(row).next[row & CHUNK_MASK]!;
  }

  setNext(row: number, next: number): void {
    this.#chunkOf(row).next[row & CHUNK_MASK] = next;
  }

  atMs(row: number): number {
    return this.#chunkOf(row).atMs[row & CHUNK_MASK]!;
  }

  expiresMs(row: number): number {
    return this.#chunkOf(row).expiresMs[row & CHUNK_MASK]!;
  }

  setTime(row: number, atMs: number, expiresMs: number): void {
    const chunk = this.#chunkOf(row);
    chunk.atMs[row & CHUNK_MASK] = atMs;
    chunk.expiresMs[row & CHUNK_MASK] = expiresMs;
  }

  /** The row that says the same. One click may lead to several conversions: they are told apart by their time. */
  find(head: number, touch: Pick<HistoryTouch, 'bidId' | 'kind' | 'atMs'>): number {
    const bid = bidNumber(touch.bidId);
    const kind = TOUCH_KINDS.indexOf(touch.kind);
    for (let row = head; row !== NO_ROW; row = this.next(row)) {
      const chunk = this.#chunkOf(row);
      const at = row & CHUNK_MASK;
      if (chunk.bids[at] !== bid || chunk.kinds[at] !== kind) continue;
      if (kind !== CONVERSION || chunk.atMs[at] === touch.atMs) return row;
    }
    return NO_ROW;
  }

  /** A copy in the order of arrival, so that what happens next does not change what a bid has read. */
  copy(head: number, count: number, completeSinceMs: number): PersonHistory {
    const history = {
      count,
      kinds: new Uint8Array(count),
      atMs: new Float64Array(count),
      advertisers: new Float64Array(count),
      campaigns: new Float64Array(count),
      lineItems: new Float64Array(count),
      creatives: new Float64Array(count),
      completeSinceMs,
    };
    for (let row = head, to = count - 1; row !== NO_ROW; row = this.next(row), to--) {
      const chunk = this.#chunkOf(row);
      const at = row & CHUNK_MASK;
      history.kinds[to] = chunk.kinds[at]!;
      history.atMs[to] = chunk.atMs[at]!;
      history.advertisers[to] = chunk.advertisers[at]!;
      history.campaigns[to] = chunk.campaigns[at]!;
      history.lineItems[to] = chunk.lineItems[at]!;
      history.creatives[to] = chunk.creatives[at]!;
    }
    return history;
  }

  #take(): number {
    this.#used++;
    const free = this.#firstFree;
    if (free !== NO_ROW) {
      this.#firstFree = this.next(free);
      return free;
    }
    if (this.#made === this.#chunks.length * CHUNK_ROWS) this.#chunks.push(emptyChunk());
    return this.#made++;
  }

  #chunkOf(row: number): Chunk {
    return this.#chunks[row >> CHUNK_BITS]!;
  }
}

/** 52 bits of a bid's id: enough to tell apart the few hundred bids of one person. */
function bidNumber(bidId: string): number {
  return objectNumber('bid', bidId);
}

function emptyChunk(): Chunk {
  const floats = (): Float64Array => new Float64Array(CHUNK_ROWS);
  return {
    kinds: new Uint8Array(CHUNK_ROWS),
    atMs: floats(),
    advertisers: floats(),
    campaigns: floats(),
    lineItems: floats(),
    creatives: floats(),
    bids: floats(),
    expiresMs: floats(),
    next: new Int32Array(CHUNK_ROWS),
  };
}
