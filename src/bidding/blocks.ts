/** Publisher's blocks (OpenRTB 2.6 section 3.2.1: badv, bcat, acat, bapp, wlang), answered once per request and domain. */
import type { CatalogCreative } from '../campaign/catalog.ts';
import type { OwnDomains } from '../campaign/own-domains.ts';
import { suffixesOf } from '../campaign/own-domains.ts';
import { categoryIn, lineageOf } from '../campaign/taxonomy/content.ts';
import type { Reason } from '../core/reason.ts';
import type { BidRequest } from '../openrtb/request.ts';

/** Made for one request; lists of thousands cost one pass, and only when a creative comes to be judged. */
export interface Blocks {
  refusal(creative: CatalogCreative): Reason | undefined;
}

export function blocksOf(request: BidRequest, ownDomains: OwnDomains): Blocks {
  let advertisers: ReadonlySet<string> | undefined;
  let lists: CategoryLists | undefined;
  const hasCategoryLists = request.blockedCategories.length > 0 || request.allowedCategories.length > 0;
  const blockedDomain = (domain: string): boolean => {
    if (request.blockedAdvertisers.length === 0) return false;
    advertisers ??= ownDomains.among(request.blockedAdvertisers);
    return advertisers.size > 0 && suffixesOf(domain).some((suffix) => advertisers!.has(suffix));
  };
  return {
    refusal: (candidate) => {
      const { creative, domains } = candidate;
      if (domains.some(blockedDomain)) return 'advertiser_blocked';
      if (
        hasCategoryLists &&
        categoriesBlocked(candidate, request.categoryTaxonomy, (lists ??= categoryLists(request)))
      )
        return 'category_blocked';
      if (creative.bundle !== undefined && request.blockedApps.includes(creative.bundle))
        return 'app_blocked';
      const languages = request.allowedLanguages;
      if (languages.length > 0 && creative.language !== undefined && !languages.includes(creative.language))
        return 'language_blocked';
      return undefined;
    },
  };
}

/** Where a creative's categories stand in a taxonomy. */
export interface PlacedCategories {
  readonly codes: readonly string[];
  /** Each code with all that lies above it. */
  readonly lineages: readonly (readonly string[])[];
  /** False where one of them is not known there. */
  readonly complete: boolean;
}

/** By the list of categories, which is as lasting as the book it stands in; then by `cattax`. */
const placed = new WeakMap<readonly string[], Map<number, PlacedCategories>>();

export function placedIn(
  { categories, categoryTaxonomy = 1 }: Pick<CatalogCreative, 'categories' | 'categoryTaxonomy'>,
  taxonomy: number,
): PlacedCategories {
  let known = placed.get(categories);
  if (!known) placed.set(categories, (known = new Map()));
  const key = categoryTaxonomy * 1000 + taxonomy;
  let place = known.get(key);
  if (!place) {
    const found = categories.map((category) => categoryIn(category, categoryTaxonomy, taxonomy));
    const codes = [...new Set(found.filter((code) => code !== undefined))];
    place = {
      codes,
      lineages: codes.map((code) => lineageOf(code, taxonomy)),
      complete: found.every((code) => code !== undefined),
    };
    known.set(key, place);
  }
  return place;
}

interface CategoryLists {
  readonly blocked: ReadonlySet<string>;
  readonly allowed: ReadonlySet<string>;
}

/** Both lists of a request in capitals, made when the first creative is judged: each of them was spelled anew for each creative. */
function categoryLists({ blockedCategories, allowedCategories }: BidRequest): CategoryLists {
  const capitals = (list: readonly string[]) => new Set(list.map((code) => code.toUpperCase()));
  return { blocked: capitals(blockedCategories), allowed: capitals(allowedCategories) };
}

/** What cannot be said in the list's taxonomy may be what it blocks, so it is refused. */
function categoriesBlocked(
  candidate: CatalogCreative,
  taxonomy: number,
  { blocked, allowed }: CategoryLists,
): boolean {
  const { lineages, complete } = placedIn(candidate, taxonomy);
  if (!complete) return true;
  if (lineages.some((lineage) => isListed(blocked, lineage))) return true;
  if (allowed.size === 0) return false;
  // Codes of 1.0 hold what lies above them, so whoever allows IAB8 allows IAB8-5. A bare number may be meant alone.
  const allows = (lineage: readonly string[]): boolean =>
    isListed(allowed, taxonomy === 1 ? lineage : lineage.slice(0, 1));
  return lineages.length === 0 || !lineages.every(allows);
}

function isListed(list: ReadonlySet<string>, lineage: readonly string[]): boolean {
  for (let at = 0; at < lineage.length; at++) if (list.has(lineage[at]!)) return true;
  return false;
}
