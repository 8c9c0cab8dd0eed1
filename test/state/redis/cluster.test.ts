/** A store of six nodes, three of which have the keys: the same contract, two nodes of ours on one ledger, and a primary that dies. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/compose.ts';
import { compose } from '../../../src/compose.ts';
import { manualClock } from '../../../src/core/clock.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { moneyStoreKeys } from '../../../src/state/keys.ts';
import { homeOf } from '../../../src/state/redis/cluster.ts';
import { connectRedis } from '../../../src/state/redis/connect.ts';
import { stateContract } from '../../contract/state-contract.ts';
import { billingOf, factsOf, MINUTE, NOW } from '../../contract/state-events.ts';
import { ask, configurationOf, START_MS } from '../../fixture/engine.ts';
import { metricOf } from '../../fixture/metrics.ts';
import type { RedisCluster } from '../../fixture/redis-server.ts';
import { noRedis, startCluster } from '../../fixture/redis-server.ts';
import { ledgerNode } from '../../fixture/shared-ledger.ts';

const BOOK = fileURLToPath(new URL('../../fixture/life-book', import.meta.url));
const LIFE = 'campaign/autumn/life';

describe.skipIf(noRedis)('a cluster of six real nodes', () => {
  let cluster: RedisCluster;
  let accounts = 0;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(() => cluster?.stop());

  stateContract(
    'ledger in a cluster',
    async () => {
      const node = await ledgerNode(cluster.url, { account: `cluster-${++accounts}` });
      const { journal, tables } = node.state;
      const report: typeof journal.report = async (query) => {
        await node.ledger.bucketStates([]);
        return journal.report(query);
      };
      return { journal: { ...journal, report }, ledger: node.ledger, tables, close: node.close };
    },
    undefined,
  );

  it('spreads accounts over its primaries, and asks the one that has an account', async () => {
    const client = await connectRedis(cluster.url, seededRandom(1));
    const homes = new Set<number>();
    for (let number = 0; number < 30; number++) {
      const { book } = moneyStoreKeys(`account-${number}`);
      const home = await homeOf(client, book);
      homes.add(home.options.port!);
      // Without a redirection: it is the right one.
      expect(await home.hget(book, 'epoch')).toBeNull();
    }
    expect(homes.size).toBe(3);
    client.disconnect();
  });

  it('is refused where none of its nodes is there, without its password', async () => {
    const failure = await connectRedis(
      'redis+cluster://bidder:secret-word@127.0.0.1:1',
      seededRandom(1),
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'BW_STORE_UNFIT' });
    expect(String(failure)).not.toContain('secret-word');
  });

  it('is what whole bidders share: one configuration, who is who, and what people were shown', async () => {
    const clock = manualClock(START_MS);
    const engines: Engine[] = [];
    const node = async (nodeId: string): Promise<Engine> => {
      const configuration = configurationOf(BOOK, {
        redisUrl: cluster.url,
        signingSecret: 'known to all engines of this test',
        nodeId,
      });
      const made = compose(configuration, { clock, random: nodeId, state: 'memory', share: true });
      engines.push(made);
      await made.ready();
      await made.tick();
      return made;
    };
    try {
      const [one, other] = [await node('one'), await node('other')];
      const sent = {
        id: 'r',
        at: 1,
        tmax: 1000,
        imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] }, secure: 1 }],
        site: { domain: 'news.example' },
        user: { id: 'ann', buyeruid: 'ann-here' },
      };
      expect((await ask(one, sent)).status).toBe(200);
      for (let step = 0; step < 4; step++) {
        clock.advance(500);
        for (const engine of engines) await engine.tick();
      }
      expect(await metricOf(other, 'identity_people')).toBe(1);
      expect(await metricOf(other, 'shared_version')).toBe(await metricOf(one, 'shared_version'));
      expect(await metricOf(one, 'shared_version')).toBeGreaterThan(0);
      // A hundred more, so that people lie in all slots.
      for (let number = 0; number < 100; number++)
        expect(
          (await ask(number % 2 ? one : other, { ...sent, id: `r${number}`, user: { id: `p${number}` } }))
            .status,
        ).toBe(200);
      expect(await metricOf(one, 'faults_total')).toBeUndefined();
    } finally {
      for (const engine of engines) await engine.close();
    }
  }, 30_000);

  it('loses no grant and no charge when the primary that has the ledger dies', async () => {
    const account = 'failing-over';
    let nowMs = NOW;
    const one = await ledgerNode(cluster.url, { account, nowMs: () => nowMs });
    const client = await connectRedis(cluster.url, seededRandom(1));
    try {
      const home = await homeOf(client, moneyStoreKeys(account).book);
      const mine = await one.ledger.openLease(nowMs, nowMs + 10 * MINUTE);
      const ask = async (amount: number): Promise<number | undefined> =>
        (await one.ledger.grant(mine, [{ bucket: LIFE, unit: 'micros', limit: 10_000, amount }]))[0];
      // Confirmed by the replica.
      expect(await ask(4000)).toBe(4000);
      await cluster.nodes.get(home.options.port!)!.stop();
      await one.state.journal.appendNotice(billingOf(factsOf({ leaseId: mine }), 1_000_000));
      const wait = { timeout: 30_000, interval: 200 };
      await expect
        .poll(async () => {
          nowMs += 1000;
          return one.ledger.bucketStates([LIFE]).then(
            ([state]) => state,
            () => undefined,
          );
        }, wait)
        .toMatchObject({ spent: 1000, leased: 3000 });
      // Whoever asks is led to the new one, and knows it from then on.
      await expect.poll(() => client.hget(moneyStoreKeys(account).book, 'epoch'), wait).not.toBeNull();
      const elsewhere = await homeOf(client, moneyStoreKeys(account).book);
      expect(elsewhere.options.port).not.toBe(home.options.port);
    } finally {
      client.disconnect();
      await one.vanish();
    }
  }, 60_000);
});
