/** Whole engines on one real store: a change told to one is in force at all, in one order; so is the emergency stop. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/compose.ts';
import { compose } from '../../../src/compose.ts';
import type { Configuration } from '../../../src/config.ts';
import { packBook, unpackBook } from '../../../src/config-shared.ts';
import { manualClock } from '../../../src/core/clock.ts';
import { ask, configurationOf, fire, START_MS } from '../../fixture/engine.ts';
import { metricOf } from '../../fixture/metrics.ts';
import type { RedisServer } from '../../fixture/redis-server.ts';
import { noRedis, startRedis } from '../../fixture/redis-server.ts';

const BOOK = fileURLToPath(new URL('../../fixture/life-book', import.meta.url));
const ADMIN = 'token-of-the-operator';

const request = {
  id: 'r',
  at: 1,
  tmax: 1000,
  cur: ['USD'],
  imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] }, secure: 1 }],
  site: { domain: 'news.example', page: 'https://news.example/', publisher: { id: 'p' } },
  device: { ua: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', ip: '203.0.113.9' },
};

/** The same book at another price, as an edit of its files would give. */
function at(configuration: Configuration, priceCpmMicros: number): Configuration {
  const lineItems = configuration.book.lineItems.map((line) => ({
    ...line,
    bid: { strategy: 'fixed_cpm' as const, priceCpmMicros },
  }));
  return { ...configuration, book: { ...configuration.book, lineItems }, hash: `files at ${priceCpmMicros}` };
}

describe('a packed book', () => {
  const own = configurationOf(BOOK);
  it('says the same after its way', () => {
    const read = unpackBook(packBook(at(own, 2_500_000)), own);
    expect(read.ok && read.configuration.book).toEqual(at(own, 2_500_000).book);
    expect(read.ok && read.configuration.exchanges).toEqual(own.exchanges);
  });

  it('is refused where it is damaged, or says what no file may say', () => {
    const { body } = packBook(own);
    for (let cut = 0; cut < body.length; cut += 97)
      expect(unpackBook({ body: body.subarray(0, cut) }, own).ok).toBe(false);
    const negative = unpackBook(packBook(at(own, -1)), own);
    expect(negative).toMatchObject({ ok: false, fault: expect.stringContaining('priceCpmMicros') });
  });
});

describe.skipIf(noRedis)('nodes on a real Redis or Valkey', () => {
  const clock = manualClock(START_MS);
  let server: RedisServer;
  let own: Configuration;
  let engines: Engine[];

  const node = async (nodeId: string, configuration = own): Promise<Engine> => {
    const settings = { ...configuration.settings, nodeId, adminToken: ADMIN };
    const made = compose(
      { ...configuration, settings },
      { clock, random: nodeId, state: 'memory', share: true },
    );
    engines.push(made);
    await made.ready();
    await made.tick();
    return made;
  };
  /** As much time as a change may take to reach everybody. */
  const twoSeconds = async (): Promise<void> => {
    for (let step = 0; step < 4; step++) {
      clock.advance(500);
      for (const engine of engines) await engine.tick();
    }
  };
  const priceAt = async (engine: Engine): Promise<number | undefined> =>
    (await ask(engine, request)).json?.seatbid?.[0]?.bid?.[0]?.price;
  const api = async (engine: Engine, method: 'GET' | 'PUT', path: string, payload?: object) => {
    const headers = { authorization: `Bearer ${ADMIN}` };
    const answer = await engine.privateApp.inject({
      method,
      url: `/api/v1${path}`,
      headers,
      ...(payload && { payload }),
    });
    return answer.json();
  };

  beforeEach(async () => {
    engines = [];
    server = await startRedis();
    own = configurationOf(BOOK, { redisUrl: server.url, signingSecret: 'known to all engines of this test' });
    own = at(own, 1_000_000);
  });
  afterEach(async () => {
    server.resume();
    for (const engine of engines) await engine.close();
    await server.stop();
  });

  it('take a change that is told to one of them, and report the version', async () => {
    const [one, other] = [await node('one'), await node('other')];
    expect(await priceAt(other)).toBe(1);
    await one.reconfigure(at(own, 2_000_000));
    expect(await priceAt(one)).toBe(2);
    await twoSeconds();
    expect(await priceAt(other)).toBe(2);
    const { nodes } = await api(other, 'GET', '/nodes');
    expect(nodes).toMatchObject([
      { id: 'one', version: 2, host: expect.any(String) },
      { id: 'other', version: 2, lastSeenMs: clock.now() },
    ]);
  });

  it('say in a report whose journals are in it, also while the store is away', async () => {
    const [one] = [await node('one'), await node('other')];
    const covers = async () => (await api(one, 'GET', '/reports')).coverage;
    expect(await covers()).toEqual({ node: 'one', others: ['other'] });
    server.pause();
    expect(await covers()).toEqual({ node: 'one', others: ['other'] });
  });

  it('say that the store is away where budgets are asked for', async () => {
    const one = await node('one');
    expect((await api(one, 'GET', '/budgets')).overspendBound.micros).toBeGreaterThanOrEqual(0);
    server.pause();
    const answer = await api(one, 'GET', '/budgets');
    expect(answer).toMatchObject({ status: 503, title: expect.stringContaining('does not answer') });
  });

  it('take it without a tick, by the message on the channel', async () => {
    const [one, other] = [await node('one'), await node('other')];
    await one.reconfigure(at(own, 2_000_000));
    while ((await priceAt(other)) !== 2) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('end with the same book where two are told different things at once', async () => {
    const [one, other] = [await node('one'), await node('other')];
    await Promise.all([one.reconfigure(at(own, 2_000_000)), other.reconfigure(at(own, 3_000_000))]);
    await twoSeconds();
    const price = await priceAt(one);
    expect([2, 3]).toContain(price);
    expect(await priceAt(other)).toBe(price);
    expect((await api(one, 'GET', '/nodes')).nodes.map((each: { version: number }) => each.version)).toEqual([
      3, 3,
    ]);
  });

  it('make one version of the same files, also where one reads them after a later change', async () => {
    const [one, other] = [await node('one'), await node('other')];
    await one.reconfigure(at(own, 2_000_000));
    await other.reconfigure(at(own, 2_000_000));
    expect((await api(one, 'GET', '/nodes')).nodes[0].version).toBeLessThanOrEqual(2);
    await twoSeconds();
    expect((await api(one, 'GET', '/nodes')).nodes[0].version).toBe(2);
  });

  it('keep a change by the API when another node reads the same files late', async () => {
    const [one, other] = [await node('one'), await node('other')];
    await one.reconfigure(at(own, 2_000_000));
    await one.reconfigure({ ...at(own, 4_000_000), hash: at(own, 2_000_000).hash });
    await other.reconfigure(at(own, 2_000_000));
    await twoSeconds();
    expect([await priceAt(one), await priceAt(other)]).toEqual([4, 4]);
  });

  it('start with what was agreed on, whatever their own files say', async () => {
    const one = await node('one');
    await one.reconfigure(at(own, 2_000_000));
    const late = await node('late', at(own, 9_000_000));
    expect(await priceAt(late)).toBe(2);
  });

  it('stop all when one is stopped, and a node that starts later with them', async () => {
    const [one, other] = [await node('one'), await node('other')];
    await api(one, 'PUT', '/bidding', { stopped: true });
    expect(await priceAt(one)).toBeUndefined();
    await twoSeconds();
    expect(await priceAt(other)).toBeUndefined();
    expect(await api(other, 'GET', '/bidding')).toEqual({ stopped: true });
    const late = await node('late');
    expect(await priceAt(late)).toBeUndefined();
    await api(late, 'PUT', '/bidding', { stopped: false });
    await twoSeconds();
    expect(await priceAt(one)).toBe(1);
  });

  it('stop here at once while the store hangs, and everywhere once it is back', async () => {
    const [one, other] = [await node('one'), await node('other')];
    server.pause();
    const stopping = api(one, 'PUT', '/bidding', { stopped: true });
    while ((await priceAt(one)) !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    await stopping;
    server.resume();
    while ((await priceAt(other)) !== undefined) {
      clock.advance(500);
      for (const engine of engines) await engine.tick();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('study what another is told', async () => {
    const [one, other] = [await node('one'), await node('other')];
    const { burl } = (await ask(one, request)).json.seatbid[0].bid[0];
    await fire(one, burl, { AUCTION_PRICE: '0.9' });
    await twoSeconds();
    expect(await metricOf(other, 'lesson_batches_studied')).toBe(1);
    expect(await metricOf(one, 'lesson_batches_studied')).toBe(0);
  });

  it('go on counting versions after the store was emptied', async () => {
    const [one, other] = [await node('one'), await node('other')];
    await one.reconfigure(at(own, 2_000_000));
    await twoSeconds();
    await server.flush();
    await twoSeconds();
    await other.reconfigure(at(own, 3_000_000));
    await twoSeconds();
    expect([await priceAt(one), await priceAt(other)]).toEqual([3, 3]);
    const late = await node('late', at(own, 9_000_000));
    // A ledger that was emptied grants nothing until no bid of before can be won any more.
    expect(await priceAt(late)).toBeUndefined();
    while ((await priceAt(late)) === undefined) {
      clock.advance(300_000);
      for (const engine of engines) await engine.tick();
    }
    expect(await priceAt(late)).toBe(3);
  });
});
