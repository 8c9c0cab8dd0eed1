/** Events from a journal to a real stream and on to an endpoint that stands where ClickHouse would, and keeps what it is sent. */

import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/compose.ts';
import { compose } from '../../../src/compose.ts';
import { manualClock } from '../../../src/core/clock.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { accountStoreKey } from '../../../src/state/keys.ts';
import { connectRedis } from '../../../src/state/redis/connect.ts';
import { EventStream } from '../../../src/state/redis/stream.ts';
import { ask, configurationOf, fire, START_MS } from '../../fixture/engine.ts';
import type { RedisServer } from '../../fixture/redis-server.ts';
import { noRedis, startRedis } from '../../fixture/redis-server.ts';

const BOOK = fileURLToPath(new URL('../../fixture/life-book', import.meta.url));
const request = {
  id: 'r',
  at: 1,
  tmax: 1000,
  cur: ['USD'],
  imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] }, secure: 1 }],
  site: { domain: 'news.example', page: 'https://news.example/', publisher: { id: 'p' } },
  device: { ua: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', ip: '203.0.113.9' },
  user: { id: 'ann-whom-nobody-may-name' },
};

describe.skipIf(noRedis)('events', () => {
  const clock = manualClock(START_MS);
  let server: RedisServer;
  let eye: Redis;
  let engines: Engine[];
  let endpoint: Server;
  /** Answers in turn; 200 where none is left. */
  let answers: number[];
  const asked: { readonly call: IncomingMessage; readonly rows: { readonly event_id: string }[] }[] = [];

  const node = async (nodeId: string, dataDir?: string): Promise<Engine> => {
    const { port } = endpoint.address() as AddressInfo;
    const configuration = configurationOf(BOOK, {
      redisUrl: server.url,
      signingSecret: 'known to all engines of this test',
      nodeId,
      ...(dataDir === undefined ? {} : { dataDir }),
      eventsKept: 1000,
      clickhouseUrl: `http://writer:se%40cret@127.0.0.1:${port}/ads`,
    });
    const state = dataDir === undefined ? 'memory' : 'disk';
    const made = compose(configuration, { clock, random: nodeId, state, share: true });
    engines.push(made);
    await made.ready();
    await made.tick();
    return made;
  };
  const streamed = async (): Promise<string[]> => {
    const configuration = configurationOf(BOOK);
    const entries = await eye.xrange(accountStoreKey(configuration.book.account.id, 'events'), '-', '+');
    return entries.map(([, [, body]]) => JSON.parse(body!).event_id);
  };
  const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await isSo())) {
      clock.advance(500);
      for (const engine of engines) await engine.tick();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const rows = (): string[] => asked.flatMap((each) => each.rows.map(({ event_id }) => event_id));

  beforeEach(async () => {
    engines = [];
    answers = [];
    asked.length = 0;
    server = await startRedis();
    eye = await connectRedis(server.url, seededRandom(1));
    endpoint = createServer(async (call, reply) => {
      const body = await text(call);
      const status = answers.shift() ?? 200;
      if (status === 200) asked.push({ call, rows: body.split('\n').map((line) => JSON.parse(line)) });
      reply.writeHead(status).end(status === 200 ? '' : 'Code: 252. DB::Exception: Too many parts');
    });
    endpoint.listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
  });
  afterEach(async () => {
    server.resume();
    for (const engine of engines) await engine.close();
    eye.disconnect();
    await server.stop();
    endpoint.close();
  });

  it('come to the stream and to ClickHouse once each, without the person', async () => {
    const [one, other] = [await node('one'), await node('other')];
    const bids = [];
    for (const engine of [one, other]) {
      const bid = (await ask(engine, request)).json.seatbid[0].bid[0];
      for (let time = 0; time < 2; time++) await fire(engine, bid.burl, { AUCTION_PRICE: '3.5' });
      bids.push(bid.id);
    }
    await until(() => rows().length >= 2);
    const expected = bids.map((id) => `${id}:billing`).sort();
    expect((await streamed()).sort()).toEqual(expected);
    expect(rows().sort()).toEqual(expected);
    const [{ call, rows: first }] = asked as [(typeof asked)[0]];
    expect(first[0]).toMatchObject({
      kind: 'billing',
      charged_micros: 3500,
      first_impression: true,
      price_cpm_micros: 3_500_000,
    });
    expect(JSON.stringify(asked.map((each) => each.rows))).not.toContain('user');
    const { searchParams } = new URL(call.url!, 'http://endpoint');
    expect(searchParams.get('query')).toBe('INSERT INTO events FORMAT JSONEachRow');
    expect(searchParams.get('database')).toBe('ads');
    expect(searchParams.get('wait_for_async_insert')).toBe('1');
    expect(call.headers).toMatchObject({ 'x-clickhouse-user': 'writer', 'x-clickhouse-key': 'se@cret' });
    expect(call.url).not.toContain('se%40cret');
  });

  it('wait for a store and a ClickHouse that are away, in the journal and in the stream', async () => {
    const one = await node('one');
    const bid = (await ask(one, request)).json.seatbid[0].bid[0];
    server.pause();
    await fire(one, bid.burl, { AUCTION_PRICE: '3.5' });
    await one.tick().catch(() => undefined);
    answers = [500, 503];
    server.resume();
    await until(() => rows().length >= 1);
    expect(answers).toEqual([]);
    expect(rows()).toEqual([`${bid.id}:billing`]);
    expect(await streamed()).toEqual([`${bid.id}:billing`]);
  });

  it('are in the stream once, however often a journal sends them, and are taken over from a consumer that died', async () => {
    const stream = new EventStream(eye, 'a', 1000);
    const events = [1, 2, 3].map((seq) => ({ seq, body: `{"event_id":"${seq}"}` }));
    expect(await stream.append('one', events.slice(0, 2))).toBe(2);
    expect(await stream.append('one', events)).toBe(1);
    expect(await stream.append('one', events)).toBe(0);
    expect(await stream.append('one begun anew', events.slice(0, 1))).toBe(1);
    await stream.join('readers');
    await stream.join('readers');
    const given = await stream.next('readers', 'dead', 10, 60_000);
    expect(given).toHaveLength(4);
    expect(await stream.next('readers', 'heir', 10, 60_000)).toEqual([]);
    expect(await stream.next('readers', 'heir', 10, 0)).toEqual(given);
    await stream.done(
      'readers',
      given.map(({ id }) => id),
    );
    expect(await stream.next('readers', 'heir', 10, 0)).toEqual([]);
  });

  it('of a journal that was restored from a backup are not taken for those that it told before', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bidwright-stream-'));
    const [journal, backup] = [join(folder, 'journal'), join(folder, 'backup')];
    const live = async (): Promise<string> => {
      const one = await node('one', journal);
      const bid = (await ask(one, request)).json.seatbid[0].bid[0];
      await fire(one, bid.burl, { AUCTION_PRICE: '3.5' });
      const name = `${bid.id}:billing`;
      // It waits on the disk until the stream has it.
      for (let tick = 0; tick < 200 && !(await streamed()).includes(name); tick++) {
        clock.advance(500);
        await one.tick();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await one.close();
      engines = [];
      return name;
    };
    try {
      const first = await live();
      cpSync(journal, backup, { recursive: true });
      const second = await live();
      rmSync(journal, { recursive: true });
      cpSync(backup, journal, { recursive: true });
      const third = await live();
      expect(await streamed()).toEqual([first, second, third]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('have a column for every name that they use', async () => {
    const sql = readFileSync(new URL('../../../deploy/clickhouse/events.sql', import.meta.url), 'utf8');
    const columns = [...sql.matchAll(/^ {4}(\w+) \w/gm)].map(([, name]) => name);
    const outbox = readFileSync(new URL('../../../src/state/sqlite/outbox.ts', import.meta.url), 'utf8');
    const used = [...outbox.matchAll(/^ {4,8}([a-z]+(?:_[a-z]+)*)(?::|,$)/gm)].map(([, name]) => name!);
    const known = new Set(['notice', 'conversion', 'adjustment', 'after', 'last', 'taken', 'bucket']);
    const names = used.filter((name) => !known.has(name));
    expect(names).toContain('event_id');
    for (const name of names) expect(columns, name).toContain(name);
  });
});
