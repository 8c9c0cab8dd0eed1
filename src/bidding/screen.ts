/** What columns of bits can refuse of the candidates of an impression, before any of them is looked at by itself. */
import type { Catalog } from '../campaign/catalog.ts';
import type { Bitset } from '../core/bitset.ts';
import { bitset, dropBelow, removeBit } from '../core/bitset.ts';
import type { Reason } from '../core/reason.ts';
import type { CpmMicros } from '../core/units.ts';
import type { Impression } from '../openrtb/request.ts';

type Refuse = (lineNumbers: Bitset, reason: Reason) => void;

const FORMATS = ['banner', 'video', 'audio', 'native'] as const;
/** What the last impression refused; bids are decided one after the other. */
let refused = bitset(0);

/**
 * Leaves those that need no person where there is none, have a creative of a format asked for, buy under deals where the auction is
 * private, and can reach the floor, which `bidMore` may, whatever their ceilings.
 * The others are refused together, a reason at a time; the set that `refuse` is handed is only lent. Of 700 candidates for a video
 * 70 are left.
 */
export function screen(
  candidates: Bitset,
  catalog: Pick<Catalog, 'personNeeders' | 'formats' | 'dealBuyers' | 'ceilings'>,
  impression: Impression,
  isNobody: boolean,
  bidMore: readonly number[],
  /** Of every length alike, in the account's currency; undefined where there is no such floor. */
  floor: CpmMicros | undefined,
  refuse: Refuse,
): void {
  if (refused.length !== candidates.length) refused = bitset(32 * candidates.length);
  const [first, ...more] = FORMATS.filter((format) => impression[format] !== undefined).map(
    (format) => catalog.formats[format],
  );
  if (isNobody) drop(candidates, catalog.personNeeders, refuse, 'identity_required');
  if (first) keepOnly(candidates, first, more, refuse, 'no_creative_of_format');
  if (impression.privateAuction) keepOnly(candidates, catalog.dealBuyers, [], refuse, 'deal_required');
  if (floor !== undefined) dropFrom(candidates, firstBelow(catalog.ceilings, floor), bidMore, refuse);
}

function drop(candidates: Bitset, those: Bitset, refuse: Refuse, reason: Reason): void {
  let any = 0;
  for (let word = 0; word < candidates.length; word++) {
    any |= refused[word] = candidates[word]! & those[word]!;
    candidates[word]! &= ~those[word]!;
  }
  if (any !== 0) refuse(refused, reason);
}

function keepOnly(
  candidates: Bitset,
  one: Bitset,
  more: readonly Bitset[],
  refuse: Refuse,
  reason: Reason,
): void {
  let any = 0;
  for (let word = 0; word < candidates.length; word++) {
    let kept = one[word]!;
    for (let at = 0; at < more.length; at++) kept |= more[at]![word]!;
    any |= refused[word] = candidates[word]! & ~kept;
    candidates[word]! &= kept;
  }
  if (any !== 0) refuse(refused, reason);
}

/** Numbers are in falling order of ceilings. */
function dropFrom(candidates: Bitset, from: number, but: readonly number[], refuse: Refuse): void {
  if (from >= 32 * candidates.length) return;
  refused.set(candidates);
  dropBelow(refused, from);
  for (let at = 0; at < but.length; at++) removeBit(refused, but[at]!);
  let any = 0;
  for (let word = from >>> 5; word < candidates.length; word++) {
    any |= refused[word]!;
    candidates[word]! &= ~refused[word]!;
  }
  if (any !== 0) refuse(refused, 'below_floor');
}

/** The first place whose ceiling is below; the length where none is. */
function firstBelow(ceilings: Float64Array, floor: number): number {
  let low = 0;
  let high = ceilings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ceilings[middle]! < floor) high = middle;
    else low = middle + 1;
  }
  return low;
}
