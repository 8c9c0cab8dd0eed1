import type { AddressInfo } from 'node:net';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import {
  budgetsSchema,
  funnelSchema,
  lossesSchema,
  overviewSchema,
  rejectionsSchema,
  reportSchema,
} from '../../src/server/api.ts';
import { bytesOf } from '../exchange/protobuf-sender.ts';
import { ask, fire } from '../fixture/engine.ts';
import { metricOf } from '../fixture/metrics.ts';
import { freshDesk, liveALittle, REQUEST } from './desk.ts';

const HOUR_MS = 3_600_000;
const desk = freshDesk();

describe('the API', () => {
  it('lists what is configured, without its secrets', async () => {
    for (const list of [
      'exchanges',
      'advertisers',
      'campaigns',
      'line-items',
      'creatives',
      'audiences',
      'conversion-actions',
    ]) {
      const { items } = (await desk.get(`/api/v1/${list}`)).json();
      if (list !== 'audiences') expect([list, items.length]).not.toEqual([list, 0]);
      for (const item of items) expect((await desk.get(`/api/v1/${list}/${item.id}`)).json()).toEqual(item);
    }
    expect((await desk.get('/api/v1/account')).json()).toMatchObject({
      id: 'bakery-account',
      currency: 'USD',
    });
    const actions = await desk.get('/api/v1/conversion-actions');
    expect(actions.json().items[0]).toMatchObject({ id: 'order' });
    expect(actions.body).not.toContain('order-key');
    const sealing = (await desk.get('/api/v1/exchanges/seals-prices')).json();
    expect([sealing.priceKeys, sealing.priceKeysOther]).toEqual([{}, [{}]]);
  });

  it('shows everything at a glance, as its schema says', async () => {
    await liveALittle(desk.engine);
    const overview = (await desk.get('/api/v1/overview')).json();
    expect([...Value.Errors(overviewSchema, overview)]).toEqual([]);
    expect(overview.totals).toEqual({
      requests: 4,
      bids: 3,
      wins: 1,
      impressions: 1,
      clicks: 1,
      conversions: 0,
      spendMicros: 3000,
    });
    const [campaign] = overview.campaigns;
    expect(campaign).toMatchObject({
      id: 'autumn',
      status: 'active',
      spendMicros: 3000,
      spentTodayMicros: 3000,
      dailyMicros: 1_000_000,
      wins: 1,
    });
    expect(campaign.cpaMicros).toBeUndefined();
    expect(
      campaign.lineItems.map(({ id, spentTodayMicros }: { id: string; spentTodayMicros: number }) => [
        id,
        spentTodayMicros,
      ]),
    ).toEqual([
      ['autumn-all', 3000],
      ['autumn-capped', 0],
    ]);
  });

  it('says why bids were lost, and which creatives an exchange turns away', async () => {
    await liveALittle(desk.engine);
    const lose = async (code: string) => {
      const [bid] = (await ask(desk.engine, REQUEST)).json.seatbid[0].bid;
      await fire(desk.engine, bid.lurl, { AUCTION_LOSS: code });
    };
    for (let round = 0; round < 9; round++) await lose('202');
    await lose('503');
    await lose('${AUCTION_LOSS}');
    const url = '/api/v1/reports/losses?dimensions=exchange,line_item,creative';
    const losses = (await desk.get(url)).json();
    expect([...Value.Errors(lossesSchema, losses)]).toEqual([]);
    expect(losses.total).toBe(12);
    const key = { exchange: 'example', line_item: 'autumn-all', creative: 'rye' };
    expect(losses.rows.map(({ code, name, count }: Record<string, unknown>) => [code, name, count])).toEqual([
      [202, 'loss_creative_disapproved', 9],
      [undefined, 'loss_not_told', 1],
      [102, 'loss_to_higher_bid', 1],
      [503, 'loss_503', 1],
    ]);
    for (const row of losses.rows) expect(row.key).toEqual(key);
    expect((await desk.get('/api/v1/reports/losses?line_item=autumn-capped')).json().rows).toEqual([]);
    expect((await desk.get('/api/v1/reports/losses?dimensions=moon')).statusCode).toBe(400);
    const funnel = (await desk.get('/api/v1/funnel?line_item=autumn-all')).json();
    expect(funnel.reasons[0]).toMatchObject({
      reason: 'loss_creative_disapproved',
      stage: 'auction',
      count: 9,
    });
    for (const [code, count] of [
      ['202', 9],
      ['own', 1],
      ['none', 1],
    ] as const)
      expect(await metricOf(desk.engine, `losses_total{exchange="example",loss_reason="${code}"}`)).toBe(
        count,
      );

    const rejections = async () => (await desk.get('/api/v1/reports/rejections')).json();
    expect([...Value.Errors(rejectionsSchema, await rejections())]).toEqual([]);
    const [nine] = (await rejections()).items;
    expect(nine).toMatchObject({
      exchangeId: 'example',
      creativeId: 'rye',
      code: 202,
      inARow: 9,
      flagged: false,
    });
    await lose('202');
    expect((await rejections()).items[0]).toMatchObject({ inARow: 10, flagged: true });
    // It bids on: a flag is for people.
    const [bid] = (await ask(desk.engine, REQUEST)).json.seatbid[0].bid;
    await fire(desk.engine, bid.nurl, { AUCTION_PRICE: '3' });
    expect((await rejections()).items).toEqual([]);
  });

  it('tells where a line item loses its chances, and what leaves one stage enters the next', async () => {
    await liveALittle(desk.engine);
    const funnel = (await desk.get('/api/v1/funnel?line_item=autumn-all')).json();
    expect([...Value.Errors(funnelSchema, funnel)]).toEqual([]);
    expect(funnel).toMatchObject({
      requests: 4,
      bids: 3,
      wins: 1,
      impressions: 1,
      largest: { reason: 'no_creative_of_format', stage: 'creative_fit', count: 1 },
    });
    let entered = 4;
    for (const step of funnel.steps) {
      expect([step.stage, step.entered]).toEqual([step.stage, entered]);
      entered -= step.lost;
    }
    expect(entered).toBe(1);
    const other = (await desk.get('/api/v1/funnel?line_item=autumn-capped')).json();
    expect(other.largest).toMatchObject({ reason: 'not_targeted', count: 4 });
  });

  it('states the budgets and the bound on overspend', async () => {
    await liveALittle(desk.engine);
    const budgets = (await desk.get('/api/v1/budgets')).json();
    expect([...Value.Errors(budgetsSchema, budgets)]).toEqual([]);
    expect(budgets.overspendBound).toEqual({ formula: expect.stringContaining('overspend'), micros: 0 });
    expect(budgets.budgets).toMatchObject([
      { id: 'autumn', period: 'day', limitMicros: 1_000_000, spentMicros: 3000, heldMicros: 4000 },
      { id: 'autumn', period: 'lifetime', limitMicros: 5_000_000, spentMicros: 3000, heldMicros: 4000 },
    ]);
  });

  it('adds up what happened by any dimensions, with its rates', async () => {
    await liveALittle(desk.engine);
    const report = (
      await desk.get('/api/v1/reports?dimensions=campaign,%20line_item&from=2026-11-23&to=2026-11-23')
    ).json();
    expect([...Value.Errors(reportSchema, report)]).toEqual([]);
    expect(report.toMs - report.fromMs).toBe(24 * HOUR_MS);
    expect(report.rows).toHaveLength(1);
    expect(report.rows[0]).toMatchObject({
      key: { campaign: 'autumn', line_item: 'autumn-all' },
      bids: 3,
      wins: 1,
      losses: 1,
      clicks: 1,
      spendMicros: 3000,
      cpcMicros: 3000,
      cpmMicros: 3_000_000,
      clickRate: 1,
      winRate: 1 / 3,
    });
    expect((await desk.get('/api/v1/reports?from=2026-11-24')).json().total.bids).toBe(0);
  });

  it('explains a request', async () => {
    const answer = await desk.engine.privateApp.inject({
      method: 'POST',
      url: '/api/v1/explain',
      headers: { cookie: desk.cookie },
      payload: { request: REQUEST },
    });
    expect(answer.json()).toMatchObject({
      bid: true,
      impressions: [{ lines: [{ verdict: 'bid' }, { verdict: 'not_targeted' }] }],
    });
  });

  it.each([
    ['JSON', Buffer.from(JSON.stringify(REQUEST))],
    ['protobuf', bytesOf(REQUEST)],
  ])('explains the bytes of a request in %s', async (_, body) => {
    const answer = await desk.explain({ body: body.toString('base64') });
    expect(answer.json()).toMatchObject({ requestId: 'one', bid: true });
    expect((await desk.explain({ body: body.subarray(9).toString('base64') })).statusCode).toBe(400);
  });

  it('describes itself in OpenAPI', async () => {
    const spec = (await desk.get('/api/v1/openapi.json')).json();
    expect(spec.openapi).toMatch(/^3\./);
    expect(Object.keys(spec.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/overview',
        '/api/v1/line-items/{id}',
        '/api/v1/explain',
        '/api/v1/reports',
      ]),
    );
  });

  it('exposes metrics under their documented names', async () => {
    await liveALittle(desk.engine);
    const { body, headers } = await desk.get('/metrics');
    expect(headers['content-type']).toContain('text/plain');
    for (const line of [
      'bidder_bid_requests_total{exchange="example",outcome="bid"} 3',
      'bidder_no_bid_total{exchange="example",reason="no_creative_of_format"} 1',
      'bidder_notices_total{exchange="example",kind="billing",result="ok"} 1',
      'bidder_spend_micros_total{currency="USD"} 3000',
      'bidder_losses_total{exchange="example",loss_reason="102"} 1',
      'bidder_bids_total{exchange="example"} 3',
    ])
      expect(body).toContain(line);
  });

  it('pushes the overview to those who listen, and lets go of them at its end', async () => {
    await desk.engine.privateApp.listen({ port: 0, host: '127.0.0.1' });
    const { port } = desk.engine.privateApp.server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/events`, {
      headers: { cookie: desk.cookie },
    });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    const { value = '' } = await reader.read();
    expect(JSON.parse(/^data: (.*)\n\n/.exec(value)![1]!)).toMatchObject({
      currency: 'USD',
      campaigns: [{ id: 'autumn' }],
    });
    await desk.engine.close();
    let done = false;
    while (!done) ({ done } = await reader.read());
  });
});
