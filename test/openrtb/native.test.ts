import { describe, expect, test } from 'vitest';
import { readNative } from '../../src/openrtb/native.ts';
import { Notes } from '../../src/openrtb/read/notes.ts';
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
