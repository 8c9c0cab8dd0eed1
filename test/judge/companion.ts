// Companions of a video or audio ad (§3.2.7 and §3.2.8, `companionad` and `companiontype`): a player has room
// for the sizes it offers, and shows only the kinds of resource it lists.

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import { numberOf, numbersOf, objectsOf } from './reading.ts';
import type { Companion, CompanionResource } from './timed-ad.ts';
import type { Vast } from './vast.ts';

// AdCOM, "Companion Types".
const TYPES: Readonly<Record<CompanionResource, number>> = { static: 1, html: 2, iframe: 3 };

export function checkCompanions({ offer, path }: BidCase, vast: Vast, report: Report): void {
  // 2.0 and 2.1 wrapped the list once more.
  const offered = objectsOf(offer.companionad).flatMap((one) =>
    'banner' in one ? objectsOf(one.banner) : [one],
  );
  const sizes = offered.flatMap((banner) => [...objectsOf(banner.format), banner]);
  const types = numbersOf(offer.companiontype);
  for (const companion of vast.ads.flatMap((ad) => ad.companions)) {
    const fault = offered.length === 0 ? 'no companions are offered' : faultOf(companion, sizes, types);
    if (fault !== undefined) report('companion_not_offered', `${path}.adm`, fault);
  }
}

function faultOf(
  { width, height, resources }: Companion,
  sizes: ReturnType<typeof objectsOf>,
  types: readonly number[],
): string | undefined {
  const told = sizes.filter(({ w, h }) => numberOf(w) !== undefined && numberOf(h) !== undefined);
  const fits = ({ w, h }: (typeof sizes)[number]) => numberOf(w) === width && numberOf(h) === height;
  if (told.length > 0 && !told.some(fits)) {
    return `${width}x${height}, offered are ${told.map(({ w, h }) => `${numberOf(w)}x${numberOf(h)}`).join(', ')}`;
  }
  const shown = resources.some((resource) => types.includes(TYPES[resource]));
  if (types.length > 0 && resources.length > 0 && !shown)
    return `${resources.join(', ')}, companiontype has ${types.join(', ')}`;
  return undefined;
}
