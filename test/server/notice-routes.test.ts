import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withClickId } from '../../src/server/notice-routes.ts';
import type { PublicPorts } from '../../src/server/public.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';
import { metricOf } from '../fixture/metrics.ts';
import { bidFacts, tokenOf } from '../learning/bid-facts.ts';
import { handDoor } from './public-ports.ts';

const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const PATHS = ['/n/win', '/n/bill', '/n/loss', '/t/imp', '/t/click'];

describe('notices of a real bid', () => {
  let engine: TestEngine;
  let bid: { nurl: string; burl: string; lurl: string; adm: string };
  beforeEach(async () => {
    engine = await testEngine(BOOK);
    const answer = await ask(engine, {
      id: 'one',
      at: 1,
      imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
      site: { domain: 'news.example' },
    });
    bid = answer.json.seatbid[0].bid[0];
  });
  afterEach(() => engine.close());

  const link = (path: string): string => {
    const found = new RegExp(`https?://[^"']*${path}[^"']*`).exec(bid.adm)?.[0];
    return found!.replaceAll('&amp;', '&');
  };

  it('are answered with nothing, a pixel, and the way to the landing page', async () => {
    for (const url of [bid.nurl, bid.burl, bid.lurl])
      for (let time = 0; time < 2; time++)
        expect(await fire(engine, url, { AUCTION_PRICE: '3' })).toMatchObject({ statusCode: 204, body: '' });
    const pixel = await fire(engine, link('/t/imp'));
    expect([pixel.statusCode, pixel.headers['content-type'], pixel.headers['cache-control']]).toEqual([
      200,
      'image/gif',
      'no-store',
    ]);
    expect(pixel.rawPayload.subarray(0, 6).toString()).toBe('GIF89a');
    const click = await fire(engine, link('/t/click'));
    expect(click.statusCode).toBe(302);
    expect(click.headers.location).toMatch(
      /^https:\/\/bakery\.example\/rye\?season=autumn&bwclid=[\w-]{16}#order$/,
    );
  });

  it('work by POST with any body, and when a name comes twice', async () => {
    const { pathname, search } = new URL(bid.burl.replace('${AUCTION_PRICE}', '3'));
    for (const contentType of ['application/json', 'text/xml', 'nonsense', undefined]) {
      const answer = await engine.publicApp.inject({
        method: 'POST',
        url: pathname + search,
        payload: Buffer.from('<xml>'),
        headers: contentType === undefined ? {} : { 'content-type': contentType },
      });
      expect([contentType, answer.statusCode]).toEqual([contentType, 204]);
    }
    expect((await fire(engine, `${bid.burl}&p=9&t=x`, { AUCTION_PRICE: '3' })).statusCode).toBe(204);
    const [sums] = await engine.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] });
    expect(sums?.spendMicros).toBe(3000);
  });

  it.each([
    '&url=https://evil.example',
    '&r=//evil.example',
    '&bwclid=evil',
    '&landing=javascript:alert(1)',
    '&t=%0d%0aLocation:%20https://evil.example',
    '#//evil.example',
    '&u=\\\\evil.example',
    '&https://evil.example@',
  ])('lead nowhere else for %s', async (extra) => {
    const click = await fire(engine, link('/t/click') + extra);
    expect(click.statusCode).toBe(302);
    expect(new URL(String(click.headers.location)).origin).toBe('https://bakery.example');
    expect(click.headers['set-cookie']).toBeUndefined();
  });

  it('are none without their own token', async () => {
    const token = new URL(bid.burl).searchParams.get('t')!;
    for (const path of PATHS) {
      for (const t of ['', 'x', token.slice(1), `${token}A`, encodeURIComponent('../../')])
        expect([path, (await engine.publicApp.inject(`${path}?t=${t}&p=1`)).statusCode]).toEqual([path, 400]);
      expect((await engine.publicApp.inject({ method: 'HEAD', url: `${path}?t=x` })).statusCode).toBe(400);
    }
    expect(await sums()).toMatchObject({ wins: 0, billings: 0, clicks: 0, spendMicros: 0 });
  });

  it('are answered to HEAD as to GET, and nothing is counted', async () => {
    const statuses = [];
    for (const url of [bid.nurl, bid.burl, bid.lurl, link('/t/imp'), link('/t/click')]) {
      const { pathname, search } = new URL(url);
      const answer = await engine.publicApp.inject({ method: 'HEAD', url: pathname + search });
      statuses.push([answer.statusCode, answer.body]);
    }
    expect(statuses).toEqual([
      [204, ''],
      [204, ''],
      [204, ''],
      [200, ''],
      [302, ''],
    ]);
    expect(await sums()).toMatchObject({ wins: 0, billings: 0, losses: 0, impressions: 0, clicks: 0 });
    expect(await metricOf(engine, 'notices_total{exchange="example",kind="click",result="head"}')).toBe(1);
  });

  it.each([
    [{ 'sec-purpose': 'prefetch' }, 403, 0],
    [{ 'sec-purpose': 'prefetch;prerender' }, 403, 0],
    [{ purpose: 'prefetch' }, 403, 0],
    [{ 'x-moz': 'prefetch' }, 403, 0],
    [{ 'x-purpose': 'preview' }, 403, 0],
    [{ 'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' }, 302, 0],
    [{ 'user-agent': 'AdsBot-Google (+http://www.google.com/adsbot.html)' }, 302, 0],
    [{ 'user-agent': 'Mozilla/5.0 (Linux; Android 13; CUBOT X50) Chrome/126.0 Mobile' }, 302, 1],
    [{ 'user-agent': 'Go-http-client/1.1' }, 302, 1],
    // Believed of servers that the profile names, and of nobody else.
    [{ 'user-agent': 'Go-http-client/1.1', 'x-device-user-agent': 'Googlebot/2.1' }, 302, 1],
    [{}, 302, 1],
  ])('are clicks of people: %j is answered %i and counted %i times', async (headers, status, clicks) => {
    const { pathname, search } = new URL(link('/t/click'));
    const answer = await engine.publicApp.inject({ url: pathname + search, headers });
    expect([answer.statusCode, (await sums())?.clicks]).toEqual([status, clicks]);
    // Whoever was looked ahead for may still click.
    await engine.publicApp.inject({ url: pathname + search });
    expect((await sums())?.clicks).toBe(1);
  });

  it('count once, however often they are sent again', async () => {
    const price = { AUCTION_PRICE: '3', AUCTION_CURRENCY: 'USD' };
    for (let round = 0; round < 20; round++)
      await Promise.all(
        Array.from({ length: 100 }, () => fire(engine, round % 2 === 0 ? bid.burl : bid.nurl, price)),
      );
    expect(await sums()).toMatchObject({ wins: 1, billings: 1, impressions: 1, spendMicros: 3000 });
  });

  const sums = async () =>
    (await engine.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] }))[0];
});

describe('a notice that cannot be kept', () => {
  const broken = (more: Partial<PublicPorts> = {}) =>
    handDoor({
      ...more,
      learner: {
        takeNotice: () => Promise.reject(new Error('disk full')),
        takeConversions: () => Promise.reject(new Error('disk full')),
        takePixel: () => Promise.reject(new Error('disk full')),
      },
    });

  it('is answered 503, so that its sender tries again', async () => {
    const { app, faults } = broken();
    for (const path of PATHS.slice(0, 4)) expect((await app.inject(`${path}?t=a`)).statusCode).toBe(503);
    expect(
      (await app.inject({ method: 'POST', url: '/conversion', payload: { action: 'order' } })).statusCode,
    ).toBe(503);
    expect((await app.inject('/conversion.gif?action=order')).statusCode).toBe(503);
    expect(faults).toHaveLength(6);
    await app.close();
  });

  it('of a win gives no markup out', async () => {
    const served = { contentType: 'text/html', body: '<a>' };
    const markup = { ofWin: () => served, ofDocument: () => undefined };
    const { app } = broken({ markup });
    const answer = await app.inject('/n/win?t=a&f=b&s=c');
    expect([answer.statusCode, answer.body]).toEqual([503, '']);
    await app.close();
    const refused = handDoor({
      markup,
      learner: {
        takeNotice: async () => ({ ok: false, refusal: 'unknown_exchange' }),
        takeConversions: async () => ({ unauthorised: true, accepted: 0, duplicates: 0, faults: [] }),
        takePixel: async () => ({ unauthorised: true, accepted: 0, duplicates: 0, faults: [] }),
      },
    });
    expect((await refused.app.inject('/n/win?t=a&f=b&s=c')).statusCode).toBe(400);
    await refused.app.close();
  });

  it('of a click still leads the person on', async () => {
    const { app, faults } = broken();
    const facts = bidFacts();
    const click = await app.inject(`/t/click?t=${tokenOf('click', facts)}`);
    expect([click.statusCode, click.headers.location]).toEqual([
      302,
      `https://bakery.example/rye?bwclid=${facts.bidId}`,
    ]);
    expect((await app.inject(`/t/click?t=${tokenOf('win', facts)}`)).statusCode).toBe(400);
    expect(faults).toHaveLength(2);
    await app.close();
  });

  it('of a creative that is gone leads nowhere', async () => {
    const { app } = handDoor({ landingPageOf: () => undefined });
    const click = await app.inject('/t/click?t=a');
    expect([click.statusCode, click.headers.location]).toEqual([404, undefined]);
    await app.close();
  });
});

describe('a landing page', () => {
  it.each([
    ['https://a.example', 'https://a.example/?bwclid=ID'],
    ['https://a.example/x?', 'https://a.example/x?bwclid=ID'],
    ['https://a.example/x?a=%20b&c=d+e', 'https://a.example/x?a=%20b&c=d+e&bwclid=ID'],
    ['https://a.example/x?a=1&', 'https://a.example/x?a=1&bwclid=ID'],
    ['https://a.example/x#/route?q=1', 'https://a.example/x?bwclid=ID#/route?q=1'],
    ['https://a.example/x?a#b#c', 'https://a.example/x?a&bwclid=ID#b#c'],
    ['http://müller.example/ü?q=ü', 'http://xn--mller-kva.example/%C3%BC?q=%C3%BC&bwclid=ID'],
    ['https://a.example/\r\nSet-Cookie: x', 'https://a.example/Set-Cookie:%20x?bwclid=ID'],
  ])('%j gets its click id', (page, location) => {
    expect(withClickId(page, 'ID')).toBe(location);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    '//a.example',
    '/x',
    'https://user:pass@a.example',
    'ftp://a.example',
    '',
  ])('is never %j', (page) => {
    expect(withClickId(page, 'ID')).toBeUndefined();
  });
});
