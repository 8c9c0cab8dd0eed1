/** Whole engines on one real store: who is who, and who withdrew, is known to all. */
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/compose.ts';
import { compose } from '../../../src/compose.ts';
import { manualClock } from '../../../src/core/clock.ts';
import { ask, configurationOf, START_MS } from '../../fixture/engine.ts';
import { metricOf } from '../../fixture/metrics.ts';
import type { RedisServer } from '../../fixture/redis-server.ts';
import { noRedis, startRedis } from '../../fixture/redis-server.ts';

const BOOK = fileURLToPath(new URL('../../fixture/life-book', import.meta.url));
const ADMIN = 'token-of-the-operator';
const IFA = '6d92078a-8246-4ba4-ae5b-0ca9a2e0c0de';

const request = (user: object) => ({
  id: 'r',
  at: 1,
  tmax: 1000,
  cur: ['USD'],
  imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] }, secure: 1 }],
  site: { domain: 'news.example', page: 'https://news.example/', publisher: { id: 'p' } },
  device: { ua: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', ip: '203.0.113.9', ifa: IFA },
  user,
});

describe.skipIf(noRedis)('people of nodes that share a real store', () => {
  const clock = manualClock(START_MS);
  let server: RedisServer;
  let engines: Engine[];

  const node = async (nodeId: string): Promise<Engine> => {
    const configuration = configurationOf(BOOK, {
      redisUrl: server.url,
      signingSecret: 'known to all engines of this test',
      adminToken: ADMIN,
      nodeId,
    });
    const made = compose(configuration, { clock, random: nodeId, state: 'memory', share: true });
    engines.push(made);
    await made.ready();
    await made.tick();
    return made;
  };
  const round = async (): Promise<void> => {
    for (let step = 0; step < 4; step++) {
      clock.advance(500);
      for (const engine of engines) await engine.tick();
    }
  };
  const erase = async (engine: Engine, id: string) =>
    (
      await engine.privateApp.inject({
        method: 'DELETE',
        url: `/api/v1/people/${encodeURIComponent(id)}`,
        headers: { authorization: `Bearer ${ADMIN}` },
      })
    ).json();

  beforeEach(async () => {
    engines = [];
    server = await startRedis();
  });
  afterEach(async () => {
    for (const engine of engines) await engine.close();
    await server.stop();
  });

  it('are joined at all where one saw their ids together, once', async () => {
    const [one, other] = [await node('one'), await node('other')];
    const ids = { id: 'ann', buyeruid: 'ann-here' };
    for (let time = 0; time < 3; time++) await ask(one, request(ids));
    await round();
    expect(await metricOf(other, 'identity_people')).toBe(1);
    expect(await metricOf(other, 'identity_ids')).toBe(await metricOf(one, 'identity_ids'));
    expect(await metricOf(other, 'links_taken')).toBe(1);
    const late = await node('late');
    await round();
    expect(await metricOf(late, 'identity_ids')).toBe(await metricOf(one, 'identity_ids'));
  });

  it('are erased at all where one is asked to, by every id that any of them knows', async () => {
    const [one, other] = [await node('one'), await node('other')];
    await ask(one, request({ id: 'ann', buyeruid: 'ann-here' }));
    await round();
    expect((await erase(one, `ifa:${IFA}`)).ids).toBeGreaterThan(1);
    await round();
    expect(await metricOf(other, 'identity_ids')).toBe(0);
    // Whoever withdrew is not met again, by whichever id, at whichever node; nor does a node that begins learn of them.
    await ask(other, request({ id: 'ann', buyeruid: 'ann-here' }));
    const late = await node('late');
    await round();
    for (const engine of [one, other, late]) expect(await metricOf(engine, 'identity_ids')).toBe(0);
  });

  it('leave no raw id, address or consent text in the store, and nothing at all once they withdrew', async () => {
    const [one, other] = [await node('one'), await node('other')];
    const raw = ['canary-user-7f3a', 'canary-buyer-91bd', IFA, '203.0.113.9', 'canary-source'];
    const person = { id: raw[0], buyeruid: raw[1] };
    await ask(one, request(person));
    const recorded = await one.privateApp.inject({
      method: 'POST',
      url: '/api/v1/consents',
      headers: { authorization: `Bearer ${ADMIN}` },
      payload: { items: [{ id: `ifa:${IFA}`, purposes: ['identity'], source: 'form 3' }] },
    });
    expect(recorded.json()).toEqual({ recorded: 1 });
    await round();
    const told = await other.privateApp.inject({
      url: `/api/v1/people/ifa:${IFA}/consent`,
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    expect(told.json().items).toMatchObject([{ purposes: ['identity'], source: 'form 3' }]);
    for (const text of raw) expect(await everythingIn(server), text).not.toContain(text);
    const before = await everythingIn(server);
    await erase(one, `ifa:${IFA}`);
    await round();
    const after = await everythingIn(server);
    const rows = (all: string): string[] => all.split('\n').filter((line) => /\bperson|people:/.test(line));
    expect(rows(before).length).toBeGreaterThan(0);
    for (const text of raw) expect(after, text).not.toContain(text);
  });

  it('are erased elsewhere once the store is back', async () => {
    const [one, other] = [await node('one'), await node('other')];
    await ask(one, request({ id: 'ann', buyeruid: 'ann-here' }));
    await round();
    server.pause();
    // The history in the store cannot be reached, so it must be asked again; what was told stays told.
    await erase(one, `ifa:${IFA}`);
    server.resume();
    await erase(one, `ifa:${IFA}`);
    for (;;) {
      await round();
      if ((await metricOf(other, 'identity_ids')) === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
});

/** Every key with its value, as far as text goes; what is packed is unpacked. */
async function everythingIn(server: RedisServer): Promise<string> {
  const client = new Redis(server.url);
  try {
    const found: string[] = [];
    for (const key of await client.keys('*')) {
      const dump = await client.dumpBuffer(key);
      const kind = await client.type(key);
      const values =
        kind === 'hash'
          ? Object.entries(await client.hgetallBuffer(key)).flatMap(([field, value]) => [
              Buffer.from(field),
              value,
            ])
          : kind === 'stream'
            ? (await client.xrangeBuffer(key, '-', '+')).flatMap(([, fields]) => fields)
            : [];
      found.push(
        key,
        dump?.toString('latin1') ?? '',
        ...values.flatMap((value) => [value.toString('latin1'), unpacked(value)]),
      );
    }
    return found.join('\n');
  } finally {
    client.disconnect();
  }
}

function unpacked(bytes: Buffer): string {
  try {
    return gunzipSync(bytes).toString('latin1');
  } catch {
    return '';
  }
}
