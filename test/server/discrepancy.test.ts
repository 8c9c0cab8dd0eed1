/** An exchange's own counts against those of a whole engine that has lived five days. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const TOKEN = 'operator-token-1';
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 10, 16, 0, 5);
const HOURS = 6 * 24;
let engine: TestEngine;
let dataDir: string;
/** What the exchange knows: when each was shown. */
const shown: number[] = [];
const PRICE_CPM = 1.5;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'bidwright-discrepancy-'));
  await open(START_MS);
  for (let hour = 0; hour < HOURS; hour++) {
    const many = Math.round(3 + 2.5 * Math.sin((2 * Math.PI * (hour % 24)) / 24) + (hour % 48 < 24 ? 1 : 0));
    for (let each = 0; each < many; each++) {
      const answer = await ask(engine, {
        id: `r-${hour}-${each}`,
        at: 1,
        imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
        site: { domain: 'news.example' },
      });
      await fire(engine, answer.json.seatbid[0].bid[0].burl, { AUCTION_PRICE: String(PRICE_CPM) });
      shown.push(engine.clock.now());
    }
    engine.clock.advance(HOUR_MS);
    await engine.tick();
  }
});
afterAll(async () => {
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function open(startMs: number): Promise<void> {
  engine = await testEngine(BOOK, { dataDir, startMs, settings: { adminToken: TOKEN } });
}

function call(method: 'GET' | 'POST', url: string, payload?: string | object, type?: string, token = TOKEN) {
  return engine.privateApp.inject({
    method,
    url: `/api/v1/${url}`,
    headers: { authorization: `Bearer ${token}`, ...(type === undefined ? {} : { 'content-type': type }) },
    ...(payload === undefined ? {} : { payload }),
  });
}

/** The exchange's report: days that begin so many hours after UTC's. */
function report(days: readonly string[], offsetHours: number, share = 1): string {
  const rows = days.map((day) => {
    const startMs = Date.parse(`${day}T00:00Z`) + offsetHours * HOUR_MS;
    const count = shown.filter((atMs) => atMs >= startMs && atMs < startMs + 24 * HOUR_MS).length * share;
    return `${day},${Math.round(count)},${((Math.round(count) * PRICE_CPM) / 1000).toFixed(6)}`;
  });
  return `date,imps,cost\n${rows.join('\n')}\n`;
}

const DAYS = ['2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20'];
const upload = (query: string, text: string) =>
  call('POST', `discrepancy?exchange=example&mode=replace&${query}`, text, 'text/csv');

describe('GET and POST /api/v1/discrepancy', () => {
  it('find that counts agree, to the impression and the micro', async () => {
    const taken = await upload('time_zone=UTC', report(DAYS, 0));
    expect([taken.statusCode, taken.json().days]).toEqual([200, 4]);
    const { total, isOver, causes } = (await call('GET', 'discrepancy')).json().items[0];
    expect(total.ours.impressions).toBeGreaterThan(200);
    expect(total.ours).toEqual(total.theirs);
    expect([isOver, causes]).toEqual([false, []]);
    expect((await call('GET', 'alerts?kind=discrepancy')).json().items).toEqual([]);
  });

  it('name the zone when days were sent as those of another', async () => {
    const taken = await upload('time_zone=UTC&threshold=0.02', report(DAYS, 8));
    const { causes } = taken.json().comparison;
    expect(causes[0]).toMatchObject({ kind: 'time_zone', explains: 1 });
    expect(causes[0].message).toContain('America/Los_Angeles');
    expect((await upload('time_zone=America/Los_Angeles', report(DAYS, 8))).json().comparison.isOver).toBe(
      false,
    );
  });

  it('alert of notices that are missing, for as long as it lasts', async () => {
    await upload('time_zone=UTC', report(DAYS, 0, 1.3));
    const alerts = async () => (await call('GET', 'alerts?kind=discrepancy')).json().items;
    const [alert] = await alerts();
    expect(alert).toMatchObject({
      id: 'discrepancy/example',
      objectKind: 'exchange',
      objectId: 'example',
      causeKind: 'exchange',
    });
    expect(alert.message).toContain('−23.');
    expect(alert.explains).toBeGreaterThan(0.9);
    expect(alert.cause).toContain('never told here');
    // It outlives a restart, as what it is made from does.
    const nowMs = engine.clock.now();
    await engine.close();
    await open(nowMs);
    expect(await alerts()).toHaveLength(1);
    await upload('time_zone=UTC&threshold=0.5', report(DAYS, 0, 1.3));
    expect(await alerts()).toEqual([]);
  });

  it('takes JSON of another currency, and refuses one without a rate', async () => {
    const rows = [{ day: DAYS[0], impressions: 10, spend: 0.02 }];
    const body = { exchange: 'example', time_zone: 'UTC', rows };
    expect((await call('POST', 'discrepancy', { ...body, currency: 'eur' })).json().errors[0]).toMatchObject({
      path: 'currency',
      code: 'currency_without_rate',
    });
    expect((await call('POST', 'discrepancy', { ...body, exchange: 'pays-on-win' })).statusCode).toBe(200);
    const other = (await call('GET', 'discrepancy?exchange=pays-on-win')).json().items[0];
    expect(other.days[0]).toMatchObject({
      ours: { impressions: 0 },
      theirs: { impressions: 10 },
      impressionsOff: -1,
    });
  });

  it('tells every fault and takes nothing of a report that has one', async () => {
    const before = (await call('GET', 'discrepancy?exchange=example')).body;
    const bad = await upload('time_zone=Mars/Base', `${report(DAYS, 0)}11/12/2026,1,1\n`);
    expect(bad.statusCode).toBe(400);
    expect(bad.json().errors.map(({ code }: { code: string }) => code)).toEqual([
      'not_a_day',
      'unknown_zone',
    ]);
    expect((await call('POST', 'discrepancy?exchange=nobody', report(DAYS, 0), 'text/csv')).statusCode).toBe(
      400,
    );
    expect((await call('POST', 'discrepancy?exchange=example', '<x/>', 'text/xml')).statusCode).toBe(415);
    expect((await call('POST', 'discrepancy', { exchange: 'example' })).statusCode).toBe(400);
    expect((await call('GET', 'discrepancy?exchange=example')).body).toBe(before);
  });

  it('gives the days as a sheet', async () => {
    const csv = await call('GET', 'discrepancy?exchange=example&format=csv');
    expect(csv.headers['content-type']).toContain('text/csv');
    const [head, ...lines] = csv.body.trim().split('\r\n');
    expect(head).toContain('ours.impressions');
    expect(lines).toHaveLength(4);
  });
});
