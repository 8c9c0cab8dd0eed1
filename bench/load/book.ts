/** A book of many line items with targeting as buyers write it, for load tests. Same seed, same book. */

import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';

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

/** The objects of a configuration, as they stand in its files. */
export function loadBook(seed: number, lineCount: number): Record<string, unknown> {
  const random = seededRandom(seed).stream('book');
  const advertisers = range(20).map((n) => ({
    id: `adv-${n}`,
    name: `Advertiser ${n}`,
    domains: [`brand${n}.example`],
    categories: [pickOne(CATEGORIES, random)],
  }));
  const campaigns = range(Math.max(1, Math.ceil(lineCount / 10))).map((n) => ({
    id: `camp-${n}`,
    advertiserId: `adv-${n % advertisers.length}`,
    timeZone: pickOne(['America/New_York', 'Europe/Berlin', 'UTC'], random),
    budget: { dailyMicros: 5_000_000_000, lifetimeMicros: 500_000_000_000 },
    ...(n % 3 === 0 ? { frequencyCaps: [{ level: 'campaign', max: 10, window: '1d' }] } : {}),
  }));
  const creatives: Record<string, unknown>[] = [];
  const lineItems = range(lineCount).map((n) => {
    const campaign = campaigns[n % campaigns.length]!;
    const own = creativesOf(n, campaign.advertiserId, random);
    creatives.push(...own);
    return {
      id: `line-${n}`,
      campaignId: campaign.id,
      bid:
        n % 2 === 0
          ? { strategy: 'fixed_cpm', priceCpmMicros: 500_000 + Math.floor(random.next() * 4_000_000) }
          : { strategy: 'max_cpm', maxCpmMicros: 1_000_000 + Math.floor(random.next() * 6_000_000) },
      budget: { dailyMicros: 1_000_000_000 },
      rotation: 'thompson',
      frequencyCaps: n % 2 === 0 ? [{ level: 'line_item', max: 5, window: '1d' }] : [],
      targeting: targeting(random),
      creatives: own.map((creative) => ({ id: creative.id })),
    };
  });
  return {
    account: { id: 'bench', currency: 'USD', timeZone: 'UTC', signalMissing: 'allow' },
    exchanges: [{ id: 'example', name: 'Example', seat: 'bidwright' }],
    advertisers,
    campaigns,
    lineItems,
    creatives,
  };
}

function targeting(random: Random): Record<string, unknown> {
  const rules: Record<string, unknown> = {
    country: { include: some(COUNTRIES, 1 + Math.floor(random.next() * 3), random) },
  };
  if (random.next() < 0.5)
    rules.os = { include: some(OPERATING_SYSTEMS, 2, random).map((name) => ({ name })) };
  if (random.next() < 0.4) rules.category = { include: some(CATEGORIES, 4, random) };
  if (random.next() < 0.2) rules.category = { exclude: some(CATEGORIES, 2, random) };
  if (random.next() < 0.3)
    rules.daypart = { slots: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], hours: '6-24' }] };
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
