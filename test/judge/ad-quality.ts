// What a publisher's block and allow lists look at: advertiser, category, app, attributes, language,
// transparency.

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import { isHostLike, isWithinDomain } from './domain.ts';
import { isFilled, isObject, numberOf, numbersOf, objectOf, textOf, textsOf } from './reading.ts';

export function checkAdQuality(bidCase: BidCase, report: Report): void {
  checkCreativeId(bidCase, report);
  checkAdvertisers(bidCase, report);
  checkCategories(bidCase, report);
  checkApp(bidCase, report);
  checkAttributes(bidCase, report);
  checkLanguage(bidCase, report);
  checkTransparency(bidCase, report);
}

function checkCreativeId({ bid, path }: BidCase, report: Report): void {
  if (!isFilled(bid.crid))
    report('missing_crid', `${path}.crid`, 'exchanges drop bids without a creative id');
}

function checkAdvertisers({ request, bid, path }: BidCase, report: Report): void {
  const domains = textsOf(bid.adomain);
  if (domains.length === 0)
    report('missing_adomain', `${path}.adomain`, 'block lists cannot be checked without it');
  const blocked = textsOf(request.badv);
  for (const [index, domain] of domains.entries()) {
    const at = `${path}.adomain[${index}]`;
    if (!isHostLike(domain)) report('bad_adomain', at, `${domain} is not a bare host name`);
    if (blocked.some((one) => isWithinDomain(domain, one)))
      report('blocked_advertiser', at, `badv lists ${domain}`);
  }
}

/**
 * §3.2.1: bcat and acat are in the taxonomy `cattax` of the request, cat in that of the bid (both default to
 * 1). Codes of different taxonomies cannot be compared: such a bid breaks no block list, but it is not on any
 * allow list either.
 */
function checkCategories({ request, bid, path }: BidCase, report: Report): void {
  const categories = textsOf(bid.cat);
  const taxonomy = numberOf(request.cattax) ?? 1;
  const isComparable = (numberOf(bid.cattax) ?? 1) === taxonomy;
  const blocked = textsOf(request.bcat);
  for (const [index, category] of categories.entries()) {
    if (!isComparable || !blocked.some((one) => covers(one, category, taxonomy))) continue;
    report('blocked_category', `${path}.cat[${index}]`, `bcat covers ${category}`);
  }
  const allowed = textsOf(request.acat);
  if (allowed.length === 0) return;
  const isAllowed = (category: string) => allowed.some((one) => covers(one, category, taxonomy));
  if (!isComparable || categories.length === 0 || !categories.every(isAllowed)) {
    report('category_not_allowed', `${path}.cat`, `[${categories.join(', ')}] is not within acat`);
  }
}

/**
 * In Content Taxonomy 1.0 a code contains its own hierarchy: IAB7 covers IAB7-1. Later taxonomies use plain
 * numbers.
 */
function covers(listed: string, category: string, taxonomy: number): boolean {
  const outer = listed.toUpperCase();
  const inner = category.toUpperCase();
  return outer === inner || (taxonomy === 1 && inner.startsWith(`${outer}-`));
}

function checkApp({ request, bid, path }: BidCase, report: Report): void {
  const bundle = textOf(bid.bundle);
  if (bundle !== undefined && textsOf(request.bapp).includes(bundle)) {
    report('blocked_app', `${path}.bundle`, `bapp lists ${bundle}`);
  }
}

function checkAttributes({ bid, offer, medium, path }: BidCase, report: Report): void {
  const blocked = numbersOf(offer.battr);
  for (const [index, attribute] of numbersOf(bid.attr).entries()) {
    if (blocked.includes(attribute))
      report('blocked_attribute', `${path}.attr[${index}]`, `${medium}.battr has ${attribute}`);
  }
}

/** `xx` is a creative without words (§4.2.3). An unstated language breaks no list. */
function checkLanguage({ request, bid, path }: BidCase, report: Report): void {
  const plain = textOf(bid.language)?.toLowerCase();
  const tag = textOf(bid.langb)?.toLowerCase();
  if (plain !== undefined && tag !== undefined)
    report('two_languages', `${path}.langb`, 'only one of language and langb');
  const stated = tag ?? plain;
  const allowed = [...textsOf(request.wlang), ...textsOf(request.wlangb)].map((one) => one.toLowerCase());
  if (stated === undefined || stated === 'xx' || allowed.length === 0) return;
  if (!allowed.some((one) => areCompatible(one, stated))) {
    report(
      'language_not_allowed',
      `${path}.${tag === undefined ? 'language' : 'langb'}`,
      `${stated} is not allowed`,
    );
  }
}

/** `en` and `en-GB` go together whichever of the two is on the list; `en-US` and `en-GB` do not. */
function areCompatible(one: string, other: string): boolean {
  return one === other || other.startsWith(`${one}-`) || one.startsWith(`${other}-`);
}

/** IAB extension "dsa_transparency": with 2 or 3 a bid without the object is not accepted. */
function checkTransparency({ request, bid, path }: BidCase, report: Report): void {
  const regs = objectOf(request.regs);
  const asked = objectOf(objectOf(regs.ext).dsa ?? regs.dsa);
  const level = numberOf(asked.dsarequired);
  if ((level === 2 || level === 3) && !isObject(objectOf(bid.ext).dsa)) {
    report('missing_dsa', `${path}.ext.dsa`, `dsarequired is ${level}`);
  }
}
