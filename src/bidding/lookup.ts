/** From a request to the line items that ask for it: columns of bits, ANDed; never a loop over all line items. */
import type { Catalog } from '../campaign/catalog.ts';
import type { Probe } from '../campaign/targeting/dimension.ts';
import type { Bitset } from '../core/bitset.ts';
import { listBits } from '../core/bitset.ts';

/** Candidates of each impression, as dense line numbers. */
export interface Lookup {
  readonly candidates: readonly Int32Array[];
  /** How many candidates there are over all impressions. */
  readonly total: number;
}

/** `probes` has one probe an impression; they share the request. */
export function lookup(catalog: Catalog, probes: readonly Probe[]): Lookup {
  const first = probes[0];
  const common: Bitset = catalog.active.slice();
  if (!first || catalog.lines.length === 0 || !catalog.targeting.narrowByRequest(first, common))
    return { candidates: probes.map(() => NONE), total: 0 };
  let total = 0;
  const list = new Int32Array(catalog.lines.length);
  const candidates = probes.map((probe, index) => {
    const left = index === probes.length - 1 ? common : common.slice();
    if (!catalog.targeting.narrowByImpression(probe, left)) return NONE;
    const count = listBits(left, list);
    total += count;
    return list.slice(0, count);
  });
  return { candidates, total };
}

const NONE = new Int32Array(0);
