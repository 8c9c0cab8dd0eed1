/** Every route of the API, by every role, for everybody's and for one advertiser's objects: enumerated from what the server says of itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../src/server/roles.ts';
import { ROLES, roleNeeded } from '../../src/server/roles.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';

const TOKEN = 'operator-token-1';
const BOOK = `
account: { id: roles, currency: USD, timeZone: UTC, signalMissing: allow }
exchanges: [{ id: example, seat: bidwright }]
advertisers: [{ id: a, domains: [a.example] }, { id: b, domains: [b.example] }]
campaigns: [{ id: campaign-a, advertiserId: a }, { id: campaign-b, advertiserId: b }]
lineItems:
  - { id: line-a, campaignId: campaign-a, bid: { strategy: fixed_cpm, priceCpmMicros: 4e6 }, creatives: [{ id: creative-a }] }
  - { id: line-b, campaignId: campaign-b, bid: { strategy: fixed_cpm, priceCpmMicros: 4e6 }, creatives: [{ id: creative-b }] }
creatives:
  - { id: creative-a, advertiserId: a, format: banner, sizes: [{ width: 300, height: 250 }], html: '<a href="{clickUrl}">A</a>', landingPage: 'https://a.example/' }
  - { id: creative-b, advertiserId: b, format: banner, sizes: [{ width: 300, height: 250 }], html: '<a href="{clickUrl}">B</a>', landingPage: 'https://b.example/' }
`;

let engine: TestEngine;
let folder: string;
let dataDir: string;
const open = async () => {
  engine = await testEngine(folder, { dataDir, settings: { adminToken: TOKEN } });
};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bidwright-roles-'));
  dataDir = mkdtempSync(join(tmpdir(), 'bidwright-data-'));
  writeFileSync(join(folder, 'book.yaml'), BOOK);
  await open();
});
afterAll(async () => {
  await engine.close();
  for (const each of [folder, dataDir]) rmSync(each, { recursive: true, force: true });
});

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
async function call(method: Method, url: string, token: string, payload?: object, headers = {}) {
  const answer = await engine.privateApp.inject({
    method,
    url,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.body, json: () => answer.json() };
}

async function make(role: Role, more: object = {}): Promise<{ token: string; id: string }> {
  const made = await call('POST', '/api/v1/tokens', TOKEN, { name: `a ${role}`, role, ...more });
  expect(made.status).toBe(201);
  return made.json();
}

async function routes(): Promise<(readonly [Method, string])[]> {
  const { paths } = (await call('GET', '/api/v1/openapi.json', TOKEN)).json();
  return Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase() as Method, path] as const),
  );
}

describe('every route', () => {
  it('lets in who has its role, and nobody below it', async () => {
    const all = await routes();
    expect(all.length).toBeGreaterThan(50);
    for (const role of ROLES) {
      const { token } = await make(role);
      for (const [method, path] of all) {
        const needed = roleNeeded(method, path.replace(/\{(\w+)\}/g, ':$1'));
        const isLetIn = ROLES.indexOf(role) >= ROLES.indexOf(needed);
        // Nothing is meant by these: what is let in is told that it is wrong, or is not there.
        if (isLetIn && (method !== 'GET' || path.endsWith('/events'))) continue;
        const { status } = await call(
          method,
          path.replace(/\{\w+\}/g, '1'),
          token,
          method === 'GET' ? undefined : {},
        );
        expect(status === 403, `${method} ${path} as ${role}: ${status}`).toBe(!isLetIn);
      }
    }
  });

  it('is shut to tokens that are unknown, revoked or expired', async () => {
    const { token, id } = await make('admin');
    const brief = await make('admin', { expiresMs: Date.now() + 300 });
    expect((await call('GET', '/api/v1/overview', token)).status).toBe(200);
    expect((await call('GET', '/api/v1/overview', brief.token)).status).toBe(200);
    expect((await call('DELETE', `/api/v1/tokens/${id}`, TOKEN)).status).toBe(204);
    await expect.poll(async () => (await call('GET', '/api/v1/overview', brief.token)).status).toBe(401);
    for (const [method, path] of await routes())
      expect((await call(method, path, token, method === 'GET' ? undefined : {})).status).toBe(401);
  });

  it('that is about all advertisers is shut to who has single ones', async () => {
    const { token } = await make('admin', { advertisers: ['a'] });
    for (const path of [
      '/overview',
      '/reports',
      '/budgets',
      '/changes',
      '/exchanges',
      '/tokens',
      '/audiences',
    ])
      expect((await call('GET', `/api/v1${path}`, token)).status, path).toBe(403);
  });
});

describe('a token of one advertiser', () => {
  const LISTS = { advertisers: '', campaigns: 'campaign-', 'line-items': 'line-', creatives: 'creative-' };

  it('sees that one’s objects, and is not told that there are others', async () => {
    const { token } = await make('admin', { advertisers: ['a'] });
    for (const [list, prefix] of Object.entries(LISTS)) {
      const { items } = (await call('GET', `/api/v1/${list}`, token)).json();
      expect(items.map(({ id }: { id: string }) => id)).toEqual([`${prefix}a`]);
      expect((await call('GET', `/api/v1/${list}/${prefix}a`, token)).status).toBe(200);
      for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
        const body = method === 'PATCH' ? { status: 'paused' } : undefined;
        const answer = await call(method, `/api/v1/${list}/${prefix}b`, token, body, { 'if-match': '*' });
        expect(answer.status, `${method} ${list}`).toBe(404);
      }
    }
  });

  it('changes its own, and moves nothing to another', async () => {
    const { token } = await make('trader', { advertisers: ['a'] });
    const own = await call(
      'PATCH',
      '/api/v1/line-items/line-a',
      token,
      { status: 'paused' },
      { 'if-match': '*' },
    );
    expect(own.status).toBe(200);
    const moved = await call(
      'PATCH',
      '/api/v1/line-items/line-a',
      token,
      { campaignId: 'campaign-b' },
      { 'if-match': '*' },
    );
    expect(moved.status).toBe(403);
    expect((await call('POST', '/api/v1/campaigns', token, { id: 'c', advertiserId: 'b' })).status).toBe(403);
    expect((await call('POST', '/api/v1/campaigns', token, { id: 'c', advertiserId: 'a' })).status).toBe(201);
    const [latest] = (await call('GET', '/api/v1/changes', TOKEN)).json().items;
    expect(latest).toMatchObject({ who: 'a trader', objects: [{ id: 'c' }] });
  });
});

it('tokens outlive a restart, and what is kept opens nothing', async () => {
  const { token } = await make('viewer');
  const listed = await call('GET', '/api/v1/tokens', TOKEN);
  expect(listed.body).not.toContain(token);
  await engine.close();
  await open();
  expect((await call('GET', '/api/v1/overview', token)).status).toBe(200);
});
