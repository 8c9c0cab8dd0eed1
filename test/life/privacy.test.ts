/**
 * Canaries: ids, addresses and consent texts that stand nowhere else are sent through a whole life, and then looked for in
 * everything that was kept, logged or sent. This file is one thing: what is found of a person.
 */
import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRawId, personKeys } from '../../src/core/person-id.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const AUTHORIZED = { authorization: 'Bearer admin-token-0123456789' };
const HOUR = 3_600_000;
const CANARY = {
  user: 'canary-user-7f3a1c',
  buyer: 'canary-buyer-91bd02',
  ifa: '6d92078a-8246-4ba4-ae5b-0ca9a2e0c0de',
  eid: 'canary-eid-55aa10',
  ip: '203.0.113.77',
  ipv6: '2001:db8:ca9a:2e0c::77',
  consent: 'CANARYconsentTEXTthatNobodyCanRead',
  agent: 'canary-agent/1.0',
};
const IDS = [
  `user.id@example:${CANARY.user}`,
  `buyeruid:${CANARY.buyer}`,
  `ifa:${CANARY.ifa}`,
  `eid:graph.example:${CANARY.eid}`,
];

let dataDir: string;
let engine: TestEngine;
let logged: string;

async function open(startMs?: number): Promise<void> {
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      logged += String(chunk);
      done();
    },
  });
  engine = await testEngine(BOOK, {
    dataDir,
    settings: { adminToken: 'admin-token-0123456789' },
    log: pino({ level: 'trace' }, stream),
    ...(startMs === undefined ? {} : { startMs }),
  });
}

beforeEach(async () => {
  logged = '';
  dataDir = mkdtempSync(join(tmpdir(), 'bidwright-privacy-'));
  await open();
});
afterEach(async () => {
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function request(more: Record<string, unknown> = {}) {
  return {
    id: 'request-1',
    at: 1,
    tmax: 1000,
    imp: [{ id: '1', secure: 1, bidfloor: 0.5, banner: { format: [{ w: 300, h: 250 }] } }],
    site: { domain: 'news.example' },
    device: {
      ifa: CANARY.ifa,
      ip: CANARY.ip,
      ipv6: CANARY.ipv6,
      ua: CANARY.agent,
      geo: { lat: 51.50735, lon: -0.12776 },
    },
    user: {
      id: CANARY.user,
      buyeruid: CANARY.buyer,
      eids: [{ source: 'graph.example', uids: [{ id: CANARY.eid }] }],
    },
    ...more,
  };
}

/** A bid and everything that can follow it; gives all that was said to the outside. */
async function live(sent: ReturnType<typeof request>): Promise<string> {
  const answer = await engine.publicApp.inject({
    method: 'POST',
    url: '/openrtb2/example',
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(sent),
  });
  expect(answer.statusCode).toBe(200);
  const [bid] = answer.json().seatbid[0].bid;
  const addresses = [
    ...`${bid.adm} src="${bid.burl}" src="${bid.nurl ?? bid.burl}"`.matchAll(/(?:src|href)="([^"]+)"/g),
  ].map((match) => new URL(match[1]!.replaceAll('&amp;', '&').replaceAll('${AUCTION_PRICE}', '1.5')));
  let said = answer.body;
  for (const { pathname, search } of addresses) {
    const told = await engine.publicApp.inject({ url: pathname + search });
    said += told.body + JSON.stringify(told.headers);
  }
  await engine.publicApp.inject({
    method: 'POST',
    url: '/conversion',
    headers: { authorization: 'Bearer order-key-0123456789' },
    payload: JSON.stringify({ action: 'order', user_id: CANARY.user, order_id: 'order-1', value: 20 }),
  });
  await engine.tick();
  return said;
}

function pseudonyms(): string[] {
  const secret = readFileSync(join(dataDir, 'signing-secret'), 'utf8').trim();
  const keys = personKeys([createHmac('sha256', secret).update('people').digest()]);
  return IDS.map((text) => keys.keyOf(parseRawId(text)!).key);
}

/** Names of the files of the data folder that hold the text. */
function filesWith(text: string): string[] {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

function expectNowhere(texts: readonly string[], said: string): void {
  for (const text of texts) {
    expect(filesWith(text), text).toEqual([]);
    expect(logged, text).not.toContain(text);
    expect(said, text).not.toContain(text);
  }
}

const REFUSED: readonly (readonly [string, Record<string, unknown>])[] = [
  [
    'consent that cannot be read',
    { regs: { gdpr: 1 }, user: { ...request().user, consent: CANARY.consent } },
  ],
  ['a child', { regs: { coppa: 1 } }],
  ['an objection in California', { regs: { us_privacy: '1YYN' } }],
  ['limited tracking', { device: { ...request().device, lmt: 1 } }],
];

it.each(REFUSED)('keeps and tells nothing of a person without permission: %s', async (_, more) => {
  const said = await live(request(more));
  const keys = pseudonyms();
  await engine.close();
  expectNowhere([...Object.values(CANARY), ...keys], said);
});

it('keeps a pseudonym alone of a person with permission', async () => {
  const said = await live(request());
  const keys = pseudonyms();
  await engine.close();
  expectNowhere(Object.values(CANARY), said);
  for (const key of keys) expect(filesWith(key), key).not.toEqual([]);
});

async function erase(id: string) {
  const answer = await engine.privateApp.inject({
    method: 'DELETE',
    url: `/api/v1/people/${encodeURIComponent(id)}`,
    headers: AUTHORIZED,
  });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

async function identityOf(sent: unknown) {
  const body = Buffer.from(JSON.stringify(sent));
  const told = await engine.explain('example', body);
  if (!told.ok) throw new Error(told.message);
  return told.explanation.identity;
}

describe('erasure', () => {
  it('removes a person by any of their ids from all that is kept, and never knows them again', async () => {
    const said = await live(request());
    const late = /\/t\/click[^"\\]+/.exec(said)![0].replaceAll('&amp;', '&');
    await engine.publicApp.inject({
      method: 'POST',
      url: '/collect',
      headers: { authorization: 'Bearer shop-key-0123456789' },
      payload: JSON.stringify({ event: 'page_view', user_id: CANARY.buyer, id_space: 'user.id' }),
    });
    const keys = pseudonyms();
    expect(filesWith(keys[0]!)).not.toEqual([]);
    const erased = await erase(`ifa:${CANARY.ifa.toUpperCase()}`);
    expect(erased).toMatchObject({ ids: 4, profile: true, bids: 1, scrubbed: true });
    expect(erased.touches).toBeGreaterThanOrEqual(2);
    expect(await identityOf(request())).toMatchObject({
      permitted: false,
      refusal: 'withdrawn',
      known: false,
    });
    const other = request({ device: {}, user: { buyeruid: CANARY.buyer } });
    expect(await identityOf(other)).toMatchObject({ refusal: 'withdrawn' });
    await live(request());
    // A notice of a bid from before, whose address still carries the pseudonym.
    await engine.publicApp.inject({ url: late });
    expect(await erase(`buyeruid:${CANARY.buyer}`)).toMatchObject({
      ids: 0,
      touches: 0,
      bids: 0,
      profile: false,
    });
    const startMs = engine.clock.now();
    await engine.close();
    expectNowhere([...Object.values(CANARY), ...keys], '');
    await open(startMs);
    expect(await identityOf(other)).toMatchObject({ refusal: 'withdrawn' });
  });

  it('leaves everybody else, and the sums, as they were', async () => {
    await live(request());
    await live(request({ device: {}, user: { id: 'ben' } }));
    const before = await engine.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] });
    await erase(`ifa:${CANARY.ifa}`);
    expect(await engine.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: [] })).toEqual(before);
    expect(await identityOf(request({ device: {}, user: { id: 'ben' } }))).toMatchObject({ known: true });
  });

  it('refuses what is no id of a person', async () => {
    for (const id of ['ann', 'ifa:00000000-0000-0000-0000-000000000000', 'shoe:42', 'email:nobody']) {
      const answer = await engine.privateApp.inject({
        method: 'DELETE',
        url: `/api/v1/people/${encodeURIComponent(id)}`,
        headers: AUTHORIZED,
      });
      expect(answer.statusCode, id).toBe(400);
    }
  });
});

it('lets go of what is older than the table of retention says, and tells so', async () => {
  await live(request());
  const keys = pseudonyms();
  const startMs = engine.clock.now() + 401 * 24 * HOUR;
  await engine.close();
  await open(startMs);
  await engine.tick();
  const answer = await engine.privateApp.inject({ url: '/api/v1/privacy', headers: AUTHORIZED });
  expect(answer.json()).toMatchObject({
    days: { touches: 400, notices: 90, bidLog: 30, conversions: 400, ids: 180 },
    removed: { bidLog: 1, ids: 4, conversions: 1 },
    ranMs: startMs,
  });
  expect(answer.json().removed.touches).toBeGreaterThanOrEqual(2);
  expect(answer.json().removed.notices).toBeGreaterThanOrEqual(2);
  expect(keys).toHaveLength(4);
});
