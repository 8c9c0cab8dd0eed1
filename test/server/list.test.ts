/** Lists of the API a page at a time, while others make and delete what is in them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';

const TOKEN = 'operator-token-1';
const CAMPAIGNS = ['ash', 'birch', 'cedar', 'elm', 'fir', 'oak', 'yew'];
const BOOK = `
account: { id: lists, currency: USD, timeZone: UTC, signalMissing: allow }
exchanges: [{ id: example, seat: bidwright }]
advertisers: [{ id: a, domains: [a.example] }, { id: b, domains: [b.example] }]
campaigns:
${CAMPAIGNS.map((id, place) => `  - { id: ${id}, name: "${id === 'fir' ? '50% off all' : `Tree ${id}`}", advertiserId: ${place % 2 ? 'b' : 'a'}, status: ${place < 3 ? 'paused' : 'active'} }`).join('\n')}
`;

let engine: TestEngine;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bidwright-lists-'));
  writeFileSync(join(folder, 'book.yaml'), BOOK);
  engine = await testEngine(folder, { settings: { adminToken: TOKEN } });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function api(method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object, headers = {}) {
  const answer = await engine.privateApp.inject({
    method,
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    json: answer.body === '' ? undefined : answer.json(),
  };
}

const ids = ({ json }: { json: { items: { id: string }[] } }) => json.items.map(({ id }) => id);

it('goes on where it was, whatever is made and deleted between two pages', async () => {
  const first = await api('GET', '/campaigns?limit=3');
  expect(ids(first)).toEqual(['ash', 'birch', 'cedar']);
  await api('POST', '/campaigns', { id: 'alder', advertiserId: 'a' });
  await api('POST', '/campaigns', { id: 'date', advertiserId: 'a' });
  await api('DELETE', '/campaigns/cedar', undefined, { 'if-match': '*' });
  const link = /^<(\?[^>]+)>; rel="next"$/.exec(String(first.headers['link']))![1];
  const second = await api('GET', `/campaigns${link}`);
  expect(ids(second)).toEqual(['date', 'elm', 'fir']);
  expect(link).toContain(`cursor=${first.json.next}`);
  const third = await api('GET', `/campaigns?limit=3&cursor=${second.json.next}`);
  expect([ids(third), third.json.next, third.headers['link']]).toEqual([['oak', 'yew'], null, undefined]);
  for (const id of ['alder', 'date']) await api('DELETE', `/campaigns/${id}`, undefined, { 'if-match': '*' });
  await api('POST', '/campaigns', { id: 'cedar', name: 'Tree cedar', advertiserId: 'a', status: 'paused' });
});

it('is narrowed and sorted, downwards too, and every object comes once', async () => {
  expect(ids(await api('GET', '/campaigns?status=paused'))).toEqual(['ash', 'birch', 'cedar']);
  expect(ids(await api('GET', '/campaigns?advertiser=b&sort=-id'))).toEqual(['oak', 'elm', 'birch']);
  expect(ids(await api('GET', '/campaigns?text=50%25%20OFF'))).toEqual(['fir']);
  for (const sort of ['id', '-id', 'name', '-name', 'status', '-status']) {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await api('GET', `/campaigns?limit=2&sort=${sort}${cursor && `&cursor=${cursor}`}`);
      seen.push(...ids(page));
      cursor = page.json.next;
    }
    expect([...seen].sort(), sort).toEqual(CAMPAIGNS);
  }
});

it('tells who has it already that nothing is new', async () => {
  const { headers } = await api('GET', '/campaigns');
  const tag = String(headers['etag']);
  const again = await api('GET', '/campaigns', undefined, { 'if-none-match': `"other", W/${tag}` });
  expect([again.status, again.json]).toEqual([304, undefined]);
  await api('POST', '/campaigns', { id: 'zelkova', advertiserId: 'a' });
  const changed = await api('GET', '/campaigns', undefined, { 'if-none-match': tag });
  expect([changed.status, changed.headers['etag'] === tag]).toEqual([200, false]);
  const one = await api('GET', '/campaigns/oak');
  const known = { 'if-none-match': String(one.headers['etag']) };
  expect((await api('GET', '/campaigns/oak', undefined, known)).status).toBe(304);
});

it('says what it cannot be asked', async () => {
  const { json } = await api('GET', '/campaigns?limit=1&sort=name');
  for (const query of [
    'cursor=nonsense',
    'cursor=W10',
    `cursor=${json.next}`,
    'colour=red',
    'sort=colour',
    'limit=0',
  ])
    expect((await api('GET', `/campaigns?${query}`)).status, query).toBe(400);
  const { json: told } = await api('GET', '/campaigns?colour=red');
  expect(told.errors[0]).toMatchObject({ path: 'colour', code: 'unknown_parameter' });
  expect((await api('GET', '/changes?kind=campaigns')).status).toBe(400);
});

it('gives changes, audiences and alerts in pages too', async () => {
  const first = await api('GET', '/changes?limit=2');
  const link = /^<(\?[^>]+)>/.exec(String(first.headers['link']))![1];
  const second = await api('GET', `/changes${link}`);
  const numbers = [...first.json.items, ...second.json.items].map(({ number }: { number: number }) => number);
  expect(numbers).toEqual([numbers[0], numbers[0]! - 1, numbers[0]! - 2, numbers[0]! - 3]);
  for (const list of ['audiences', 'alerts']) {
    const page = await api('GET', `/${list}?limit=1`);
    expect([page.status, page.json.next]).toEqual([200, null]);
    const known = { 'if-none-match': String(page.headers['etag']) };
    expect((await api('GET', `/${list}?limit=1`, undefined, known)).status).toBe(304);
  }
});
