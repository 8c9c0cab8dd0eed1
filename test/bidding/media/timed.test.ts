/** Video and audio against every rule of a placement, read as from the wire. This file is one thing: that table. */
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { mediaAnswerOf } from '../../../src/bidding/media/index.ts';
import type { Fit, MarkupLinks } from '../../../src/bidding/media/media.ts';
import type { CatalogCreative } from '../../../src/campaign/catalog.ts';
import type { Creative } from '../../../src/campaign/creative.ts';
import { creativeSchema } from '../../../src/campaign/creative.ts';
import { checkShape } from '../../../src/campaign/shape.ts';
import { readBidRequest } from '../../../src/openrtb/read.ts';
import type { Impression } from '../../../src/openrtb/request.ts';
import { hostile, kept } from '../../openrtb/hostile.ts';

const LINKS: MarkupLinks = {
  impressionUrl: 'https://bid.example/t/imp?t=a&b="1"',
  clickUrl: 'https://bid.example/t/click?t=a&x=$1',
  documentUrl: 'https://bid.example/t/doc?t=a&f=p6&s=b',
  bidId: 'AAECAwQFBgcICQoL',
};
const MP4 = {
  url: 'https://cdn.example/a.mp4',
  mime: 'video/mp4',
  width: 1280,
  height: 720,
  bitrateKbps: 800,
};
const MP3 = { url: 'https://cdn.example/a.mp3', mime: 'audio/mpeg', bitrateKbps: 128 };
const VPAID = { url: 'https://cdn.example/a.js', mime: 'application/javascript', api: 'VPAID' };
const SIMID = { url: 'https://cdn.example/a.html', mime: 'text/html', api: 'SIMID' };

function candidate(medium: 'video' | 'audio', more: object): CatalogCreative {
  const given = {
    id: 'c1',
    advertiserId: 'a1',
    format: medium,
    landingPage: 'https://shop.example/',
    durationSeconds: 15,
    mediaFiles: [medium === 'video' ? MP4 : MP3],
    ...more,
  };
  const { value, issues } = checkShape(creativeSchema, JSON.parse(JSON.stringify(given)));
  expect(issues).toEqual([]);
  const creative = value as Creative;
  return { creative, weight: 1, caps: [], domains: [], categories: ['IAB8-9'], secure: true, crid: 'c1' };
}

const TAKES = {
  video: { mimes: ['video/mp4'], protocols: [2, 3, 5, 6, 13], w: 640, h: 360 },
  audio: { mimes: ['audio/mpeg'], protocols: [2, 3, 5, 6, 13] },
};

function asked(medium: 'video' | 'audio', more: object): Impression {
  const imp = { id: '1', [medium]: { ...TAKES[medium], ...more } };
  const decoded = readBidRequest(JSON.parse(JSON.stringify({ id: 'r', imp: [imp] })));
  if (!decoded.ok) throw new Error(decoded.message);
  return decoded.request.impressions[0]!;
}

function shown(medium: 'video' | 'audio', creative: object, placement: object) {
  const answer = mediaAnswerOf(medium);
  const one = candidate(medium, creative);
  const impression = asked(medium, placement);
  const fit = answer.fit(one, impression);
  if (typeof fit === 'string') return { fit, markup: '', ad: undefined };
  const markup = answer.markup(one, impression, fit, LINKS);
  expect(XMLValidator.validate(markup)).toBe(true);
  const parsed = new XMLParser({ ignoreAttributes: false, parseTagValue: false }).parse(markup);
  const root = parsed.VAST ?? parsed.DAAST ?? parsed.VideoAdServingTemplate;
  return { fit, markup, ad: root.Ad.InLine ?? root.Ad.Wrapper };
}

const REFUSED = 'creative_type_not_supported';
const TAG = {
  mediaFiles: [],
  vastTagUrl: 'https://ads.example/v?cb={CACHEBUSTER}',
  vastTagMimes: ['video/mp4'],
};

describe('a placement admits', () => {
  it.each<[string, 'video' | 'audio', object, object, boolean]>([
    ['a type in whatever case, with parameters', 'video', {}, { mimes: ['Video/MP4; codecs="avc1"'] }, true],
    [
      'a file that names its codecs',
      'video',
      { mediaFiles: [{ ...MP4, mime: 'video/mp4; codecs="avc1"' }] },
      {},
      true,
    ],
    ['no other type', 'video', {}, { mimes: ['video/mp4v', 'video/*'] }, false],
    ['download of a progressive file', 'video', {}, { delivery: [3] }, true],
    ['no streaming of one', 'video', {}, { delivery: [1] }, false],
    ['a bit rate where the upper limit is 0', 'audio', {}, { minbitrate: 64, maxbitrate: 0 }, true],
    ['no bit rate above the limit', 'audio', {}, { maxbitrate: 96 }, false],
    ['no bit rate below the limit', 'audio', {}, { minbitrate: 192 }, false],
    ['another shape', 'video', {}, { w: 480, h: 480 }, true],
    [
      'no other shape where there is no letterboxing',
      'video',
      {},
      { w: 480, h: 480, boxingallowed: 0 },
      false,
    ],
    ['the shape to the pixel or nearly', 'video', {}, { w: 854, h: 480, boxingallowed: 0 }, true],
    [
      'no unknown shape there',
      'video',
      { mediaFiles: [{ url: MP4.url, mime: MP4.mime }] },
      { boxingallowed: 0 },
      false,
    ],
    ['any shape where the player has none', 'video', {}, { w: 0, h: 0, boxingallowed: 0 }, true],
    ['no overlay', 'video', {}, { linearity: 2 }, false],
    ['a skip button of its own', 'video', { skippableAfterSeconds: 5 }, { skip: 0 }, true],
    ['no second skip button', 'video', { skippableAfterSeconds: 5 }, { skip: 1 }, false],
    ['no second skip button of attribute 16', 'video', { attributes: [16] }, { skip: 1 }, false],
    ['no button before its time', 'video', { skippableAfterSeconds: 5 }, { skipafter: 6 }, false],
    ['a button at its time', 'video', { skippableAfterSeconds: 5 }, { skipafter: 5, skipmin: 14 }, true],
    ['no button in a spot too short for one', 'video', { skippableAfterSeconds: 5 }, { skipmin: 15 }, false],
    ['any length where the most is 0', 'video', {}, { minduration: 1, maxduration: 0 }, true],
    ['longer by what is allowed', 'video', {}, { maxduration: 10, maxextended: 5 }, true],
    ['no longer than that', 'video', {}, { maxduration: 10, maxextended: 4 }, false],
    [
      'VPAID where it runs',
      'video',
      { apis: [2], mediaFiles: [VPAID] },
      { api: [2], mimes: [VPAID.mime] },
      true,
    ],
    ['no VPAID elsewhere', 'video', { apis: [2], mediaFiles: [VPAID] }, { mimes: [VPAID.mime] }, false],
    [
      'no VPAID file that is not declared either',
      'video',
      { mediaFiles: [VPAID] },
      { mimes: [VPAID.mime] },
      false,
    ],
    [
      'no VPAID in VAST 1.0',
      'video',
      { apis: [2], mediaFiles: [VPAID] },
      { api: [2], mimes: [VPAID.mime], protocols: [1] },
      false,
    ],
    ['a spot that can do without SIMID', 'video', { mediaFiles: [MP4, SIMID] }, {}, true],
    ['SIMID over a spot', 'video', { apis: [8], mediaFiles: [MP4, SIMID] }, { api: [8] }, true],
    [
      'no SIMID before VAST 4',
      'video',
      { apis: [8], mediaFiles: [MP4, SIMID] },
      { api: [8], protocols: [2, 3] },
      false,
    ],
    [
      'no SIMID without a spot',
      'video',
      { apis: [8], mediaFiles: [SIMID] },
      { api: [8], mimes: ['text/html'] },
      false,
    ],
    ['no creative that must be measured', 'video', { apis: [7] }, { api: [1, 2] }, false],
    ['one that must where it can', 'video', { apis: [7] }, { api: [1, 2, 7] }, true],
    ['another server’s tag', 'video', TAG, {}, true],
    ['no tag where wrappers are not taken', 'video', TAG, { protocols: [2, 3, 7] }, false],
    ['no tag of another version', 'video', { ...TAG, vastTagVersion: 'VAST 4.2' }, {}, false],
    ['no tag of other types', 'video', TAG, { mimes: ['video/webm'] }, false],
    ['no tag of another length', 'video', TAG, { maxduration: 10 }, false],
    ['no tag where the shape counts', 'video', TAG, { boxingallowed: 0 }, false],
    ['no DAAST for video', 'video', {}, { protocols: [9, 10] }, false],
    ['no VAST 1.0 for audio', 'audio', {}, { protocols: [1, 4] }, false],
    ['no protocol unknown to us', 'video', {}, { protocols: [17, 99] }, false],
  ])('%s', (_name, medium, creative, placement, fits) => {
    const { fit } = shown(medium, creative, placement);
    if (fits) expect(fit).toMatchObject({ media: medium, durationSeconds: 15 });
    else expect(fit).toBe(REFUSED);
  });

  it.each([
    ['video', [], 3],
    ['audio', [], 3],
    ['video', [16, 6, 15, 13, 11, 7, 2], 2],
    ['video', [16, 14, 1, 5], 5],
    ['video', [4, 1], 1],
    ['audio', [10, 9, 2], 2],
    ['audio', [10, 9, 6], 9],
    ['audio', [10, 6], 6],
    ['audio', [10], 10],
  ] as const)('%s by the best of the protocols %j: %i', (medium, protocols, best) => {
    expect(shown(medium, {}, { protocols }).fit).toMatchObject({ protocol: best });
  });
});

describe('another server’s tag', () => {
  it('is wrapped with our trackers inside, told apart by each showing', () => {
    const { ad, fit } = shown('video', TAG, { protocols: [6] });
    expect(fit).toMatchObject({ protocol: 6, width: 640, height: 360 });
    expect(ad.VASTAdTagURI).toBe('https://ads.example/v?cb=AAECAwQFBgcICQoL');
    expect(ad.Impression).toBe(LINKS.impressionUrl);
    expect(ad.Creatives.Creative.Linear.VideoClicks.ClickTracking).toBe(LINKS.clickUrl);
  });

  it('of audio may be DAAST', () => {
    const tag = { ...TAG, vastTagMimes: ['audio/mpeg'], vastTagVersion: 'DAAST 1.0' };
    const { ad } = shown('audio', tag, { protocols: [6, 10] });
    expect(ad.DAASTAdTagURI).toBe('https://ads.example/v?cb=AAECAwQFBgcICQoL');
    expect(ad.Creatives.Creative.Linear.AdInteractions.ClickTracking).toBe(LINKS.clickUrl);
  });
});

describe('companions', () => {
  const SIZE = { width: 300, height: 250 };
  const PICTURE = { ...SIZE, imageUrl: 'https://cdn.example/c.png', mime: 'image/png', alt: 'A & B' };
  const HTML = { ...SIZE, html: '<a href="{clickUrl}" data-c="{clickUrlEncoded}">]]></a>' };
  const FRAME = { ...SIZE, iframeUrl: 'https://cdn.example/c.html?click={clickUrlEncoded}' };
  const CARD = { width: 640, height: 360, endCard: true, imageUrl: 'https://cdn.example/end.jpg' };
  const companions = [PICTURE, HTML, FRAME, CARD];
  const places = (placement: object) => {
    const { fit } = shown('video', { companions }, placement);
    return typeof fit === 'string' ? fit : fit.companions;
  };
  const BOX = { w: 300, h: 250 };

  it.each<[string, object, readonly number[] | undefined]>([
    ['none where none is asked for', {}, undefined],
    ['all kinds of the size asked for', { companionad: [BOX] }, [0, 1, 2]],
    ['the kinds asked for', { companionad: [BOX], companiontype: [2, 3] }, [1, 2]],
    ['a size among formats', { companionad: [{ format: [{ w: 728, h: 90 }, BOX] }] }, [0, 1, 2]],
    ['none of another size', { companionad: [{ w: 728, h: 90 }] }, undefined],
    ['none where no size is told', { companionad: [{ id: 'c' }] }, undefined],
    ['pictures of the types asked for', { companionad: [{ ...BOX, mimes: ['image/gif'] }] }, [1, 2]],
    ['an end card in the place of one', { companionad: [{ w: 640, h: 360, vcm: 1 }] }, [3]],
    ['no end card beside the player', { companionad: [{ w: 640, h: 360, vcm: 0 }] }, undefined],
    ['no other companion in the place of an end card', { companionad: [{ ...BOX, vcm: 1 }] }, undefined],
  ])('%s', (_name, placement, expected) => {
    expect(places(placement)).toEqual(expected);
  });

  it.each([
    [2, undefined, undefined],
    [3, undefined, undefined],
    [13, 'concurrent', 'end-card'],
  ] as const)('stand in VAST, protocol %i', (protocol, beside, after) => {
    const companionad = [BOX, { w: 640, h: 360 }];
    const { ad } = shown('video', { companions }, { companionad, protocols: [protocol] });
    const [linear, second] = ad.Creatives.Creative;
    expect(linear.Linear.Duration).toBe('00:00:15');
    const [picture, html, frame, card] = second.CompanionAds.Companion;
    expect(picture['@_width']).toBe('300');
    expect(picture['@_renderingMode']).toBe(beside);
    expect(card['@_renderingMode']).toBe(after);
    expect(picture.StaticResource).toEqual({ '#text': PICTURE.imageUrl, '@_creativeType': 'image/png' });
    expect(picture.CompanionClickThrough).toBe(LINKS.clickUrl);
    expect(picture.AltText).toBe('A & B');
    expect(html.HTMLResource).toBe(
      `<a href="${LINKS.clickUrl.replaceAll('&', '&amp;')}" data-c="${encodeURIComponent(LINKS.clickUrl)}">]]></a>`,
    );
    expect(frame.IFrameResource).toBe(
      `https://cdn.example/c.html?click=${encodeURIComponent(LINKS.clickUrl)}`,
    );
  });

  it('stand in DAAST, and beside another server’s tag', () => {
    const daast = shown('audio', { companions }, { companionad: [BOX], protocols: [9] });
    expect(daast.ad.Creatives.Creative[1].CompanionAds.Companion).toHaveLength(3);
    const tag = shown('video', { ...TAG, companions: [PICTURE] }, { companionad: [BOX], protocols: [6] });
    expect(tag.ad.Creatives.Creative[1].CompanionAds.Companion.StaticResource['#text']).toBe(
      PICTURE.imageUrl,
    );
  });
});

describe('verification', () => {
  const verification = [
    { vendor: 'see.example-omid', scriptUrl: 'https://see.example/o.js', parameters: '{"a":1}' },
  ];
  const SCRIPT = {
    '#text': 'https://see.example/o.js',
    '@_apiFramework': 'omid',
    '@_browserOptional': 'true',
  };

  it.each([2, 3, 7, 11, 13, 15, 6])('is in the place of its version, protocol %i', (protocol) => {
    const creative = protocol === 6 ? { ...TAG, verification } : { verification };
    const { ad, fit } = shown('video', creative, { protocols: [protocol], api: [2, 7] });
    expect(fit).toMatchObject({ verified: true, apis: [7] });
    const old = protocol < 11;
    const place = old ? ad.Extensions.Extension.AdVerifications : ad.AdVerifications;
    if (old) expect(ad.Extensions.Extension['@_type']).toBe('AdVerifications');
    expect(place.Verification).toEqual({
      '@_vendor': 'see.example-omid',
      JavaScriptResource: SCRIPT,
      VerificationParameters: '{"a":1}',
    });
    expect(old ? ad.AdVerifications : ad.Extensions).toBeUndefined();
  });

  it('is left out where the player cannot run it, and the spot shown all the same', () => {
    for (const api of [undefined, [1, 2]]) {
      const { markup, fit } = shown('video', { verification }, { protocols: [13], api });
      expect(fit).toMatchObject({ protocol: 13 });
      expect(markup).not.toContain('see.example');
    }
  });
});

describe('what is written', () => {
  it('tells of audio from VAST 4.1 on', () => {
    for (const [protocol, told] of [
      [3, false],
      [7, false],
      [11, true],
      [15, true],
      [14, true],
    ] as const) {
      const { markup } = shown('audio', {}, { protocols: [protocol] });
      expect(markup.includes('adType="audio"'), String(protocol)).toBe(told);
    }
    expect(shown('video', {}, { protocols: [13] }).markup).not.toContain('adType');
  });

  it('names DAAST’s own elements, and a category even where there is none', () => {
    const { ad } = shown('audio', {}, { protocols: [9] });
    expect(ad.Category).toBe('IAB8-9');
    const { Linear } = ad.Creatives.Creative;
    expect(Linear.AdInteractions.ClickThrough).toBe(LINKS.clickUrl);
    expect(Linear.MediaFiles.MediaFile).toEqual({
      '#text': MP3.url,
      '@_id': '1',
      '@_delivery': 'progressive',
      '@_type': 'audio/mpeg',
      '@_bitrate': '128',
    });
    const answer = mediaAnswerOf('audio');
    const plain = { ...candidate('audio', {}), categories: [] };
    const fit: Fit = { media: 'audio', protocol: 9, durationSeconds: 15 };
    expect(answer.markup(plain, asked('audio', {}), fit, LINKS)).toContain('<Category>IAB24</Category>');
  });

  it('names only the files that the player can play, each framework in its place', () => {
    const mediaFiles = [MP4, { ...MP4, mime: 'video/webm' }, VPAID, SIMID];
    const mimes = ['video/mp4', VPAID.mime];
    const plain = shown('video', { mediaFiles }, { mimes, protocols: [13] });
    expect(plain.fit).toMatchObject({ renditions: [0] });
    const all = shown('video', { mediaFiles }, { mimes, protocols: [13], api: [2, 8] });
    expect(all.fit).toMatchObject({ renditions: [0, 2, 3] });
    expect(all.ad.Creatives.Creative.Linear.MediaFiles).toMatchObject({
      MediaFile: [{ '@_type': 'video/mp4' }, { '@_apiFramework': 'VPAID' }],
      InteractiveCreativeFile: { '#text': SIMID.url, '@_apiFramework': 'SIMID', '@_type': 'text/html' },
    });
  });

  it('stays well-formed and true to its texts, whatever they are', () => {
    fc.assert(
      fc.property(
        hostile,
        hostile,
        fc.constantFrom(...[1, 2, 3, 7, 11, 13, 15, 9], ...[4, 5, 6, 8, 12, 14, 16, 10]),
        (text, address, protocol) => {
          const medium = protocol === 9 || protocol === 10 ? 'audio' : 'video';
          const answer = mediaAnswerOf(medium);
          const plain = candidate(medium, {});
          const creative = {
            ...plain.creative,
            name: text,
            companions: [{ width: 300, height: 250, endCard: false, mime: text, alt: text, html: text }],
            verification: [{ vendor: text, scriptUrl: `https://see.example/${address}`, parameters: text }],
            mediaFiles: [{ ...MP4, delivery: 'progressive', url: `https://cdn.example/${address}` }],
          } as unknown as Creative;
          const fit: Fit = { media: medium, protocol, durationSeconds: 15, companions: [0], verified: true };
          const links = {
            ...LINKS,
            clickUrl: `https://bid.example/${address}`,
            documentUrl: `https://bid.example/d${address}`,
          };
          const one = { ...plain, creative, crid: text, categories: [text] };
          const markup = answer.markup(one, asked(medium, {}), fit, links);
          expect(XMLValidator.validate(markup)).toBe(true);
          const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false, trimValues: false });
          const parsed = JSON.stringify(parser.parse(markup));
          const wanted = [4, 5, 6, 8, 12, 14, 16, 10].includes(protocol) ? links.documentUrl : links.clickUrl;
          expect(parsed).toContain(JSON.stringify(kept(wanted)).slice(1, -1));
        },
      ),
    );
  });
});
