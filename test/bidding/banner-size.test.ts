import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { bannerSize } from '../../src/bidding/banner-size.ts';
import type { BannerCreative } from '../../src/campaign/creative.ts';
import { readBidRequest } from '../../src/openrtb/read.ts';
import type { Banner } from '../../src/openrtb/request.ts';
import { judge } from '../judge/judge.ts';

type Sized = Pick<BannerCreative, 'sizes' | 'anySize'>;

/** Read as from the wire. */
function asked(banner: object, imp: object = {}, device?: object): Banner {
  const decoded = readBidRequest({ id: 'r', imp: [{ id: '1', banner, ...imp }], device });
  if (!decoded.ok) throw new Error(decoded.message);
  return decoded.request.impressions[0]!.banner!;
}

const sizes = (...list: string[]) =>
  list.map((size) => {
    const [width, height] = size.split('x');
    return { width: Number(width), height: Number(height) };
  });
const only = (...list: string[]): Sized => ({ sizes: sizes(...list), anySize: false });
const ANY: Sized = { sizes: [], anySize: true };

const shown = (creative: Sized, banner: object, imp: object = {}, device?: object) => {
  const size = bannerSize(creative, asked(banner, imp, device));
  return size ? `${size.width}x${size.height}` : 'none';
};

describe('the size of a banner', () => {
  const FORMATS = {
    format: [
      { w: 728, h: 90 },
      { w: 300, h: 250 },
      { w: 320, h: 50 },
    ],
  };
  const RANGE = { wmin: 200, wmax: 300, hmin: 50, hmax: 100 };

  it.each<[string, Sized, object, string]>([
    ['offered', only('320x50'), FORMATS, '320x50'],
    ['not offered', only('160x600'), FORMATS, 'none'],
    ['native size first, in the creative’s order', only('300x250', '728x90'), FORMATS, '300x250'],
    ['native size though any would do', { sizes: sizes('320x50'), anySize: true }, FORMATS, '320x50'],
    ['any size: the first offered', ANY, FORMATS, '728x90'],
    ['the list before w and h', only('970x250'), { ...FORMATS, w: 970, h: 250 }, 'none'],
    ['w and h where the list names nothing', only('970x250'), { format: [{}], w: 970, h: 250 }, '970x250'],
    ['one open side', only('320x50'), { w: 320 }, '320x50'],
    ['any size for one open side', ANY, { w: 320 }, '320x50'],
    ['one open side, the other missed', only('300x50'), { w: 320 }, 'none'],
    ['one open side in a list', only('300x50'), { format: [{ w: 320 }] }, 'none'],
    ['nothing told', only('320x50'), {}, '320x50'],
    ['nothing told, and 0 is nothing', only('320x50'), { w: 0, h: 0 }, '320x50'],
    ['within a range', only('100x50', '250x60'), RANGE, '250x60'],
    ['under a range', only('199x60'), RANGE, 'none'],
    ['any size in a range', ANY, RANGE, '300x100'],
    ['a range open at the top', ANY, { wmin: 200, hmin: 10 }, '200x50'],
    ['a range that is none', ANY, { wmin: 200, wmax: 100 }, 'none'],
    ['no range beside w and h', only('250x60'), { w: 300, h: 250, wmin: 200, wmax: 300 }, 'none'],
  ])('%s', (_name, creative, banner, expected) => {
    expect(shown(creative, banner)).toBe(expected);
  });

  it.each<[string, Sized, string]>([
    ['to the pixel', only('640x360'), '640x360'],
    ['with a rest below a pixel', only('500x281'), '500x281'],
    ['another ratio', only('500x300'), 'none'],
    ['too narrow', only('160x90'), 'none'],
    ['any size', ANY, '304x171'],
  ])('by a ratio: %s', (_name, creative, expected) => {
    expect(shown(creative, { format: [{ wratio: 16, hratio: 9, wmin: 300 }] })).toBe(expected);
  });

  const PHONE = { w: 1170, h: 2532, pxratio: 3 };
  it.each<[string, Sized, object, object | undefined, string]>([
    ['the whole of w and h', only('320x480'), { w: 320, h: 480 }, PHONE, '320x480'],
    ['half of either side', only('160x240'), { w: 320, h: 480 }, PHONE, '160x240'],
    ['less than half of one', only('300x230'), { w: 320, h: 480 }, PHONE, 'none'],
    ['more than the screen', only('336x280'), { w: 320, h: 480 }, PHONE, 'none'],
    ['the device’s screen where no size is told', only('320x480'), {}, PHONE, '320x480'],
    ['more than the device’s screen', only('400x600'), {}, PHONE, 'none'],
    ['any size: all of the device’s screen', ANY, {}, PHONE, '390x844'],
    ['no size told at all', only('400x600'), {}, undefined, '400x600'],
    ['a list is meant to the pixel', only('300x250'), { format: [{ w: 320, h: 480 }] }, PHONE, 'none'],
  ])('of an interstitial: %s', (_name, creative, banner, device, expected) => {
    expect(shown(creative, banner, { instl: 1 }, device)).toBe(expected);
  });

  const side = fc.integer({ min: 0, max: 800 });
  const part = fc.integer({ min: 1, max: 20 });
  const format = fc.oneof(
    fc.record({ w: side, h: side }),
    fc.record({ wratio: part, hratio: part, wmin: side }),
  );
  const place = fc.record(
    {
      format: fc.array(format, { maxLength: 3 }),
      w: side,
      h: side,
      wmin: side,
      wmax: side,
      hmin: side,
      hmax: side,
    },
    { requiredKeys: [] },
  );
  const own = fc.array(
    fc.record({ width: fc.integer({ min: 1, max: 800 }), height: fc.integer({ min: 1, max: 800 }) }),
    {
      maxLength: 4,
    },
  );
  test.prop([place, own, fc.boolean(), fc.constantFrom(0, 1)], { numRuns: 300 })(
    'is one that a judge who reads the standard alone accepts',
    (banner, ownSizes, anySize, instl) => {
      const imp = { id: '1', instl, banner };
      const request = { id: 'r', imp: [imp], device: { w: 400, h: 800 } };
      const size = bannerSize({ sizes: ownSizes, anySize }, asked(banner, { instl }, request.device));
      if (!size) return;
      const { width: w, height: h, widthRatio: wratio, heightRatio: hratio } = size;
      const adm = '<a href="https://a.example/"></a>';
      const bid = { id: 'b', impid: '1', price: 1, crid: 'c', adm, w, h, wratio, hratio };
      const departures = judge(request, { id: 'r', cur: 'USD', seatbid: [{ bid: [bid] }] });
      expect(departures.filter(({ code }) => code.includes('size'))).toEqual([]);
    },
  );
});
