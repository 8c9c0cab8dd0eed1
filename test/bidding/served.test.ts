/** Wrappers of ours and markup left to the win notice, told from the bid to the last tracker over a whole engine. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';
import { judge } from '../judge/judge.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await testEngine('wide-open');
});
afterAll(() => engine.close());

const VIDEO = { mimes: ['video/mp4'], w: 640, h: 360, minduration: 15, maxduration: 15 };
const AUDIO = { mimes: ['audio/mpeg'], minduration: 15, maxduration: 15 };
let serial = 0;

// biome-ignore lint/suspicious/noExplicitAny: an answer is looked at as an exchange would, without our types
async function bidOn(imp: Record<string, unknown>): Promise<any> {
  const request = { id: `served-${++serial}`, at: 1, tmax: 1000, imp: [{ id: '1', ...imp }] };
  const answer = await ask(engine, request);
  expect(answer.status).toBe(200);
  expect(judge(request, answer.json)).toEqual([]);
  return answer.json.seatbid[0].bid[0];
}

function parsed(document: string) {
  expect(XMLValidator.validate(document)).toBe(true);
  return new XMLParser({ ignoreAttributes: false, parseTagValue: false }).parse(document);
}

const addressIn = (document: string, element: string) =>
  new RegExp(`<${element}>(?:<URL>)?<!\\[CDATA\\[(.*?)\\]\\]>`).exec(document)?.[1] ?? '';

describe('a wrapper of ours', () => {
  it.each([
    ['VAST 2.0', 5, 'video', VIDEO, '2.0', 'VASTAdTagURI'],
    ['VAST 3.0', 6, 'video', VIDEO, '3.0', 'VASTAdTagURI'],
    ['VAST 4.0', 8, 'video', VIDEO, '4.0', 'VASTAdTagURI'],
    ['VAST 4.1', 12, 'video', VIDEO, '4.1', 'VASTAdTagURI'],
    ['VAST 4.2', 14, 'audio', AUDIO, '4.2', 'VASTAdTagURI'],
    ['VAST 4.3', 16, 'audio', AUDIO, '4.3', 'VASTAdTagURI'],
    ['DAAST', 10, 'audio', AUDIO, '1.0', 'DAASTAdTagURI'],
  ] as const)(
    'in %s leads to the inline document of its version, and each tracker stands in one of the two',
    async (_name, protocol, medium, placement, version, tag) => {
      const bid = await bidOn({ secure: 1, [medium]: { ...placement, protocols: [protocol] } });
      expect(bid).toMatchObject({ protocol, dur: 15 });
      const root = protocol === 10 ? 'DAAST' : 'VAST';
      const wrapper = parsed(bid.adm)[root];
      expect(wrapper['@_version']).toBe(version);
      expect(wrapper.Ad.Wrapper.Impression).toContain('https://bid.example/t/imp?t=');
      const url = addressIn(bid.adm, tag);
      expect(url).toMatch(/^https:\/\/bid\.example\/t\/doc\?/);
      const answer = await fire(engine, url);
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-type']).toBe('application/xml; charset=utf-8');
      const inline = parsed(answer.body)[root];
      expect(inline['@_version']).toBe(version);
      expect(inline.Ad.InLine.Impression).toBe('about:blank');
      expect(inline.Ad.InLine.Creatives.Creative.Linear.Duration).toBe('00:00:15');
      const [file] = [inline.Ad.InLine.Creatives.Creative.Linear.MediaFiles.MediaFile].flat();
      expect(file['@_type']).toBe(placement.mimes[0]);
      expect((bid.adm + answer.body).match(/\/t\/imp\?/g)).toHaveLength(1);
      expect((bid.adm + answer.body).match(/\/t\/click\?/g)).toHaveLength(1);
      expect((await fire(engine, addressIn(bid.adm, 'Impression'))).statusCode).toBe(200);
      expect((await fire(engine, addressIn(answer.body, 'ClickThrough'))).statusCode).toBe(302);
    },
  );

  it('in VAST 1.0 too', async () => {
    const bid = await bidOn({ video: { ...VIDEO, protocols: [4] } });
    const wrapper = parsed(bid.adm).VideoAdServingTemplate.Ad.Wrapper;
    expect(wrapper.Impression.URL).toContain('/t/imp?t=');
    const answer = await fire(engine, wrapper.VASTAdTagURL.URL);
    const inline = parsed(answer.body).VideoAdServingTemplate.Ad.InLine;
    expect(inline.Video.MediaFiles.MediaFile[0].URL).toBe('https://cdn.plain.example/spot.mp4');
  });

  it('is not chosen where an inline document is taken', async () => {
    expect(await bidOn({ video: { ...VIDEO, protocols: [5, 6, 3] } })).toMatchObject({ protocol: 3 });
    expect(await bidOn({ audio: { ...AUDIO, protocols: [6, 9] } })).toMatchObject({ protocol: 9 });
    expect(await bidOn({ audio: { ...AUDIO, protocols: [9, 2] } })).toMatchObject({ protocol: 2 });
    expect(await bidOn({ video: { ...VIDEO, protocols: [1, 4] } })).toMatchObject({ protocol: 1 });
  });

  it('answers players of other origins as VAST asks', async () => {
    const bid = await bidOn({ video: { ...VIDEO, protocols: [6] } });
    const { pathname, search } = new URL(addressIn(bid.adm, 'VASTAdTagURI'));
    const { headers } = await engine.publicApp.inject({
      url: pathname + search,
      headers: { origin: 'https://player.example' },
    });
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://player.example',
      'access-control-allow-credentials': 'true',
      vary: 'origin',
      'cache-control': 'no-store',
    });
  });

  it('refuses an address that was changed anywhere, or lacks a part', async () => {
    const bid = await bidOn({ video: { ...VIDEO, protocols: [6] } });
    const url = addressIn(bid.adm, 'VASTAdTagURI');
    const { searchParams } = new URL(url);
    for (const [name, value] of searchParams) {
      const changed = new URL(url);
      const first = value[0] === 'A' ? 'B' : 'A';
      changed.searchParams.set(name, first + value.slice(1));
      expect((await fire(engine, changed.href)).statusCode, `${name} changed`).toBe(400);
      changed.searchParams.delete(name);
      expect((await fire(engine, changed.href)).statusCode, `${name} missing`).toBe(400);
    }
    const other = await bidOn({ video: { ...VIDEO, protocols: [5] } });
    const mixed = new URL(url);
    mixed.searchParams.set('f', new URL(addressIn(other.adm, 'VASTAdTagURI')).searchParams.get('f')!);
    expect((await fire(engine, mixed.href)).statusCode).toBe(400);
  });

  it('leads to a document without an ad once the creative is gone, and to the ad after any other edit', async () => {
    const bid = await bidOn({ video: { ...VIDEO, protocols: [14] } });
    const url = addressIn(bid.adm, 'VASTAdTagURI');
    const { book } = engine.configuration;
    const withCreatives = (creatives: typeof book.creatives) =>
      engine.reconfigure({ ...engine.configuration, book: { ...book, creatives } });
    await withCreatives(book.creatives.map((creative) => ({ ...creative, status: 'paused' as const })));
    expect((await fire(engine, url)).body).toContain('<MediaFile ');
    const used = String(bid.adid);
    await engine.reconfigure({
      ...engine.configuration,
      book: {
        ...book,
        creatives: book.creatives.filter(({ id }) => id !== used),
        lineItems: book.lineItems.map((line) => ({
          ...line,
          creatives: line.creatives.filter(({ id }) => id !== used),
        })),
      },
    });
    const answer = await fire(engine, url);
    expect(answer.statusCode).toBe(200);
    expect(parsed(answer.body)).toMatchObject({ VAST: { '@_version': '4.2' } });
    expect(answer.body).not.toContain('<Ad');
    await engine.reconfigure(engine.configuration);
  });
});
