// Is a request strictly valid? Says where it departs from the field tables of OpenRTB 2.6, so that a test can
// tell a request that must be answered (200 or 204) from one that may be refused, without a label made by
// somebody else.
//
// A departure is one word: `required:PATH`, `type:PATH`, `unique:PATH` or `exclusive:PATH`. Only what keeps a
// bidder from knowing what is asked counts. Other pairs that the text forbids or frowns upon (rqddurs beside
// maxduration, bcat beside acat, keywords beside kwarray) leave a request that can be read.

import type { Json } from './reading.ts';
import { isFilled, isObject } from './reading.ts';
import { walkShape } from './shape.ts';

export function requestDepartures(request: unknown): string[] {
  const departures: string[] = [];
  walkShape('BidRequest', request, '', {
    required: (path) => departures.push(`required:${path}`),
    type: (path) => departures.push(`type:${path}`),
  });
  if (!isObject(request)) return departures;
  checkImpressions(request, departures);
  checkExclusive(request, departures);
  return departures;
}

const MEDIA = ['banner', 'video', 'audio', 'native'] as const;

/** §3.2.4: ids are unique within the request, and every impression offers at least one medium (§3.1). */
function checkImpressions(request: Json, departures: string[]): void {
  if (!Array.isArray(request.imp)) return;
  const seen = new Set<unknown>();
  for (const [index, imp] of request.imp.entries()) {
    if (!isObject(imp)) continue;
    if (!MEDIA.some((medium) => present(imp[medium]))) {
      departures.push(`required:imp[${index}].(${MEDIA.join('|')})`);
    }
    checkVendor(imp, index, departures);
    if (!isFilled(imp.id)) continue;
    if (seen.has(imp.id)) departures.push(`unique:imp[${index}].id`);
    seen.add(imp.id);
  }
}

/** §3.2.31: a multiplier measured by a vendor names that vendor. */
function checkVendor(imp: Json, index: number, departures: string[]): void {
  if (!isObject(imp.qty)) return;
  if (imp.qty.sourcetype === 1 && !isFilled(imp.qty.vendor))
    departures.push(`required:imp[${index}].qty.vendor`);
}

/** §3.2.13: at most one kind of property. §3.2.1: an allow list or a block list of seats, not both. */
function checkExclusive(request: Json, departures: string[]): void {
  const properties = [request.site, request.app, request.dooh].filter(present);
  if (properties.length > 1) departures.push('exclusive:site-app-dooh');
  if (isFilled(request.wseat) && isFilled(request.bseat)) departures.push('exclusive:wseat-bseat');
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}
