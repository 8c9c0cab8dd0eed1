/** Who is in which pack. */

import type { IdSpace, KeyedId } from '../../core/person-id.ts';
import type { Permits } from '../../openrtb/consent.ts';
import type { BidRequest } from '../../openrtb/request.ts';

/** Answers membership for one request from memory; built in the background and swapped whole. */
export interface PackDirectory {
  /**
   * Ids of the packs that the person of this request is in; empty without permission. Sorted. `ids` are the pseudonyms of all
   * ids by which this person may be known. `met` hears of each that is looked up.
   */
  packsOf(
    request: BidRequest,
    permits: Permits,
    ids: readonly KeyedId[],
    met?: (key: number, space: IdSpace) => void,
  ): readonly string[];
  /** `id@version` of a pack, for the bid record. */
  versionOf(packId: string): string;
  readonly packs: readonly PackFacts[];
}

export const PACK_SOURCES = ['upload', 'exchange_segments', 'tree', 'rule', 'class', 'lookalike'] as const;
export type PackSource = (typeof PACK_SOURCES)[number];

export interface PackFacts {
  readonly id: string;
  /** SHA-256 in hexadecimal: of the list of an upload, of members or definition of the others. */
  readonly checksum: string;
  /** Its first 12 digits. */
  readonly version: string;
  /** Members that are known by id; of packs that requests decide (segments, and trees of them) 0. */
  readonly size: number;
  readonly source: PackSource;
  readonly createdMs: number;
  /** Last day of use ends; undefined for no end. */
  readonly expiresMs: number | undefined;
}

export const VERSION_DIGITS = 12;

/** The number of a pseudonym: its first 48 bits, which a double holds exactly. A stray match in a million is 4 in 10^9. */
export function keyNumber(pseudonym: string): number {
  return Buffer.from(pseudonym, 'base64url').readUIntBE(0, 6);
}
