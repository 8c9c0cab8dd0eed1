/** From a request to the line items that ask for it: columns of bits, ANDed; never a loop over all line items. */
import type { Catalog } from '../campaign/catalog.ts';
import type { Probe } from '../campaign/targeting/dimension.ts';
import type { Bitset } from '../core/bitset.ts';
import { bitset } from '../core/bitset.ts';

/** Candidates of each impression, as sets of dense line numbers; undefined where there are none. */
export type Lookup = readonly (Bitset | undefined)[];

/** `probes` has one probe an impression; they share the request. */
export function lookup(catalog: Catalog, probes: readonly Probe[]): Lookup {
  const first = probes[0];
  if (!first || catalog.lines.length === 0) return probes.map(() => undefined);
  const common = takeSet(catalog.active);
  if (!catalog.targeting.narrowByRequest(first, common)) {
    giveBack([common]);
    return probes.map(() => undefined);
  }
  return probes.map((probe, index) => {
    const left = index === probes.length - 1 ? common : takeSet(common);
    if (catalog.targeting.narrowByImpression(probe, left)) return left;
    giveBack([left]);
    return undefined;
  });
}

/** Sets that bids have done with, all of one length: a fresh one of 10,000 line items costs as much as three ANDs. */
let spare: Bitset[] = [];
const SPARE_MAX = 256;

/** A copy, to be given back when the bid has been decided; one that is not is merely lost. */
export function takeSet(from: Bitset): Bitset {
  const set = spare[spare.length - 1]?.length === from.length ? spare.pop()! : bitset(32 * from.length);
  set.set(from);
  return set;
}

export function giveBack(sets: Lookup): void {
  for (const set of sets) {
    if (!set) continue;
    if (spare.length > 0 && spare[0]!.length !== set.length) spare = [];
    if (spare.length < SPARE_MAX) spare.push(set);
  }
}
