/** Packs in the life of a bid: a weight moves the price, a full cart is followed, and whoever bought is left alone at once. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/audience-book', import.meta.url));
const TOKEN = 'a-token-for-tests-0123456789';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine(BOOK, { settings: { adminToken: TOKEN } });
});
afterEach(() => engine.close());

const requestOf = (user: string, more: object = {}) => ({
  id: `request-of-${user}`,
  at: 1,
  imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
  site: { domain: 'news.example' },
  user: { buyeruid: user },
  ...more,
});

const bidFor = async (user: string, more: object = {}) =>
  (await ask(engine, requestOf(user, more))).json?.seatbid[0].bid[0];

/** Price of the bid for somebody; undefined for none. */
const priceFor = async (user: string, more: object = {}): Promise<number | undefined> =>
  (await bidFor(user, more))?.price;

async function did(user: string, event: string): Promise<void> {
  const answer = await engine.publicApp.inject({
    method: 'POST',
    url: '/collect',
    headers: { 'content-type': 'application/json', authorization: 'Bearer shop-key-0123456789' },
    payload: { event, user_id: user },
  });
  expect(answer.json()).toMatchObject({ accepted: 1 });
}

async function aSecondLater(): Promise<void> {
  engine.clock.advance(1000);
  await engine.tick();
}

describe('the weight of a pack', () => {
  it('multiplies what the person is worth to the line item, and a trace says so', async () => {
    const device = { device: { ifa: 'device-1' } };
    expect(await priceFor('bob', device)).toBe(1);
    const answer = await engine.privateApp.inject({
      method: 'POST',
      url: '/api/v1/audiences/crm/members?mode=replace',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'text/plain' },
      payload: 'device-1',
    });
    expect(answer.statusCode).toBe(200);
    await aSecondLater();
    expect(await priceFor('bob', device)).toBe(2);
    expect(await priceFor('eve', { device: { ifa: 'device-2' } })).toBe(1);
    const traced = async (user: string, ifa: string) => {
      const body = Buffer.from(JSON.stringify(requestOf(user, { device: { ifa } })));
      const explained = await engine.explain('example', body);
      if (!explained.ok) throw new Error(explained.message);
      return explained.explanation.impressions[0]!.lines.find(({ lineItemId }) => lineItemId === 'everybody');
    };
    expect(await traced('bob', 'device-1')).toMatchObject({
      verdict: 'bid',
      valueCpmMicros: 2_000_000,
      weighedBy: { audience: 'crm', multiplier: 2 },
    });
    expect(await traced('eve', 'device-2')).toMatchObject({
      valueCpmMicros: 1_000_000,
      weighedBy: undefined,
    });
  });
});

describe('somebody who filled a cart', () => {
  it('is followed within a second, and left alone within a second of having bought', async () => {
    expect([await priceFor('ann'), await priceFor('bob')]).toEqual([1, 1]);
    await did('ann', 'add_to_cart');
    await aSecondLater();
    expect([await priceFor('ann'), await priceFor('bob')]).toEqual([6, 1]);

    const bid = await bidFor('ann');
    await fire(engine, bid.nurl, { AUCTION_PRICE: '6' });
    await fire(engine, bid.burl, { AUCTION_PRICE: '6' });
    const click = /https?:\/\/[^"']*\/t\/click[^"']*/.exec(bid.adm)![0].replaceAll('&amp;', '&');
    const landed = await fire(engine, click);
    const clickId = new URL(String(landed.headers.location)).searchParams.get('bwclid');
    await aSecondLater();
    expect(await priceFor('ann')).toBe(6);
    const sold = await engine.publicApp.inject({
      method: 'POST',
      url: '/conversion',
      headers: { 'content-type': 'application/json', authorization: 'Bearer order-key-0123456789' },
      payload: { action: 'order', click_id: clickId, order_id: 'o-1', value: 30, currency: 'USD' },
    });
    expect(sold.statusCode).toBe(200);
    await aSecondLater();
    // Neither line item: one is for open carts, the other leaves out who bought.
    expect([await priceFor('ann'), await priceFor('bob')]).toEqual([undefined, 1]);
    // The pass over everybody comes to the same.
    engine.clock.advance(16 * 60_000);
    await engine.tick();
    const headers = { authorization: `Bearer ${TOKEN}` };
    const asked = { url: '/api/v1/audiences/bought', headers };
    await expect
      .poll(async () => (await engine.privateApp.inject(asked)).json().pack)
      .toMatchObject({ size: 1, status: 'fresh' });
    expect(await priceFor('ann')).toBe(undefined);
  });

  it('is left alone too where the shop tells of the order itself, and the window of the cart ends', async () => {
    await did('ann', 'add_to_cart');
    await did('eve', 'add_to_cart');
    await aSecondLater();
    expect([await priceFor('ann'), await priceFor('eve')]).toEqual([6, 6]);
    await did('ann', 'purchase');
    await aSecondLater();
    expect([await priceFor('ann'), await priceFor('eve')]).toEqual([undefined, 6]);
    engine.clock.advance(15 * 86_400_000);
    await expect
      .poll(async () => {
        await aSecondLater();
        return priceFor('eve');
      })
      .toBe(1);
  });
});
