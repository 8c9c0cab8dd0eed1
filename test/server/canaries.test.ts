/**
 * Values that must not be seen again are sent through every door, honest and broken, and then the whole log, every metric and every answer
 * to strangers is searched for them. Beside them, texts that a spreadsheet, a terminal or a browser would act on. It is one thing: one engine, all doors.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { show } from '../../src/campaign/issue.ts';
import { seededRandom } from '../../src/core/random.ts';
import { makeLog } from '../../src/server/log.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const ADMIN = 'canary-admin-token-1';
/** Begins each of them, so that one search finds all. */
const CANARY = 'canary';
const FORMULAS = [
  '=1+1',
  '+1',
  '-1+1',
  '@SUM(A1)',
  '\tx',
  '\rx',
  '＝1',
  "'x",
  '=HYPERLINK("http://evil.example")',
];
const BOOK = {
  account: {
    id: 'a',
    currency: 'USD',
    timeZone: 'UTC',
    signalMissing: 'allow',
    firstParty: { key: 'canary-first-party-key', pixel: true },
  },
  exchanges: [
    { id: 'example', seat: 'bidwright' },
    {
      id: 'sealed',
      priceCodec: 'google-hmac-sha1',
      priceKeys: {
        encryption: Buffer.from('canary-encryption-key-of-32-byte').toString('base64'),
        integrity: Buffer.from('canary-integrity-key-of-32-bytes').toString('base64'),
      },
    },
  ],
  advertisers: [{ id: 'b', name: '=cmd|calc', domains: ['b.example'] }],
  campaigns: [{ id: 'c', name: '+c', advertiserId: 'b' }],
  lineItems: [
    ...FORMULAS.map((name, place) => ({
      id: `paused-${place}`,
      name,
      campaignId: 'c',
      status: 'paused',
      bid: { strategy: 'fixed_cpm', priceCpmMicros: 4e6 },
      creatives: [{ id: 'd' }],
    })),
    {
      id: 'l',
      name: '@l',
      campaignId: 'c',
      bid: { strategy: 'fixed_cpm', priceCpmMicros: 4e6 },
      creatives: [{ id: 'd' }],
    },
  ],
  creatives: [
    {
      id: 'd',
      advertiserId: 'b',
      format: 'banner',
      sizes: [{ width: 300, height: 250 }],
      html: '<a href="{clickUrl}">x</a>',
      landingPage: 'https://b.example/rye',
    },
  ],
  conversionActions: [{ id: 'order', advertiserId: 'b', key: 'canary-action-key-012345' }],
};

const lines: string[] = [];
const strangersHeard: string[] = [];
let engine: TestEngine;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bidwright-canaries-'));
  writeFileSync(join(folder, 'book.yaml'), JSON.stringify(BOOK));
  engine = await testEngine(folder, {
    settings: { adminToken: ADMIN, signingSecret: 'canary-signing-secret-0123456789abcdef' },
    log: makeLog('trace', { write: (line) => void lines.push(line) }),
  });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const REQUEST = {
  id: 'canary-request',
  at: 1,
  imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
  site: { domain: 'canary.example', page: 'https://canary.example/?q=canary', keywords: 'canary' },
  user: {
    id: 'canary-user',
    buyeruid: 'canary-buyer',
    eids: [{ source: 'canary.example', uids: [{ id: 'canary-eid' }] }],
    consent: 'canary-consent',
  },
  device: { ip: '203.0.113.77', ifa: '0canary0-0000-4000-8000-000000000000', ua: 'canary\u001b[31m\nua' },
};

async function send(
  method: 'GET' | 'POST',
  url: string,
  headers: Record<string, string> = {},
  payload?: string | Buffer,
) {
  const answer = await engine.publicApp.inject({
    method,
    url,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
  if (answer.statusCode >= 400) strangersHeard.push(`${answer.body} ${JSON.stringify(answer.headers)}`);
  expect(answer.statusCode, `${method} ${url}`).toBeLessThan(500);
  return answer;
}

const JSON_TYPE = { 'content-type': 'application/json' };

async function knockAtEveryDoor(): Promise<void> {
  const bid = (await ask(engine, REQUEST)).json.seatbid[0].bid[0];
  for (const kind of ['nurl', 'burl', 'lurl'])
    for (const price of ['canary', '', '${AUCTION_PRICE}', '1\r\nx: canary', '3'])
      await fire(engine, bid[kind], { AUCTION_PRICE: encodeURIComponent(price), AUCTION_LOSS: 'canary' });
  const click = /https?:[^"']*\/t\/click[^"']*/.exec(bid.adm)![0].replaceAll('&amp;', '&');
  await fire(engine, `${click}&url=canary`);
  for (const path of ['n/win', 'n/bill', 'n/loss', 't/imp', 't/click', 't/doc', 'sync', 'setuid'])
    await send('GET', `/${path}?t=canary-token&exchange=canary&uid=canary&p=canary`, {
      cookie: 'canary=1; bw=canary',
      'user-agent': 'canary',
      'x-forwarded-for': '203.0.113.77, canary',
    });
  for (const body of [
    '{"id":"canary"',
    '["canary"]',
    '"canary"',
    '\u001b[31mcanary\n',
    JSON.stringify({ ...REQUEST, imp: 'canary' }),
  ])
    for (const exchange of ['example', 'sealed', 'canary', 'canary%0a'])
      await send('POST', `/openrtb2/${exchange}`, { ...JSON_TYPE, 'x-canary': 'canary' }, body);
  await send('POST', '/openrtb2/example', { 'content-type': 'canary/canary' }, 'canary');
  await send('POST', '/openrtb2/example', { ...JSON_TYPE, 'content-encoding': 'canary' }, 'canary');
  await send('GET', '/canary/canary?canary=canary');
  for (const key of ['canary-action-key-012345', 'canary-wrong-key'])
    for (const report of [
      { action: 'order', user_id: 'canary-user', order_id: 'canary-order', value: '1.5' },
      { action: 'canary', click_id: 'canary', value: 'canary', time: 'canary' },
      'canary',
    ])
      await send(
        'POST',
        '/conversion',
        { ...JSON_TYPE, authorization: `Bearer ${key}` },
        JSON.stringify(report),
      );
  await send('GET', '/conversion.gif?action=order&order_id=canary&value=canary&user_id=canary');
  for (const key of ['canary-first-party-key', 'canary-wrong'])
    await send(
      'POST',
      '/collect',
      { ...JSON_TYPE, authorization: `Bearer ${key}` },
      JSON.stringify({
        type: 'canary',
        user_id: 'canary',
        email: 'canary@example.com',
        ids: { 'canary.example': 'canary' },
      }),
    );
  await send('GET', '/collect.gif?type=canary&user_id=canary&email=canary%40example.com');
  for (const authorization of ['Bearer canary-wrong', 'Basic canary', '']) {
    const answer = await engine.privateApp.inject({
      url: '/api/v1/overview?canary=canary',
      headers: { authorization, cookie: 'session=canary' },
    });
    expect(answer.statusCode).toBe(401);
    strangersHeard.push(answer.body + JSON.stringify(answer.headers));
  }
  const own = { authorization: `Bearer ${ADMIN}` };
  const inside = async (
    method: 'POST' | 'PUT' | 'DELETE' | 'PATCH',
    path: string,
    payload?: object | string,
    type?: string,
  ) => {
    const headers = { ...own, ...(type === undefined ? {} : { 'content-type': type }) };
    const url = `/api/v1/${path}`;
    const answer = await engine.privateApp.inject({
      method,
      url,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    expect(answer.statusCode, `${method} ${path}`).toBeLessThan(500);
  };
  await inside('POST', 'tokens', { name: 'canary-name', role: 'viewer' });
  await inside('POST', 'explain', { exchange: 'example', request: REQUEST });
  await inside('DELETE', 'people/canary-user');
  await inside(
    'POST',
    'discrepancy?exchange=example',
    'day,impressions,spend\ncanary,canary,canary\n',
    'text/csv',
  );
  await inside('POST', 'alerts/acknowledge', { id: 'canary', note: 'canary' });
  await inside('POST', 'invalid-clicks', { click_ids: ['canary'] });
  await inside(
    'PATCH',
    'exchanges/sealed',
    { priceKeys: { encryption: 'canary', integrity: 'canary' } },
    'application/merge-patch+json',
  );
  await inside('PUT', 'bidding', { stopped: true });
  await inside('PUT', 'bidding', { stopped: false });
  engine.clock.advance(400_000);
  await engine.tick();
}

describe('what must not be seen again', () => {
  it('is neither in the log nor in a metric nor in what strangers hear', async () => {
    await knockAtEveryDoor();
    await engine.reconfigure(engine.configuration);
    const metrics = await engine.privateApp.inject({
      url: '/metrics',
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    expect(metrics.body).toContain('bidder_bid_requests_total');
    const log = lines.join('');
    expect(log).not.toBe('');
    for (const [where, text] of [
      ['log', log],
      ['metrics', metrics.body],
      ['strangers', strangersHeard.join('\n')],
    ] as const) {
      const found = text
        .toLowerCase()
        .split('\n')
        .filter((line) => line.includes(CANARY) || line.includes('203.0.113.77'));
      expect([where, found]).toEqual([where, []]);
    }
    expect(engine.faults()).toBe(0);
    for (const line of log.split('\n')) if (line !== '') expect(() => JSON.parse(line)).not.toThrow();
  });

  it('stays out of the log where a fault of ours has it in its text', () => {
    const seen: string[] = [];
    const log = makeLog('info', { write: (line) => void seen.push(line) });
    log.error({ error: new Error('bad\n{"level":"info","msg":"forged"}\u001b[2J') }, 'x');
    expect(seen).toHaveLength(1);
    expect(seen[0]!.trim().split('\n')).toHaveLength(1);
    expect(seen[0]).not.toContain('\u001b');
  });
});

it('is told of no address in a fault of the configuration', () => {
  expect(show('redis://user:canary@store.example:6379/0')).toBe('"redis://(hidden)@store.example:6379/0"');
  expect(show('https://store.example/a@b')).toBe('"https://store.example/a@b"');
});

describe('a cell that a spreadsheet would work out', () => {
  it.each([
    'export?format=csv&list=line-items',
    'export?format=csv&list=advertisers',
    'export?format=csv&list=campaigns',
    'reports?dimensions=line_item,campaign,creative,exchange&format=csv',
    'discrepancy?format=csv',
  ])('is in no file: %s', async (path) => {
    const answer = await engine.privateApp.inject({
      url: `/api/v1/${path}`,
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    expect(answer.statusCode, answer.body).toBe(200);
    const cells = (parse(answer.body, { relax_column_count: true }) as string[][]).flat();
    if (path.includes('line-items'))
      expect(cells.filter((cell) => cell.includes('HYPERLINK'))).toHaveLength(1);
    for (const cell of cells)
      expect(cell).not.toMatch(/^(?!-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$)[=+\-@\t\r\n＝＋－＠]/i);
  });
});

it('a click leads to the creative’s page alone, in 2,000 spellings', async () => {
  const seed = 20261123;
  const random = seededRandom(seed).stream('spellings');
  const of = <One>(list: readonly One[]): One => list[Math.floor(random.next() * list.length)]!;
  const bid = (await ask(engine, { ...REQUEST, id: 'clicks' })).json.seatbid[0].bid[0];
  const click = /https?:[^"']*\/t\/click[^"']*/.exec(bid.adm)![0].replaceAll('&amp;', '&');
  const { pathname, search } = new URL(click);
  const names = [
    'url',
    'u',
    'r',
    'redirect',
    'to',
    'dest',
    'bwclid',
    'landingPage',
    't',
    'p',
    'host',
    'location',
  ];
  const places = [
    '//',
    '\\\\',
    'https://',
    'javascript:',
    'data:text/html,',
    'https:\\\\',
    '/%09/',
    '@',
    '%0d%0aLocation:%20',
    '%00',
    '／／',
    'ｈttp://',
  ];
  for (let round = 0; round < 2000; round++) {
    const payload = `${of(places)}${of(places)}evil.example${of(['', '/', '@b.example', '#', '%2f', '?'])}`;
    const extra = of(['&', '?', '%26', ';', '#', '/', '&&']) + of(names) + of(['=', '[]=', '%3d']) + payload;
    const headers = of([
      {},
      { host: 'evil.example' },
      { 'x-forwarded-host': 'evil.example' },
      { referer: 'https://evil.example/' },
    ]);
    const answer = await engine.publicApp.inject({ url: pathname + search + extra, headers });
    const { location } = answer.headers;
    if (location !== undefined)
      expect([seed, extra, new URL(String(location)).origin]).toEqual([seed, extra, 'https://b.example']);
    expect([302, 400, 404]).toContain(answer.statusCode);
  }
});
