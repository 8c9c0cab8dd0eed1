// API frameworks, alike for every medium: what is not listed is not supported (§3.2.6 to §3.2.9).

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import { numbersOf } from './reading.ts';

// AdCOM "API Frameworks". OMID measures and is not needed to run, so naming it commits nobody.
const OMID = 7;
const MRAID = [3, 5, 6];

/**
 * `apis` says what the markup can use (§4.2.3), and `api`, before it, what it needs: of all that is named,
 * one must be there to run it.
 */
export function checkApi({ bid, offer, markup, path }: BidCase, report: Report): void {
  const offered = numbersOf(offer.api);
  const named = [...numbersOf(bid.api), ...numbersOf(bid.apis)].filter((api) => api !== OMID && api !== 0);
  if (named.length > 0 && !named.some((api) => offered.includes(api))) {
    const listed = offered.join(', ') || 'none';
    report('api_not_offered', `${path}.apis`, `${named.join(', ')}, offered are ${listed}`);
    return;
  }
  const loadsMraid = markup !== undefined && /\bmraid\.js\b/.test(markup);
  if (loadsMraid && !MRAID.some((api) => offered.includes(api))) {
    report('api_not_offered', `${path}.adm`, 'mraid.js, and no version of MRAID is offered');
  }
}
