/** Probes made by the real reader from requests as they come over the wire. */
import type { LineContext, Probe } from '../../../src/campaign/targeting/dimension.ts';
import { zoneNamed } from '../../../src/core/zone.ts';
import type { Permits } from '../../../src/openrtb/consent.ts';
import { readBidRequest } from '../../../src/openrtb/read.ts';

export type Json = Readonly<Record<string, unknown>>;

export const ALL_PERMITS: Permits = { identity: true, audiences: true, preciseGeo: true, refusal: '' };
export const UTC_LINE: LineContext = { zone: zoneNamed('UTC') };
/** A Wednesday. */
export const NOON_MS = Date.parse('2026-03-18T12:00:00Z');

export interface ProbeParts {
  readonly request?: Json;
  /** The first impression; a banner of no size unless it says more. */
  readonly impression?: Json;
  readonly permits?: Partial<Permits>;
  readonly packs?: readonly string[];
  readonly nowMs?: number;
  readonly exchangeId?: string;
}

export function probeOf({
  request = {},
  impression = {},
  permits = {},
  packs = [],
  nowMs = NOON_MS,
  exchangeId = 'example',
}: ProbeParts): Probe {
  const media = ['banner', 'video', 'audio', 'native'].some((kind) => kind in impression)
    ? {}
    : { banner: {} };
  const decoded = readBidRequest(
    structuredClone({ id: 'r1', ...request, imp: [{ id: '1', ...media, ...impression }] }),
  );
  if (!decoded.ok) throw new Error(decoded.message);
  return {
    exchangeId,
    request: decoded.request,
    impression: decoded.request.impressions[0]!,
    permits: { ...ALL_PERMITS, ...permits },
    packs,
    nowMs,
  };
}
