/** Each medium against what it must answer. This file is one thing: a table of placements and what fits them. */
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
import { mediaAnswerOf } from '../../../src/bidding/media/index.ts';
import type { Fit } from '../../../src/bidding/media/media.ts';
import type { CatalogCreative } from '../../../src/campaign/catalog.ts';
import type { Creative } from '../../../src/campaign/creative.ts';
import type { Impression, NativeAsset, Video } from '../../../src/openrtb/request.ts';
import { hostile, kept } from '../../openrtb/hostile.ts';

const LINKS = {
  impressionUrl: 'https://bid.example/t/imp?t=a&b="1"',
  clickUrl: 'https://bid.example/t/click?t=a&x=$1',
  documentUrl: 'https://bid.example/t/doc?t=a&f=p6&s=b',
  bidId: 'AAECAwQFBgcICQoL',
};

function candidate(creative: Partial<Creative> & Pick<Creative, 'format'>): CatalogCreative {
  const common = {
    id: 'c1',
    advertiserId: 'a1',
    status: 'active',
    landingPage: 'https://shop.example/',
    attributes: [],
    approval: {},
    frequencyCaps: [],
  };
  return {
    creative: {
      ...common,
      sizes: [],
      anySize: false,
      apis: [],
      expandDirections: [],
      topFrame: false,
      iframeBusters: [],
      verificationScripts: [],
      type: 2,
      images: [],
      data: {},
      eventTrackers: [],
      clickTrackers: [],
      title: 'x',
      mediaFiles: [],
      vastTagMimes: [],
      vastTagVersion: 'VAST 3.0',
      companions: [],
      verification: [],
      durationSeconds: 15,
      ...creative,
    } as unknown as Creative,
    weight: 1,
    caps: [],
    domains: ['shop.example'],
    categories: [],
    secure: true,
    crid: 'c1',
  };
}

const VIDEO: Video = {
  mimes: ['video/mp4'],
  protocols: [2, 3, 7],
  apis: [],
  durationSecondsMin: 5,
  durationSecondsMax: 30,
  exactDurations: [],
  extendedSecondsMax: 0,
  width: 640,
  height: 360,
  startDelay: 0,
  linearity: 1,
  skip: undefined,
  skipMinSeconds: 0,
  skipAfterSeconds: 0,
  boxingAllowed: true,
  bitrateMin: undefined,
  bitrateMax: undefined,
  deliveries: [],
  playbackMethod: undefined,
  placement: 1,
  blockedAttributes: [],
  position: undefined,
  companions: [],
  companionTypes: [],
  pod: undefined,
  floorCpmMicrosPerSecond: undefined,
  durationFloors: [],
};

const BANNER = {
  sizes: [],
  range: undefined,
  screen: undefined,
  topFrame: false,
  ratios: [],
  blockedAttributes: [],
  blockedTypes: [],
  mimes: [],
  apis: [],
  expandDirections: [],
  position: undefined,
};

function impression(parts: Partial<Impression>): Impression {
  return { id: '1', secure: true, multiplierMilli: 1000, deals: [], raw: {}, ...parts } as Impression;
}

describe('banner', () => {
  const answer = mediaAnswerOf('banner');
  const square = candidate({
    format: 'banner',
    sizes: [{ width: 300, height: 250 }],
    html: '<a href="{clickUrl}">x</a>',
  });

  it('fits by an offered size, by a flex ratio, and where no size is told', () => {
    const sized = impression({
      banner: {
        ...BANNER,
        sizes: [
          { width: 728, height: 90 },
          { width: 300, height: 250 },
        ],
      },
    });
    expect(answer.fit(square, sized)).toMatchObject({ width: 300, height: 250 });
    expect(
      answer.fit(square, impression({ banner: { ...BANNER, sizes: [{ width: 728, height: 90 }] } })),
    ).toBe('no_creative_of_size');
    expect(
      answer.fit(
        square,
        impression({ banner: { ...BANNER, ratios: [{ widthRatio: 6, heightRatio: 5, widthMin: 200 }] } }),
      ),
    ).toMatchObject({ width: 300, height: 250, widthRatio: 6 });
    expect(answer.fit(square, impression({ banner: BANNER }))).toMatchObject({ width: 300 });
    expect(answer.fit(square, impression({ video: VIDEO }))).toBe('no_creative_of_format');
  });

  it('respects blocked types, APIs and MIME types', () => {
    const sizes = [{ width: 300, height: 250 }];
    expect(answer.fit(square, impression({ banner: { ...BANNER, sizes, blockedTypes: [2] } }))).toBe(
      'creative_type_not_supported',
    );
    expect(answer.fit(square, impression({ banner: { ...BANNER, sizes, mimes: ['image/gif'] } }))).toBe(
      'creative_type_not_supported',
    );
    const mraid = candidate({ format: 'banner', sizes, html: 'x', apis: [5] });
    expect(answer.fit(mraid, impression({ banner: { ...BANNER, sizes, apis: [3] } }))).toBe(
      'creative_type_not_supported',
    );
    expect(answer.fit(mraid, impression({ banner: { ...BANNER, sizes, apis: [5] } }))).toMatchObject({
      apis: [5],
    });
    const picture = candidate({ format: 'banner', sizes, imageUrl: 'https://cdn.example/a.JPG?x=1' });
    expect(
      answer.fit(picture, impression({ banner: { ...BANNER, sizes, mimes: ['image/jpeg'] } })),
    ).toMatchObject({ width: 300 });
    expect(answer.fit(picture, impression({ banner: { ...BANNER, sizes, mimes: ['image/png'] } }))).toBe(
      'creative_type_not_supported',
    );
  });

  it('always carries the click and the impression, in one unbroken place each', () => {
    const fit: Fit = { media: 'banner', width: 300, height: 250 };
    fc.assert(
      fc.property(hostile, hostile, (alt, address) => {
        const links = { ...LINKS, clickUrl: `https://bid.example/?${address}` };
        const picture = candidate({ format: 'banner', imageUrl: `https://cdn.example/${address}`, alt });
        const nodes = parseFragment(
          answer.markup(picture, impression({ banner: BANNER }), fit, links),
        ).childNodes;
        expect(nodes.map((node) => node.nodeName)).toEqual(['a', 'img']);
        const html = answer.markup(square, impression({ banner: BANNER }), fit, links);
        const anchor = parseFragment(html).childNodes[0];
        if (anchor && 'attrs' in anchor) expect(anchor.attrs[0]?.value).toBe(kept(links.clickUrl));
      }),
    );
    const silent = candidate({ format: 'banner', html: '<b>no link</b>' });
    expect(answer.markup(silent, impression({ banner: BANNER }), fit, LINKS)).toMatch(
      /^<a href="https:\/\/bid\.example\/t\/click\?t=a&amp;x=\$1"/,
    );
  });
});

describe('video', () => {
  const answer = mediaAnswerOf('video');
  const files = [
    {
      url: 'https://cdn.example/a.mp4',
      mime: 'video/mp4',
      width: 640,
      height: 360,
      bitrateKbps: 800,
      delivery: 'progressive' as const,
    },
    {
      url: 'https://cdn.example/a.webm',
      mime: 'video/webm',
      width: 640,
      height: 360,
      delivery: 'progressive' as const,
    },
  ];
  const spot = candidate({
    format: 'video',
    durationSeconds: 15,
    mediaFiles: files,
    name: 'Spot <1> & "2"',
  } as Partial<Creative> & { format: 'video' });

  it.each<[string, Partial<Video>, boolean]>([
    ['as it stands', {}, true],
    ['too short', { durationSecondsMin: 20 }, false],
    ['too long', { durationSecondsMax: 10 }, false],
    ['extended far enough', { durationSecondsMax: 10, extendedSecondsMax: 5 }, true],
    ['extended without limit', { durationSecondsMax: 10, extendedSecondsMax: -1 }, true],
    ['exact duration listed', { exactDurations: [15], durationSecondsMin: 20 }, true],
    ['exact duration not listed', { exactDurations: [30] }, false],
    ['other mime', { mimes: ['video/ogg'] }, false],
    ['wrapper protocols only', { protocols: [4, 5, 6] }, true],
    ['audio protocols only', { protocols: [9, 10] }, false],
    ['no protocol told', { protocols: [] }, true],
    ['overlay', { linearity: 2 }, false],
    ['streaming only', { deliveries: [1] }, false],
    ['bitrate above the most', { mimes: ['video/mp4'], bitrateMax: 500 }, false],
    [
      'longer than the dynamic pod',
      {
        pod: {
          id: 'p',
          durationSeconds: 10,
          sequenceMax: 2,
          slotInPod: undefined,
          sequence: undefined,
          dedupe: [],
        },
      },
      false,
    ],
  ])('%s', (_name, change, fits) => {
    expect(typeof answer.fit(spot, impression({ video: { ...VIDEO, ...change } })) === 'object').toBe(fits);
  });

  it('with its own skip button is refused by a player that adds one', () => {
    const own = candidate({ ...spot.creative, skippableAfterSeconds: 5 } as Creative);
    expect(answer.fit(own, impression({ video: { ...VIDEO, skip: 1 } }))).toBe('creative_type_not_supported');
    expect(answer.fit(own, impression({ video: { ...VIDEO, skip: 0 } }))).toMatchObject({
      durationSeconds: 15,
    });
  });

  it.each([2, 3, 7, 11, 13, 15])(
    'is sound VAST for protocol %i, with only the renditions asked for',
    (protocol) => {
      const wanted = impression({ video: { ...VIDEO, protocols: [protocol] } });
      const fit = answer.fit(spot, wanted) as Fit;
      const document = answer.markup(spot, wanted, fit, LINKS);
      expect(XMLValidator.validate(document)).toBe(true);
      const vast = new XMLParser({ ignoreAttributes: false, parseTagValue: false }).parse(document).VAST;
      const inline = vast.Ad.InLine;
      expect(fit.protocol).toBe(protocol);
      expect(vast['@_version']).toBe(
        { 2: '2.0', 3: '3.0', 7: '4.0', 11: '4.1', 13: '4.2', 15: '4.3' }[protocol],
      );
      expect(inline.AdTitle).toBe('Spot <1> & "2"');
      expect(inline.Impression).toBe(LINKS.impressionUrl);
      const { Linear, UniversalAdId } = inline.Creatives.Creative;
      expect(Linear.Duration).toBe('00:00:15');
      expect(Linear.VideoClicks.ClickThrough).toBe(LINKS.clickUrl);
      expect(Linear.MediaFiles.MediaFile['@_type']).toBe('video/mp4');
      expect(UniversalAdId === undefined).toBe(protocol < 7);
    },
  );
});

describe('native', () => {
  const answer = mediaAnswerOf('native');
  const card = candidate({
    format: 'native',
    title: 'Bread worth getting up for',
    images: [
      {
        type: 'main',
        url: 'https://cdn.example/m.jpg',
        width: 1200,
        height: 627,
        mime: 'image/jpeg',
        scalable: false,
      },
    ],
    data: { 1: 'Bakery', 2: 'Baked at four, sold by nine', 3: '4.5' },
  } as Partial<Creative> & { format: 'native' });
  const ask = (assets: NativeAsset[], more = {}) =>
    impression({
      native: {
        version: '1.2',
        assets,
        eventTrackers: [],
        context: undefined,
        placementType: undefined,
        privacySupported: false,
        blockedAttributes: [],
        apis: [],
        wrapped: false,
        ...more,
      },
    });
  const markup = (wanted: Impression) => JSON.parse(answer.markup(card, wanted, { media: 'native' }, LINKS));

  it('answers each asset it has, cut at a word, and leaves out what was optional', () => {
    const wanted = ask([
      { id: 4, required: true, kind: 'title', lengthMax: 12 },
      { id: 5, required: true, kind: 'data', type: 2, lengthMax: 15 },
      { id: 6, required: false, kind: 'data', type: 3, lengthMax: 2 },
      { id: 7, required: false, kind: 'data', type: 12, lengthMax: undefined },
      {
        id: 8,
        required: true,
        kind: 'image',
        type: 3,
        width: undefined,
        height: undefined,
        widthMin: 600,
        heightMin: 300,
        mimes: [],
      },
    ]);
    expect(answer.fit(card, wanted)).toEqual({ media: 'native' });
    const { assets, link, imptrackers } = markup(wanted);
    expect(assets).toEqual([
      { id: 4, title: { text: 'Bread worth' } },
      { id: 5, data: { value: 'Baked at four,' } },
      { id: 8, img: { url: 'https://cdn.example/m.jpg', w: 1200, h: 627 } },
    ]);
    expect(link.url).toBe(LINKS.clickUrl);
    expect(imptrackers).toEqual([LINKS.impressionUrl]);
  });

  it('does not bid when a required asset is missing or cannot be cut', () => {
    expect(answer.fit(card, ask([{ id: 1, required: true, kind: 'data', type: 12, lengthMax: 10 }]))).toBe(
      'native_assets_missing',
    );
    expect(answer.fit(card, ask([{ id: 1, required: true, kind: 'data', type: 3, lengthMax: 2 }]))).toBe(
      'native_assets_missing',
    );
    const icon: NativeAsset = {
      id: 1,
      required: true,
      kind: 'image',
      type: 1,
      width: 50,
      height: 50,
      widthMin: undefined,
      heightMin: undefined,
      mimes: [],
    };
    expect(answer.fit(card, ask([icon]))).toBe('native_assets_missing');
  });

  it('uses event trackers only as offered, and wraps the answer where the request was wrapped', () => {
    const title: NativeAsset = { id: 1, required: true, kind: 'title', lengthMax: 90 };
    expect(markup(ask([title], { eventTrackers: [{ event: 1, methods: [1, 2] }] })).eventtrackers).toEqual([
      { event: 1, method: 1, url: LINKS.impressionUrl },
    ]);
    expect(
      markup(ask([title], { eventTrackers: [{ event: 1, methods: [2] }] })).eventtrackers,
    ).toBeUndefined();
    expect(markup(ask([title], { wrapped: true })).native.assets).toHaveLength(1);
  });

  it('calls trackers of others only by events and methods on offer', () => {
    const title: NativeAsset = { id: 1, required: true, kind: 'title', lengthMax: 90 };
    const picture = { event: 1, method: 1, url: 'https://count.example/1' };
    const viewable = { event: 2, method: 1, url: 'https://count.example/2' };
    const script = {
      event: 555,
      method: 2,
      url: 'https://verify.example/a.js',
      vendor: 'v',
      parameters: 'p=1',
    };
    const tracked = candidate({ ...card.creative, eventTrackers: [picture, viewable, script] } as Creative);
    const answered = (eventTrackers: object[]) =>
      JSON.parse(answer.markup(tracked, ask([title], { eventTrackers }), { media: 'native' }, LINKS));
    expect(answered([])).toMatchObject({ imptrackers: [LINKS.impressionUrl, picture.url] });
    expect(answered([]).eventtrackers).toBeUndefined();
    const all = answered([
      { event: 1, methods: [1, 2] },
      { event: 2, methods: [2] },
      { event: 555, methods: [2] },
    ]);
    expect(all.imptrackers).toBeUndefined();
    expect(all.eventtrackers).toEqual([
      { event: 1, method: 1, url: LINKS.impressionUrl },
      picture,
      {
        event: 555,
        method: 2,
        url: script.url,
        ext: { vendorKey: 'v', verification_parameters: 'p=1' },
      },
    ]);
  });

  it('leads into an app where the creative says so, with our click called beside and as the way out', () => {
    const title: NativeAsset = { id: 1, required: true, kind: 'title', lengthMax: 90 };
    const link = (more: object) =>
      JSON.parse(
        answer.markup(
          candidate({ ...card.creative, ...more } as Creative),
          ask([title]),
          { media: 'native' },
          LINKS,
        ),
      ).link;
    const clickTrackers = ['https://count.example/click'];
    expect(link({ clickTrackers })).toEqual({ url: LINKS.clickUrl, clicktrackers: clickTrackers });
    expect(link({ clickTrackers, deepLink: 'shop://loaf/7' })).toEqual({
      url: 'shop://loaf/7',
      fallback: LINKS.clickUrl,
      clicktrackers: [LINKS.clickUrl, ...clickTrackers],
    });
  });

  it('gives a picture that scales the least size, where size and least size disagree', () => {
    const scaling = candidate({
      ...card.creative,
      images: [
        {
          type: 'main',
          url: 'https://cdn.example/m.jpg',
          width: 1200,
          height: 627,
          mime: 'image/jpeg',
          scalable: true,
        },
      ],
    } as unknown as Creative);
    const wanted = ask([
      {
        id: 1,
        required: true,
        kind: 'image',
        type: 3,
        width: 100,
        height: 80,
        widthMin: 300,
        heightMin: 60,
        mimes: [],
      },
    ]);
    expect(answer.fit(scaling, wanted)).toEqual({ media: 'native' });
    const [asset] = JSON.parse(answer.markup(scaling, wanted, { media: 'native' }, LINKS)).assets;
    expect(asset.img).toMatchObject({ w: 300, h: 80 });
  });
});
