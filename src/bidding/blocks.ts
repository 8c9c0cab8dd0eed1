/** Publisher's blocks (OpenRTB 2.6 section 3.2.1: badv, bcat, acat, bapp, wlang), answered once per request and domain. */
import type { CatalogCreative } from '../campaign/catalog.ts';
import type { Reason } from '../core/reason.ts';
import type { BidRequest } from '../openrtb/request.ts';

/** Made for one request; lists of thousands cost one set, and only when a creative comes to be judged. */
export interface Blocks {
  refusal(creative: CatalogCreative): Reason | undefined;
}

/** The account's categories are in content taxonomy 1.0; lists in another cannot be read, so a listed creative is refused. */
const OWN_TAXONOMY = 1;

export function blocksOf(request: BidRequest): Blocks {
  let advertisers: ReadonlySet<string> | undefined;
  const blockedDomain = (domain: string): boolean => {
    if (request.blockedAdvertisers.length === 0) return false;
    advertisers ??= new Set(request.blockedAdvertisers);
    for (let rest = domain; rest !== ''; rest = rest.slice(rest.indexOf('.') + 1)) {
      if (advertisers.has(rest)) return true;
      if (!rest.includes('.')) return false;
    }
    return false;
  };
  return {
    refusal: ({ creative, domains, categories }) => {
      if (domains.some(blockedDomain)) return 'advertiser_blocked';
      if (categoriesBlocked(categories, request)) return 'category_blocked';
      if (creative.bundle !== undefined && request.blockedApps.includes(creative.bundle))
        return 'app_blocked';
      const languages = request.allowedLanguages;
      if (languages.length > 0 && creative.language !== undefined && !languages.includes(creative.language))
        return 'language_blocked';
      return undefined;
    },
  };
}

function categoriesBlocked(categories: readonly string[], request: BidRequest): boolean {
  const { blockedCategories: blocked, allowedCategories: allowed } = request;
  if (blocked.length === 0 && allowed.length === 0) return false;
  if (request.categoryTaxonomy !== OWN_TAXONOMY) return categories.length > 0 || allowed.length > 0;
  if (categories.some((category) => blocked.some((block) => within(category, block)))) return true;
  return (
    allowed.length > 0 &&
    (categories.length === 0 ||
      !categories.every((category) => allowed.some((allow) => within(category, allow))))
  );
}

/** IAB7 covers IAB7-1, and not IAB70. */
function within(category: string, listed: string): boolean {
  return category === listed || category.startsWith(`${listed}-`);
}
