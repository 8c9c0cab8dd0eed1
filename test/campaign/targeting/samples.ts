/**
 * Random rules and random impressions over one small vocabulary, so that acceptance and refusal are both common. One
 * entry for each dimension: a new dimension without one fails the contract suite. The file is one thing: that list.
 */
import fc from 'fast-check';
import type { Probe } from '../../../src/campaign/targeting/dimension.ts';
import type { Targeting } from '../../../src/campaign/targeting/index.ts';
import type { Json } from './probe.ts';
import { probeOf } from './probe.ts';

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 4 });
const record = <T extends object>(
  shape: { [Key in keyof T]: fc.Arbitrary<T[Key]> },
): fc.Arbitrary<Partial<T>> => fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
const some = <T>(values: readonly T[], max = 3): fc.Arbitrary<T[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: max });

/** Include is the verb that people use most, require the rarest. */
const verbs = (values: readonly string[], max = 3): fc.Arbitrary<Record<string, string[]>> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ include: some(values, max) }) },
    { weight: 2, arbitrary: fc.record({ exclude: some(values, max) }) },
    { weight: 1, arbitrary: fc.record({ require: some(values, 2) }) },
    {
      weight: 1,
      arbitrary: record({ include: some(values, max), exclude: some(values, max), require: some(values, 2) }),
    },
  );

const COUNTRIES = ['USA', 'DEU', 'FRA', 'BRA'];
const REGIONS = ['CA', 'NY', 'BE'];
const CITIES = ['Berlin', 'New York', 'São Paulo'];
const POSTCODES = ['10115', '10999', '94103', '94103-1234'];
const DOMAINS = ['example.com', 'news.example.com', 'www.other.org', 'a.b.c.d.example.net'];
const APPS = ['com.game.one', 'com.game.two', '123456789'];
const EXCHANGES = ['example', 'northwind', 'contoso'];
const PUBLISHERS = ['pub-1', 'pub-2', 'pub-3'];
const DEALS = ['deal-1', 'deal-2', 'deal-3'];
const CATEGORIES = ['IAB1', 'IAB1-3', 'IAB2', 'IAB2-1', 'IAB12'];
const KEYWORDS = ['Cars', 'travel', 'cooking', 'news'];
const PACKS = ['buyers', 'visitors', 'lapsed', 'staff'];
const SYSTEMS = ['ios', 'android', 'windows'];
const VERSIONS = ['14', '15.2', '16.0.1', '17.4', '17.4.1', '18'];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1',
  'not an agent',
];
const SIZES: readonly (readonly [number, number])[] = [
  [300, 250],
  [728, 90],
  [320, 50],
  [640, 480],
];

const point = fc.record({
  lat: fc.constantFrom(52.52, 52.5, 52.4, 40.7),
  lon: fc.constantFrom(13.405, 13.38, 13.06, -74.006),
});
const circles = fc.array(
  fc.record({
    latitude: fc.constantFrom(52.52, 40.7128),
    longitude: fc.constantFrom(13.405, -74.006),
    km: fc.constantFrom(1, 5, 40, 1000),
  }),
  { minLength: 1, maxLength: 3 },
);
const systems = fc
  .array(
    record({
      name: fc.constantFrom(...SYSTEMS),
      min: fc.constantFrom(...VERSIONS),
      max: fc.constantFrom(...VERSIONS),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((list) => list.map((system) => ({ ...system, name: system.name ?? 'ios' })));
const slots = fc.array(
  record({
    days: some(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], 5),
    hours: fc.constantFrom('0-24', '6-24', '8-20', '22-6', '12-13', '9-9'),
    multiplier: fc.constantFrom(0.5, 1, 1.2),
  }),
  { minLength: 1, maxLength: 3 },
);
const expression: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'audience' },
    fc.constantFrom(...PACKS),
    fc.record({ all: fc.array(tie('node'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ any: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('node') }),
  ),
})).node;
const condition = fc.oneof(
  fc.record({
    path: fc.constantFrom('site.publisher.id', 'imp.ext.slot', 'user.id', 'device.ifa', 'app.bundle'),
    op: fc.constant('equals'),
    value: fc.constantFrom('pub-1', 'top', 'u1', 7),
  }),
  fc.record({
    path: fc.constantFrom('imp.ext.slot', 'imp.ext.list'),
    op: fc.constant('in'),
    value: some(['top', 'side', 1, 2]),
  }),
  fc.record({
    path: fc.constantFrom('app', 'site', 'imp.ext.slot', 'imp.pmp.deals.id', 'device.geo.lat'),
    op: fc.constant('exists'),
  }),
  fc.record({
    path: fc.constant('imp.ext.depth'),
    op: fc.constantFrom('at_least', 'at_most'),
    value: fc.integer({ min: 0, max: 5 }),
  }),
);
const conditions = fc.array(condition, { minLength: 1, maxLength: 2 });

/** By the dimension's name. */
export const RULES: Readonly<Record<keyof Targeting, fc.Arbitrary<unknown>>> = {
  country: verbs(COUNTRIES),
  region: verbs([...REGIONS, 'USA-CA', 'DEU-BE']),
  city: verbs(['berlin', 'New York', 'São Paulo']),
  postcode: verbs(['10115', '101*', '94103', '9*']),
  radius: record({ include: circles, exclude: circles }),
  deviceType: verbs(['mobile', 'phone', 'tablet', 'desktop', 'tv']),
  os: record({ include: systems, exclude: systems }),
  browser: verbs(['firefox', 'Microsoft Edge', 'safari', 'chrome']),
  language: verbs(['en', 'de', 'pt']),
  connection: verbs(['wifi', 'cellular', '4g', '5g', 'wired']),
  carrier: verbs(['Telekom', 'verizon']),
  site: verbs(['example.com', 'news.example.com', 'other.org', 'net', 'id:s1']),
  app: verbs(APPS),
  publisher: verbs(PUBLISHERS),
  exchange: verbs(EXCHANGES),
  deal: verbs(DEALS),
  category: verbs([...CATEGORIES, 'iab1', '6:483']),
  keyword: verbs(['cars', 'Travel', 'news']),
  format: verbs(['banner', 'video', 'audio', 'native'], 2),
  size: verbs(SIZES.map(([width, height]) => `${width}x${height}`)),
  position: verbs(['above_fold', 'below_fold', 'header']),
  placement: verbs(['instream', 'interstitial', 'standalone']),
  roll: verbs(['pre', 'mid', 'post']),
  interstitial: fc.boolean(),
  rewarded: fc.boolean(),
  displayManager: verbs(['SDK-A', 'sdk-a/2.0', 'player']),
  venue: verbs(['transit', 'transit.airports', '203', '0:12']),
  nativeLayout: verbs(['in_feed', 'recommendation', 'content']),
  viewability: fc.record({ minimum: fc.constantFrom(0, 0.3, 0.5, 0.7, 0.95) }),
  daypart: fc.record({ slots, zone: fc.constantFrom('campaign', 'user') }),
  audience: fc.tuple(verbs(PACKS), maybe(expression), fc.boolean()).map(([rule, tree, accept]) => ({
    ...rule,
    ...(tree === undefined ? {} : { expression: tree }),
    ...(accept ? { acceptUnknownPerson: true } : {}),
  })),
  raw: record({ include: conditions, require: conditions, exclude: conditions }),
};

/** Line items with a few rules each, as a book has them. */
export function targetings(rulesMax: number): fc.Arbitrary<Targeting> {
  const names = Object.keys(RULES) as (keyof Targeting)[];
  return fc
    .uniqueArray(fc.constantFrom(...names), { maxLength: rulesMax })
    .chain((chosen) =>
      fc
        .tuple(...chosen.map((name) => RULES[name]))
        .map((rules) => Object.fromEntries(chosen.map((name, at) => [name, rules[at]])) as Targeting),
    );
}

const publication = {
  id: fc.constantFrom('s1', 's2'),
  publisher: fc.record({ id: fc.constantFrom(...PUBLISHERS) }),
  cat: fc.uniqueArray(fc.constantFrom(...CATEGORIES), { maxLength: 3 }),
  keywords: some(KEYWORDS).map((words) => words.join(',')),
};
const device = record({
  geo: record({
    country: fc.constantFrom(...COUNTRIES),
    region: fc.constantFrom(...REGIONS),
    city: fc.constantFrom(...CITIES),
    zip: fc.constantFrom(...POSTCODES),
    utcoffset: fc.constantFrom(-300, 0, 60, 330, 9999),
  }).chain((geo) => maybe(point).map((place) => ({ ...geo, ...place }))),
  devicetype: fc.integer({ min: 1, max: 5 }),
  os: fc.constantFrom('iOS', 'Android', 'Windows'),
  osv: fc.constantFrom(...VERSIONS, 'unknown'),
  ua: fc.constantFrom(...AGENTS),
  language: fc.constantFrom('en', 'en-US', 'de', 'pt_BR'),
  connectiontype: fc.integer({ min: 1, max: 7 }),
  carrier: fc.constantFrom('TELEKOM', 'Verizon'),
  ifa: fc.constantFrom('00000000-0000-0000-0000-000000000000', 'abc-1'),
});
const impression = record({
  instl: fc.constantFrom(0, 1),
  rwdd: fc.constantFrom(0, 1),
  displaymanager: fc.constantFrom('SDK-A', 'player', ''),
  displaymanagerver: fc.constantFrom('2.0', '3'),
  pmp: fc.record({
    deals: fc
      .uniqueArray(fc.constantFrom(...DEALS), { maxLength: 3 })
      .map((ids) => ids.map((id) => ({ id }))),
  }),
  metric: fc.constantFrom(0.2, 0.5, 0.8, 1).map((value) => [{ type: 'viewability', value }]),
  ext: record({
    slot: fc.constantFrom('top', 'side'),
    list: some([1, 2, '2']),
    depth: fc.constantFrom(0, 2, '4', 'deep'),
  }),
});
const media = fc
  .tuple(
    maybe(
      record({
        format: fc
          .uniqueArray(fc.constantFrom(...SIZES), { maxLength: 3 })
          .map((sizes) => sizes.map(([w, h]) => ({ w, h }))),
        pos: fc.constantFrom(0, 1, 3, 4),
      }),
    ),
    fc.option(
      record({
        w: fc.constant(640),
        h: fc.constant(480),
        plcmt: fc.integer({ min: 1, max: 4 }),
        startdelay: fc.constantFrom(0, -1, -2, 15),
        pos: fc.constantFrom(1, 7),
      }).map((video) => ({
        mimes: ['video/mp4'],
        ...video,
      })),
      { nil: undefined },
    ),
    fc.option(
      record({ startdelay: fc.constantFrom(0, -2) }).map((audio) => ({ mimes: ['audio/mpeg'], ...audio })),
      { nil: undefined },
    ),
    fc.option(
      record({ plcmttype: fc.integer({ min: 0, max: 5 }), context: fc.integer({ min: 0, max: 4 }) }).map(
        (request) => ({ request }),
      ),
      { nil: undefined },
    ),
  )
  .map(
    ([banner, video, audio, native]): Json => JSON.parse(JSON.stringify({ banner, video, audio, native })),
  );

/** Whole impressions with the person, the permits and the time. */
export const probes: fc.Arbitrary<Probe> = fc
  .record({
    device: maybe(device),
    where: fc.oneof(
      {
        weight: 3,
        arbitrary: record({ ...publication, domain: fc.constantFrom(...DOMAINS) }).map((site) => ({ site })),
      },
      {
        weight: 2,
        arbitrary: record({ ...publication, bundle: fc.constantFrom(...APPS) }).map((app) => ({ app })),
      },
      {
        weight: 1,
        arbitrary: record({
          ...publication,
          venuetype: some(['transit.airports', 'retail', '203', '12']),
          venuetypetax: fc.constantFrom(0, 1),
        }).map((dooh) => ({ dooh })),
      },
      { weight: 1, arbitrary: fc.constant({}) },
    ),
    user: maybe(
      record({ id: fc.constant('u1'), buyeruid: fc.constant('b1'), keywords: fc.constant('cooking') }),
    ),
    impression,
    media,
    permits: fc.constantFrom(
      {},
      {},
      { preciseGeo: false },
      { audiences: false },
      { identity: false, audiences: false, preciseGeo: false, refusal: 'gdpr' as const },
    ),
    packs: fc.uniqueArray(fc.constantFrom(...PACKS), { maxLength: 3 }),
    nowMs: fc.integer({ min: Date.parse('2026-03-16T00:00:00Z'), max: Date.parse('2026-11-16T00:00:00Z') }),
    exchangeId: fc.constantFrom(...EXCHANGES),
  })
  .map(
    ({ device: told, where, user, impression: common, media: offered, permits, packs, nowMs, exchangeId }) =>
      probeOf({
        request: JSON.parse(JSON.stringify({ device: told, user, ...where })) as Json,
        impression: { ...common, ...offered },
        permits,
        packs: permits.audiences === false ? [] : [...packs].sort(),
        nowMs,
        exchangeId,
      }),
  );
