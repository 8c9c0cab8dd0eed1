/** What was given for a conversion or a click is taken back over HTTP, and the report shows it. */
import { describe, expect, it } from 'vitest';
import { ask, fire } from '../fixture/engine.ts';
import { freshDesk, REQUEST } from './desk.ts';

const desk = freshDesk();
const CLICK = /https?:\/\/[^"']*\/t\/click[^"']*/;

/** A bid that was shown and clicked; its click id. */
async function clicked(id: string): Promise<string> {
  const bid = (await ask(desk.engine, { ...REQUEST, id })).json.seatbid[0].bid[0];
  await fire(desk.engine, bid.burl, { AUCTION_PRICE: '3' });
  const answer = await fire(desk.engine, CLICK.exec(bid.adm)![0].replaceAll('&amp;', '&'));
  return new URL(String(answer.headers.location)).searchParams.get('bwclid')!;
}

const report = (payload: object) =>
  desk.engine.publicApp.inject({
    method: 'POST',
    url: '/conversion',
    headers: { 'content-type': 'application/json', authorization: 'Bearer order-key-0123456789' },
    payload,
  });

const call = (clickIds: readonly string[]) =>
  desk.engine.privateApp.inject({
    method: 'POST',
    url: '/api/v1/invalid-clicks',
    headers: { cookie: desk.cookie },
    payload: { clickIds },
  });

const totals = async () => (await desk.get('/api/v1/reports')).json().total;

describe('reversals', () => {
  it('of a conversion come over the same door, and the report shows what is left and what went', async () => {
    const clickId = await clicked('one');
    await report({ action: 'order', click_id: clickId, order_id: 'A-1', value: 20 });
    await report({ action: 'order', click_id: clickId, order_id: 'A-2', value: 30 });
    const answer = await report([
      { action: 'order', adjustment: 'retract', order_id: 'A-1' },
      { action: 'order', adjustment: 'restate', order_id: 'A-2', value: 12.5 },
      { action: 'order', adjustment: 'retract', order_id: 'A-1' },
      { action: 'order', adjustment: 'retract' },
    ]);
    expect(answer.json()).toMatchObject({ accepted: 2, duplicates: 1, faults: [{ path: '[3].order_id' }] });
    expect(await totals()).toMatchObject({
      conversions: 1,
      conversionValueMicros: 12_500_000,
      retractions: 1,
      spendMicros: 3000,
    });
  });

  it('of clicks need a session, and say what became of each', async () => {
    const clickId = await clicked('two');
    const stranger = await desk.engine.privateApp.inject({
      method: 'POST',
      url: '/api/v1/invalid-clicks',
      payload: { clickIds: [clickId] },
    });
    expect(stranger.statusCode).toBe(401);
    expect((await call([clickId, 'AZrMsrT9q83vASNF'])).json()).toEqual({
      voided: 1,
      duplicate: 0,
      unknown: 1,
    });
    expect((await call(['short'])).statusCode).toBe(400);
    expect(await totals()).toMatchObject({ clicks: 0, voidedClicks: 1, impressions: 1, spendMicros: 3000 });
  });
});
