// What a publisher's block and allow lists look at: advertiser, category, app, attributes, language,
// transparency.

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import { isHostLike, isWithinDomain } from './domain.ts';
import { isFilled, numberOf, numbersOf, textOf, textsOf } from './reading.ts';
import { checkTransparency } from './transparency.ts';

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
  const stated = numberOf(bid.cattax) ?? 1;
  const isComparable = stated === taxonomy;
  checkTaxonomy(categories, stated, path, report);
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

// AdCOM, "Category Taxonomies", less 4, which is of audiences; 500 and up are the exchange's own.
const TAXONOMIES = [1, 2, 3, 5, 6, 7, 8, 9];

/** Content 1.0, the default, alone has codes such as IAB7-1: elsewhere they say nothing, nor numbers there. */
function checkTaxonomy(categories: readonly string[], stated: number, path: string, report: Report): void {
  if (!TAXONOMIES.includes(stated) && stated < 500)
    report('bad_cattax', `${path}.cattax`, `${stated} is no taxonomy of content or products`);
  for (const [index, category] of categories.entries()) {
    if (stated >= 500 || /^IAB\d+(-\d+)?$/i.test(category) === (stated === 1)) continue;
    report('category_taxonomy', `${path}.cat[${index}]`, `${category.slice(0, 40)} in taxonomy ${stated}`);
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
  if (plain !== undefined && !/^[a-z]{2}$/.test(plain))
    report('bad_language', `${path}.language`, `${plain.slice(0, 20)} is not of ISO 639-1`);
  if (tag !== undefined && !isLanguageTag(tag))
    report('bad_language', `${path}.langb`, `${tag.slice(0, 20)} is not of BCP 47`);
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

function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

/** `en` and `en-GB` go together whichever of the two is on the list; `en-US` and `en-GB` do not. */
function areCompatible(one: string, other: string): boolean {
  return one === other || other.startsWith(`${one}-`) || one.startsWith(`${other}-`);
}
