/** From a request to a converted impression over real HTTP. This file is one thing: the life of a bid, told again with each mishap. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';
import { judge } from '../judge/judge.ts';

const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const HOUR = 3_600_000;

let dataDir: string;
let engine: TestEngine;
let door: string;

async function open(startMs?: number): Promise<void> {
  engine = await testEngine(BOOK, { dataDir, ...(startMs === undefined ? {} : { startMs }) });
  await engine.publicApp.listen({ port: 0, host: '127.0.0.1' });
  door = `http://127.0.0.1:${(engine.publicApp.server.address() as AddressInfo).port}`;
}

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'bidwright-life-'));
  await open();
});
afterEach(async () => {
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: an answer is looked at as an exchange would, without our types
type Answered = { readonly seatbid: any };

let serial = 0;
function request(more: Record<string, unknown> = {}) {
  return {
    id: `request-${++serial}`,
    at: 1,
    tmax: 1000,
    imp: [{ id: '1', secure: 1, bidfloor: 0.5, banner: { format: [{ w: 300, h: 250 }] } }],
    site: { domain: 'news.example' },
    user: { id: 'ann' },
    ...more,
  };
}

async function won(more: Record<string, unknown> = {}, exchange = 'example') {
  const sent = request(more);
  const answer = await fetch(`${door}/openrtb2/${exchange}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(sent),
  });
  expect(answer.status).toBe(200);
  const response = (await answer.json()) as Answered;
  expect(judge(sent, response)).toEqual([]);
  const bid = response.seatbid[0].bid[0];
  const addresses = [...String(bid.adm).matchAll(/(?:src|href)="([^"]+)"/g)].map((match) =>
    match[1]!.replaceAll('&amp;', '&'),
  );
  return {
    bid,
    click: addresses.find((url) => url.includes('/t/click'))!,
    tracker: addresses.find((url) => url.includes('/t/imp'))!,
  };
}

/** Calls an address of a bid on the real port; macros filled in as given. */
async function call(url: string, price = '', more: Record<string, string> = {}) {
  const filled = Object.entries({
    AUCTION_PRICE: price,
    AUCTION_LOSS: '',
    AUCTION_MIN_TO_WIN: '',
    ...more,
  }).reduce((text, [name, value]) => text.replaceAll(`\${${name}}`, value), url);
  const { pathname, search } = new URL(filled);
  return fetch(door + pathname + search, { redirect: 'manual' });
}

async function convert(report: Record<string, unknown>, key = 'order-key-0123456789') {
  return fetch(`${door}/conversion`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(report),
  });
}

async function report() {
  const rows = await engine.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: ['campaign'] });
  return (
    rows[0] ?? {
      wins: 0,
      billings: 0,
      impressions: 0,
      clicks: 0,
      conversions: 0,
      spendMicros: 0,
      losses: 0,
      conversionValueMicros: 0,
      flagged: 0,
    }
  );
}

describe('a whole life over real HTTP', () => {
  it('goes from a request to a won, billed, shown, clicked and converted impression, and is there after a restart', async () => {
    const { bid, click, tracker } = await won();
    expect(bid.price).toBe(4);
    expect((await call(bid.nurl, '3.2')).status).toBeLessThan(300);
    expect((await report()).spendMicros).toBe(0);
    expect((await call(bid.burl, '3.2')).status).toBeLessThan(300);
    const pixel = await call(tracker);
    expect(pixel.headers.get('content-type')).toBe('image/gif');
    const redirect = await call(click);
    expect(redirect.status).toBe(302);
    const landing = new URL(redirect.headers.get('location') ?? '');
    expect(landing.origin + landing.pathname).toBe('https://bakery.example/rye');
    expect(landing.searchParams.get('season')).toBe('autumn');
    expect(landing.hash).toBe('#order');
    const clickId = landing.searchParams.get('bwclid');
    engine.clock.advance(HOUR);
    expect(
      (await convert({ action: 'order', click_id: clickId, order_id: 'A-1', value: 39.9, currency: 'USD' }))
        .status,
    ).toBeLessThan(300);
    const expected = {
      wins: 1,
      billings: 1,
      impressions: 1,
      clicks: 1,
      conversions: 1,
      spendMicros: 3200,
      conversionValueMicros: 39_900_000,
    };
    expect(await report()).toMatchObject(expected);

    await engine.close();
    await open(engine.clock.now() + 1000);
    expect(await report()).toMatchObject(expected);
  });

  it('counts each thing once, however often and in whatever order it is told', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(
          ['nurl', 'burl', 'tracker', 'click', 'nurl', 'burl', 'tracker', 'click', 'lurl'],
          { minLength: 9, maxLength: 9 },
        ),
        async (order) => {
          const before = await report();
          const { bid, click, tracker } = await won({ user: { id: `person-${serial}` } });
          const addresses: Record<string, string> = {
            nurl: bid.nurl,
            burl: bid.burl,
            lurl: bid.lurl,
            tracker,
            click,
          };
          for (const name of order)
            expect((await call(addresses[name]!, '2.5', { AUCTION_LOSS: '102' })).status).toBeLessThan(400);
          const after = await report();
          expect(after.spendMicros - before.spendMicros).toBe(2500);
          expect(after.billings - before.billings).toBe(1);
          expect(after.wins - before.wins).toBe(1);
          expect(after.impressions - before.impressions).toBe(1);
          expect(after.clicks - before.clicks).toBe(1);
        },
      ),
      { numRuns: 15, seed: 20261123 },
    );
  });

  it('charges a win that is told hours late, to the day of its bid', async () => {
    const { bid } = await won();
    engine.clock.advance(15 * HOUR);
    await engine.tick();
    expect((await call(bid.burl, '4')).status).toBeLessThan(300);
    const days = await engine.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: ['campaign'] });
    expect(days[0]?.spendMicros).toBe(4000);
    const buckets = await engine.buckets([
      'campaign/autumn/2026-11-23',
      'campaign/autumn/2026-11-24',
      'campaign/autumn/life',
    ]);
    expect(
      buckets.filter((bucket) => bucket.unit === 'micros').map((bucket) => [bucket.bucket, bucket.spent]),
    ).toEqual([
      ['campaign/autumn/2026-11-23', 4000],
      ['campaign/autumn/2026-11-24', 0],
      ['campaign/autumn/life', 4000],
    ]);
  });

  it.each(['AUDIT', '', 'UNKNOWN', '${AUCTION_PRICE}', 'NaN', '-1', '1e9', '٣', '1,5', '4000', '<script>'])(
    'takes %j for no charge',
    async (price) => {
      const { bid } = await won();
      expect(
        (
          await call(
            bid.burl,
            price === '${AUCTION_PRICE}' ? '%24%7BAUCTION_PRICE%7D' : encodeURIComponent(price),
          )
        ).status,
      ).toBeLessThan(300);
      expect(await report()).toMatchObject({ spendMicros: 0 });
    },
  );

  it('never charges more than it bid', async () => {
    const { bid } = await won();
    await call(bid.burl, '4.01');
    expect(await report()).toMatchObject({ spendMicros: 4000 });
  });

  it('bills by what the exchange’s profile says', async () => {
    const byWin = await won({}, 'pays-on-win');
    await call(byWin.bid.nurl, '2');
    await call(byWin.tracker);
    expect(await report()).toMatchObject({ spendMicros: 2000 });
    const byImpression = await won({}, 'pays-on-impression');
    expect(byImpression.bid.burl).toBeUndefined();
    await call(byImpression.bid.nurl, '2');
    expect(await report()).toMatchObject({ spendMicros: 2000 });
    await call(byImpression.tracker, '3');
    expect(await report()).toMatchObject({ spendMicros: 5000 });
  });

  it('never bills a test request', async () => {
    const { bid } = await won({ test: 1 });
    expect((await call(bid.burl, '3')).status).toBeLessThan(300);
    expect(await report()).toMatchObject({ spendMicros: 0 });
  });

  it('refuses forged tokens, and tokens of another kind', async () => {
    const { bid, click } = await won();
    const token = new URL(bid.burl.replace('${AUCTION_PRICE}', '1')).searchParams.get('t')!;
    for (let at = 0; at < token.length; at += 7) {
      const forged = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect((await fetch(`${door}/n/bill?t=${forged}&p=3`)).status).toBe(400);
    }
    const clickToken = new URL(click).searchParams.get('t')!;
    expect((await fetch(`${door}/n/bill?t=${clickToken}&p=3`)).status).toBe(400);
    expect((await fetch(`${door}/t/click?t=${token}`, { redirect: 'manual' })).status).not.toBe(302);
    expect(await report()).toMatchObject({ spendMicros: 0, clicks: 0 });
  });

  it('redirects only to the creative’s own landing page, whatever the address asks for', async () => {
    const { click } = await won();
    for (const extra of [
      '&url=https://evil.example',
      '&r=//evil.example',
      '&t=x',
      '#https://evil.example',
      '&bwclid=evil',
    ]) {
      const answer = await call(click + extra);
      if (answer.status === 302)
        expect(new URL(answer.headers.get('location') ?? '').host).toBe('bakery.example');
    }
  });

  it('credits a conversion to the click, else to the view, within its windows, and each order once', async () => {
    const seen = await won({ user: { id: 'bea' } });
    await call(seen.bid.burl, '3');
    await call(seen.tracker);
    expect((await convert({ action: 'order', user_id: 'bea', order_id: 'B-1' })).status).toBeLessThan(300);
    expect(await report()).toMatchObject({ conversions: 1 });
    await convert({ action: 'order', user_id: 'bea', order_id: 'B-1' });
    expect(await report()).toMatchObject({ conversions: 1 });
    engine.clock.advance(2 * HOUR);
    await convert({ action: 'order', user_id: 'bea', order_id: 'B-2' });
    expect(await report()).toMatchObject({ conversions: 1 });
    engine.clock.advance(HOUR);
    const { click } = await won({ user: { id: 'bea' } });
    const clickId = new URL((await call(click)).headers.get('location') ?? '').searchParams.get('bwclid');
    engine.clock.advance(23 * HOUR);
    await convert({ action: 'order', click_id: clickId, order_id: 'B-3' });
    expect(await report()).toMatchObject({ conversions: 2 });
    engine.clock.advance(2 * HOUR);
    await convert({ action: 'order', click_id: clickId, order_id: 'B-4' });
    expect(await report()).toMatchObject({ conversions: 2 });
    expect((await convert({ action: 'order', order_id: 'B-5' }, 'wrong-key-0123456789')).status).toBe(401);
  });

  it('stops at the budget of the day, and goes on the next day', async () => {
    let charged = 0;
    let bids = 0;
    for (; bids < 400; bids++) {
      const answer = await fetch(`${door}/openrtb2/example`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request()),
      });
      await engine.tick();
      if (answer.status === 204) break;
      const { burl } = ((await answer.json()) as Answered).seatbid[0].bid[0];
      await call(burl, '4');
      charged += 4000;
    }
    expect(charged).toBe(1_000_000);
    expect(await report()).toMatchObject({ spendMicros: 1_000_000 });
    engine.clock.advance(24 * HOUR);
    await engine.tick();
    await engine.tick();
    await won();
  });

  it('counts bids in flight towards a cap, and frees them when they are lost', async () => {
    const capped = { site: { domain: 'capped.example' }, user: { id: 'cleo' } };
    const first = await won(capped);
    const second = await won(capped);
    expect([first.bid.price, second.bid.price]).toEqual([5, 5]);
    expect((await won(capped)).bid.price).toBe(4);
    await call(second.bid.lurl, '', { AUCTION_LOSS: '102', AUCTION_MIN_TO_WIN: '6' });
    const third = await won(capped);
    expect(third.bid.price).toBe(5);
    await call(first.bid.burl, '5');
    await call(third.bid.burl, '5');
    await engine.close();
    await open(engine.clock.now() + 1000);
    expect((await won(capped)).bid.price).toBe(4);
    engine.clock.advance(25 * HOUR);
    await engine.tick();
    await engine.tick();
    expect((await won(capped)).bid.price).toBe(5);
  });
});
