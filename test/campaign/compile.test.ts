/** The book compiled, part by part. This file is one thing: what the catalog says of one small book. */
import type { TSchema } from 'typebox';
import { describe, expect, test } from 'vitest';
import type { Book } from '../../src/campaign/campaign.ts';
import {
  accountSchema,
  advertiserSchema,
  campaignSchema,
  lineItemSchema,
} from '../../src/campaign/campaign.ts';
import { compileCatalog, shownCreatives } from '../../src/campaign/compile.ts';
import { creativeSchema } from '../../src/campaign/creative.ts';
import { pathText } from '../../src/campaign/issue.ts';
import { checkShape } from '../../src/campaign/shape.ts';
import { hasBit } from '../../src/core/bitset.ts';
import { objectNumber } from '../../src/core/ids.ts';

type Parts = Readonly<Record<string, unknown>>;
interface Sketch {
  readonly account?: Parts;
  readonly advertisers?: readonly Parts[];
  readonly campaigns?: readonly Parts[];
  readonly lineItems?: readonly Parts[];
  readonly creatives?: readonly Parts[];
}

const read = <T>(schema: TSchema, given: unknown): T => {
  const { value, issues } = checkShape(schema, given);
  if (issues.length > 0) throw new Error(`${pathText(issues[0]!.path)} ${issues[0]!.message}`);
  return value as T;
};

const BANNER = {
  format: 'banner',
  sizes: [{ width: 300, height: 250 }],
  imageUrl: 'https://cdn.example/a.png',
};

/** A book of one of each, with what the sketch says beside or instead. */
function bookOf({
  account = {},
  advertisers = [{}],
  campaigns = [{}],
  lineItems = [{}],
  creatives = [{}],
}: Sketch = {}): Book {
  const common = { advertiserId: 'acme', landingPage: 'https://acme.example/' };
  return {
    account: read(accountSchema, {
      id: 'house',
      timeZone: 'Europe/Berlin',
      signalMissing: 'allow',
      ...account,
    }),
    advertisers: advertisers.map((parts) =>
      read(advertiserSchema, { id: 'acme', domains: ['acme.example'], categories: ['IAB1'], ...parts }),
    ),
    campaigns: campaigns.map((parts) =>
      read(campaignSchema, { id: 'spring', advertiserId: 'acme', ...parts }),
    ),
    lineItems: lineItems.map((parts) =>
      read(lineItemSchema, {
        id: 'line',
        campaignId: 'spring',
        bid: { strategy: 'fixed_cpm', priceCpmMicros: 1e6 },
        creatives: [{ id: 'red' }],
        ...parts,
      }),
    ),
    creatives: creatives.map((parts) =>
      read(creativeSchema, {
        id: 'red',
        ...common,
        ...('format' in parts ? {} : BANNER),
        ...parts,
      }),
    ),
    audiences: [],
    conversionActions: [],
    experiments: [],
  };
}

const lineOf = (sketch: Sketch) => compileCatalog(bookOf(sketch)).lines[0]!;

describe('which objects are in', () => {
  test('archived ones are left out, with all below them; numbers are dense', () => {
    const catalog = compileCatalog(
      bookOf({
        advertisers: [{}, { id: 'gone', status: 'archived' }],
        campaigns: [{}, { id: 'old', status: 'archived' }, { id: 'theirs', advertiserId: 'gone' }],
        lineItems: [
          { id: 'a', status: 'archived' },
          { id: 'b', status: 'paused' },
          { id: 'c', campaignId: 'old' },
          { id: 'd', campaignId: 'theirs' },
          { id: 'e' },
        ],
      }),
    );
    expect(catalog.lines.map(({ number, lineItem }) => [number, lineItem.id])).toEqual([
      [0, 'b'],
      [1, 'e'],
    ]);
    expect([hasBit(catalog.active, 0), hasBit(catalog.active, 1)]).toEqual([false, true]);
    expect(catalog.lineById.get('e')).toBe(catalog.lines[1]);
  });

  test.each(['advertisers', 'campaigns', 'lineItems'])(
    'a paused one of the %s keeps the line item from delivering',
    (list) => {
      const catalog = compileCatalog(bookOf({ [list]: [{ status: 'paused' }] }));
      expect(catalog.lines.length).toBe(1);
      expect(hasBit(catalog.active, 0)).toBe(false);
    },
  );

  test('creatives that are not active are left out of their line items', () => {
    const line = lineOf({
      creatives: [{}, { id: 'blue', status: 'paused' }, { id: 'green', crid: 'green-2' }],
      lineItems: [{ creatives: [{ id: 'blue' }, { id: 'red', weight: 3 }, { id: 'green' }] }],
    });
    expect(line.creatives.map(({ crid, weight }) => [crid, weight])).toEqual([
      ['red', 3],
      ['green-2', 1],
    ]);
  });

  test('a reference to nothing is a fault of ours and says which', () => {
    expect(() => lineOf({ lineItems: [{ campaignId: 'nowhere' }] })).toThrow('campaign nowhere');
    expect(() => lineOf({ lineItems: [{ creatives: [{ id: 'nothing' }] }] })).toThrow('creative nothing');
  });
});

describe('flights', () => {
  test('days of the campaign’s zone, the last one included, across a change of clocks', () => {
    const line = lineOf({ campaigns: [{ flight: { start: '2026-03-28', end: '2026-03-29' } }] });
    expect(new Date(line.flightStartMs).toISOString()).toBe('2026-03-27T23:00:00.000Z');
    // Summer time began on the 29th, which had 23 hours.
    expect(new Date(line.flightEndMs).toISOString()).toBe('2026-03-29T22:00:00.000Z');
  });

  test('what campaign and line item have in common', () => {
    const line = lineOf({
      campaigns: [{ timeZone: 'UTC', flight: { start: '2026-03-01', end: '2026-03-31' } }],
      lineItems: [{ flight: { start: '2026-02-01', end: '2026-03-10' } }],
    });
    expect(line.flightStartMs).toBe(Date.parse('2026-03-01T00:00:00Z'));
    expect(line.flightEndMs).toBe(Date.parse('2026-03-11T00:00:00Z'));
  });

  test('without dates it neither begins nor ends', () => {
    const { flightStartMs, flightEndMs } = lineOf({});
    expect([flightStartMs, flightEndMs]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });
});

describe('caps', () => {
  const cap = (level: string, window: string, more: Parts = {}) => ({ level, max: 2, window, ...more });

  test('of advertiser, campaign and line item count the objects that their levels name', () => {
    const line = lineOf({
      advertisers: [{ frequencyCaps: [cap('advertiser', '2w')] }],
      campaigns: [{ frequencyCaps: [cap('campaign', '1d', { kind: 'calendar', event: 'click' })] }],
      lineItems: [{ frequencyCaps: [cap('line_item', 'lifetime'), cap('campaign', '1mo')] }],
    });
    const DAY_MS = 86_400_000;
    expect(line.caps).toEqual([
      {
        level: 'advertiser',
        objectNumber: objectNumber('advertiser', 'acme'),
        event: 'impression',
        max: 2,
        window: { kind: 'rolling', lengthMs: 14 * DAY_MS },
        gap: false,
      },
      {
        level: 'campaign',
        objectNumber: objectNumber('campaign', 'spring'),
        event: 'click',
        max: 2,
        window: { kind: 'calendar', unit: 'day', length: 1, zone: line.zone },
        gap: false,
      },
      {
        level: 'line_item',
        objectNumber: objectNumber('line_item', 'line'),
        event: 'impression',
        max: 2,
        window: { kind: 'lifetime' },
        gap: false,
      },
      {
        level: 'campaign',
        objectNumber: objectNumber('campaign', 'spring'),
        event: 'impression',
        max: 2,
        window: { kind: 'rolling', lengthMs: 30 * DAY_MS },
        gap: false,
      },
    ]);
    expect(line.needsPerson).toBe(true);
  });

  test('of level creative go to each creative, and a creative’s own to it alone', () => {
    const line = lineOf({
      creatives: [{}, { id: 'blue', frequencyCaps: [cap('line_item', '5m')] }],
      lineItems: [{ creatives: [{ id: 'red' }, { id: 'blue' }], frequencyCaps: [cap('creative', '12h')] }],
    });
    expect(line.caps).toEqual([]);
    expect(
      line.creatives.map(({ caps }) => caps.map(({ level, objectNumber: number }) => [level, number])),
    ).toEqual([
      [['creative', objectNumber('creative', 'red')]],
      [
        ['creative', objectNumber('creative', 'blue')],
        ['line_item', objectNumber('line_item', 'line')],
      ],
    ]);
    expect(line.needsPerson).toBe(true);
  });

  test('a minimum gap is a cap of no impression within it', () => {
    const line = lineOf({ lineItems: [{ minimumGapSeconds: 90 }] });
    expect(line.caps).toEqual([
      {
        level: 'line_item',
        objectNumber: objectNumber('line_item', 'line'),
        event: 'impression',
        max: 0,
        window: { kind: 'rolling', lengthMs: 90_000 },
        gap: true,
      },
    ]);
    expect(line.needsPerson).toBe(true);
  });

  test('without caps, a gap or packs nobody need be known', () => {
    expect(lineOf({}).needsPerson).toBe(false);
    expect(lineOf({ lineItems: [{ targeting: { audience: { exclude: ['staff'] } } }] }).needsPerson).toBe(
      true,
    );
  });
});

test('budgets are those of campaign and line item that limit something', () => {
  const line = lineOf({ campaigns: [{ budget: { dailyMicros: 5e6 } }], lineItems: [{ budget: {} }] });
  expect(line.budgets).toEqual([
    {
      scope: 'campaign',
      id: 'spring',
      zone: line.zone,
      lifetimeMicros: undefined,
      dailyMicros: 5e6,
      lifetimeImpressions: undefined,
      dailyImpressions: undefined,
    },
  ]);
});

describe('creatives', () => {
  test.each<[Parts, boolean]>([
    [{}, true],
    [{ imageUrl: 'http://cdn.example/a.png' }, false],
    [{ html: '<img src="HTTP://cdn.example/a.png">' }, false],
    [{ html: '<img src="https://cdn.example/a.png">' }, true],
    [{ landingPage: 'http://acme.example/' }, false],
  ])('%j is secure: %s', (parts, secure) => {
    expect(lineOf({ creatives: [parts] }).creatives[0]!.secure).toBe(secure);
  });

  test('media files of a video are looked at too', () => {
    const secure = (url: string): boolean => {
      const video = { format: 'video', durationSeconds: 15, mediaFiles: [{ url, mime: 'video/mp4' }] };
      return lineOf({ creatives: [video] }).creatives[0]!.secure;
    };
    expect([secure('http://cdn.example/a.mp4'), secure('https://cdn.example/a.mp4')]).toEqual([false, true]);
  });

  test.each<[string, Record<string, unknown>, boolean]>([
    ['another server’s tag', { vastTagUrl: 'http://ads.example/v', vastTagMimes: ['video/mp4'] }, false],
    [
      'a companion’s picture',
      { companions: [{ width: 1, height: 1, imageUrl: 'http://cdn.example/c.png' }] },
      false,
    ],
    [
      'a companion’s frame',
      { companions: [{ width: 1, height: 1, iframeUrl: 'http://cdn.example/c' }] },
      false,
    ],
    [
      'a companion’s markup',
      { companions: [{ width: 1, height: 1, html: '<img src=http://x.example>' }] },
      false,
    ],
    ['a script', { verification: [{ vendor: 'v', scriptUrl: 'http://see.example/o.js' }] }, false],
    [
      'what a script is told',
      { verification: [{ vendor: 'v', scriptUrl: 'https://see.example', parameters: 'u=http://x' }] },
      false,
    ],
    [
      'all of it by https',
      { companions: [{ width: 1, height: 1, html: '<img src=https://x.example>' }] },
      true,
    ],
  ])('%s is looked at', (_what, more, secure) => {
    const mediaFiles = [{ url: 'https://cdn.example/a.mp4', mime: 'video/mp4' }];
    const film = { format: 'video', durationSeconds: 15, mediaFiles, ...more };
    expect(lineOf({ creatives: [film] }).creatives[0]!.secure).toBe(secure);
  });

  test('what was sold is known by its creative, of whatever status, and its names', () => {
    const book = bookOf({ creatives: [{ status: 'archived', crid: 'r-1' }] });
    expect(shownCreatives(book).get('red')).toMatchObject({ crid: 'r-1', categories: ['IAB1'] });
    expect(shownCreatives(book).get('gone')).toBeUndefined();
  });

  test('domains and categories are the advertiser’s unless it has its own', () => {
    const line = lineOf({
      creatives: [{}, { id: 'blue', domains: ['shop.example'], categories: ['IAB2'] }],
      lineItems: [{ creatives: [{ id: 'red' }, { id: 'blue' }] }],
    });
    expect(line.creatives.map(({ domains, categories }) => [domains, categories])).toEqual([
      [['acme.example'], ['IAB1']],
      [['shop.example'], ['IAB2']],
    ]);
  });
});
