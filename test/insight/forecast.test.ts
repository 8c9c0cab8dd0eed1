/** Sampled requests of a living engine, put to configurations that are not in use. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { withoutPerson } from '../../src/learning/request-samples.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const LIFE_BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const TOKEN = 'a-token-for-tests-0123456789';
const HOUR_MS = 3_600_000;
const HOURS = 6;
const AN_HOUR = 120;

/** Six hours of requests, one in four with a floor above the price; half of the bids win. */
async function lived(): Promise<{ engine: TestEngine; bids: number }> {
  const engine = await testEngine(LIFE_BOOK, { settings: { adminToken: TOKEN } });
  const random = seededRandom(21);
  let bids = 0;
  for (let number = 0; number < HOURS * AN_HOUR; number++) {
    const { status, json } = await ask(engine, {
      id: `lived-${number}`,
      at: 1,
      imp: [
        { id: '1', bidfloor: random.next() < 0.25 ? 4.5 : 0.5, banner: { format: [{ w: 300, h: 250 }] } },
      ],
      site: { domain: random.next() < 0.3 ? 'capped.example' : 'news.example' },
      user: { id: `person-${number}` },
      device: { ip: '93.184.215.14', ifa: 'AAAABBBB-0000-4000-8000-CCCCDDDDEEEE' },
    });
    if (status === 200) {
      bids++;
      if (random.next() < 0.5) await fire(engine, json.seatbid[0].bid[0].burl, { AUCTION_PRICE: '0.4' });
    }
    engine.clock.set(engine.clock.now() + HOUR_MS / AN_HOUR);
    if (number % 20 === 0) await engine.tick();
  }
  await engine.tick();
  return { engine, bids };
}

const { engine, bids } = await lived();

async function post(path: string, payload: object) {
  const answer = await engine.privateApp.inject({
    method: 'POST',
    url: `/api/v1/${path}`,
    headers: { authorization: `Bearer ${TOKEN}` },
    payload,
  });
  return { status: answer.statusCode, json: answer.json() };
}

describe('a forecast, seed 21', () => {
  it('says what a line item does, near to what it did', async () => {
    const { status, json } = await post('forecast', { lineItemId: 'autumn-all' });
    const { json: capped } = await post('forecast', { lineItemId: 'autumn-capped' });
    expect(status).toBe(200);
    expect(json.sampled.requests).toBeGreaterThan(150);
    expect(json.sampled.requests).toBeLessThan(HOURS * AN_HOUR);
    const actual = (bids * 24) / HOURS;
    const [one, other] = [json.changed.bids, capped.changed.bids];
    expect(one.low + other.low).toBeLessThan(actual);
    expect(one.high + other.high).toBeGreaterThan(actual);
    expect(Math.abs((one.mean + other.mean) / actual - 1)).toBeLessThan(0.15);
    expect(json.now).toEqual(json.changed);
  });

  it('says what an edit would change, and keeps within the budget', async () => {
    const changes = { bid: { priceCpmMicros: 6e6 } };
    const { json } = await post('forecast', { lineItemId: 'autumn-all', changes });
    expect(json.changed.bids.mean).toBeGreaterThan(1.2 * json.now.bids.mean);
    expect(json.changed.spendMicros.mean).toBeLessThanOrEqual(1e6 + 1);
    const { json: narrow } = await post('forecast', {
      lineItemId: 'autumn-all',
      changes: { targeting: { site: { include: ['nowhere.example'] } } },
    });
    expect(narrow.changed.bids.mean).toBe(0);
  });
});

describe('what if', () => {
  it('says the same again and again, and that nothing changes where nothing does', async () => {
    const first = await post('what-if', {});
    expect(first.status).toBe(200);
    expect(first.json.lines.map(({ isChanged }: { isChanged: boolean }) => isChanged)).toEqual([
      false,
      false,
    ]);
    const changes = { lineItems: { 'autumn-capped': { status: 'paused' } } };
    const [one, two] = [await post('what-if', changes), await post('what-if', changes)];
    expect(two.json).toEqual(one.json);
    const of = (id: string) => one.json.lines.find((line: { lineItemId: string }) => line.lineItemId === id);
    expect(of('autumn-capped').after.bids.mean).toBe(0);
    // What one leaves, the other takes.
    expect(of('autumn-all').after.bids.mean).toBeGreaterThan(of('autumn-all').before.bids.mean);
  });

  it('changes nothing of what is in use, and refuses what does not fit', async () => {
    expect(engine.configuration.book.lineItems.every(({ status }) => status === 'active')).toBe(true);
    expect((await post('what-if', { lineItems: { nobody: {} } })).status).toBe(422);
    const wrong = await post('what-if', { lineItems: { 'autumn-all': { bid: { priceCpmMicros: -4 } } } });
    expect([wrong.status, wrong.json.errors[0].path]).toEqual([
      422,
      'lineItems.autumn-all.bid.priceCpmMicros',
    ]);
  });
});

describe('a sampled request', () => {
  it('names nobody', () => {
    const raw = {
      id: 'x',
      imp: [{ id: '1' }],
      user: { id: 'u', ext: { consent: 'CO' } },
      regs: { gdpr: 1 },
      device: {
        ua: 'A browser',
        os: 'iOS',
        ip: '1.2.3.4',
        ifa: 'F',
        geo: { country: 'DEU', lat: 52.5, lon: 13.4 },
      },
      site: { domain: 'news.example', page: 'https://news.example/?mail=ann@example.com' },
    };
    expect(withoutPerson(raw)).toEqual({
      id: 'x',
      imp: [{ id: '1' }],
      device: { os: 'iOS', geo: { country: 'DEU' } },
      site: { domain: 'news.example' },
    });
  });
});
