/** Two whole engines on one store: caps hold across both, and a store that hangs costs capped line items only. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/compose.ts';
import { compose } from '../../../src/compose.ts';
import { manualClock } from '../../../src/core/clock.ts';
import { ask, configurationOf, fire, START_MS } from '../../fixture/engine.ts';
import type { RedisServer } from '../../fixture/redis-server.ts';
import { noRedis, startRedis } from '../../fixture/redis-server.ts';

/** Its line item `autumn-capped` may be seen twice a day, on capped.example alone; `autumn-all` has no cap. */
const BOOK = fileURLToPath(new URL('../../fixture/life-book', import.meta.url));
const CAPPED = 'capped.example';

let requests = 0;
const request = (domain: string, user = 'ann') => ({
  id: `request ${requests++}`,
  at: 1,
  tmax: 200,
  cur: ['USD'],
  imp: [
    { id: '1', banner: { format: [{ w: 300, h: 250 }] }, secure: 1, bidfloor: domain === CAPPED ? 4.5 : 0 },
  ],
  site: { domain, page: `https://${domain}/`, publisher: { id: 'p' } },
  device: { ua: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', ip: '203.0.113.9' },
  user: { buyeruid: user },
});

describe.skipIf(noRedis)('engines that share a real Redis or Valkey', () => {
  const clock = manualClock(START_MS);
  let server: RedisServer;
  let engines: [Engine, Engine];

  const engine = async (): Promise<Engine> => {
    const configuration = configurationOf(BOOK, {
      redisUrl: server.url,
      signingSecret: 'known to all engines of this test',
    });
    const made = compose(configuration, { clock, random: 7 + requests++, state: 'memory' });
    await made.ready();
    return made;
  };

  beforeEach(async () => {
    server = await startRedis();
    engines = [await engine(), await engine()];
  });
  afterEach(async () => {
    server.resume();
    for (const one of engines) await one.close();
    await server.stop();
  });

  const reasonsOf = async (one: Engine, domain: string): Promise<string[]> => {
    const explained = await one.explain('example', Buffer.from(JSON.stringify(request(domain))));
    return JSON.stringify(explained).match(/"verdict":"[a-z_]+"/g) ?? [];
  };

  it('hold a cap across both: bids in flight of one count in the other', async () => {
    const [one, other] = engines;
    expect((await ask(one, request(CAPPED))).status).toBe(200);
    expect((await ask(other, request(CAPPED))).status).toBe(200);
    for (const each of engines) {
      expect((await ask(each, request(CAPPED))).status).toBe(204);
      expect(await reasonsOf(each, CAPPED)).toContain('"verdict":"frequency_capped"');
    }
    expect((await ask(one, request(CAPPED, 'bea'))).status).toBe(200);
  });

  it('hold a cap across both: a loss told to one frees the person in the other, a billed impression does not', async () => {
    const [one, other] = engines;
    const won = (await ask(one, request(CAPPED))).json.seatbid[0].bid[0];
    const lost = (await ask(one, request(CAPPED))).json.seatbid[0].bid[0];
    expect((await ask(other, request(CAPPED))).status).toBe(204);
    await fire(other, won.burl, { AUCTION_PRICE: '4.6' });
    await fire(other, lost.lurl, { AUCTION_LOSS: '102' });
    expect((await ask(one, request(CAPPED))).status).toBe(200);
    expect((await ask(one, request(CAPPED))).status).toBe(204);
  });

  it('rest capped line items while the store hangs, and go on with all others, each time with a valid answer', async () => {
    const [one] = engines;
    expect((await ask(one, request(CAPPED))).status).toBe(200);
    server.pause();
    for (let again = 0; again < 10; again++) {
      expect((await ask(one, request(CAPPED, `person ${again}`))).status).toBe(204);
      expect((await ask(one, request('open.example', `person ${again}`))).status).toBe(200);
    }
    expect(await reasonsOf(one, CAPPED)).toContain('"verdict":"cap_unknown"');
    expect(one.faults()).toBe(0);

    server.resume();
    await expect
      .poll(async () => {
        clock.advance(1_000);
        return (await ask(one, request(CAPPED, 'cleo'))).status;
      })
      .toBe(200);
  });

  it('do not start on a store that would forget people', async () => {
    const forgetful = await startRedis(['--maxmemory-policy', 'allkeys-lru']);
    const made = compose(configurationOf(BOOK, { redisUrl: forgetful.url }), { clock, state: 'memory' });
    try {
      await expect(made.ready()).rejects.toMatchObject({ code: 'BW_STORE_UNFIT' });
    } finally {
      await made.close();
      await forgetful.stop();
    }
  });
});
