import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../../config/flights/book', import.meta.url));

let engine: TestEngine;
beforeAll(async () => {
  engine = await testEngine(BOOK);
});
afterAll(() => engine.close());

async function asked(url: string) {
  const { pathname, search } = new URL(engine.consoleLink('http://127.0.0.1:8081'));
  const opened = await engine.privateApp.inject(pathname + search);
  const cookie = String(opened.headers['set-cookie']).split(';')[0]!;
  return engine.privateApp.inject({ url, headers: { cookie } });
}

async function steering() {
  const answer = await asked('/api/v1/steering');
  expect(answer.statusCode).toBe(200);
  const { lineItems } = answer.json() as { lineItems: Record<string, unknown>[] };
  return Object.fromEntries(lineItems.map((line) => [line.lineItemId, line]));
}

it('tells what each line item that goes by results is steered by, and what came of it', async () => {
  const before = await steering();
  expect(Object.keys(before)).toEqual(['acorn', 'birch']);
  expect(before.acorn).toMatchObject({
    status: 'learning',
    targetMicros: 60_000,
    spendMicros: 0,
    results: 0,
  });
  expect(before.birch!.targetMicros).toBeUndefined();
  expect(String(before.acorn!.why)).toMatch(/^Fewer than 50 results/);

  const request = {
    id: 'r',
    at: 1,
    imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
    site: { domain: 'a.example' },
  };
  const { seatbid } = (await ask(engine, request)).json;
  const [bid] = seatbid[0].bid;
  // Nothing is known of its rates yet, so the buyer is taken at their word: the target can be met at usual prices.
  expect(bid.price).toBeGreaterThan(0.3);
  await fire(engine, bid.burl, { AUCTION_PRICE: String(bid.price) });
  const click = /https?:\/\/[^"']*\/t\/click[^"']*/.exec(bid.adm)![0].replaceAll('&amp;', '&');
  const led = await fire(engine, click);
  const clickId = new URL(String(led.headers.location)).searchParams.get('bwclid');
  const line = bid.cid;
  const report = (order: string) =>
    engine.publicApp.inject({
      method: 'POST',
      url: '/conversion',
      headers: { authorization: `Bearer flight-key-${line}-order-1` },
      payload: { action: `${line}-order`, click_id: clickId, order_id: order },
    });
  await report('A-1');
  await report('A-1');
  engine.clock.advance(60_000);
  await engine.tick();
  const after = (await steering())[line]!;
  expect(after).toMatchObject({ results: 1, spendMicros: Math.floor(bid.price * 1000) });
  // People click more than was taken to be usual.
  expect(after.clickRate).toBeGreaterThan(Number(before[line]!.clickRate));
  expect(after.expectedResults).toBeGreaterThan(0);
  expect(after.factor).toBe(Math.min(Number(after.targetFactor), Number(after.budgetFactor)));
});

it('tells what each creative of a line item has shown of itself', async () => {
  const answer = await asked('/api/v1/line-items/acorn/creatives');
  expect(answer.statusCode).toBe(200);
  const { reward, creatives } = answer.json() as { reward: string; creatives: Record<string, unknown>[] };
  expect(reward).toBe('conversions');
  expect(creatives.map(({ creativeId }) => creativeId)).toEqual(['acorn-banner', 'acorn-native']);
  // Clicked and bought from once, in the story above.
  expect(creatives[0]).toMatchObject({ impressions: 1, clicks: 1, conversions: 1, fatigued: false });
  expect(creatives[0]!.clickRate).toMatchObject({ rate: expect.any(Number), low: expect.any(Number) });
  const chances = creatives.map(({ chanceToBeBest }) => Number(chanceToBeBest));
  expect(chances[0]! + chances[1]!).toBeCloseTo(1, 9);
  expect(chances[0]).toBeGreaterThan(chances[1]!);
  expect((await asked('/api/v1/line-items/nobody/creatives')).statusCode).toBe(404);
});
