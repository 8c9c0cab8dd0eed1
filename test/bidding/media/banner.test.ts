import { describe, expect, it } from 'vitest';
import { mediaAnswerOf } from '../../../src/bidding/media/index.ts';
import type { Fit } from '../../../src/bidding/media/media.ts';
import type { BannerCreative } from '../../../src/campaign/creative.ts';
import { creativeSchema } from '../../../src/campaign/creative.ts';
import { checkShape } from '../../../src/campaign/shape.ts';
import { readBidRequest } from '../../../src/openrtb/read.ts';
import type { Impression } from '../../../src/openrtb/request.ts';

const answer = mediaAnswerOf('banner');
const LINKS = {
  impressionUrl: 'https://bid.example/t/imp?t=a',
  clickUrl: 'https://bid.example/t/click?t=a',
  bidId: 'AAECAwQFBgcICQoL',
};

function candidate(more: Partial<BannerCreative>) {
  const given = {
    id: 'c1',
    advertiserId: 'a1',
    format: 'banner',
    landingPage: 'https://shop.example/',
    html: '<a href="{clickUrl}" target="{clickTarget}">x</a>',
    sizes: [],
    ...more,
  };
  const { value, issues } = checkShape(creativeSchema, JSON.parse(JSON.stringify(given)));
  expect(issues).toEqual([]);
  const creative = value as BannerCreative;
  return { creative, weight: 1, caps: [], domains: [], categories: [], secure: true, crid: 'c1' };
}

const sizes = (...list: string[]) =>
  list.map((size) => {
    const [width, height] = size.split('x');
    return { width: Number(width), height: Number(height) };
  });

/** Read as from the wire. */
function asked(banner: object, imp: object = {}, device?: object): Impression {
  const decoded = readBidRequest({ id: 'r', imp: [{ id: '1', banner, ...imp }], device });
  if (!decoded.ok) throw new Error(decoded.message);
  return decoded.request.impressions[0]!;
}

const shown = (more: Partial<BannerCreative>, banner: object, imp: object = {}, device?: object) => {
  const fit = answer.fit(candidate(more), asked(banner, imp, device));
  return typeof fit === 'string' ? fit : `${fit.width}x${fit.height}`;
};

describe('what a placement must allow', () => {
  const square = { sizes: sizes('300x250') };
  const ONE = { w: 300, h: 250 };

  it.each<[string, Partial<BannerCreative>, object, object, boolean]>([
    [
      'expansion where all directions are',
      { attributes: [4], expandDirections: [3, 4] },
      { expdir: [2, 3, 4] },
      {},
      true,
    ],
    ['expansion where one is not', { attributes: [4], expandDirections: [3, 4] }, { expdir: [4] }, {}, false],
    ['expansion where none is', { attributes: [4], expandDirections: [4] }, {}, {}, false],
    ['the top frame', { topFrame: true }, { topframe: 1 }, {}, true],
    ['an iframe', { topFrame: true }, { topframe: 0 }, {}, false],
    ['an unknown frame', { topFrame: true }, {}, {}, false],
    [
      'a known iframe buster',
      { topFrame: true, iframeBusters: ['Vendor.example'] },
      {},
      { iframebuster: ['vendor.example'] },
      true,
    ],
    [
      'any iframe buster',
      { topFrame: true, iframeBusters: ['vendor.example'] },
      {},
      { iframebuster: ['ALL'] },
      true,
    ],
    [
      'a foreign iframe buster',
      { topFrame: true, iframeBusters: ['vendor.example'] },
      {},
      { iframebuster: ['x'] },
      false,
    ],
    ['MRAID 3 where it is', { apis: [6] }, { api: [3, 5, 6] }, {}, true],
    ['MRAID 3 where 2 is', { apis: [6] }, { api: [3, 5] }, {}, false],
    ['a script where only scripts are', { type: 3 }, { mimes: ['application/javascript'] }, {}, true],
    ['markup where only scripts are', { type: 2 }, { mimes: ['application/javascript'] }, {}, false],
    [
      'a picture by its declared type',
      { html: undefined, imageUrl: 'https://cdn.example/a?id=1', imageMime: 'image/png' },
      { mimes: ['image/png'] },
      {},
      true,
    ],
    [
      'a picture of unknown type',
      { html: undefined, imageUrl: 'https://cdn.example/a?id=1' },
      { mimes: ['image/png'] },
      {},
      false,
    ],
    [
      'a drawing',
      { html: undefined, imageUrl: 'https://cdn.example/a.svg' },
      { mimes: ['image/svg+xml'] },
      {},
      true,
    ],
    ['companion terms, which say nothing here', {}, { vcm: 1 }, {}, true],
  ])('%s', (_name, creative, banner, imp, fits) => {
    expect(shown({ ...square, ...creative }, { ...ONE, ...banner }, imp)).toBe(
      fits ? '300x250' : 'creative_type_not_supported',
    );
  });
});

describe('banner markup', () => {
  const measured = { sizes: sizes('300x250'), verificationScripts: ['https://verify.example/a.js?x=1&y=2'] };
  const markupFor = (creative: Partial<BannerCreative>, banner: object, imp: object = {}) => {
    const wanted = asked({ w: 300, h: 250, ...banner }, imp);
    const fit = answer.fit(candidate(creative), wanted) as Fit;
    return { fit, markup: answer.markup(candidate(creative), wanted, fit, LINKS) };
  };

  it('loads measurement where Open Measurement is offered, and says so', () => {
    const { fit, markup } = markupFor(measured, { api: [7] });
    expect(fit.apis).toEqual([7]);
    expect(markup).toContain('<script src="https://verify.example/a.js?x=1&amp;y=2"></script>');
  });

  it.each([{}, { api: [5] }, { api: [7], btype: [3] }, { api: [7], mimes: ['image/png'] }])(
    'leaves measurement out where the placement has %j',
    (banner) => {
      const picture = { ...measured, html: undefined, imageUrl: 'https://cdn.example/a.png' };
      const { fit, markup } = markupFor(picture, banner);
      expect(fit.apis).toBeUndefined();
      expect(markup).not.toContain('<script');
    },
  );

  it('opens clicks in a new window, and inside the app where the app asks for it', () => {
    const picture = { sizes: sizes('300x250'), html: undefined, imageUrl: 'https://cdn.example/a.png' };
    expect(markupFor(picture, {}).markup).toContain('target="_blank"');
    expect(markupFor(picture, {}, { clickbrowser: 1 }).markup).toContain('target="_blank"');
    expect(markupFor(picture, {}, { clickbrowser: 0 }).markup).toContain('target="_top"');
    expect(markupFor({ sizes: sizes('300x250') }, {}, { clickbrowser: 0 }).markup).toContain('target="_top"');
  });
});
