// One bid beside everything of the request that it answers: what every check of a bid is given.

import type { Json } from './reading.ts';
import { isObject, numberOf, objectOf, objectsOf, textOf } from './reading.ts';
import type { Vast } from './vast.ts';
import { readVast } from './vast.ts';

export type Medium = 'banner' | 'video' | 'audio' | 'native';

export interface BidCase {
  readonly request: Json;
  readonly imp: Json;
  readonly deal: Json | undefined;
  readonly seat: string | undefined;
  readonly bid: Json;
  readonly path: string;
  readonly currency: string;
  /** The medium answered, and the impression's own object for it (empty if the impression has none). */
  readonly medium: Medium;
  readonly offer: Json;
  readonly markup: string | undefined;
  /** The markup read as VAST, for video and audio. */
  readonly vast: Vast | undefined;
  /** Of the creative: what the VAST says, else what the bid says. */
  readonly seconds: number | undefined;
}

export type BidPart = Pick<BidCase, 'request' | 'imp' | 'seat' | 'bid' | 'path' | 'currency'>;

export function bidCaseOf(part: BidPart): BidCase {
  const { bid, imp } = part;
  const medium = mediumOf(bid, imp);
  const markup = textOf(bid.adm);
  const isTimed = medium === 'video' || medium === 'audio';
  const vast = isTimed && markup !== undefined ? readVast(markup) : undefined;
  return {
    ...part,
    deal: dealOf(bid, imp),
    medium,
    offer: objectOf(imp[medium]),
    markup,
    vast,
    seconds: vast?.seconds ?? numberOf(bid.dur),
  };
}

const MEDIA_BY_MTYPE: Readonly<Record<number, Medium>> = { 1: 'banner', 2: 'video', 3: 'audio', 4: 'native' };

export function mediaOffered(imp: Json): Medium[] {
  return Object.values(MEDIA_BY_MTYPE).filter((medium) => isObject(imp[medium]));
}

export function mediumOfType(mtype: unknown): Medium | undefined {
  const number = numberOf(mtype);
  return number === undefined ? undefined : MEDIA_BY_MTYPE[number];
}

/** mtype says it (§4.2.3); without one the only medium on offer, else what the markup looks like. */
function mediumOf(bid: Json, imp: Json): Medium {
  const stated = mediumOfType(bid.mtype);
  if (stated !== undefined) return stated;
  const offered = mediaOffered(imp);
  const [first = 'banner'] = offered;
  if (offered.length === 1) return first;
  const looks = markupLooks(textOf(bid.adm) ?? '');
  if (looks === 'vast') return offered.includes('video') ? 'video' : 'audio';
  if (looks === 'native') return 'native';
  return offered.includes('banner') ? 'banner' : first;
}

export type MarkupLooks = 'vast' | 'native' | 'other';

export function markupLooks(markup: string): MarkupLooks {
  const start = markup.trimStart().slice(0, 400);
  if (/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<(VAST|DAAST|VideoAdServingTemplate)\b/.test(start))
    return 'vast';
  return start.startsWith('{') && /"(assets|link|native|assetsurl)"/.test(markup) ? 'native' : 'other';
}

function dealOf(bid: Json, imp: Json): Json | undefined {
  const dealId = textOf(bid.dealid);
  if (dealId === undefined) return undefined;
  return objectsOf(objectOf(imp.pmp).deals).find((deal) => textOf(deal.id) === dealId);
}
