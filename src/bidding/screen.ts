/** What columns of bits can refuse of the candidates of an impression, before any of them is looked at by itself. */
import type { Catalog } from '../campaign/catalog.ts';
import { hasBit } from '../core/bitset.ts';
import type { Reason } from '../core/reason.ts';
import type { Impression } from '../openrtb/request.ts';

const FORMATS = ['banner', 'video', 'audio', 'native'] as const;

/**
 * Those that have a creative of a format asked for, and buy under deals where the auction is private. The others are refused
 * together, a reason at a time. Of 700 candidates for a video 70 are left.
 */
export function screen(
  candidates: Int32Array,
  { formats, dealBuyers }: Pick<Catalog, 'formats' | 'dealBuyers'>,
  impression: Impression,
  refuse: (lineNumbers: Int32Array, reason: Reason) => void,
): Int32Array {
  let left = candidates;
  const asked = FORMATS.filter((format) => impression[format] !== undefined);
  left = split(
    left,
    (line) => asked.some((format) => hasBit(formats[format], line)),
    (refused) => refuse(refused, 'no_creative_of_format'),
  );
  if (!impression.privateAuction) return left;
  return split(
    left,
    (line) => hasBit(dealBuyers, line),
    (refused) => refuse(refused, 'deal_required'),
  );
}

/** Keeps the order in both parts. */
function split(
  lines: Int32Array,
  stays: (line: number) => boolean,
  leave: (lines: Int32Array) => void,
): Int32Array {
  const kept = new Int32Array(lines.length);
  let keptCount = 0;
  let goneCount = 0;
  for (let place = 0; place < lines.length; place++) {
    const line = lines[place]!;
    if (stays(line)) kept[keptCount++] = line;
    // Those that go are gathered from the other end, in falling order, and turned round below.
    else kept[lines.length - ++goneCount] = line;
  }
  if (goneCount === 0) return lines;
  leave(kept.subarray(keptCount).reverse());
  return kept.subarray(0, keptCount);
}
