/** Wrappers of ours and markup left to the win notice, from the bid to the last tracker. This file is one thing: those two lives. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compose } from '../../src/compose.ts';
import { manualClock } from '../../src/core/clock.ts';
import { answerIn, bytesOf } from '../exchange/protobuf-sender.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, configurationOf, fire, START_MS, testEngine } from '../fixture/engine.ts';
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
async function bidOn(imp: Record<string, unknown>, from: TestEngine = engine): Promise<any> {
  const request = { id: `served-${++serial}`, at: 1, tmax: 1000, imp: [{ id: '1', ...imp }] };
  const answer = await ask(from, request);
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

describe('markup left to the win notice', () => {
  let nurl: TestEngine;
  beforeEach(async () => {
    nurl = await testEngine('wide-open', { seed: ++serial });
    const exchanges = nurl.configuration.exchanges.map((exchange) => ({
      ...exchange,
      markup: 'nurl' as const,
    }));
    await nurl.reconfigure({ ...nurl.configuration, exchanges });
  });
  afterEach(() => nurl.close());

  const BANNER = { format: [{ w: 300, h: 250 }] };
  const NATIVE = {
    request: JSON.stringify({ ver: '1.2', assets: [{ id: 1, required: 1, title: { len: 90 } }] }),
  };

  it.each([
    ['banner', { banner: BANNER }, 'text/html; charset=utf-8', /^<a href=/],
    ['video', { video: { ...VIDEO, protocols: [3] } }, 'application/xml; charset=utf-8', /<InLine>/],
    ['audio', { audio: { ...AUDIO, protocols: [9] } }, 'application/xml; charset=utf-8', /<DAAST /],
  ] as const)('lives a whole life: %s', async (_medium, imp, type, form) => {
    const bid = await bidOn({ secure: 1, ...imp }, nurl);
    expect(bid.adm).toBeUndefined();
    const won = await fire(nurl, bid.nurl, { AUCTION_PRICE: '3', AUCTION_MIN_TO_WIN: '' });
    expect(won.statusCode).toBe(200);
    expect(won.headers['content-type']).toBe(type);
    expect(won.body).toMatch(form);
    expect(won.body).not.toContain('http:');
    const again = await fire(nurl, bid.nurl, { AUCTION_PRICE: '3', AUCTION_MIN_TO_WIN: '' });
    expect(again.body).toBe(won.body);
    const addresses = [...won.body.matchAll(/https:\/\/bid\.example\/t\/(?:imp|click)\?[^"\]<]+/g)].map(
      ([url]) => url.replaceAll('&amp;', '&'),
    );
    const impression = addresses.find((url) => url.includes('/t/imp'))!;
    const click = addresses.find((url) => url.includes('/t/click'))!;
    expect((await fire(nurl, impression)).statusCode).toBe(200);
    expect((await fire(nurl, click)).headers.location).toContain(`bwclid=${bid.id}`);
    expect((await fire(nurl, bid.burl, { AUCTION_PRICE: '3' })).statusCode).toBe(204);
    const [row] = await nurl.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] });
    // A CPM of 3 is 3,000 micros for one.
    expect(row).toMatchObject({ wins: 1, impressions: 1, clicks: 1, spendMicros: 3000 });
  });

  it('is the markup that would have stood in the bid', async () => {
    const imp = { video: { ...VIDEO, protocols: [2, 3], companionad: [{ w: 300, h: 250 }] } };
    const bid = await bidOn(imp, nurl);
    const { body } = await fire(nurl, bid.nurl);
    const direct = await bidOn(imp);
    const shape = (text: string) =>
      text
        .replace(/t=[\w-]+/g, 't=')
        .replaceAll(direct.crid, '{crid}')
        .replaceAll(bid.crid, '{crid}');
    const rest = (text: string) => shape(text).replace(/cdn\.\w+|<AdTitle>[^<]*/g, '');
    expect(rest(body)).toBe(rest(direct.adm));
  });

  it('may be a wrapper of ours, whose document is found as well', async () => {
    const bid = await bidOn({ video: { ...VIDEO, protocols: [6] } }, nurl);
    const wrapper = await fire(nurl, bid.nurl, { AUCTION_PRICE: '1' });
    const inner = await fire(nurl, addressIn(wrapper.body, 'VASTAdTagURI'));
    expect(inner.body).toContain('<InLine>');
  });

  it('stands in the bid all the same where it is native', async () => {
    const bid = await bidOn({ native: NATIVE }, nurl);
    expect(JSON.parse(bid.adm).assets).toHaveLength(1);
    expect((await fire(nurl, bid.nurl, { AUCTION_PRICE: '1' })).statusCode).toBe(204);
  });

  it('is left out of protobuf answers as well', async () => {
    const imp = [{ id: '1', banner: BANNER }];
    const answer = await nurl.publicApp.inject({
      method: 'POST',
      url: '/openrtb2/example',
      headers: { 'content-type': 'application/x-protobuf' },
      payload: bytesOf({ id: 'r', at: 1, tmax: 1000, imp }),
    });
    const bid = answerIn(answer.rawPayload).seatbid[0].bid[0];
    expect([bid.adm, bid.adm_native]).toEqual([undefined, undefined]);
    expect((await fire(nurl, bid.nurl)).body).toMatch(/^<a href=/);
  });

  it('is refused to whoever changes the address, and the win is not counted', async () => {
    const bid = await bidOn({ banner: BANNER }, nurl);
    for (const name of ['t', 'f', 's']) {
      const changed = new URL(bid.nurl);
      const value = changed.searchParams.get(name)!;
      changed.searchParams.set(name, (value[0] === 'A' ? 'B' : 'A') + value.slice(1));
      const answer = await fire(nurl, changed.href);
      expect([answer.statusCode, answer.body], name).toEqual([400, '']);
    }
    const [row] = await nurl.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] });
    expect(row?.wins ?? 0).toBe(0);
  });

  it('is nothing any more once the creative is gone; the win counts', async () => {
    const banner = await bidOn({ banner: BANNER }, nurl);
    const video = await bidOn({ video: { ...VIDEO, protocols: [3] } }, nurl);
    const gone = new Set([banner.adid, video.adid]);
    const { book } = nurl.configuration;
    const left = ({ id }: { readonly id: string }) => !gone.has(id);
    await nurl.reconfigure({
      ...nurl.configuration,
      book: {
        ...book,
        creatives: book.creatives.filter(left),
        lineItems: book.lineItems.map((line) => ({ ...line, creatives: line.creatives.filter(left) })),
      },
    });
    expect((await fire(nurl, banner.nurl)).statusCode).toBe(204);
    const empty = await fire(nurl, video.nurl);
    expect(empty.statusCode).toBe(200);
    expect(parsed(empty.body).VAST['@_version']).toBe('3.0');
    expect(empty.body).not.toContain('<Ad');
    const [row] = await nurl.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] });
    expect(row).toMatchObject({ wins: 2 });
  });
});

describe('a bidder that is reached by http as well', () => {
  it('gives out https alone where the placement asks for it, in documents fetched later too', async () => {
    const configuration = configurationOf('wide-open', { publicUrl: 'http://bid.example' });
    const exchanges = configuration.exchanges.map((exchange) => ({ ...exchange, markup: 'nurl' as const }));
    const door = compose(
      { ...configuration, exchanges },
      { clock: manualClock(START_MS), random: 1, state: 'memory' },
    );
    await door.ready();
    for (const secure of [1, 0]) {
      const scheme = secure === 1 ? 'https' : 'http';
      const imp = [{ id: '1', secure, video: { ...VIDEO, protocols: [6] } }];
      const answer = await ask(door, { id: `served-${++serial}`, at: 1, tmax: 1000, imp });
      const wrapper = await fire(door, answer.json.seatbid[0].bid[0].nurl);
      expect(addressIn(wrapper.body, 'Impression')).toMatch(`${scheme}://bid.example/t/imp`);
      const url = addressIn(wrapper.body, 'VASTAdTagURI');
      expect(url).toMatch(`${scheme}://bid.example/t/doc`);
      const inner = await fire(door, url);
      expect(addressIn(inner.body, 'ClickThrough')).toMatch(`${scheme}://bid.example/t/click`);
    }
    await door.close();
  });
});

describe('after a restart', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'bidwright-served-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('addresses of before are answered as before', async () => {
    const first = await testEngine('wide-open', { dataDir });
    const bid = await bidOn({ audio: { ...AUDIO, protocols: [10] } }, first);
    const url = addressIn(bid.adm, 'DAASTAdTagURI');
    const before = await fire(first, url);
    expect(before.body).toContain('<InLine>');
    await first.close();
    const second = await testEngine('wide-open', { dataDir });
    const after = await fire(second, url);
    await second.close();
    expect(after.body).toBe(before.body);
  });
});
