/** Who is in which pack. */

import type { Permits } from '../../openrtb/consent.ts';
import type { BidRequest } from '../../openrtb/request.ts';

/** Answers membership for one request from memory; built in the background and swapped whole. */
export interface PackDirectory {
  /** Ids of the packs that the person of this request is in; empty without permission. Sorted. */
  packsOf(request: BidRequest, permits: Permits): readonly string[];
  /** `id@version` of a pack, for the bid record. */
  versionOf(packId: string): string;
  readonly packs: readonly PackFacts[];
}

export interface PackFacts {
  readonly id: string;
  /** First 12 hex digits of the content's SHA-256. */
  readonly version: string;
  readonly size: number;
  readonly source: 'upload' | 'exchange_segments';
}
