/** What a buyer is told of packs before they are used, through a whole engine. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, START_MS, testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/audience-book', import.meta.url));
const TOKEN = 'a-token-for-tests-0123456789';
const headers = { authorization: `Bearer ${TOKEN}` };

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine(BOOK, { settings: { adminToken: TOKEN } });
});
afterEach(() => engine.close());

async function sendList(id: string, ids: readonly string[]): Promise<void> {
  const answer = await engine.privateApp.inject({
    method: 'POST',
    url: `/api/v1/audiences/${id}/members?mode=replace`,
    headers: { ...headers, 'content-type': 'text/plain' },
    payload: ids.join('\n'),
  });
  expect(answer.statusCode).toBe(200);
  engine.clock.advance(1000);
  await engine.tick();
}

const get = async (path: string) =>
  (await engine.privateApp.inject({ url: `/api/v1/audiences${path}`, headers })).json();

let requests = 0;
async function see(
  person: { ifa?: string; buyeruid?: string; segment?: string; dnt?: number },
  exchange = 'example',
): Promise<void> {
  const { ifa, buyeruid, segment, dnt } = person;
  await ask(
    engine,
    {
      id: `request-${requests++}`,
      imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
      site: { domain: 'news.example' },
      device: { ifa, dnt },
      user: { buyeruid, data: segment === undefined ? [] : [{ id: 'dmp', segment: [{ id: segment }] }] },
    },
    exchange,
  );
}

const devices = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `device-${from + index}`);

describe('reach', () => {
  it('is whom requests showed, by exchange and kind of id, also of a list that came after them', async () => {
    for (const ifa of devices(0, 10)) await see({ ifa });
    for (const ifa of devices(5, 12)) await see({ ifa }, 'second');
    // Whoever objects is nobody's reach.
    await see({ ifa: 'device-90', dnt: 1 });
    await sendList('crm', [...devices(0, 8), 'device-90', 'device-91']);
    const reach = await get('/crm/reach');
    expect(reach).toMatchObject({
      id: 'crm',
      size: 10,
      people: 8,
      low: 8,
      high: 8,
      share: 0.8,
      sampleRate: 1,
    });
    expect(reach.sinceMs).toBe(START_MS);
    expect(reach.matches).toEqual([
      { exchangeId: 'example', idSpace: 'ifa', people: 8, low: 8, high: 8, share: 0.8 },
      { exchangeId: 'second', idSpace: 'ifa', people: 3, low: 3, high: 3, share: 0.3 },
    ]);
    engine.clock.advance(7 * 86_400_000);
    expect(await get('/crm/reach')).toMatchObject({ people: 0, share: 0, matches: [] });
  });

  it('of packs that only requests decide is people, without a share', async () => {
    await sendList('crm', devices(0, 3));
    for (const ifa of devices(0, 5)) await see({ ifa, segment: 'tea' });
    for (const ifa of devices(0, 5)) await see({ ifa, segment: 'tea' }, 'second');
    for (const ifa of devices(5, 9)) await see({ ifa, segment: 'coffee' });
    expect(await get('/readers/reach')).toMatchObject({ people: 5, low: 5, high: 5, matches: [] });
    expect(await get('/readers/reach')).not.toHaveProperty('share');
    expect(await get('/reading-customers/reach')).toMatchObject({ people: 3 });
    const all = await get('/reach');
    expect(all.items.map(({ id }: { id: string }) => id)).toEqual(
      engine.configuration.book.audiences.map(({ id }) => id),
    );
  });

  it('loses whom a deletion names', async () => {
    await see({ ifa: 'device-1' });
    await sendList('crm', devices(0, 3));
    expect(await get('/crm/reach')).toMatchObject({ people: 1 });
    const gone = await engine.privateApp.inject({
      method: 'DELETE',
      url: '/api/v1/people/ifa:device-1',
      headers,
    });
    expect(gone.statusCode).toBe(200);
    expect(await get('/crm/reach')).toMatchObject({ people: 0, size: 2 });
  });
});

describe('overlap', () => {
  it('is counted in lists of one kind of id, and told from people seen where the kinds differ', async () => {
    await sendList('crm', devices(0, 10));
    await see({ ifa: 'device-1', segment: 'tea' });
    await see({ ifa: 'device-50', segment: 'tea' });
    // One person under two ids: the request names both.
    await sendList('hashed-crm', ['b8a9f715dbb64fd5c56e7783c6820a61'.padEnd(64, '0'), '3'.repeat(64)]);
    await see({ ifa: 'device-2', buyeruid: '3'.repeat(64) });
    const { pairs, items } = await get('/overlap?ids=crm,new-customers,readers,hashed-crm');
    expect(items).toEqual([
      { id: 'crm', size: 10 },
      { id: 'new-customers', size: 10 },
      { id: 'readers' },
      { id: 'hashed-crm', size: 2 },
    ]);
    expect(pairs).toHaveLength(6);
    const between = (first: string, second: string) =>
      pairs.find((pair: { first: string; second: string }) => pair.first === first && pair.second === second);
    expect(between('crm', 'readers')).toMatchObject({ people: 1, low: 1, basis: 'seen' });
    expect(between('crm', 'hashed-crm')).toMatchObject({ people: 1, low: 1, high: 2, basis: 'seen' });
    const strangers = await get('/overlap?ids=crm,nobody');
    expect(strangers).toMatchObject({ status: 400, errors: [{ code: 'unknown_audience' }] });
  });
});
