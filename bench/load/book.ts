/** A book of many line items with targeting as buyers write it, for load tests. Same seed, same book. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { personId } from './bodies.ts';

const COUNTRIES = [
  'USA',
  'CAN',
  'GBR',
  'DEU',
  'FRA',
  'ESP',
  'ITA',
  'NLD',
  'BRA',
  'MEX',
  'JPN',
  'AUS',
  'IND',
  'POL',
  'SWE',
];
const SIZES = [
  [300, 250],
  [728, 90],
  [320, 50],
  [300, 600],
  [160, 600],
  [970, 250],
  [336, 280],
] as const;
const CATEGORIES = [
  'IAB1',
  'IAB2',
  'IAB3',
  'IAB7',
  'IAB9',
  'IAB12',
  'IAB13',
  'IAB17',
  'IAB18',
  'IAB19',
  'IAB20',
  'IAB22',
];
const OPERATING_SYSTEMS = ['ios', 'android', 'windows', 'macos'];

export interface BookSize {
  readonly lines: number;
  /** Uploaded lists of people, most of them short and a few long. */
  readonly packs: number;
  readonly people: number;
}

const EXCHANGES = ['example', 'second', 'third'];
export const PATHS = EXCHANGES.map((id) => `/openrtb2/${id}`);
/** In the mean a person is on so many lists. */
const LISTS_A_PERSON = 2;
/** A file of the configuration may have so many bytes; these stay well below. */
const OBJECTS_A_FILE = 4000;

/** Writes a configuration; everything of it lies in `folder`. */
export function writeBook(folder: string, seed: number, size: BookSize): void {
  mkdirSync(folder, { recursive: true });
  const { lineItems, creatives, audiences, ...rest } = bookOf(seed, size);
  writeFileSync(join(folder, 'book.json'), JSON.stringify(rest));
  for (const [key, all] of Object.entries({ lineItems, creatives, audiences }))
    for (let from = 0; from < all.length; from += OBJECTS_A_FILE)
      writeFileSync(
        join(folder, `${key}-${from}.json`),
        JSON.stringify({ [key]: all.slice(from, from + OBJECTS_A_FILE) }),
      );
  const random = seededRandom(seed).stream('lists');
  const places = LISTS_A_PERSON * size.people;
  const weights = range(size.packs).map((n) => 1 / (n + 1) ** 0.8);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  weights.forEach((weight, n) => {
    const members = new Set<number>();
    const wanted = Math.min(size.people, Math.max(1, Math.round((places * weight) / sum)));
    while (members.size < wanted) members.add(Math.floor(random.next() * size.people));
    writeFileSync(join(folder, `list-${n}.txt`), [...members].map(personId).join('\n'));
  });
}

function bookOf(seed: number, { lines, packs }: BookSize) {
  const random = seededRandom(seed).stream('book');
  const advertisers = range(20).map((n) => ({
    id: `adv-${n}`,
    name: `Advertiser ${n}`,
    domains: [`brand${n}.example`],
    categories: [pickOne(CATEGORIES, random)],
  }));
  const campaigns = range(Math.max(1, Math.ceil(lines / 10))).map((n) => ({
    id: `camp-${n}`,
    advertiserId: `adv-${n % advertisers.length}`,
    timeZone: pickOne(['America/New_York', 'Europe/Berlin', 'UTC'], random),
    budget: { dailyMicros: 5_000_000_000, lifetimeMicros: 500_000_000_000 },
    ...(n % 3 === 0 ? { frequencyCaps: [{ level: 'campaign', max: 10, window: '1d' }] } : {}),
  }));
  const creatives: Record<string, unknown>[] = [];
  const lineItems = range(lines).map((n) => {
    const campaign = campaigns[n % campaigns.length]!;
    // So many that a book of 100,000 would not fit its bound in bytes otherwise.
    const own = creativesOf(n, campaign.advertiserId, random).slice(0, lines > 50_000 ? 1 : 3);
    creatives.push(...own);
    return {
      id: `line-${n}`,
      campaignId: campaign.id,
      bid: strategy(n, random),
      budget: { dailyMicros: 1_000_000_000 },
      rotation: n % 4 === 3 ? 'contextual' : 'thompson',
      frequencyCaps: n % 2 === 0 ? [{ level: 'line_item', max: 5, window: '1d' }] : [],
      targeting: targeting(random, packs),
      creatives: own.map((creative) => ({ id: creative.id })),
      ...(packs > 0 && n % 8 === 0
        ? { audienceWeights: [{ audience: packName(Math.floor(random.next() * packs)), multiplier: 1.5 }] }
        : {}),
    };
  });
  return {
    account: { id: 'bench', currency: 'USD', timeZone: 'UTC', signalMissing: 'allow' },
    exchanges: EXCHANGES.map((id) => ({ id, name: id, seat: 'bidwright' })),
    advertisers,
    campaigns,
    lineItems,
    creatives,
    audiences: range(packs).map((n) => ({
      id: packName(n),
      source: 'upload',
      file: `list-${n}.txt`,
      idSpace: 'buyeruid',
    })),
  };
}

function packName(number: number): string {
  return `pack-${number}`;
}

/** A third each by a price, by a ceiling, and by results under a ceiling. */
function strategy(n: number, random: Random): Record<string, unknown> {
  const cpm = (most: number): number => 500_000 + Math.floor(random.next() * most);
  if (n % 3 === 0) return { strategy: 'fixed_cpm', priceCpmMicros: cpm(4_000_000) };
  if (n % 3 === 1) return { strategy: 'max_cpm', maxCpmMicros: cpm(6_000_000) };
  return { strategy: 'target_cpc', targetMicros: 1_000_000, maxCpmMicros: cpm(6_000_000) };
}

function targeting(random: Random, packs: number): Record<string, unknown> {
  const rules: Record<string, unknown> = {
    country: { include: some(COUNTRIES, 1 + Math.floor(random.next() * 3), random) },
  };
  if (random.next() < 0.5)
    rules.os = { include: some(OPERATING_SYSTEMS, 2, random).map((name) => ({ name })) };
  if (random.next() < 0.4) rules.category = { include: some(CATEGORIES, 4, random) };
  if (random.next() < 0.2) rules.category = { exclude: some(CATEGORIES, 2, random) };
  if (random.next() < 0.3)
    rules.daypart = { slots: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], hours: '6-24' }] };
  if (packs > 0 && random.next() < 0.4) {
    const names = [...new Set(range(3).map(() => packName(Math.floor(random.next() * packs))))];
    rules.audience = random.next() < 0.8 ? { include: names } : { exclude: names };
  }
  return rules;
}

function creativesOf(n: number, advertiserId: string, random: Random): { id: string }[] {
  const landingPage = `https://brand${advertiserId.slice(4)}.example/offer?line=${n}`;
  const common = { advertiserId, landingPage };
  if (n % 10 === 8) {
    return [
      {
        ...common,
        id: `cr-${n}-v`,
        format: 'video',
        durationSeconds: 15,
        mediaFiles: [
          {
            url: `https://cdn.example/${n}.mp4`,
            mime: 'video/mp4',
            width: 640,
            height: 360,
            bitrateKbps: 900,
          },
        ],
      } as { id: string },
    ];
  }
  if (n % 10 === 9) {
    const images = [
      { type: 'main', url: `https://cdn.example/${n}.jpg`, width: 1200, height: 627, scalable: true },
      { type: 'icon', url: `https://cdn.example/${n}-i.jpg`, width: 128, height: 128, scalable: true },
    ];
    return [
      {
        ...common,
        id: `cr-${n}-n`,
        format: 'native',
        title: `Offer number ${n}`,
        images,
        data: { 1: 'Brand', 2: 'A fine thing at a fair price', 12: 'Look' },
      } as { id: string },
    ];
  }
  return range(3).map((arm) => {
    const [width, height] = pickOne(SIZES, random);
    const html = `<a href="{clickUrl}" target="_blank"><div style="width:{width}px;height:{height}px;background:#1b4d3e;color:#fff;font:16px sans-serif">Offer ${n}.${arm}</div></a>`;
    return {
      ...common,
      id: `cr-${n}-${arm}`,
      format: 'banner',
      sizes: [
        { width, height },
        { width: 300, height: 250 },
      ],
      html,
    } as { id: string };
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function pickOne<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random.next() * items.length)]!;
}

function some<Item>(items: readonly Item[], count: number, random: Random): Item[] {
  return [...new Set(range(count).map(() => pickOne(items, random)))];
}
