// Transparency of advertising (IAB extension "dsa_transparency"): on whose behalf, who paid, by which data,
// and which of the two sides draws the notice.

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import { isHostLike } from './domain.ts';
import type { Json } from './reading.ts';
import { isFilled, isObject, listOf, numberOf, objectOf, shown } from './reading.ts';

const REQUIRED = [2, 3];
const PUBLISHER_CANNOT_RENDER = 0;
const PUBLISHER_WILL_RENDER = 2;
const CHARACTERS_MAX = 100;

export function checkTransparency({ request, bid, path }: BidCase, report: Report): void {
  const regs = objectOf(request.regs);
  const asked = objectOf(objectOf(regs.ext).dsa ?? regs.dsa);
  const level = numberOf(asked.dsarequired) ?? 0;
  const isRequired = REQUIRED.includes(level);
  const at = `${path}.ext.dsa`;
  const given = objectOf(bid.ext).dsa;
  if (!isObject(given)) {
    if (isRequired) report('missing_dsa', at, `dsarequired is ${level}`);
    return;
  }
  checkShape(given, at, report);
  if (isRequired) checkRendering(numberOf(asked.pubrender), numberOf(given.adrender), at, report);
}

/** paid must always be there, even where it is the same as behalf; neither is longer than 100 characters. */
function checkShape(given: Json, at: string, report: Report): void {
  for (const name of ['behalf', 'paid'] as const) {
    const text = given[name];
    if (typeof text !== 'string' || text === '') report('bad_dsa', `${at}.${name}`, 'no name');
    else if ([...text].length > CHARACTERS_MAX)
      report('bad_dsa', `${at}.${name}`, `${[...text].length} characters, ${CHARACTERS_MAX} are allowed`);
  }
  if (isFilled(given.adrender) && given.adrender !== 0 && given.adrender !== 1)
    report('bad_dsa', `${at}.adrender`, `${shown(given.adrender)} is neither 0 nor 1`);
  if (given.transparency !== undefined && !Array.isArray(given.transparency))
    report('bad_dsa', `${at}.transparency`, 'not a list');
  for (const [index, entry] of listOf(given.transparency).entries()) {
    const { domain, dsaparams } = objectOf(entry);
    const isWhole =
      typeof domain === 'string' &&
      isHostLike(domain) &&
      Array.isArray(dsaparams) &&
      dsaparams.every(Number.isInteger);
    if (!isWhole)
      report('bad_dsa', `${at}.transparency[${index}]`, 'needs domain and dsaparams, a list of integers');
  }
}

/** The person must see the notice, and once: pubrender 1 leaves it to adrender. */
function checkRendering(
  publisher: number | undefined,
  advertiser: number | undefined,
  at: string,
  report: Report,
): void {
  if (publisher === PUBLISHER_CANNOT_RENDER && advertiser !== 1)
    report('dsa_rendering', `${at}.adrender`, 'the publisher cannot draw the notice, and the ad does not');
  if (publisher === PUBLISHER_WILL_RENDER && advertiser === 1)
    report('dsa_rendering', `${at}.adrender`, 'the publisher draws the notice, and the ad draws another');
}
