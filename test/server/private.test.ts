import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Value } from 'typebox/value';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  budgetsSchema,
  funnelSchema,
  overviewSchema,
  problemSchema,
  reportSchema,
} from '../../src/server/api.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const HOUR_MS = 3_600_000;

let engine: TestEngine;
let cookie: string;
beforeEach(async () => {
  engine = await testEngine(BOOK);
  cookie = await signIn();
});
afterEach(() => engine.close());

async function signIn(): Promise<string> {
  const { pathname, search } = new URL(engine.consoleLink('http://127.0.0.1:8081'));
  const answer = await engine.privateApp.inject(pathname + search);
  expect([answer.statusCode, answer.headers.location]).toEqual([303, './']);
  return String(answer.headers['set-cookie']).split(';')[0]!;
}

const get = (url: string, headers: Record<string, string> = { cookie }) =>
  engine.privateApp.inject({ url, headers });

const REQUEST = {
  id: 'one',
  at: 1,
  imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
  site: { domain: 'news.example' },
};

/** Three bids: one shown and clicked at 3.00, one lost, one that nobody tells of. */
async function live(): Promise<void> {
  const bids = [];
  for (let number = 0; number < 3; number++)
    bids.push((await ask(engine, { ...REQUEST, id: `request-${number}` })).json.seatbid[0].bid[0]);
  await ask(engine, { ...REQUEST, imp: [{ id: '1', video: { mimes: ['video/mp4'] } }] });
  await fire(engine, bids[0].nurl, { AUCTION_PRICE: '3' });
  await fire(engine, bids[0].burl, { AUCTION_PRICE: '3' });
  const click = /https?:\/\/[^"']*\/t\/click[^"']*/.exec(bids[0].adm)![0].replaceAll('&amp;', '&');
  await fire(engine, click);
  await fire(engine, bids[1].lurl, { AUCTION_LOSS: '102' });
  engine.clock.advance(2000);
  await engine.tick();
}

describe('the private door', () => {
  it('opens to a session, whose link works once and whose cookie no script reads', async () => {
    const { pathname, search } = new URL(engine.consoleLink('http://127.0.0.1:8081'));
    const first = await engine.privateApp.inject(pathname + search);
    expect(String(first.headers['set-cookie'])).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await engine.privateApp.inject(pathname + search)).statusCode).toBe(401);
    expect((await get('/api/v1/account')).statusCode).toBe(200);
  });

  it('stays shut to everybody else, but for health', async () => {
    const spec = (await get('/api/v1/openapi.json')).json();
    const paths = Object.keys(spec.paths).map((path) => path.replace('{id}', 'x'));
    expect(paths.length).toBeGreaterThan(18);
    const changed = `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`;
    for (const path of [...paths, '/', '/metrics', '/nothing', '/index.html', '/api/v1/openapi.json'])
      for (const headers of [
        {},
        { cookie: changed },
        { authorization: 'Bearer wrong' },
        { cookie: 'bidwright_session=9999999999999.' },
      ])
        expect([path, (await get(path, headers as Record<string, string>)).statusCode]).toEqual([path, 401]);
    expect((await get('/healthz', {})).json()).toMatchObject({ status: 'ok' });
    expect((await get('/readyz', {})).json()).toMatchObject({ ready: true });
    expect((await get('/', { accept: 'text/html' })).body).toContain('Open the link');
  });

  it('does not let another site act through a session', async () => {
    const explain = (site: string) =>
      engine.privateApp.inject({
        method: 'POST',
        url: '/api/v1/explain',
        headers: { cookie, 'sec-fetch-site': site },
        payload: { request: REQUEST },
      });
    expect((await explain('cross-site')).statusCode).toBe(403);
    expect((await explain('same-site')).statusCode).toBe(403);
    expect((await explain('same-origin')).statusCode).toBe(200);
  });

  it('sends headers that keep a page to itself', async () => {
    for (const url of ['/', '/api/v1/account', '/nothing']) {
      const { headers } = await get(url);
      expect(headers['content-security-policy']).toContain("default-src 'self'");
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
    }
  });

  it('is not ready while it drains', async () => {
    engine.drain();
    const answer = await get('/readyz', {});
    expect([answer.statusCode, answer.json().checks.draining]).toEqual([503, true]);
    expect((await get('/healthz', {})).statusCode).toBe(200);
  });

  it('speaks problems', async () => {
    for (const [url, status, path] of [
      ['/nothing', 404, undefined],
      ['/api/v1/campaigns/nothing', 404, undefined],
      ['/api/v1/funnel', 400, 'line_item'],
      ['/api/v1/funnel?line_item=nothing', 404, undefined],
      ['/api/v1/reports?dimensions=campaign,colour', 400, 'dimensions'],
      ['/api/v1/reports?from=yesterday', 400, 'from'],
      ['/api/v1/reports?from=2026-11-24&to=2026-11-22', 400, 'from'],
    ] as const) {
      const answer = await get(url);
      expect([url, answer.statusCode, answer.headers['content-type']]).toEqual([
        url,
        status,
        'application/problem+json',
      ]);
      expect(Value.Check(problemSchema, answer.json())).toBe(true);
      expect(answer.json().errors[0]?.path).toBe(path);
    }
    const explained = await engine.privateApp.inject({
      method: 'POST',
      url: '/api/v1/explain',
      headers: { cookie },
      payload: { exchange: 'nobody', request: {} },
    });
    expect([explained.statusCode, explained.json().title]).toEqual([400, expect.stringContaining('nobody')]);
  });
});

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
      const { items } = (await get(`/api/v1/${list}`)).json();
      if (list !== 'audiences') expect([list, items.length]).not.toEqual([list, 0]);
      for (const item of items) expect((await get(`/api/v1/${list}/${item.id}`)).json()).toEqual(item);
    }
    expect((await get('/api/v1/account')).json()).toMatchObject({ id: 'bakery-account', currency: 'USD' });
    const actions = await get('/api/v1/conversion-actions');
    expect(actions.json().items[0]).toMatchObject({ id: 'order' });
    expect(actions.body).not.toContain('order-key');
  });

  it('shows everything at a glance, as its schema says', async () => {
    await live();
    const overview = (await get('/api/v1/overview')).json();
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

  it('tells where a line item loses its chances, and what leaves one stage enters the next', async () => {
    await live();
    const funnel = (await get('/api/v1/funnel?line_item=autumn-all')).json();
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
    const other = (await get('/api/v1/funnel?line_item=autumn-capped')).json();
    expect(other.largest).toMatchObject({ reason: 'not_targeted', count: 4 });
  });

  it('states the budgets and the bound on overspend', async () => {
    await live();
    const budgets = (await get('/api/v1/budgets')).json();
    expect([...Value.Errors(budgetsSchema, budgets)]).toEqual([]);
    expect(budgets.overspendBound).toEqual({ formula: expect.stringContaining('overspend'), micros: 0 });
    expect(budgets.budgets).toMatchObject([
      { id: 'autumn', period: 'day', limitMicros: 1_000_000, spentMicros: 3000, heldMicros: 4000 },
      { id: 'autumn', period: 'lifetime', limitMicros: 5_000_000, spentMicros: 3000, heldMicros: 4000 },
    ]);
  });

  it('adds up what happened by any dimensions, with its rates', async () => {
    await live();
    const report = (
      await get('/api/v1/reports?dimensions=campaign,%20line_item&from=2026-11-23&to=2026-11-23')
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
    expect((await get('/api/v1/reports?from=2026-11-24')).json().total.bids).toBe(0);
  });

  it('explains a request', async () => {
    const answer = await engine.privateApp.inject({
      method: 'POST',
      url: '/api/v1/explain',
      headers: { cookie },
      payload: { request: REQUEST },
    });
    expect(answer.json()).toMatchObject({
      bid: true,
      impressions: [{ lines: [{ verdict: 'bid' }, { verdict: 'not_targeted' }] }],
    });
  });

  it('describes itself in OpenAPI', async () => {
    const spec = (await get('/api/v1/openapi.json')).json();
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
    await live();
    const { body, headers } = await get('/metrics');
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
    await engine.privateApp.listen({ port: 0, host: '127.0.0.1' });
    const { port } = engine.privateApp.server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/events`, { headers: { cookie } });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    const { value = '' } = await reader.read();
    expect(JSON.parse(/^data: (.*)\n\n/.exec(value)![1]!)).toMatchObject({
      currency: 'USD',
      campaigns: [{ id: 'autumn' }],
    });
    await engine.close();
    let done = false;
    while (!done) ({ done } = await reader.read());
  });
});
