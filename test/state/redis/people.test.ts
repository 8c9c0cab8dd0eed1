import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manualClock, systemClock } from '../../../src/core/clock.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { PERSON_KEEP_MS, personStoreKey } from '../../../src/state/keys.ts';
import { connectRedis } from '../../../src/state/redis/connect.ts';
import type { RedisPeopleLimits } from '../../../src/state/redis/people.ts';
import { RedisPeople } from '../../../src/state/redis/people.ts';
import { NOW, read, rowsOf, touch } from '../../contract/people-contract.ts';
import type { RedisServer } from '../../fixture/redis-server.ts';
import { noRedis, startRedis } from '../../fixture/redis-server.ts';

const FAR = Number.MAX_SAFE_INTEGER;
const MINUTE = 60_000;

describe.skipIf(noRedis)('people in a real Redis or Valkey', () => {
  const clock = manualClock(NOW);
  let server: RedisServer;
  /** A look from outside. */
  let eye: Redis;
  const made: RedisPeople[] = [];

  const join = async (limits: Partial<RedisPeopleLimits> = {}) => {
    const client = await connectRedis(server.url, seededRandom(1));
    const people = new RedisPeople(client, clock, { readMsMax: 5_000, ...limits });
    made.push(people);
    return { people, client };
  };

  beforeEach(async () => {
    server = await startRedis();
    eye = await connectRedis(server.url, seededRandom(2));
  });
  afterEach(async () => {
    server.resume();
    for (const people of made.splice(0)) await people.close();
    eye.disconnect();
    await server.stop();
  });

  /** Writes are sent without waiting; a read behind them on the same connection comes after them. */
  const settled = (people: RedisPeople): Promise<unknown> => read(people, 'nobody');
  const ttlMs = (userKey = 'ann'): Promise<number> => eye.pttl(personStoreKey(userKey));

  it('asks once for a person whom several bids want at the same time', async () => {
    const { people } = await join();
    people.record(touch('b1'));
    await settled(people);
    const commands = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await eye.info('commandstats'))?.[1] ?? 0);
    const before = await commands();
    const histories = await Promise.all([read(people), read(people), read(people), read(people, 'bea')]);
    expect(histories.map(({ count }) => count)).toEqual([1, 1, 1, 0]);
    expect(await commands()).toBe(before + 2);
    expect(people.health()).toMatchObject({ sharedReads: 2, unknownReads: 0 });
    expect((await read(people)).count).toBe(1);
    expect(people.health().sharedReads).toBe(2);
  });

  it('lets one process see what another held and recorded', async () => {
    const [one, other] = [(await join()).people, (await join()).people];
    one.hold(touch('b1'), NOW + MINUTE);
    one.record(touch('b2'));
    await settled(one);
    expect((await read(other)).count).toBe(2);
    other.release('ann', 'b1');
    await settled(other);
    expect((await read(one)).count).toBe(1);
  });

  it('reads a person by one command, in one key of one slot', async () => {
    const { people } = await join();
    for (const bidId of ['b1', 'b2']) people.record(touch(bidId));
    people.hold(touch('b3'), NOW + 10);
    await settled(people);
    expect(await eye.keys('*')).toEqual(['{p:ann}:1']);
    await eye.config('RESETSTAT');
    await read(people, 'ann', NOW + 10);
    const stats = await eye.info('commandstats');
    expect(stats).toMatch(/cmdstat_evalsha:calls=1,/);
    expect(stats).not.toMatch(/cmdstat_eval:/);
    expect(await eye.hlen(personStoreKey('ann'))).toBe(3);
  });

  it('goes on after the store has lost its scripts', async () => {
    const { people } = await join();
    people.record(touch('b1'));
    await settled(people);
    await eye.script('FLUSH');
    people.record(touch('b2'));
    await settled(people);
    await settled(people);
    expect((await read(people)).count).toBe(2);
  });

  it('keeps a compact hash while a person has few rows', async () => {
    const { people } = await join();
    for (let index = 0; index < 100; index++)
      people.record(touch(`b${index}`, { kind: 'conversion', atMs: NOW + index }));
    await settled(people);
    expect(await eye.object('ENCODING', personStoreKey('ann'))).toBe('listpack');
  });

  it('keeps no trace of people whose bids were all lost or never heard of again', async () => {
    const { people } = await join();
    people.hold(touch('b1'), NOW + MINUTE);
    people.release('ann', 'b1');
    people.hold(touch('b2', { userKey: 'bea' }), NOW + MINUTE);
    await settled(people);
    expect(await eye.keys('*')).toEqual([personStoreKey('bea')]);
    expect(await ttlMs('bea')).toBeGreaterThan(MINUTE);
    expect(await ttlMs('bea')).toBeLessThanOrEqual(2 * MINUTE);
    await read(people, 'bea', NOW + MINUTE);
    expect(await eye.dbsize()).toBe(0);
  });

  it('keeps whom something happened to for 32 days, and anew with each bid', async () => {
    const { people } = await join();
    people.record(touch('b1'));
    await settled(people);
    expect(await ttlMs()).toBeGreaterThan(PERSON_KEEP_MS - MINUTE);
    expect(await ttlMs()).toBeLessThanOrEqual(PERSON_KEEP_MS);
    await eye.pexpire(personStoreKey('ann'), MINUTE);
    people.hold(touch('b2'), NOW + 10);
    await settled(people);
    expect(await ttlMs()).toBeGreaterThan(PERSON_KEEP_MS - MINUTE);
  });

  it('does not shorten a life by a shorter hold', async () => {
    const { people } = await join();
    people.hold(touch('b1'), NOW + 10 * MINUTE);
    people.hold(touch('b2'), NOW + 10);
    await settled(people);
    expect(await ttlMs()).toBeGreaterThan(10 * MINUTE);
  });

  it('keeps 512 rows and says since when', async () => {
    const { people } = await join();
    for (let index = 0; index < 600; index++) people.record(touch(`b${index}`, { atMs: NOW + index }));
    const history = await read(people);
    expect(history.count).toBe(512);
    expect(history.completeSinceMs).toBe(NOW + 88);
    expect(await eye.hlen(personStoreKey('ann'))).toBe(513);
  });

  it('asks nothing once the deadline has come', async () => {
    const { people } = await join();
    expect(await people.read('ann', NOW, clock.monotonic())).toBeUndefined();
    expect(people.health()).toMatchObject({ unknownReads: 1, isAway: false });
  });

  it('never throws on what is not a person, and gives such a write up', async () => {
    const { people } = await join();
    await eye.set(personStoreKey('ann'), 'something else');
    people.record(touch('b1'));
    expect(await people.read('ann', NOW, FAR)).toBeUndefined();
    await settled(people);
    expect(people.health()).toMatchObject({ droppedWrites: 1, waitingWrites: 0, isAway: false });
  });

  it('leaves most of the time to line items without caps when the store hangs', async () => {
    const client = await connectRedis(server.url, seededRandom(1));
    const people = new RedisPeople(client, systemClock);
    made.push(people);
    await settled(people);
    server.pause();
    const deadlineMs = systemClock.monotonic() + 5_000;
    expect(await people.read('ann', NOW, deadlineMs)).toBeUndefined();
    expect(systemClock.monotonic()).toBeLessThan(deadlineMs);
  });

  it('gives up soon on a store that hangs, tries it now and then, and comes back', async () => {
    const { people } = await join({ readMsMax: 20, failuresMax: 3, pauseMs: 1_000 });
    await settled(people);
    server.pause();
    for (let failure = 0; failure < 3; failure++) {
      expect(people.health().isAway).toBe(false);
      expect(await people.read('ann', NOW, FAR)).toBeUndefined();
    }
    expect(people.health().isAway).toBe(true);
    people.record(touch('b1'));
    people.record(touch('b2'));
    expect(people.health()).toMatchObject({ waitingWrites: 2 });

    clock.advance(1_000);
    expect(await people.read('ann', NOW, FAR)).toBeUndefined();
    expect(people.health()).toMatchObject({ isAway: true, unknownReads: 4 });

    server.resume();
    await expect
      .poll(async () => {
        clock.advance(1_000);
        return people.read('nobody', NOW, FAR);
      })
      .toBeDefined();
    expect(people.health().isAway).toBe(false);
    await expect.poll(async () => (await people.read('ann', NOW, FAR))?.count).toBe(2);
    expect(people.health()).toMatchObject({ waitingWrites: 0, droppedWrites: 0 });
  });

  it('counts once what was done without an answer and is sent again', async () => {
    const { people, client } = await join();
    await settled(people);
    server.pause();
    people.record(touch('b1'));
    people.hold(touch('b2'), NOW + MINUTE);
    // The commands are on their way; the connection breaks before the answer.
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.disconnect(true);
    await expect.poll(() => people.health().waitingWrites).toBe(2);
    server.resume();
    await expect.poll(() => people.health().waitingWrites).toBe(0);
    expect(rowsOf(await read(people))).toEqual([`impression ${NOW}`, `impression ${NOW}`]);
    expect(people.health()).toMatchObject({ failedWrites: 2, droppedWrites: 0 });
  });

  it('bounds what waits, and counts what is dropped', async () => {
    const { people } = await join({ writesInFlightMax: 1, writesWaitingMax: 4 });
    await settled(people);
    server.pause();
    for (let index = 0; index < 10; index++) people.record(touch(`b${index}`));
    expect(people.health()).toMatchObject({ waitingWrites: 4, droppedWrites: 5 });
    server.resume();
    await expect.poll(() => people.health().waitingWrites).toBe(0);
    await expect.poll(async () => (await read(people)).count).toBe(5);
  });

  it('sends what waits before it closes', async () => {
    const { people } = await join({ writesInFlightMax: 1 });
    for (let index = 0; index < 50; index++) people.record(touch(`b${index}`));
    await people.close();
    expect(people.health()).toMatchObject({ waitingWrites: 0, droppedWrites: 0 });
    expect(await eye.hlen(personStoreKey('ann'))).toBe(51);
  });
});
