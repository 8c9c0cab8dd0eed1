/** A person's way from a showing to an order, over HTTP, as each model credits it. */
import { expect, it } from 'vitest';
import { ask, fire } from '../fixture/engine.ts';
import { freshDesk, REQUEST } from './desk.ts';

const desk = freshDesk();
const CLICK = /https?:\/\/[^"']*\/t\/click[^"']*/;

it('credits an order to what its person saw', async () => {
  const bid = (await ask(desk.engine, { ...REQUEST, user: { id: 'ann' } })).json.seatbid[0].bid[0];
  await fire(desk.engine, bid.burl, { AUCTION_PRICE: '3' });
  const answer = await fire(desk.engine, CLICK.exec(bid.adm)![0].replaceAll('&amp;', '&'));
  const clickId = new URL(String(answer.headers.location)).searchParams.get('bwclid')!;
  desk.engine.clock.advance(3_600_000);
  await desk.engine.publicApp.inject({
    method: 'POST',
    url: '/conversion',
    headers: { 'content-type': 'application/json', authorization: 'Bearer order-key-0123456789' },
    payload: { action: 'order', click_id: clickId, order_id: 'A-1', value: 20 },
  });
  desk.engine.clock.advance(1000);
  const report = (await desk.get('/api/v1/reports/attribution?models=last_touch,shapley,markov')).json();
  expect(report).toMatchObject({
    conversions: 1,
    misses: 0,
    models: [{ name: 'last_touch' }, { name: 'markov' }, { name: 'shapley' }],
    rows: [{ credits: { last_touch: 1, shapley: 1, markov: 1 } }],
  });
  expect((await desk.get('/api/v1/reports/attribution?from=tomorrow')).statusCode).toBe(400);
  expect((await desk.get('/api/v1/reports/attribution?by=moon')).statusCode).toBe(400);
});
