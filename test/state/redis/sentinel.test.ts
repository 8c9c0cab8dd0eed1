/** A store whose primary is found by a sentinel, and is another one after a failover. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/random.ts';
import { connectRedis } from '../../../src/state/redis/connect.ts';
import { stateContract } from '../../contract/state-contract.ts';
import { billingOf, factsOf, MINUTE, NOW } from '../../contract/state-events.ts';
import type { RedisServer } from '../../fixture/redis-server.ts';
import { noRedis, startRedis, startSentinel } from '../../fixture/redis-server.ts';
import { ledgerNode } from '../../fixture/shared-ledger.ts';

const LIFE = 'campaign/autumn/life';

describe.skipIf(noRedis)('a primary that a sentinel knows', () => {
  let primary: RedisServer;
  let replica: RedisServer;
  let sentinel: Pick<RedisServer, 'url' | 'stop'>;
  let accounts = 0;
  beforeAll(async () => {
    primary = await startRedis();
    replica = await startRedis([
      '--replicaof',
      '127.0.0.1',
      new URL(primary.url).port,
      '--repl-diskless-sync-delay',
      '0',
    ]);
    const client = new Redis(primary.url);
    while (!(await client.info('replication')).includes('state=online'))
      await new Promise((resolve) => setTimeout(resolve, 20));
    client.disconnect();
    sentinel = await startSentinel(primary, 'main');
  });
  afterAll(async () => {
    await sentinel?.stop();
    await Promise.all([primary?.stop(), replica?.stop()]);
  });

  stateContract(
    'ledger behind a sentinel',
    async () => {
      const node = await ledgerNode(sentinel.url, { account: `sentinel-${++accounts}` });
      const { journal, tables } = node.state;
      const report: typeof journal.report = async (query) => {
        await node.ledger.bucketStates([]);
        return journal.report(query);
      };
      return { journal: { ...journal, report }, ledger: node.ledger, tables, close: node.close };
    },
    undefined,
  );

  it('is found by its name, and its password is not told', async () => {
    const [host] = /127[^/]*/.exec(sentinel.url)!;
    const wrong = `redis+sentinel://bidder:secret-word@${host}/nobody`;
    const failure = await connectRedis(wrong, seededRandom(1)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'BW_STORE_UNFIT' });
    expect(String(failure)).toContain(`redis+sentinel://${host}/nobody`);
    expect(String(failure)).not.toContain('secret-word');
  });

  it('is another one after a failover, and the ledger goes on there', async () => {
    // The sentinel has heard of the replica.
    const eye = new Redis(Number(new URL(sentinel.url).port), '127.0.0.1');
    await expect
      .poll(async () => ((await eye.call('SENTINEL', 'REPLICAS', 'main')) as unknown[]).length, {
        timeout: 20_000,
      })
      .toBe(1);
    eye.disconnect();
    let nowMs = NOW;
    const one = await ledgerNode(sentinel.url, { account: 'failing', nowMs: () => nowMs });
    try {
      const mine = await one.ledger.openLease(nowMs, nowMs + 10 * MINUTE);
      const ask = async (amount: number): Promise<number | undefined> =>
        (await one.ledger.grant(mine, [{ bucket: LIFE, unit: 'micros', limit: 10_000, amount }]))[0];
      // Confirmed by the replica.
      expect(await ask(4000)).toBe(4000);
      await primary.stop();
      const facts = factsOf({ leaseId: mine });
      await one.state.journal.appendNotice(billingOf(facts, 1_000_000));
      await expect
        .poll(
          async () => {
            nowMs += 1000;
            return one.ledger.bucketStates([LIFE]).then(
              ([state]) => state,
              () => undefined,
            );
          },
          { timeout: 30_000, interval: 200 },
        )
        .toMatchObject({ spent: 1000, leased: 3000 });
    } finally {
      await one.vanish();
    }
  });
});
