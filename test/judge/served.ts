// Markup that comes after the answer, judged as if it had stood in the bid: the body of the answer to nurl
// (§4.3), or the document that a wrapper points at.

import type { Departure } from './departure.ts';
import { judge } from './judge.ts';
import type { Json } from './reading.ts';
import { isObject, listOf, numberOf, numbersOf, objectsOf } from './reading.ts';

export interface Served {
  readonly bidId: string;
  readonly markup: string;
  /** It came from behind a wrapper: then it is the inline ad of the same version. */
  readonly isUnwrapped: boolean;
}

export function judgeServed(request: Json, response: Json, served: Served): Departure[] {
  const seatbid = objectsOf(response.seatbid).map((seat) => ({
    ...seat,
    bid: listOf(seat.bid).map((bid) =>
      isObject(bid) && bid.id === served.bidId ? withMarkup(bid, served) : bid,
    ),
  }));
  const asked = served.isUnwrapped ? { ...request, imp: listOf(request.imp).map(withInline) } : request;
  return judge(asked, { ...response, seatbid });
}

function withMarkup(bid: Json, { markup, isUnwrapped }: Served): Json {
  const { protocol, ...rest } = bid;
  const code = numberOf(protocol);
  const named = isUnwrapped && code !== undefined ? INLINE_OF[code] : protocol;
  return { ...rest, adm: markup, ...(named === undefined ? {} : { protocol: named }) };
}

// AdCOM, "Creative Subtypes - Audio/Video": the inline ad of a wrapper's version.
const INLINE_OF: Readonly<Record<number, number>> = { 4: 1, 5: 2, 6: 3, 8: 7, 10: 9, 12: 11, 14: 13, 16: 15 };

/** A player that takes a wrapper takes the ad behind it. */
function withInline(imp: unknown): unknown {
  if (!isObject(imp)) return imp;
  const changed: Record<string, unknown> = { ...imp };
  for (const medium of ['video', 'audio']) {
    const offer = imp[medium];
    if (!isObject(offer)) continue;
    const listed = numbersOf(offer.protocols);
    const protocols = listed.length > 0 ? listed : numbersOf(offer.protocol);
    changed[medium] = { ...offer, protocols: protocols.flatMap((code) => [code, INLINE_OF[code] ?? code]) };
  }
  return changed;
}
