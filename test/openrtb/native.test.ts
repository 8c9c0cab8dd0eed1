import { describe, expect, test } from 'vitest';
import { readNative, withAgreedLayout } from '../../src/openrtb/native.ts';
import { Notes } from '../../src/openrtb/read/notes.ts';
import { readBidRequest } from '../../src/openrtb/read.ts';
import type { Native } from '../../src/openrtb/request.ts';
import { sharedFile } from './own-corpus.ts';

const TITLE = { id: 1, required: 1, title: { len: 90 } };

function read(
  request: unknown,
  more: Record<string, unknown> = {},
): { native: Native | undefined; notes: Notes } {
  const notes = new Notes();
  notes.within = 0;
  return { native: readNative({ request, ...more }, notes), notes };
}

const ofAssets = (...assets: unknown[]) => read(JSON.stringify({ ver: '1.2', assets }));

describe('markup', () => {
  test('is read from a string, an object, a string in a string, and its old wrapper', () => {
    const markup = { ver: '1.2', assets: [TITLE] };
    const forms = [
      JSON.stringify(markup),
      markup,
      JSON.stringify(JSON.stringify(markup)),
      JSON.stringify({ native: markup }),
    ];
    const natives = forms.map((form) => read(form).native);
    expect(natives.map((native) => native?.assets)).toEqual(
      forms.map(() => [{ id: 1, required: true, kind: 'title', lengthMax: 90 }]),
    );
    expect(natives.map((native) => native?.wrapped)).toEqual([false, false, false, true]);
  });

  test('offers trackers, privacy, and what the native object around it says', () => {
    const request = {
      assets: [TITLE],
      privacy: 1,
      eventtrackers: [{ event: 1, methods: [1, 2] }, { event: 2, methods: [] }, {}],
    };
    expect(read(request, { ver: '1.1', battr: [3], api: [7] }).native).toMatchObject({
      version: '1.1',
      privacySupported: true,
      eventTrackers: [{ event: 1, methods: [1, 2] }],
      blockedAttributes: [3],
      apis: [7],
    });
  });

  test.each([
    ['no JSON', 'this is not json'],
    ['a list', '[1]'],
    ['requiring an asset without an id', '{"assets":[{"required":1,"title":{"len":25}}]}'],
    ['wrapped three times', JSON.stringify(JSON.stringify(JSON.stringify({ assets: [TITLE] })))],
    ['longer than any', ' '.repeat(70_000)],
  ])('%s cannot be answered, and the request stands', (_name, request) => {
    const { native, notes } = read(request);
    expect(native).toBeUndefined();
    expect(notes.refusal).toBe('');
    expect(notes.warnings.join()).toContain('imp[0].native: cannot be answered');
  });

  test.each([[undefined], [null], ['']])('%j is missing, which OpenRTB forbids', (request) => {
    expect(read(request).notes.refusal).toBe('imp[0].native.request: missing');
  });
});

describe('assets', () => {
  test('of all four kinds', () => {
    const { native } = ofAssets(
      TITLE,
      { id: 2, img: { type: 3, wmin: 1200, hmin: 627, mimes: ['image/png'] } },
      { id: 3, required: 1, data: { type: 2, len: 140 } },
      { id: 4, video: { mimes: ['video/mp4'], minduration: 5, maxduration: 30, protocols: [2] } },
    );
    expect(native?.assets).toMatchObject([
      { kind: 'title' },
      { kind: 'image', required: false, type: 3, width: undefined, widthMin: 1200, heightMin: 627 },
      { kind: 'data', required: true, type: 2, lengthMax: 140 },
      { kind: 'video', video: { durationSecondsMax: 30, protocols: [2] } },
    ]);
  });

  test.each([
    ['without an id', { title: { len: 25 } }],
    ['of two kinds', { id: 2, title: { len: 25 }, data: { type: 1 } }],
    ['of no kind', { id: 2 }],
    ['with data of no type', { id: 2, data: {} }],
    ['with a negative size', { id: 2, img: { w: -1, h: 5 } }],
    ['with a video that has no mimes', { id: 2, video: { minduration: 5 } }],
    ['with an id that stands twice', { id: 1, data: { type: 1 } }],
    ['that is wrong in its type', { id: 2, title: 'x' }],
  ])('%s: left out where optional, the end of the markup where required', (_name, asset) => {
    expect(ofAssets(TITLE, asset).native?.assets).toHaveLength(1);
    expect(ofAssets(TITLE, { ...asset, required: 1 }).native).toBeUndefined();
    expect(ofAssets(TITLE, { ...asset, required: 1 }).notes.refusal).toBe('');
  });
});

test('the collected markup requests are read', ({ skip }) => {
  const text = sharedFile('openrtb-native.dev.ndjson');
  if (text === undefined) return skip('the collected corpus is not beside the checkout');
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { class: string; native: unknown })
    .filter((row) => row.class === 'native-request');
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter((row) => !read(JSON.stringify(row.native)).native)).toEqual([]);
});

describe('a layout agreed by word of mouth', () => {
  const LAYOUT = { ver: '1.2', assets: [{ id: 7, required: 1, data: { type: 1 } }] };
  const assetsFor = (request: unknown, layout: object | undefined = LAYOUT) => {
    const decoded = readBidRequest({ id: 'r', imp: [{ id: '1', native: { request, battr: [3] } }] });
    if (!decoded.ok) throw new Error(decoded.message);
    const native = withAgreedLayout(decoded.request, layout).impressions[0]?.native;
    return native && { ids: native.assets.map(({ id }) => id), battr: native.blockedAttributes };
  };

  test('stands in for what is no markup at all, and keeps what is said beside it', () => {
    for (const request of ['{json string}', 'tag-7', '[1]', '7'])
      expect(assetsFor(request), request).toEqual({ ids: [7], battr: [3] });
  });

  test('never overrules markup, be it answerable or not', () => {
    expect(assetsFor(JSON.stringify({ assets: [TITLE] }))).toEqual({ ids: [1], battr: [3] });
    expect(assetsFor({ assets: [{ required: 1, title: { len: 25 } }] })).toBeUndefined();
  });

  test('changes nothing where none is agreed', () => {
    const decoded = readBidRequest({ id: 'r', imp: [{ id: '1', native: { request: 'tag-7' } }] });
    if (!decoded.ok) throw new Error(decoded.message);
    expect(withAgreedLayout(decoded.request, undefined)).toBe(decoded.request);
  });

  test('tells kind and surroundings of the placement', () => {
    expect(
      read({ assets: [TITLE], context: 1, plcmttype: 4, plcmtcnt: 3, aurlsupport: 1, durlsupport: 1 }).native,
    ).toMatchObject({ context: 1, placementType: 4 });
  });
});
