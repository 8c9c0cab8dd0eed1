/** From a checked book to the catalog that bids are made from. This file is one thing: what each object becomes there. */

import type { BudgetRef, BudgetScope } from '../core/budget.ts';
import type { CapRule } from '../core/history.ts';
import { hash32 } from '../core/random.ts';
import type { Zone } from '../core/zone.ts';
import { zoneNamed } from '../core/zone.ts';
import { lineOfArm } from './arm.ts';
import { countsConversions } from './bid-strategy.ts';
import { addressesOf } from './book.ts';
import type { Advertiser, Book, Budget, Campaign, LineItem } from './campaign.ts';
import type { CapOwner } from './cap-rules.ts';
import { capsOf } from './cap-rules.ts';
import type { Catalog, CatalogCreative, CatalogLine } from './catalog.ts';
import { ceilingOf } from './ceiling.ts';
import type { AudioCreative, Creative, VideoCreative } from './creative.ts';
import type { FeedRow } from './dynamic/feed.ts';
import type { Template } from './dynamic/template.ts';
import { compileTemplate } from './dynamic/template.ts';
import type { Experiment } from './experiment.ts';
import { linesOf } from './experiment-checks.ts';
import { lineColumns } from './line-columns.ts';
import { OwnDomains } from './own-domains.ts';
import { audiencesOf, needsPerson } from './targeting/audience.ts';
import { compileTargeting } from './targeting-index.ts';
import type { Trial } from './trials.ts';
import { trialOf } from './trials.ts';

/**
 * Archived objects are left out with all below them; paused line items stay, as numbers that are not active; creatives
 * that are not active are left out of their line items. The book was checked before: a reference to nothing is a fault
 * of ours.
 */
export function compileCatalog(book: Book, templates: Templates = compileTemplates(book)): Catalog {
  const sources = sourcesOf(book, templates);
  const tried = book.experiments.filter(({ status }) => status === 'active');
  const places = book.lineItems.flatMap((lineItem) => sources.placeOf(lineItem) ?? []);
  const versions = tried.length === 0 ? places : withVariants(tried, places);
  const lines = versions
    .sort((a, b) => ceilingOf(b.lineItem) - ceilingOf(a.lineItem))
    .map((place, number) => compileLine(place, number, sources));
  return {
    book,
    lines,
    lineById: new Map(lines.filter(({ isVariant }) => !isVariant).map((line) => [line.lineItem.id, line])),
    trials: trialsOf(tried, lines, sources),
    ...lineColumns(lines),
    namedPacks: new Set(
      lines.flatMap(({ lineItem: { targeting, audienceWeights } }) => [
        ...audiencesOf(targeting),
        ...audienceWeights.map(({ audience }) => audience),
      ]),
    ),
    ownDomains: new OwnDomains(lines.flatMap(({ creatives }) => creatives.flatMap(({ domains }) => domains))),
    targeting: compileTargeting(lines.map(({ lineItem, zone }) => ({ targeting: lineItem.targeting, zone }))),
  };
}

interface Place {
  readonly lineItem: LineItem;
  readonly campaign: Campaign;
  readonly advertiser: Advertiser;
  readonly trying?: Trying;
}

/** Of a line item in an experiment. */
interface Trying {
  readonly experimentId: string;
  /** Of a version that an arm has, the arm's place. */
  readonly arm?: number;
  /** All versions, each of which learning may hear of by the id they share. */
  readonly versions: readonly LineItem[];
}

/** With what arms make of line items; an arm that changes nothing shares the line item as it is. */
function withVariants(experiments: readonly Experiment[], places: readonly Place[]): Place[] {
  const byLine = new Map(places.map((place) => [place.lineItem, place]));
  const variants: Place[] = [];
  for (const experiment of experiments) {
    const experimentId = experiment.id;
    for (const lineItem of linesOf(experiment, { lineItems: [...byLine.keys()] })) {
      const place = byLine.get(lineItem)!;
      const arms = experiment.arms.map(({ changes }) =>
        Object.keys(changes).length === 0 ? undefined : lineOfArm(lineItem, changes).lineItem,
      );
      const versions = [lineItem, ...arms.filter((arm) => arm !== undefined)];
      byLine.set(lineItem, { ...place, trying: { experimentId, versions } });
      arms.forEach((version, arm) => {
        if (version) variants.push({ ...place, lineItem: version, trying: { experimentId, arm, versions } });
      });
    }
  }
  return [...byLine.values(), ...variants];
}

function trialsOf(
  experiments: readonly Experiment[],
  lines: readonly CompiledLine[],
  sources: Sources,
): readonly Trial[] {
  return experiments.flatMap((experiment) => {
    const about = lines.filter(({ experimentId }) => experimentId === experiment.id);
    const [first] = about;
    if (!first) return [];
    const { start, end } = experiment;
    const numbersOfArm = experiment.arms.map(({ changes }, arm) =>
      about
        .filter((line) => (Object.keys(changes).length === 0 ? !line.isVariant : line.arm === arm))
        .map(({ number }) => number),
    );
    const flight = {
      startMs: start === undefined ? Number.NEGATIVE_INFINITY : sources.boundsOf(first.zone, start).startMs,
      endMs: end === undefined ? Number.POSITIVE_INFINITY : sources.boundsOf(first.zone, end).endMs,
    };
    return [trialOf(experiment, flight, numbersOfArm, lines.length)];
  });
}

interface CompiledLine extends CatalogLine {
  readonly arm?: number;
}

/** The book by id, and what many line items share: zones, days and budgets of campaigns are worked out once. */
interface Sources {
  placeOf(lineItem: LineItem): Place | undefined;
  creative(id: string): Creative;
  zoneOf(campaign: Campaign): Zone;
  boundsOf(zone: Zone, day: string): { readonly startMs: number; readonly endMs: number };
  budgetOf(scope: BudgetScope, id: string, budget: Budget | undefined, zone: Zone): BudgetRef | undefined;
  secure(creative: Creative): boolean;
  template(creative: Creative): Template | undefined;
  countedActions(lineItem: LineItem, advertiser: Advertiser): ReadonlySet<string>;
}

function sourcesOf(book: Book, templates: Templates): Sources {
  const campaigns = byId(book.campaigns);
  const advertisers = byId(book.advertisers);
  const creatives = byId(book.creatives);
  const bounds = memo((key: string) => {
    const [zone = '', day = ''] = key.split(' ');
    return zoneNamed(zone).bounds(day);
  });
  const budgets = new Map<string, BudgetRef | undefined>();
  return {
    placeOf: (lineItem) => {
      const campaign = named(campaigns, lineItem.campaignId, 'campaign');
      const advertiser = named(advertisers, campaign.advertiserId, 'advertiser');
      const archived = [lineItem, campaign, advertiser].some(({ status }) => status === 'archived');
      return archived ? undefined : { lineItem, campaign, advertiser };
    },
    creative: (id) => named(creatives, id, 'creative'),
    zoneOf: (campaign) => zoneNamed(campaign.timeZone ?? book.account.timeZone),
    boundsOf: (zone, day) => bounds(`${zone.name} ${day}`),
    budgetOf: (scope, id, budget, zone) => {
      const key = `${scope}/${id}`;
      if (!budgets.has(key)) budgets.set(key, budgetRef(scope, id, budget, zone));
      return budgets.get(key);
    },
    secure: memo(isSecure),
    template: (creative) => templates.get(creative.id),
    countedActions: ({ bid }, advertiser) => {
      if (!countsConversions(bid)) return NO_ACTIONS;
      const own = book.conversionActions.filter(
        ({ advertiserId, status }) => advertiserId === advertiser.id && status === 'active',
      );
      return new Set(bid.actions ?? own.map(({ id }) => id));
    },
  };
}

function compileLine(
  { lineItem, campaign, advertiser, trying }: Place,
  number: number,
  sources: Sources,
): CompiledLine {
  const zone = sources.zoneOf(campaign);
  const owner: CapOwner = {
    advertiserId: advertiser.id,
    campaignId: campaign.id,
    lineItemId: lineItem.id,
    zone,
  };
  const listed = [...advertiser.frequencyCaps, ...campaign.frequencyCaps, ...lineItem.frequencyCaps];
  const { line: caps, eachCreative } = capsOf(listed, lineItem.minimumGapSeconds, owner);
  const creatives = lineItem.creatives
    .map(({ id, ...use }) => ({ creative: sources.creative(id), use }))
    .filter(({ creative }) => creative.status === 'active')
    .map(({ creative, use }) =>
      compileCreative(
        creative,
        use,
        advertiser,
        [...eachCreative(creative.id), ...ownCaps(creative, owner)],
        sources,
      ),
    );
  const budgets = [
    sources.budgetOf('campaign', campaign.id, campaign.budget, zone),
    sources.budgetOf('line_item', lineItem.id, lineItem.budget, zone),
  ].filter((budget) => budget !== undefined);
  const byPerson =
    caps.length > 0 ||
    creatives.some((creative) => creative.caps.length > 0) ||
    needsPerson(lineItem.targeting);
  return {
    number,
    hash: hash32(lineItem.id, 1),
    lineItem,
    campaign,
    advertiser,
    zone,
    ...flightOf(campaign, lineItem, zone, sources),
    creatives,
    caps,
    needsPerson: byPerson,
    readsPerson: byPerson || lineItem.rotation === 'sequential',
    wantedDeals: [...(lineItem.targeting.deal?.include ?? []), ...(lineItem.targeting.deal?.require ?? [])],
    budgets,
    countedActions: trying
      ? new Set(trying.versions.flatMap((version) => [...sources.countedActions(version, advertiser)]))
      : sources.countedActions(lineItem, advertiser),
    ...(trying ? { experimentId: trying.experimentId } : {}),
    ...(trying?.arm === undefined ? {} : { arm: trying.arm, isVariant: true }),
  };
}

/** What campaign and line item have in common; without dates a flight has no beginning or no end (±Infinity). */
function flightOf(
  campaign: Campaign,
  lineItem: LineItem,
  zone: Zone,
  sources: Sources,
): Pick<CatalogLine, 'flightStartMs' | 'flightEndMs'> {
  let flightStartMs = Number.NEGATIVE_INFINITY;
  let flightEndMs = Number.POSITIVE_INFINITY;
  for (const flight of [campaign.flight, lineItem.flight]) {
    if (flight?.start !== undefined)
      flightStartMs = Math.max(flightStartMs, sources.boundsOf(zone, flight.start).startMs);
    if (flight?.end !== undefined)
      flightEndMs = Math.min(flightEndMs, sources.boundsOf(zone, flight.end).endMs);
  }
  return { flightStartMs, flightEndMs };
}

const NO_ACTIONS: ReadonlySet<string> = new Set();

/** Undefined where nothing is limited. */
function budgetRef(
  scope: BudgetScope,
  id: string,
  budget: Budget | undefined,
  zone: Zone,
): BudgetRef | undefined {
  if (!budget || Object.values(budget).every((limit) => limit === undefined)) return undefined;
  const { lifetimeMicros, dailyMicros, lifetimeImpressions, dailyImpressions } = budget;
  return { scope, id, zone, lifetimeMicros, dailyMicros, lifetimeImpressions, dailyImpressions };
}

/** Caps listed on a creative refuse it alone, whatever their level. */
function ownCaps(creative: Creative, owner: CapOwner): readonly CapRule[] {
  const { line, eachCreative } = capsOf(creative.frequencyCaps, 0, owner);
  return [...line, ...eachCreative(creative.id)];
}

function compileCreative(
  creative: Creative,
  use: Omit<LineItem['creatives'][number], 'id'>,
  advertiser: Advertiser,
  caps: readonly CapRule[],
  sources: Sources,
): CatalogCreative {
  const template = sources.template(creative);
  return {
    creative,
    ...use,
    caps,
    ...(template ? { template } : {}),
    domains: (creative.domains ?? advertiser.domains).map((domain) => domain.toLowerCase()),
    ...namesOf(creative, advertiser),
    secure: sources.secure(creative),
  };
}

function namesOf(
  creative: Creative,
  advertiser: Advertiser,
): Pick<CatalogCreative, 'categories' | 'categoryTaxonomy' | 'crid'> {
  const whose = creative.categories === undefined ? advertiser : creative;
  return {
    categories: whose.categories ?? [],
    categoryTaxonomy: whose.categoryTaxonomy ?? 1,
    crid: creative.crid ?? creative.id,
  };
}

/**
 * Every creative by its id, of whatever status and whoever shows it: what was sold before an edit is served after it.
 */
export function shownCreatives(
  book: Book,
  templates: Templates = compileTemplates(book),
): ReadonlyMap<string, Pick<CatalogCreative, 'creative' | 'categories' | 'crid' | 'template'>> {
  const advertisers = byId(book.advertisers);
  return new Map(
    book.creatives.map((creative) => {
      const names = namesOf(creative, named(advertisers, creative.advertiserId, 'advertiser'));
      const template = templates.get(creative.id);
      return [creative.id, { creative, ...names, ...(template ? { template } : {}) }];
    }),
  );
}

/** Templates by the id of their creative. */
export type Templates = ReadonlyMap<string, Template>;

/** `feeds` by the id of the creative; one that names a feed and has none shows nothing. */
export function compileTemplates(
  book: Book,
  feeds: ReadonlyMap<string, readonly FeedRow[]> = new Map(),
): Templates {
  const templates = new Map<string, Template>();
  for (const creative of book.creatives) {
    if (!creative.dynamic) continue;
    const { template } = compileTemplate(creative, feeds.get(creative.id) ?? []);
    if (!template) throw new Error(`the book was not checked: creative ${creative.id} is no template`);
    templates.set(creative.id, template);
  }
  return templates;
}

const INSECURE = /http:/i;

/** Exchanges scan the whole bid for http addresses, so a picture for review or a namespace in markup counts as well. */
function isSecure(creative: Creative): boolean {
  if (addressesOf(creative).some(([address]) => INSECURE.test(address))) return false;
  if (creative.format === 'banner') return creative.html === undefined || !INSECURE.test(creative.html);
  if (creative.format === 'video' || creative.format === 'audio') return timedMarkupIsSecure(creative);
  return creative.format !== 'native' || !Object.values(creative.data).some((text) => INSECURE.test(text));
}

function timedMarkupIsSecure({ companions, verification }: VideoCreative | AudioCreative): boolean {
  const texts = [...companions.map(({ html }) => html), ...verification.map(({ parameters }) => parameters)];
  return !texts.some((text) => text !== undefined && INSECURE.test(text));
}

function byId<Item extends { readonly id: string }>(items: readonly Item[]): ReadonlyMap<string, Item> {
  return new Map(items.map((item) => [item.id, item]));
}

function named<Item>(items: ReadonlyMap<string, Item>, id: string, kind: string): Item {
  const item = items.get(id);
  if (!item) throw new Error(`the book was not checked: there is no ${kind} ${id}`);
  return item;
}

function memo<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, (value = compute(key)));
    return value;
  };
}
