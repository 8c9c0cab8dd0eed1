import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { readBidRequest } from '../../src/openrtb/read.ts';
import type { BidRequest } from '../../src/openrtb/request.ts';
import { ownRequest, ownRequests } from './own-corpus.ts';

function read(raw: unknown): BidRequest {
  const decoded = readBidRequest(raw);
  if (!decoded.ok) throw new Error(decoded.message);
  return decoded.request;
}

describe('a request', () => {
  test('is read whole', () => {
    const request = read(ownRequest('banner-web-first-price'));
    expect(request).toMatchObject({
      auctionType: 1,
      currencies: ['USD'],
      blockedAdvertisers: expect.arrayContaining(['betdragon.example']),
      site: {
        domain: 'www.northwind-daily.example',
        keywords: ['budget', 'parliament', 'taxes'],
        contentLanguage: 'en',
      },
      device: { type: 2, os: 'windows', geo: { country: 'USA', region: 'CA', utcOffsetMinutes: -480 } },
      regulations: { coppa: false, gdpr: 0, usPrivacy: '1YNN' },
      supplyChain: { complete: true, nodes: [{ system: 'northwind-exchange.example', seller: '1044' }] },
    });
    expect(request.impressions[0]).toMatchObject({
      banner: {
        sizes: [
          { width: 300, height: 250 },
          { width: 336, height: 280 },
        ],
        blockedAttributes: [1, 3, 8, 9, 10],
      },
      floorCpmMicros: 350_000,
      floorCurrency: 'USD',
      secure: true,
      multiplierMilli: 1000,
    });
  });

  test('with little in it gets the standard’s defaults', () => {
    const request = read({ id: 'm', imp: [{ id: '1', banner: {} }] });
    expect(request).toMatchObject({
      auctionType: 2,
      test: false,
      tmaxMs: undefined,
      currencies: [],
      categoryTaxonomy: 1,
    });
    expect(request.device).toMatchObject({ userAgent: '', limitTracking: false, geo: { country: '' } });
    expect(request.impressions[0]).toMatchObject({
      floorCpmMicros: 0,
      floorCurrency: 'USD',
      secure: false,
      deals: [],
      privateAuction: false,
    });
  });

  test('keeps lists that are sound already, without copying them', () => {
    const raw = ownRequest('banner-second-price');
    const request = read(raw);
    expect(request.blockedCategories).toBe(raw.bcat);
    expect(request.blockedAdvertisers).toBe(raw.badv);
    expect(request.currencies).toBe(raw.cur);
  });

  test('with block lists in capitals is compared in small letters', () => {
    expect(
      read({ id: '1', imp: [{ id: '1', banner: {} }], badv: ['A.Example'], cur: ['usd'] }),
    ).toMatchObject({
      blockedAdvertisers: ['a.example'],
      currencies: ['USD'],
    });
  });
});

describe('video', () => {
  const video = (name: string, index = 0) => read(ownRequest(name)).impressions[index]?.video;

  test('pods: dynamic, and structured with exact durations', () => {
    expect(video('video-ctv-pod')).toMatchObject({
      pod: { id: 'break-1', durationSeconds: 90, sequenceMax: 4, slotInPod: 0 },
      floorCpmMicrosPerSecond: 400_000,
    });
    expect(video('video-structured-pod', 2)).toMatchObject({
      exactDurations: [15],
      pod: { id: 'break-2', slotInPod: -1 },
    });
  });

  test('floors by duration, of the impression and of the deal', () => {
    const [impression] = read(ownRequest('video-duration-floors')).impressions;
    expect(impression?.video?.durationFloors).toEqual([
      { secondsMin: 1, secondsMax: 15, floorCpmMicros: 5_000_000 },
      { secondsMin: 16, secondsMax: 30, floorCpmMicros: 9_500_000 },
    ]);
    expect(impression?.deals[0]?.durationFloors[0]?.floorCpmMicros).toBe(7_250_000);
  });

  test('old fields: protocol stands for protocols, placement does not stand for plcmt', () => {
    expect(video('video-2.5')).toMatchObject({ protocols: [2], apis: [2], placement: undefined });
  });

  test('rewarded, new and old', () => {
    expect(read(ownRequest('video-rewarded')).impressions[0]?.rewarded).toBe(true);
    expect(read(ownRequest('video-rewarded-ext')).impressions[0]?.rewarded).toBe(true);
    expect(read(ownRequest('video-instream')).impressions[0]?.rewarded).toBe(false);
  });
});

describe('deals', () => {
  test('have terms of their own', () => {
    const [impression] = read(ownRequest('deals-private')).impressions;
    expect(impression).toMatchObject({ privateAuction: true, floorCpmMicros: 2_000_000 });
    expect(impression?.deals).toMatchObject([
      {
        id: 'NW-PREMIUM-7',
        floorCpmMicros: 12_500_000,
        floorCurrency: 'USD',
        auctionType: 3,
        allowedSeats: ['bw-100'],
      },
      { id: 'NW-AUTO-2', floorCurrency: 'EUR', allowedAdvertisers: ['kestrel-motors.example'] },
    ]);
    expect(read(ownRequest('deals-open')).impressions[0]?.deals.map(({ guaranteed }) => guaranteed)).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe('fields that moved', () => {
  test('are read at either place', () => {
    const request = read(ownRequest('banner-web-2.5-places'));
    expect(request.regulations.gdpr).toBe(1);
    expect(request.user.consent).toMatch(/^C/);
    expect(request.user.extendedIds).toHaveLength(1);
    expect(request.supplyChain?.nodes.map(({ seller }) => seller)).toEqual(['77120', '1044']);
  });

  test('are taken from the place of 2.6 where both speak', () => {
    const request = read(ownRequest('banner-web-both-places'));
    expect(request.regulations.gdpr).toBe(0);
    expect(request.user.extendedIds.map(({ source }) => source)).toEqual(['uid.example', 'uid.example']);
    expect(request.supplyChain?.nodes).toEqual([{ system: 'adrelay.example', seller: '5', paid: true }]);
  });
});

describe('people and devices', () => {
  test('client hints outrank the user agent', () => {
    const { device } = read(ownRequest('banner-flex'));
    expect(device).toMatchObject({ os: 'android', osVersion: '14.0.0', browser: 'google chrome' });
  });

  test('segments carry their provider', () => {
    const { user } = read(ownRequest('eids-many'));
    expect(user.segments).toContain('d1:400');
    expect(user.segments).toContain('contextual-co:sport');
    expect(user.keywords).toEqual(['running', 'trail', 'marathon']);
  });

  test('a screen shows it to many, and its id names nobody', () => {
    const request = read(ownRequest('dooh-billboard'));
    expect(request.impressions[0]?.multiplierMilli).toBe(14_200);
    expect(request.outOfHome?.venueTypes).toEqual(['outdoor.billboards.roadside']);
    expect(request.device.advertisingId).toBe('');
  });
});

describe('hostile bodies', () => {
  test('cannot reach a prototype', () => {
    const raw: unknown = JSON.parse(
      '{"id":"1","__proto__":{"hacked":1},"imp":[{"id":"1","banner":{"__proto__":{"hacked":1}},"constructor":{"prototype":{"hacked":1}}}]}',
    );
    const request = read(raw);
    const copy = Object.assign({}, request.raw, request.impressions[0]?.raw) as { hacked?: unknown };
    expect(copy.hacked).toBeUndefined();
    expect(({} as { hacked?: unknown }).hacked).toBeUndefined();
  });

  test('that are nested very deep are refused without recursion', () => {
    const deep: unknown = JSON.parse(`${'{"ext":'.repeat(5_000)}1${'}'.repeat(5_000)}`);
    expect(readBidRequest(deep)).toEqual({ ok: false, message: 'nested deeper than 64 levels' });
    const wide: unknown = JSON.parse(
      `{"id":"1","imp":[{"id":"1","banner":{}}],"ext":${'['.repeat(60)}${']'.repeat(60)}}`,
    );
    expect(readBidRequest(wide).ok).toBe(true);
  });

  test('that are wrong everywhere get a bounded list of warnings', () => {
    const imp = Array.from({ length: 100 }, (_, id) => ({ id, banner: { w: '300', h: '250' }, secure: '1' }));
    const decoded = readBidRequest({ id: 1, imp });
    expect(decoded.ok && decoded.warnings.length).toBe(32);
  });
});

/** Some value of a sound request replaced by any JSON. */
const mutated = fc
  .tuple(fc.constantFrom(...ownRequests()), fc.nat(), fc.jsonValue({ maxDepth: 3 }))
  .map(([{ request }, place, value]) => replaceAt(structuredClone(request), place, value));

property.prop([fc.oneof(mutated, fc.jsonValue())], { numRuns: 1_000 })(
  'never throws, and what it reads keeps its types',
  (raw) => {
    const decoded = readBidRequest(raw);
    if (!decoded.ok) {
      expect(decoded.message).not.toBe('');
      return;
    }
    const { request } = decoded;
    expect(request.id).not.toBe('');
    expect(new Set(request.impressions.map(({ id }) => id)).size).toBe(request.impressions.length);
    expect(faultyLeaves(request)).toEqual([]);
  },
);

/** Replaces the n-th value, counted in the order of a walk. */
function replaceAt(root: Record<string, unknown>, place: number, value: unknown): unknown {
  const slots: (() => void)[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      slots.push(() => Object.assign(node, { [key]: value }));
      walk((node as Record<string, unknown>)[key]);
    }
  };
  walk(root);
  slots[place % slots.length]?.();
  return root;
}

/** Numbers that are none, and lists that hold both text and numbers. */
function faultyLeaves(node: unknown, path = ''): string[] {
  if (typeof node === 'number') return Number.isNaN(node) ? [path] : [];
  if (Array.isArray(node)) {
    const kinds = new Set(node.map((entry) => typeof entry));
    return [
      ...(kinds.size > 1 ? [path] : []),
      ...node.flatMap((entry, index) => faultyLeaves(entry, `${path}[${index}]`)),
    ];
  }
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node)
    .filter(([key]) => key !== 'raw' && key !== 'digitalServicesAct')
    .flatMap(([key, value]) => faultyLeaves(value, `${path}.${key}`));
}
