/**
 * Bid requests as exchanges send them: who visits what, in 1 to 5 KB of OpenRTB 2.5 or 2.6. The n-th request of a seed is
 * the same whenever it is made; only its id and its times follow the moment, so that no id ever comes twice.
 */

import type { Random } from '../core/random.ts';
import { seededRandom } from '../core/random.ts';
import { zoneNamed } from '../core/zone.ts';
import type { Person, Population } from './people.ts';
import { makePopulation } from './people.ts';
import { pickByShare } from './pick-by-share.ts';
import type { OfferedImpression } from './placement.ts';
import { offerImpression } from './placement.ts';
import type { Place, Scenario } from './story.ts';
import { demoScenario } from './story.ts';
import { visitorParts } from './visitor.ts';

export interface SimulatedRequest {
  readonly number: number;
  readonly id: string;
  readonly atMs: number;
  /** Who is really there, whether the request tells or not. */
  readonly person: Person;
  readonly place: Place;
  /** 1 first price, 2 second price plus. */
  readonly auctionType: 1 | 2;
  readonly test: boolean;
  readonly tmaxMs: number;
  readonly version: Place['version'];
  readonly impressions: readonly OfferedImpression[];
  /** The bid request itself. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Traffic {
  readonly population: Population;
  request(number: number, atMs: number): SimulatedRequest;
  /** `count` bodies with ids of their own, for load tests. */
  bodies(count: number, atMs: number): Buffer[];
}

export function makeTraffic(seed: number, scenario: Scenario = demoScenario): Traffic {
  const root = seededRandom(seed).stream('traffic');
  const population = makePopulation(seed, scenario);
  const request = (number: number, atMs: number): SimulatedRequest =>
    requestOf(number, atMs, root, population, scenario);
  return {
    population,
    request,
    bodies: (count, atMs) =>
      Array.from({ length: count }, (_, number) => Buffer.from(JSON.stringify(request(number, atMs).json))),
  };
}

const TMAX_MS = [100, 120, 150, 200, 300];
const VISITS_MAX = 20;

function requestOf(
  number: number,
  atMs: number,
  root: Random,
  population: Population,
  scenario: Scenario,
): SimulatedRequest {
  const random = root.stream(`request/${number}`);
  const person = visitor(atMs, population, scenario, random);
  const place = pickByShare(scenario.places, random.next());
  const auctionType = random.next() < scenario.market.firstPriceShare ? 1 : 2;
  const test = random.next() < scenario.requests.testAuctions;
  const tmaxMs = TMAX_MS[Math.floor(random.next() * TMAX_MS.length)]!;
  const impressions = slotsOf(place, scenario, random).map((slot, index) =>
    offerImpression(String(index + 1), slot, place, auctionType, scenario, random),
  );
  const id = requestId(root.stream(`id/${number}/${atMs}`));
  const { device, user, regs } = visitorParts({ person, place, atMs }, scenario, random);
  const json = {
    id,
    imp: impressions.map((impression) => impression.json),
    ...placeOf(place, person, number),
    device,
    user,
    at: auctionType,
    tmax: tmaxMs,
    cur: [scenario.currency],
    ...(test ? { test: 1 } : {}),
    bcat: some(BLOCKED_CATEGORIES, 10, 30, random),
    badv: some(BLOCKED_DOMAINS, 10, 60, random),
    ...(place.version === '2.6' ? { cattax: 1 } : {}),
    source: sourceOf(place, id),
    regs,
    ext: { exchange: { region: person.city.zone.split('/')[0], number } },
  };
  return {
    number,
    id,
    atMs,
    person,
    place,
    auctionType,
    test,
    tmaxMs,
    version: place.version,
    impressions,
    json,
  };
}

/** People are met as often as they are awake: drawn by the hour of their own clock. */
function visitor(atMs: number, population: Population, scenario: Scenario, random: Random): Person {
  const busiest = Math.max(...scenario.activity);
  let person: Person;
  let visits = 0;
  do {
    person = population.person(Math.floor(random.next() * population.count));
  } while (random.next() * busiest >= activityOf(person.city.zone, atMs, scenario) && ++visits < VISITS_MAX);
  return person;
}

export function activityOf(zone: string, atMs: number, scenario: Scenario): number {
  return scenario.activity[zoneNamed(zone).at(atMs).hourOfWeek % 24]!;
}

function slotsOf(place: Place, { requests }: Scenario, random: Random): Place['slots'] {
  const draw = random.next();
  const count =
    draw < requests.threeImpressions ? 3 : draw < requests.threeImpressions + requests.twoImpressions ? 2 : 1;
  const slots = [pickByShare(place.slots, random.next())];
  while (slots.length < count) {
    const next = pickByShare(place.slots, random.next());
    // Several impressions of one request are banners of one page; a break of videos would be a pod.
    if (next.medium !== 'banner' || slots[0]!.medium !== 'banner') break;
    slots.push(next);
  }
  return slots;
}

function requestId(random: Random): string {
  const word = () => random.uint32().toString(16).padStart(8, '0');
  const hex = word() + word() + word() + word();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function placeOf(place: Place, person: Person, number: number): Record<string, unknown> {
  const common = {
    id: place.id,
    name: place.name,
    domain: place.domain,
    cat: place.categories,
    sectioncat: place.categories.slice(0, 1),
    pagecat: place.categories.slice(-1),
    keywords: place.keywords.join(','),
    publisher: { id: `pub-${place.id}`, name: `${place.name} Media`, domain: place.domain },
    content: {
      language: person.city.language,
      context: place.kind === 'site' ? 5 : 1,
      cat: place.categories,
    },
  };
  if (place.kind === 'site') {
    const page = `https://${place.domain}/${place.keywords[number % place.keywords.length]}/${number % 997}`;
    return { site: { ...common, page, ref: 'https://search.example/', mobile: 1, privacypolicy: 1 } };
  }
  return { app: { ...common, bundle: place.bundle, storeurl: place.storeUrl, ver: '5.2.1', paid: 0 } };
}

function sourceOf(place: Place, id: string): Record<string, unknown> {
  const schain = {
    ver: '1.0',
    complete: 1,
    nodes: [{ asi: 'example-exchange.example', sid: `pub-${place.id}`, hp: 1, rid: id }],
  };
  return { fd: 0, tid: id, ...(place.version === '2.6' ? { schain } : { ext: { schain } }) };
}

/** What publishers usually keep out: illegal, adult, gambling, and a tail of their own. */
const BLOCKED_CATEGORIES = [
  ...['IAB24', 'IAB25', 'IAB25-1', 'IAB25-2', 'IAB25-3', 'IAB25-4', 'IAB25-5', 'IAB25-6', 'IAB25-7'],
  ...['IAB26', 'IAB26-1', 'IAB26-2', 'IAB26-3', 'IAB26-4', 'IAB7-39', 'IAB7-28', 'IAB7-3', 'IAB8-5'],
  ...['IAB8-18', 'IAB9-9', 'IAB14-1', 'IAB14-2', 'IAB14-3', 'IAB19-3', 'IAB23-2', 'IAB23-10', 'IAB11-5'],
  ...['IAB15-5', 'IAB17-18', 'IAB19-30', 'IAB5-2', 'IAB13-11'],
];
const BLOCKED_DOMAINS = Array.from({ length: 400 }, (_, number) => `unwanted-${number}.example`);

/** Between `least` and `most` members, from a random place on: a publisher's list is its own. */
function some(list: readonly string[], least: number, most: number, random: Random): string[] {
  const count = least + Math.floor(random.next() * (most - least + 1));
  const start = Math.floor(random.next() * list.length);
  return Array.from(
    { length: Math.min(count, list.length) },
    (_, index) => list[(start + index) % list.length]!,
  );
}
