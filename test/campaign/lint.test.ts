/** Every lint with a book that has it and a neighbour that does not. The file is one thing: that table. */
import { describe, expect, it } from 'vitest';
import type { Audience } from '../../src/campaign/audience/kinds.ts';
import { checkBook } from '../../src/campaign/book.ts';
import type { Advertiser, Book, Campaign, ConversionAction, LineItem } from '../../src/campaign/campaign.ts';
import type { Creative, VideoCreative } from '../../src/campaign/creative.ts';
import { creativeSchema } from '../../src/campaign/creative.ts';
import { pathText } from '../../src/campaign/issue.ts';
import { lintBook } from '../../src/campaign/lint.ts';
import { checkShape } from '../../src/campaign/shape.ts';
import type { FrequencyCap } from '../../src/campaign/words.ts';
import type { ExchangeProfile } from '../../src/openrtb/exchange-profile.ts';
import { exchangeSchema } from '../../src/openrtb/exchange-profile.ts';

const NOW_MS = Date.UTC(2026, 3, 10, 12);

const advertiser: Advertiser = {
  id: 'shoes',
  status: 'active',
  domains: ['shoes.example'],
  categories: [],
  frequencyCaps: [],
};
const campaign: Campaign = { id: 'spring', advertiserId: 'shoes', status: 'active', frequencyCaps: [] };
const line: LineItem = {
  id: 'runners',
  campaignId: 'spring',
  status: 'active',
  bid: { strategy: 'max_cpm', maxCpmMicros: 2_500_000 },
  pacing: 'even',
  rotation: 'even',
  frequencyCaps: [],
  minimumGapSeconds: 0,
  targeting: {},
  anyDeal: false,
  creatives: [{ id: 'banner', weight: 1 }],
  audienceWeights: [],
};
const banner: Extract<Creative, { format: 'banner' }> = {
  id: 'banner',
  advertiserId: 'shoes',
  status: 'active',
  format: 'banner',
  landingPage: 'https://shoes.example/',
  attributes: [],
  approval: {},
  frequencyCaps: [],
  sizes: [{ width: 300, height: 250 }],
  anySize: false,
  html: '<a href="{clickUrl}">Run</a>',
  apis: [],
  type: 2,
  expandDirections: [],
  topFrame: false,
  iframeBusters: [],
  verificationScripts: [],
};
const film = checkShape(creativeSchema, {
  id: 'banner',
  advertiserId: 'shoes',
  format: 'video',
  landingPage: 'https://shoes.example/',
  durationSeconds: 15,
  mediaFiles: [{ url: 'https://cdn.example/a.mp4', mime: 'video/mp4' }],
}).value as VideoCreative;
const filmFile = film.mediaFiles[0]!;
const card: VideoCreative['companions'][number] = {
  width: 300,
  height: 250,
  endCard: false,
  mime: 'image/jpeg',
  html: '<a href="{clickUrl}">x</a>',
};
const tag = { mediaFiles: [], vastTagUrl: 'https://ads.example/v', vastTagMimes: ['video/mp4'] };
const pack: Audience = { id: 'fans', source: 'exchange_segments', segments: ['dmp:1'] };
const action: ConversionAction = {
  id: 'buy',
  advertiserId: 'shoes',
  status: 'active',
  key: 'a-key-of-sixteen-letters',
  clickWindowHours: 24,
  viewWindowHours: 0,
  counting: 'every',
  valueMicros: 0,
  pixel: true,
};
const exchange = checkShape(exchangeSchema, { id: 'example' }).value as ExchangeProfile;

interface Parts {
  readonly advertiser?: Partial<Advertiser>;
  readonly campaign?: Partial<Campaign>;
  readonly line?: Partial<LineItem>;
  readonly banner?: Partial<typeof banner>;
  /** In place of the banner. */
  readonly film?: Partial<VideoCreative>;
  readonly more?: Partial<Book>;
  readonly exchange?: Partial<ExchangeProfile>;
}

const RETENTION = { bidLogDays: 30, noticeDays: 90, touchDays: 400, conversionDays: 400, idDays: 180 };

function bookOf(parts: Parts): Book {
  return {
    account: {
      id: 'a',
      currency: 'USD',
      timeZone: 'UTC',
      signalMissing: 'deny',
      idPriority: ['user.id'],
      retention: RETENTION,
    },
    advertisers: [{ ...advertiser, ...parts.advertiser }],
    campaigns: [{ ...campaign, ...parts.campaign }],
    lineItems: [{ ...line, ...parts.line }],
    creatives: [parts.film ? { ...film, ...parts.film } : { ...banner, ...parts.banner }],
    audiences: [],
    conversionActions: [],
    experiments: [],
    ...parts.more,
  };
}

function lints(parts: Parts): string[] {
  return lintBook(bookOf(parts), [{ ...exchange, ...parts.exchange }], NOW_MS).map(
    ({ code, path }) => `${code} ${pathText(path)}`,
  );
}

function withRates(asOf: string): Book['account'] {
  return { ...bookOf({}).account, currencyRates: { asOf, rates: { EUR: 1.1 } } };
}

function cap(
  level: FrequencyCap['level'],
  max: number,
  window: string,
  rest: Partial<FrequencyCap> = {},
): FrequencyCap {
  return { level, event: 'impression', max, window, kind: 'rolling', ...rest };
}

const caps = (...frequencyCaps: FrequencyCap[]): { frequencyCaps: FrequencyCap[] } => ({ frequencyCaps });

it('a sound book has no lint', () => {
  expect(lints({})).toEqual([]);
  expect(checkBook({ ...bookOf({}), exchanges: [exchange] })).toEqual([]);
});

/** [what, a book that has it, the warning, a book that nearly has it]. */
const CASES: readonly [what: string, faulty: Parts, expected: string, sound: Parts][] = [
  [
    'a line’s cap looser than its campaign’s',
    { campaign: caps(cap('campaign', 3, '1d')), line: caps(cap('line_item', 5, '1d')) },
    'dead_cap lineItems[0].frequencyCaps[0]',
    { campaign: caps(cap('campaign', 5, '1d')), line: caps(cap('line_item', 3, '1d')) },
  ],
  [
    'a cap with a shorter window that a longer one covers',
    { line: caps(cap('line_item', 2, '1d'), cap('line_item', 2, '1h')) },
    'dead_cap lineItems[0].frequencyCaps[1]',
    { line: caps(cap('line_item', 5, '1d'), cap('line_item', 2, '1h')) },
  ],
  [
    'the same cap twice: the second',
    { line: caps(cap('line_item', 2, '1d'), cap('line_item', 2, '1d')) },
    'dead_cap lineItems[0].frequencyCaps[1]',
    { line: caps(cap('line_item', 2, '1d'), cap('line_item', 2, '1d', { event: 'click' })) },
  ],
  [
    'a campaign’s cap looser than its advertiser’s',
    { advertiser: caps(cap('advertiser', 1, 'lifetime')), campaign: caps(cap('campaign', 2, '1w')) },
    'dead_cap campaigns[0].frequencyCaps[0]',
    { advertiser: caps(cap('advertiser', 1, '1d')), campaign: caps(cap('campaign', 2, '1w')) },
  ],
  [
    'a creative’s cap looser than its advertiser’s',
    { advertiser: caps(cap('advertiser', 1, '1w')), banner: caps(cap('creative', 2, '1d')) },
    'dead_cap creatives[0].frequencyCaps[0]',
    { advertiser: caps(cap('advertiser', 1, '1h')), banner: caps(cap('creative', 2, '1d')) },
  ],
  [
    'a creative’s cap that the advertiser’s covers, where the line’s would not: other lines show it too',
    { line: caps(cap('advertiser', 1, '1w'), cap('creative', 2, '1d')) },
    'dead_cap lineItems[0].frequencyCaps[1]',
    { line: caps(cap('line_item', 1, '1w'), cap('creative', 2, '1d')) },
  ],
  [
    'a rolling cap that an equal calendar one seems to cover',
    { line: caps(cap('line_item', 2, '1d', { kind: 'calendar' }), cap('line_item', 2, '2d')) },
    'dead_cap lineItems[0].frequencyCaps[0]',
    { line: caps(cap('line_item', 2, '1d', { kind: 'calendar' }), cap('line_item', 2, '12h')) },
  ],
  [
    'a cap of 0',
    { line: caps(cap('line_item', 0, '1d')) },
    'zero_cap lineItems[0].frequencyCaps[0].max',
    { line: caps(cap('line_item', 1, '1d')) },
  ],
  [
    'a gap where one impression is all there is',
    { line: { ...caps(cap('line_item', 1, 'lifetime')), minimumGapSeconds: 60 } },
    'dead_setting lineItems[0].minimumGapSeconds',
    { line: { ...caps(cap('line_item', 2, 'lifetime')), minimumGapSeconds: 60 } },
  ],
  [
    'a budget below one impression',
    { line: { budget: { lifetimeMicros: 2_499 } } },
    'budget_below_one_bid lineItems[0].bid.maxCpmMicros',
    { line: { budget: { lifetimeMicros: 2_500_000 } } },
  ],
  [
    'a bid above the campaign’s daily budget',
    { campaign: { budget: { dailyMicros: 2_000_000 } } },
    'bid_above_budget lineItems[0].bid.maxCpmMicros',
    { campaign: { budget: { dailyMicros: 2_500_000 } } },
  ],
  [
    'a budget of 0',
    { campaign: { budget: { dailyImpressions: 0 } } },
    'zero_budget campaigns[0].budget.dailyImpressions',
    { campaign: { budget: { dailyImpressions: 1 } } },
  ],
  [
    'a daily budget above the lifetime’s',
    { campaign: { budget: { dailyMicros: 9e6, lifetimeMicros: 8e6 } } },
    'daily_above_lifetime campaigns[0].budget.dailyMicros',
    { campaign: { budget: { dailyMicros: 8e6, lifetimeMicros: 8e6 } } },
  ],
  [
    'a line’s budget above its campaign’s',
    { campaign: { budget: { dailyMicros: 8e6 } }, line: { budget: { dailyMicros: 9e6 } } },
    'budget_above_campaign lineItems[0].budget.dailyMicros',
    { campaign: { budget: { dailyMicros: 8e6 } }, line: { budget: { lifetimeMicros: 9e6 } } },
  ],
  [
    'a price in units taken for micros',
    { line: { bid: { strategy: 'fixed_cpm', priceCpmMicros: 2 } } },
    'unlikely_price lineItems[0].bid.priceCpmMicros',
    { line: { bid: { strategy: 'fixed_cpm', priceCpmMicros: 1_000 } } },
  ],
  [
    'a flight that is over',
    { line: { flight: { end: '2026-04-09' } } },
    'flight_over lineItems[0].flight.end',
    { line: { flight: { end: '2026-04-10' } } },
  ],
  [
    'a flight that is over in the campaign’s zone alone',
    { campaign: { timeZone: 'Pacific/Kiritimati', flight: { end: '2026-04-10' } } },
    'flight_over campaigns[0].flight.end',
    { campaign: { timeZone: 'America/New_York', flight: { end: '2026-04-10' } } },
  ],
  [
    'a line outside its campaign’s flight',
    { campaign: { flight: { start: '2026-05-01' } }, line: { flight: { end: '2026-04-30' } } },
    'flight_outside_campaign lineItems[0].flight',
    { campaign: { flight: { start: '2026-04-30' } }, line: { flight: { end: '2026-04-30' } } },
  ],
  [
    'a line of a paused campaign',
    { campaign: { status: 'paused' } },
    'parked_parent lineItems[0].campaignId',
    { campaign: { status: 'paused' }, line: { status: 'paused' } },
  ],
  [
    'a line of an archived advertiser',
    { advertiser: { status: 'archived' } },
    'parked_parent lineItems[0].campaignId',
    {},
  ],
  ['no active creative', { banner: { status: 'paused' } }, 'no_active_creative lineItems[0].creatives', {}],
  [
    'creatives of weight 0',
    {
      line: {
        rotation: 'weighted',
        creatives: [
          { id: 'banner', weight: 0 },
          { id: 'banner', weight: 0 },
        ],
      },
    },
    'no_weight lineItems[0].creatives',
    {
      line: {
        rotation: 'weighted',
        creatives: [
          { id: 'banner', weight: 0 },
          { id: 'banner', weight: 1 },
        ],
      },
    },
  ],
  [
    'creatives that all exchanges rejected',
    { banner: { approval: { example: 'rejected' } } },
    'rejected_everywhere lineItems[0].creatives',
    { banner: { approval: { example: 'pending' } } },
  ],
  [
    'a creative of another format',
    { line: { targeting: { format: { include: ['video'] } } } },
    'unfit_creative lineItems[0].creatives[0].id',
    { line: { targeting: { format: { include: ['video', 'banner'] } } } },
  ],
  [
    'a creative of an excluded format',
    { line: { targeting: { format: { exclude: ['banner'] } } } },
    'unfit_creative lineItems[0].creatives[0].id',
    { line: { targeting: { format: { exclude: ['video'] } } } },
  ],
  [
    'a creative of another size',
    { line: { targeting: { size: { include: ['728x90'] } } } },
    'unfit_creative lineItems[0].creatives[0].id',
    { line: { targeting: { size: { include: ['728x90', '300x250'] } } } },
  ],
  ['a rotation of one', { line: { rotation: 'thompson' } }, 'dead_setting lineItems[0].rotation', {}],
  [
    'weights that nothing looks at',
    { line: { creatives: [{ id: 'banner', weight: 7 }] } },
    'dead_setting lineItems[0].creatives',
    {},
  ],
  [
    'any deal beside named ones',
    { line: { anyDeal: true, targeting: { deal: { include: ['D-1'] } } } },
    'dead_setting lineItems[0].anyDeal',
    { line: { anyDeal: true } },
  ],
  [
    'all that is included excluded again',
    { line: { targeting: { country: { include: ['USA'], exclude: ['USA', 'CAN'] } } } },
    'excludes_all lineItems[0].targeting.country.exclude',
    { line: { targeting: { country: { include: ['USA'], exclude: ['CAN'] } } } },
  ],
  [
    'a part of what is included excluded again',
    { line: { targeting: { country: { include: ['USA', 'CAN'], exclude: ['CAN'] } } } },
    'included_and_excluded lineItems[0].targeting.country.exclude',
    { line: { targeting: { country: { exclude: ['CAN'] } } } },
  ],
  [
    'an unused creative',
    { more: { creatives: [banner, { ...banner, id: 'other' }] } },
    'unused creatives[1].id',
    { more: { creatives: [banner, { ...banner, id: 'other', status: 'archived' }] } },
  ],
  [
    'an unused pack',
    { more: { audiences: [pack] } },
    'unused audiences[0].id',
    { line: { audienceWeights: [{ audience: 'fans', multiplier: 2 }] }, more: { audiences: [pack] } },
  ],
  [
    'an advertiser without campaigns',
    { more: { advertisers: [advertiser, { ...advertiser, id: 'tea' }] } },
    'unused advertisers[1].id',
    {},
  ],
  [
    'a campaign without line items',
    { more: { campaigns: [campaign, { ...campaign, id: 'summer' }] } },
    'unused campaigns[1].id',
    { more: { campaigns: [campaign, { ...campaign, id: 'summer', status: 'paused' }] } },
  ],
  [
    'an action of an advertiser without campaigns',
    {
      more: {
        advertisers: [advertiser, { ...advertiser, id: 'tea', status: 'paused' }],
        conversionActions: [{ ...action, advertiserId: 'tea' }],
      },
    },
    'unused conversionActions[0].id',
    { more: { conversionActions: [action] } },
  ],
  [
    'an action without a window',
    { more: { conversionActions: [{ ...action, clickWindowHours: 0 }] } },
    'no_window conversionActions[0].clickWindowHours',
    { more: { conversionActions: [{ ...action, clickWindowHours: 0, viewWindowHours: 1 }] } },
  ],
  [
    'rates of another week',
    { more: { account: withRates('2026-04-01') } },
    'rates_date account.currencyRates.asOf',
    { more: { account: withRates('2026-04-03') } },
  ],
  [
    'rates of a day that has not come',
    { more: { account: withRates('2026-05-10') } },
    'rates_date account.currencyRates.asOf',
    { more: { account: withRates('2026-04-10') } },
  ],
  [
    'an expired pack',
    {
      line: { audienceWeights: [{ audience: 'old', multiplier: 2 }] },
      more: { audiences: [oldPack('2026-04-09')] },
    },
    'expired_pack audiences[0].expires',
    {
      line: { audienceWeights: [{ audience: 'old', multiplier: 2 }] },
      more: { audiences: [oldPack('2026-04-10')] },
    },
  ],
  [
    'a picture over http',
    { banner: { html: undefined, imageUrl: 'http://cdn.example/a.png' } },
    'insecure_asset creatives[0].imageUrl',
    { banner: { html: undefined, imageUrl: 'https://cdn.example/a.png' } },
  ],
  [
    'markup that loads over http',
    { banner: { html: '<a href="{clickUrl}"><img src=http://cdn.example/a.png></a>' } },
    'insecure_asset creatives[0].html',
    { banner: { html: '<svg xmlns="http://www.w3.org/2000/svg"><a href="{clickUrl}"></a></svg>' } },
  ],
  [
    'markup without a click',
    { banner: { html: '<b>Run</b>' } },
    'no_click_url creatives[0].html',
    { banner: { html: '<a href="https://t.example/?u={clickUrlEncoded}">Run</a>' } },
  ],
  [
    'files beside another server’s tag',
    { film: { ...tag, mediaFiles: film.mediaFiles } },
    'dead_setting creatives[0].mediaFiles',
    { film: tag },
  ],
  [
    'types of a tag that is not there',
    { film: { vastTagMimes: ['video/mp4'] } },
    'dead_setting creatives[0].vastTagMimes',
    { film: tag },
  ],
  [
    'a layer over nothing',
    { film: { apis: [8], mediaFiles: [{ ...filmFile, api: 'SIMID' }] } },
    'nothing_to_play creatives[0].mediaFiles',
    { film: { apis: [8], mediaFiles: [filmFile, { ...filmFile, api: 'SIMID' }] } },
  ],
  [
    'a need of VPAID without a file of it',
    { film: { apis: [2] } },
    'api_without_file creatives[0].apis',
    { film: { apis: [2, 7], mediaFiles: [{ ...filmFile, api: 'VPAID' }] } },
  ],
  [
    'a companion without a click',
    { film: { companions: [{ ...card, html: '<b>Run</b>' }] } },
    'no_click_url creatives[0].companions[0].html',
    { film: { companions: [card, { ...card, html: undefined, imageUrl: 'https://cdn.example/c.png' }] } },
  ],
  [
    'a script of measurement over http',
    { film: { verification: [{ vendor: 'v', scriptUrl: 'http://see.example/o.js' }] } },
    'insecure_asset creatives[0].verification[0].scriptUrl',
    { film: { verification: [{ vendor: 'v', scriptUrl: 'https://see.example/o.js' }] } },
  ],
  [
    'a banner that expands nobody knows where to',
    { banner: { attributes: [4] } },
    'directions_unknown creatives[0].expandDirections',
    { banner: { attributes: [4], expandDirections: [4] } },
  ],
  [
    'a script that is called a picture',
    { banner: { html: '<a href="{clickUrl}">x</a><script src="https://t.example/a.js"></script>' } },
    'banner_type creatives[0].type',
    { banner: { html: '<a href="{clickUrl}">x</a><script src="https://t.example/a.js"></script>', type: 3 } },
  ],
  [
    'MRAID without its script',
    { banner: { apis: [5] } },
    'no_mraid creatives[0].html',
    { banner: { apis: [5], type: 3, html: '<script src="mraid.js"></script><a href="{clickUrl}">x</a>' } },
  ],
  [
    'iframe busters that nothing needs',
    { banner: { iframeBusters: ['vendor.example'] } },
    'dead_setting creatives[0].iframeBusters',
    { banner: { iframeBusters: ['vendor.example'], topFrame: true } },
  ],
  [
    'a picture beside markup',
    { banner: { imageUrl: 'https://cdn.example/a.png' } },
    'dead_setting creatives[0].imageUrl',
    {},
  ],
  [
    'an agreed native layout that asks for nothing readable',
    { exchange: { nativeLayout: { assets: [{ required: 1, title: { len: 25 } }] } } },
    'unreadable_layout exchanges[0].nativeLayout',
    { exchange: { nativeLayout: { assets: [{ id: 1, required: 1, title: { len: 25 } }] } } },
  ],
  [
    'an exchange whose currency has no rate',
    { exchange: { currency: 'EUR' } },
    'no_rate exchanges[0].currency',
    {
      exchange: { currency: 'EUR' },
      more: {
        account: {
          id: 'a',
          currency: 'USD',
          timeZone: 'UTC',
          signalMissing: 'deny',
          idPriority: ['user.id'],
          retention: RETENTION,
          currencyRates: { asOf: '2026-04-09', rates: { EUR: 1.1 } },
        },
      },
    },
  ],
  [
    'keys that a plain price does not use',
    { exchange: { priceKeys: { encryption: 'a', integrity: 'b' } } },
    'dead_setting exchanges[0].priceKeys',
    {},
  ],
  [
    'former keys that a plain price does not use',
    { exchange: { priceKeysOther: [{ encryption: 'a', integrity: 'b' }] } },
    'dead_setting exchanges[0].priceKeysOther',
    {},
  ],
  [
    'an age that a plain price does not have',
    { exchange: { priceMaxAgeSeconds: 60 } },
    'dead_setting exchanges[0].priceMaxAgeSeconds',
    {},
  ],
  [
    'billing by a notice that does not come',
    { exchange: { billing: 'win' } },
    'win_without_notice exchanges[0].billing',
    { exchange: { billing: 'win', sendsWinNotices: true } },
  ],
];

function oldPack(expires: string): Audience {
  return { id: 'old', source: 'upload', file: 'old.csv', idSpace: 'ifa', hashed: 'none', expires };
}

describe('a lint', () => {
  it.each(CASES)('tells of %s', (_, faulty, expected) => {
    expect(lints(faulty)).toEqual([expected]);
  });

  it.each(CASES)('lets its neighbour pass: %s', (_, __, ___, sound) => {
    expect(lints(sound)).toEqual([]);
  });

  it('tells when no exchange is there', () => {
    expect(lintBook(bookOf({}), [], NOW_MS).map(({ code }) => code)).toEqual(['no_exchange']);
  });

  it('leaves archived objects in peace', () => {
    expect(
      lints({
        line: { status: 'archived', flight: { end: '2020-01-01' } },
        banner: { status: 'archived', html: '' },
        campaign: { status: 'archived' },
        advertiser: { status: 'archived' },
      }),
    ).toEqual([]);
  });
});
