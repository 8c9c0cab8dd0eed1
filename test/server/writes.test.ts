/** Changes of the book by the API, on real state that a restart finds again. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, START_MS, testEngine } from '../fixture/engine.ts';

const BOOK = `
account: { id: writes, currency: USD, timeZone: UTC, signalMissing: allow }
exchanges: [{ id: example, seat: bidwright }]
advertisers: [{ id: bakery, domains: [bakery.example], categories: [IAB8] }]
campaigns: [{ id: autumn, advertiserId: bakery }]
lineItems:
  - id: line
    name: Line
    campaignId: autumn
    bid: { strategy: fixed_cpm, priceCpmMicros: 4e6 }
    pacing: asap
    creatives: [{ id: banner }]
creatives:
  - id: banner
    advertiserId: bakery
    format: banner
    sizes: [{ width: 300, height: 250 }]
    html: '<a href="{clickUrl}">Rye</a>'
    landingPage: https://bakery.example/rye
`;
const TOKEN = 'operator-token-1';
const REQUEST = { id: 'r', tmax: 1000, imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }] };
const BOOK_FILE = 'book.yaml';

let folder: string;
let dataDir: string;
let engine: TestEngine;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bidwright-book-'));
  dataDir = mkdtempSync(join(tmpdir(), 'bidwright-data-'));
  writeFileSync(join(folder, BOOK_FILE), BOOK);
  await open();
});
afterEach(async () => {
  await engine.close();
  for (const each of [folder, dataDir]) rmSync(each, { recursive: true, force: true });
});

async function open(): Promise<void> {
  engine = await testEngine(folder, { dataDir, settings: { adminToken: TOKEN } });
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
async function api(method: Method, path: string, payload?: object, headers: Record<string, string> = {}) {
  const answer = await engine.privateApp.inject({
    method,
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, headers: answer.headers, json: answer.json() };
}

const LINE = '/line-items/line';
const patch = (body: object, query = '', match = '*') =>
  api('PATCH', `${LINE}${query}`, body, { 'if-match': match });

/** As the watch of files does. */
async function reload(change: (text: string) => string): Promise<void> {
  const path = join(folder, BOOK_FILE);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  const loaded = loadConfiguration(folder, {
    environment: {},
    flags: { publicUrl: 'https://bid.example', logLevel: 'silent', dataDir, adminToken: TOKEN },
    nowMs: START_MS,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  await engine.reconfigure(loaded.configuration);
}

describe('a change by the API', () => {
  it('counts at once, and after a restart', async () => {
    expect((await ask(engine, REQUEST)).status).toBe(200);
    const changed = await patch({ status: 'paused' }, '?reason=stock%20is%20out');
    expect([changed.status, changed.json.object.status, changed.json.change]).toEqual([200, 'paused', 1]);
    expect((await ask(engine, REQUEST)).status).toBe(204);
    await engine.close();
    await open();
    expect((await ask(engine, REQUEST)).status).toBe(204);
    expect((await api('GET', LINE)).json.status).toBe('paused');
    const { items } = (await api('GET', '/changes')).json;
    expect(items).toMatchObject([
      { number: 1, source: 'api', who: 'admin', why: 'stock is out', atMs: START_MS },
    ]);
    expect(items[0].objects[0]).toMatchObject({
      kind: 'line-items',
      id: 'line',
      patch: { status: 'paused' },
    });
  });

  it('needs what its maker saw, and says when somebody was faster', async () => {
    const seen = (await api('GET', LINE)).headers['etag'] as string;
    expect((await api('PATCH', LINE, { status: 'paused' })).status).toBe(428);
    const changed = await patch({ name: 'Another name' }, '', seen);
    expect(changed.status).toBe(200);
    const stale = await patch({ status: 'paused' }, '', seen);
    expect([stale.status, stale.headers['etag']]).toEqual([412, changed.headers['etag']]);
    expect((await patch({ status: 'paused' }, '', stale.headers['etag'] as string)).status).toBe(200);
  });

  it('that does not fit changes nothing, and all that is wrong is told', async () => {
    const faulty = await patch({ bid: { priceCpmMicros: -1 }, colour: 'red' });
    expect(faulty.status).toBe(422);
    const paths = faulty.json.errors.map(({ path }: { path: string }) => path);
    expect(paths.some((path: string) => path.startsWith('bid'))).toBe(true);
    expect(paths).toContain('colour');
    const dangling = await patch({ creatives: [{ id: 'nowhere' }] });
    expect([dangling.status, dangling.json.errors[0].path]).toEqual([422, 'creatives[0].id']);
    const used = await api('DELETE', '/creatives/banner', undefined, { 'if-match': '*' });
    expect(used.status).toBe(422);
    const renamed = await patch({ id: 'other' });
    expect(renamed.json.errors[0].code).toBe('id_stays');
    expect((await api('GET', '/changes')).json.items).toEqual([]);
    expect((await ask(engine, REQUEST)).status).toBe(200);
  });

  it('can be asked about first', async () => {
    const asked = await patch(
      { bid: { strategy: 'max_cpm', maxCpmMicros: 4e6, priceCpmMicros: null } },
      '?validate_only=true',
    );
    expect(asked.status).toBe(200);
    expect(asked.json.relearning.map(({ path }: { path: string }) => path)).toEqual(['bid.strategy']);
    expect(asked.json.change).toBeUndefined();
    expect((await api('GET', LINE)).json.bid.strategy).toBe('fixed_cpm');
  });

  it('makes and deletes objects, and a resend with the same key is answered the same', async () => {
    const line = (await api('GET', LINE)).json;
    const twin = { ...line, id: 'twin', name: 'Twin' };
    const key = { 'idempotency-key': 'k-1' };
    const made = await api('POST', '/line-items', twin, key);
    expect([made.status, made.headers['location']]).toEqual([201, '/api/v1/line-items/twin']);
    const again = await api('POST', '/line-items', twin, key);
    expect([again.status, again.json]).toEqual([201, made.json]);
    expect((await api('POST', '/line-items', { ...twin, name: 'T' }, key)).status).toBe(422);
    expect((await api('POST', '/line-items', twin)).status).toBe(409);
    expect((await api('GET', '/line-items')).json.items.length).toBe(2);
    const gone = await api('DELETE', '/line-items/twin', undefined, {
      'if-match': made.headers['etag'] as string,
    });
    expect(gone.json).toMatchObject({ object: null, change: 2 });
    expect((await api('GET', '/line-items/twin')).status).toBe(404);
    expect((await api('DELETE', '/line-items/twin', undefined, { 'if-match': '*' })).status).toBe(404);
  });

  it('takes turns with others that come at the same moment', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, (_, count) => patch({ name: `Name ${count}` })));
    expect(all.map(({ json }) => json.change)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await api('GET', LINE)).json.name).toBe('Name 7');
  });
});

describe('a file that changes after a change by the API', () => {
  it('wins in what it changed alone', async () => {
    await patch({ status: 'paused', name: 'By API' });
    await reload((text) => text.replace('name: Line', 'name: By file'));
    const line = (await api('GET', LINE)).json;
    expect([line.status, line.name]).toEqual(['paused', 'By file']);
    const [latest] = (await api('GET', '/changes')).json.items;
    expect(latest).toMatchObject({ source: 'file', objects: [{ patch: { name: 'By file' } }] });
    await engine.close();
    await open();
    expect((await api('GET', LINE)).json).toMatchObject({ status: 'paused', name: 'By file' });
  });
});

describe('undoing', () => {
  it('is a change of its own that leaves later ones of other parts', async () => {
    await patch({ status: 'paused' });
    await patch({ name: 'Later' });
    const asked = await api('POST', '/changes/1/undo?validate_only=true');
    expect(asked.json.objects[0].patch).toEqual({ status: 'active' });
    const undone = await api('POST', '/changes/1/undo?reason=stock%20is%20back');
    expect([undone.status, undone.json.change]).toEqual([200, 3]);
    expect((await api('GET', LINE)).json).toMatchObject({ status: 'active', name: 'Later' });
    expect((await ask(engine, REQUEST)).status).toBe(200);
    expect((await api('GET', '/changes')).json.items[0]).toMatchObject({
      source: 'undo',
      undoes: 1,
      why: 'stock is back',
    });
  });

  it('does not take back silently what was changed again', async () => {
    await patch({ name: 'One' });
    await patch({ name: 'Two' });
    const refused = await api('POST', '/changes/1/undo');
    expect([refused.status, refused.json.errors[0].path]).toEqual([409, 'line-items line name']);
    expect((await api('POST', '/changes/9/undo')).status).toBe(404);
  });
});

describe('history', () => {
  it('comes in pages, by object, and with what a change did to delivery', async () => {
    for (const name of ['A', 'B', 'C']) await patch({ name });
    const first = (await api('GET', '/changes?limit=2')).json;
    expect([first.items.map(({ number }: { number: number }) => number), first.next]).toEqual([[3, 2], 2]);
    const second = (await api('GET', `/changes?limit=2&before=${first.next}`)).json;
    expect([second.items.length, second.next]).toEqual([1, null]);
    expect((await api('GET', '/changes?kind=creatives&id=banner')).json.items).toEqual([]);
    engine.clock.advance(5 * 3_600_000);
    const one = (await api('GET', '/changes/1')).json;
    expect(one.effect).toMatchObject([
      { kind: 'line-items', id: 'line', windowMs: 4 * 3_600_000, before: { impressions: 0 } },
    ]);
  });

  it('shows no secret', async () => {
    const keys = { encryption: 'c2VjcmV0LWVuY3J5cHRpb24ta2V5', integrity: 'c2VjcmV0LWludGVncml0eS1rZXk' };
    const answer = await api(
      'PATCH',
      '/exchanges/example',
      { priceCodec: 'google-hmac-sha1', priceKeys: keys },
      { 'if-match': '*' },
    );
    expect(answer.status).toBe(200);
    const told = JSON.stringify([answer.json, (await api('GET', '/changes/1')).json]);
    expect(told).not.toContain(keys.encryption);
  });
});
