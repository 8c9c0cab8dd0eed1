/**
 * The objects of a book against each other: ids, references, dates, zones, domains, currencies. Shapes were looked at
 * before (`shape.ts`); what failed there is absent here, so one pass tells of every fault there is. The file is one
 * thing: the list of what must hold between objects.
 */
import { isZone } from '../core/zone.ts';
import { isClassPack } from './audience/classes.ts';
import { partsOf } from './audience/kinds.ts';
import type { Creative } from './creative.ts';
import { foreignLanding } from './dynamic/landing.ts';
import type { Dynamic } from './dynamic/schema.ts';
import { compileTemplate } from './dynamic/template.ts';
import { slotsIn } from './dynamic/text.ts';
import { experimentFaults } from './experiment-checks.ts';
import { checkGoal } from './goal-checks.ts';
import type { Issue, Path } from './issue.ts';
import { issue } from './issue.ts';
import { isExpandable } from './lint-banner.ts';
import type { Loose, LooseBook } from './loose-book.ts';
import { suggestion } from './nearest.ts';
import { packFaults } from './pack-checks.ts';
import { namesIn } from './rule-names.ts';

export interface BookCheck {
  /** False where a part of the book could not be read: an unknown id may then be there. */
  readonly referencesKnown?: boolean;
}

export const LISTS = [
  'exchanges',
  'advertisers',
  'campaigns',
  'lineItems',
  'creatives',
  'audiences',
  'conversionActions',
  'experiments',
] as const;
type ListName = (typeof LISTS)[number];

/** Every fault between the objects of a book; paths start at the book, as `lineItems[2].campaignId`. */
export function checkBook(book: LooseBook, { referencesKnown = true }: BookCheck = {}): Issue[] {
  const issues: Issue[] = [];
  const ids = Object.fromEntries(LISTS.map((list) => [list, indexIds(book, list, issues)])) as Ids;
  if (referencesKnown) checkReferences(book, ids, issues);
  checkAccount(book, issues);
  checkExchanges(book, issues);
  book.campaigns?.forEach((campaign, index) => {
    const path = ['campaigns', index];
    checkZone(campaign?.timeZone, [...path, 'timeZone'], issues);
    checkFlight(campaign?.flight, [...path, 'flight'], issues);
  });
  book.lineItems?.forEach((line, index) => {
    const path = ['lineItems', index];
    checkFlight(line?.flight, [...path, 'flight'], issues);
    const campaign = book.campaigns?.[ids.campaigns.get(line?.campaignId ?? '') ?? -1];
    checkGoal(line, campaign, referencesKnown ? book.conversionActions : undefined, [...path, 'bid'], issues);
    checkLineCreatives(book, line, path, ids, issues);
  });
  book.creatives?.forEach((creative, index) => {
    checkCreative(book, creative, ['creatives', index], ids, issues);
  });
  book.audiences?.forEach((audience, index) => {
    if (audience && 'expires' in audience)
      checkDate(audience.expires, ['audiences', index, 'expires'], issues);
  });
  issues.push(...packFaults(book));
  book.experiments?.forEach((experiment, index) => {
    const path = ['experiments', index];
    for (const key of ['start', 'end'] as const) checkDate(experiment?.[key], [...path, key], issues);
  });
  // Arms name what the book has; where a part of it could not be read they are looked at with the whole.
  if (referencesKnown)
    issues.push(...experimentFaults(book, (lineItems) => checkBook({ ...book, lineItems, experiments: [] })));
  return issues;
}

type Ids = Readonly<Record<ListName, ReadonlyMap<string, number>>>;

function indexIds(book: LooseBook, list: ListName, issues: Issue[]): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  book[list]?.forEach((object, index) => {
    const id = object?.id;
    if (typeof id !== 'string') return;
    const first = positions.get(id);
    if (first === undefined) positions.set(id, index);
    else
      issues.push(
        issue([list, index, 'id'], 'duplicate_id', `is taken by another of the ${list}`, {
          value: id,
          related: [list, first, 'id'],
        }),
      );
  });
  return positions;
}

function checkReferences(book: LooseBook, ids: Ids, issues: Issue[]): void {
  const refer = (list: ListName, id: unknown, path: Path, onKey = false): void => {
    if (typeof id !== 'string' || ids[list].has(id)) return;
    if (list === 'audiences' && isClassPack(id)) return;
    const known = [...ids[list].keys()];
    const hint = known.length === 0 ? `There are no ${list}.` : suggestion(id, known);
    issues.push(issue(path, 'unknown_reference', `names none of the ${list}`, { value: id, hint, onKey }));
  };
  for (const list of ['campaigns', 'creatives', 'conversionActions'] as const) {
    book[list]?.forEach((object, index) => {
      refer('advertisers', object?.advertiserId, [list, index, 'advertiserId']);
    });
  }
  book.experiments?.forEach((experiment, index) => {
    refer('lineItems', experiment?.lineItemId, ['experiments', index, 'lineItemId']);
    refer('campaigns', experiment?.campaignId, ['experiments', index, 'campaignId']);
  });
  book.creatives?.forEach((creative, index) => {
    for (const path of approvalsOf(creative))
      refer('exchanges', path.at(-1), ['creatives', index, ...path], true);
  });
  book.audiences?.forEach((audience, index) => {
    const key = audience?.source === 'lookalike' ? 'seed' : 'expression';
    for (const id of partsOf(audience)) refer('audiences', id, ['audiences', index, key]);
  });
  book.lineItems?.forEach((line, index) => {
    const path = ['lineItems', index];
    refer('campaigns', line?.campaignId, [...path, 'campaignId']);
    line?.creatives?.forEach((entry, at) => {
      refer('creatives', entry?.id, [...path, 'creatives', at, 'id']);
    });
    line?.audienceWeights?.forEach((entry, at) => {
      refer('audiences', entry?.audience, [...path, 'audienceWeights', at, 'audience']);
    });
    for (const name of namesIn(line?.targeting))
      refer(name.list, name.id, [...path, 'targeting', ...name.path]);
  });
}

/** Where a creative, a slot, a variant or a feed names an exchange. */
function approvalsOf(creative: Loose<Creative> | undefined): Path[] {
  const found: Path[] = [];
  const add = (path: Path, approval: object | undefined): void => {
    for (const id of Object.keys(approval ?? {})) found.push([...path, 'approval', id]);
  };
  add([], creative?.approval);
  add(['dynamic', 'feed'], creative?.dynamic?.feed?.approval);
  creative?.dynamic?.slots?.forEach((slot, at) => {
    const path = ['dynamic', 'slots', at];
    add(path, slot?.approval);
    slot?.variants?.forEach((variant, place) => {
      add([...path, 'variants', place], variant?.approval);
    });
  });
  return found;
}

function checkAccount(book: LooseBook, issues: Issue[]): void {
  const account = book.account;
  if (!account) return;
  checkZone(account.timeZone, ['account', 'timeZone'], issues);
  checkCurrency(account.currency, ['account', 'currency'], issues);
  const path = ['account', 'currencyRates'];
  checkDate(account.currencyRates?.asOf, [...path, 'asOf'], issues);
  for (const [code, rate] of Object.entries(account.currencyRates?.rates ?? {})) {
    checkCurrency(code, [...path, 'rates', code], issues, true);
    if (code !== account.currency || rate === 1) continue;
    const hint = 'Rates say what one unit of another currency is worth in the account’s.';
    issues.push(
      issue([...path, 'rates', code], 'own_rate', 'must be 1, for it is the account’s own currency', {
        value: rate,
        hint,
      }),
    );
  }
}

function checkExchanges(book: LooseBook, issues: Issue[]): void {
  book.exchanges?.forEach((exchange, index) => {
    const path = ['exchanges', index];
    checkCurrency(exchange?.currency, [...path, 'currency'], issues);
    if (exchange?.priceCodec !== 'google-hmac-sha1' || exchange.priceKeys) return;
    issues.push(
      issue([...path, 'priceKeys'], 'missing', 'is missing', {
        hint: 'Prices of this codec are encrypted; ask the exchange for both keys.',
      }),
    );
  });
}

let currencies: readonly string[] | undefined;

function checkCurrency(code: string | undefined, path: Path, issues: Issue[], onKey = false): void {
  currencies ??= Intl.supportedValuesOf('currency');
  if (code === undefined || currencies.includes(code)) return;
  issues.push(
    issue(path, 'unknown_currency', 'is not a currency of ISO 4217', {
      value: code,
      hint: suggestion(code, currencies),
      onKey,
    }),
  );
}

let zones: readonly string[] | undefined;

function checkZone(name: string | undefined, path: Path, issues: Issue[]): void {
  if (name === undefined || isZone(name)) return;
  zones ??= Intl.supportedValuesOf('timeZone');
  const hint = suggestion(name, zones) || 'Use a name of the IANA tz database, as Europe/Berlin or UTC.';
  issues.push(issue(path, 'unknown_zone', 'is not a time zone', { value: name, hint }));
}

/** True for a date of the calendar; tells of 30 February and the like. */
function checkDate(day: string | undefined, path: Path, issues: Issue[]): boolean {
  if (day === undefined) return false;
  const time = Date.parse(`${day}T00:00:00Z`);
  if (Number.isFinite(time) && new Date(time).toISOString().startsWith(day)) return true;
  issues.push(
    issue(path, 'not_a_date', 'is not a day of the calendar', {
      value: day,
      hint: 'Days are written 2026-02-28.',
    }),
  );
  return false;
}

function checkFlight(
  flight: { start?: string | undefined; end?: string | undefined } | undefined,
  path: Path,
  issues: Issue[],
): void {
  const startIsDate = checkDate(flight?.start, [...path, 'start'], issues);
  const endIsDate = checkDate(flight?.end, [...path, 'end'], issues);
  if (!startIsDate || !endIsDate || flight!.end! >= flight!.start!) return;
  const related = [...path, 'start'];
  issues.push(
    issue([...path, 'end'], 'flight_ends_before_start', `is before the start, ${flight!.start}`, {
      value: flight!.end,
      related,
    }),
  );
}

type LooseLine = NonNullable<LooseBook['lineItems']>[number];

function checkLineCreatives(book: LooseBook, line: LooseLine, path: Path, ids: Ids, issues: Issue[]): void {
  const owner = book.campaigns?.[ids.campaigns.get(line?.campaignId ?? '') ?? -1]?.advertiserId;
  const seen = new Map<string, number>();
  line?.creatives?.forEach((entry, at) => {
    const id = entry?.id;
    if (typeof id !== 'string') return;
    const at0 = seen.get(id);
    const here = [...path, 'creatives', at, 'id'];
    if (at0 === undefined) seen.set(id, at);
    else
      issues.push(
        issue(here, 'repeated', 'is in the list already', {
          value: id,
          related: [...path, 'creatives', at0, 'id'],
        }),
      );
    const advertiser = book.creatives?.[ids.creatives.get(id) ?? -1]?.advertiserId;
    if (owner === undefined || advertiser === undefined || owner === advertiser) return;
    const hint = `The campaign advertises ${owner}; the creative belongs to ${advertiser}.`;
    issues.push(issue(here, 'foreign_creative', 'belongs to another advertiser', { value: id, hint }));
  });
}

function checkCreative(
  book: LooseBook,
  creative: Loose<Creative> | undefined,
  path: Path,
  ids: Ids,
  issues: Issue[],
): void {
  if (!creative) return;
  for (const [address, at] of addressesOf(creative)) {
    if (!URL.canParse(address) && !(creative.dynamic && slotsIn(address).length > 0))
      issues.push(issue([...path, ...at], 'not_an_address', 'is not a web address', { value: address }));
  }
  checkLandingPage(
    book.advertisers?.[ids.advertisers.get(creative.advertiserId ?? '') ?? -1]?.domains,
    creative.landingPage,
    path,
    issues,
  );
  for (const found of compileTemplate(creative).issues) {
    // Whatever has no effect is the lint's to tell.
    if (found.severity === 'error') issues.push({ ...found, path: [...path, ...found.path] });
  }
  checkLandings(
    creative,
    book.advertisers?.[ids.advertisers.get(creative.advertiserId ?? '') ?? -1]?.domains,
    path,
    issues,
  );
  if (creative.format === 'video' || creative.format === 'audio') checkTimed(creative, path, issues);
  if (creative.format !== 'banner') return;
  if (creative.html === undefined && creative.imageUrl === undefined) {
    issues.push(issue(path, 'empty_creative', 'shows nothing', { hint: 'Give it html or an imageUrl.' }));
  }
  if (creative.dynamic && creative.imageMime === undefined && slotsIn(creative.imageUrl ?? '').length > 0)
    issues.push(
      issue([...path, 'imageMime'], 'missing', 'is missing, since the address of the picture changes', {
        hint: 'Say image/png or what all pictures are, so that placements that take others are left out.',
      }),
    );
  if ((creative.expandDirections?.length ?? 0) > 0 && !isExpandable(creative.attributes)) {
    issues.push(
      issue([...path, 'attributes'], 'missing', 'do not say how it expands', {
        hint: 'Add 3 (by itself), 4 (on a click) or 5 (under the pointer).',
      }),
    );
  }
  if (creative.anySize !== true && creative.sizes !== undefined && creative.sizes.length === 0) {
    issues.push(
      issue([...path, 'sizes'], 'missing', 'is missing', {
        hint: 'List the sizes it renders in, or say anySize: true.',
      }),
    );
  }
}

/** A template's own landing page, whether its host is fixed or the value of a slot. Rows of feeds are looked at with the feed. */
function checkLandings(
  creative: Loose<Creative>,
  domains: readonly (string | undefined)[] | undefined,
  path: Path,
  issues: Issue[],
): void {
  const dynamic = creative.dynamic as Dynamic | undefined;
  const first = slotsIn(dynamic?.landingPage ?? '')[0];
  if (!dynamic || domains === undefined) return;
  const slot = first?.offset === 0 ? dynamic.slots?.find((one) => one?.id === first.slot) : undefined;
  for (const { value = '' } of slot?.variants ?? [{}]) {
    const foreign = foreignLanding(dynamic, slot ? { '': value } : {}, domains);
    if (foreign === undefined) continue;
    issues.push(
      issue(
        [...path, 'dynamic', 'landingPage'],
        'foreign_landing_page',
        'is on none of the advertiser’s domains',
        {
          value: foreign,
          hint: `The advertiser’s domains: ${domains.join(', ')}.`,
        },
      ),
    );
  }
}

/** Something to play, and one thing in each companion. */
function checkTimed(
  creative: Extract<Loose<Creative>, { format?: 'video' | 'audio' }>,
  path: Path,
  issues: Issue[],
): void {
  const { vastTagUrl, mediaFiles } = creative;
  if (vastTagUrl === undefined && (mediaFiles ?? []).length === 0)
    issues.push(
      issue(path, 'empty_creative', 'plays nothing', { hint: 'Give it mediaFiles or a vastTagUrl.' }),
    );
  if (vastTagUrl !== undefined && (creative.vastTagMimes ?? []).length === 0)
    issues.push(
      issue([...path, 'vastTagMimes'], 'missing', 'is missing', {
        hint: 'List what the tag can serve, as [video/mp4].',
      }),
    );
  creative.companions?.forEach((companion, index) => {
    const { imageUrl, html, iframeUrl } = companion ?? {};
    if ([imageUrl, html, iframeUrl].filter((one) => one !== undefined).length === 1) return;
    issues.push(
      issue([...path, 'companions', index], 'empty_creative', 'must have one thing to show', {
        hint: 'Give it imageUrl, html or iframeUrl.',
      }),
    );
  });
}

/** Where a click leads must belong to the advertiser: a domain it declares, or one below it. */
function checkLandingPage(
  domains: readonly (string | undefined)[] | undefined,
  page: string | undefined,
  path: Path,
  issues: Issue[],
): void {
  if (domains === undefined || page === undefined || !URL.canParse(page)) return;
  const host = new URL(page).hostname.replace(/\.$/, '');
  const known = domains.filter((domain) => domain !== undefined);
  if (known.some((domain) => host === domain || host.endsWith(`.${domain}`))) return;
  const hint = `The advertiser’s domains: ${known.join(', ')}.`;
  issues.push(
    issue([...path, 'landingPage'], 'foreign_landing_page', 'is on none of the advertiser’s domains', {
      value: page,
      hint,
    }),
  );
}

/** Every web address of a creative outside its markup, with its path. */
export function addressesOf(creative: Loose<Creative>): [address: string, path: Path][] {
  const found: [string | undefined, Path][] = [
    [creative.landingPage, ['landingPage']],
    [creative.previewUrl, ['previewUrl']],
  ];
  const files = (
    list: readonly ({ readonly url?: string | undefined } | undefined)[] | undefined,
    path: Path,
  ): void => {
    list?.forEach((file, index) => found.push([file?.url, [...path, index, 'url']]));
  };
  if (creative.format === 'banner') {
    found.push([creative.imageUrl, ['imageUrl']]);
    creative.verificationScripts?.forEach((script, index) => {
      found.push([script, ['verificationScripts', index]]);
    });
  }
  if (creative.format === 'video' || creative.format === 'audio') {
    found.push([creative.vastTagUrl, ['vastTagUrl']]);
    files(creative.mediaFiles, ['mediaFiles']);
    creative.companions?.forEach((companion, index) => {
      found.push([companion?.imageUrl, ['companions', index, 'imageUrl']]);
      found.push([companion?.iframeUrl, ['companions', index, 'iframeUrl']]);
    });
    creative.verification?.forEach((one, index) => {
      found.push([one?.scriptUrl, ['verification', index, 'scriptUrl']]);
    });
  }
  if (creative.format === 'native') {
    found.push([creative.privacyUrl, ['privacyUrl']]);
    creative.clickTrackers?.forEach((address, index) => {
      found.push([address, ['clickTrackers', index]]);
    });
    files(creative.eventTrackers, ['eventTrackers']);
    files(creative.images, ['images']);
    files(creative.video?.mediaFiles, ['video', 'mediaFiles']);
  }
  return found.filter((entry): entry is [string, Path] => entry[0] !== undefined);
}
