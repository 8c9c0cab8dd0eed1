/** The shared ledger on a real store; one thing: what nodes may rely on, from grant to close. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import type { BidFacts } from '../../../src/core/event.ts';
import { cpmMicros } from '../../../src/core/units.ts';
import type { MoneyScript } from '../../../src/state/redis/money-acts.ts';
import { moneyScript } from '../../../src/state/redis/money-acts.ts';
import { openSqliteState } from '../../../src/state/sqlite/open.ts';
import { billingOf, factsOf, MINUTE, NOW } from '../../contract/state-events.ts';
import type { RedisServer } from '../../fixture/redis-server.ts';
import { noRedis, startRedis } from '../../fixture/redis-server.ts';
import type { LedgerNode, LedgerNodeOptions, Mutant } from '../../fixture/shared-ledger.ts';
import { ledgerNode } from '../../fixture/shared-ledger.ts';
import type { TcpProxy } from '../../fixture/tcp-proxy.ts';
import { startProxy } from '../../fixture/tcp-proxy.ts';

const LIFE = 'campaign/autumn/life';
const HOLD_MS = 10 * MINUTE;
const LOST_MS = 15 * MINUTE;

describe.skipIf(noRedis)('a ledger that nodes share', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  let account = '';
  let accounts = 0;
  let serial = 0;
  let nowMs = NOW;
  const open: LedgerNode[] = [];
  const scratch = mkdtempSync(join(tmpdir(), 'bidwright-ledger-'));

  beforeAll(async () => {
    server = await startRedis();
    proxy = await startProxy(server.url);
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });
  beforeEach(() => {
    account = `account-${++accounts}`;
    nowMs = NOW;
  });
  afterEach(async () => {
    proxy.cut('none');
    await Promise.all(open.splice(0).map((node) => node.vanish().catch(() => undefined)));
  });

  const node = async (options: LedgerNodeOptions = {}): Promise<LedgerNode> => {
    const made = await ledgerNode(proxy.url, { account, nowMs: () => nowMs, ...options });
    open.push(made);
    return made;
  };
  const lease = ({ ledger }: LedgerNode): Promise<number> => ledger.openLease(nowMs, nowMs + HOLD_MS);
  const ask = async ({ ledger }: LedgerNode, leaseId: number, amount: number, limit = 10_000) =>
    (await ledger.grant(leaseId, [{ bucket: LIFE, unit: 'micros', limit, amount }]))[0]!;
  const bid = (leaseId: number): BidFacts =>
    factsOf({
      bidId: `bid-${++serial}`,
      leaseId,
      bidAtMs: nowMs,
      bidCpmMicros: cpmMicros(9_000_000_000_000_000),
    });
  const tell = ({ state }: LedgerNode, facts: BidFacts, cpm: number) =>
    state.journal.appendNotice(billingOf(facts, cpm));
  const booked = async ({ ledger }: LedgerNode) => {
    const [{ spent, leased, late } = { spent: -1, leased: -1, late: -1 }] = await ledger.bucketStates([LIFE]);
    return { spent, leased, late };
  };
  /** Time goes on, with a sign of life of each every half minute. */
  const pass = async (ms: number, ...living: readonly (readonly [LedgerNode, number])[]) => {
    for (const endMs = nowMs + ms; nowMs < endMs; ) {
      nowMs = Math.min(endMs, nowMs + 30_000);
      for (const [{ ledger }, leaseId] of living) await ledger.attend(leaseId, nowMs);
    }
  };

  /** Until the client has another connection and the circuit lets somebody try. */
  const comesBack = ({ ledger }: LedgerNode) =>
    expect
      .poll(
        () => {
          nowMs += 1000;
          return ledger.bucketStates([]).then(
            () => true,
            () => false,
          );
        },
        { timeout: 10_000 },
      )
      .toBe(true);

  const grantsToTwo = async (mutant?: Mutant) => {
    const [one, other] = [await node(mutant && { mutant }), await node()];
    const [mine, theirs] = [await lease(one), await lease(other)];
    return [await ask(other, theirs, 6000), await ask(one, mine, 6000), await ask(other, theirs, 1)];
  };
  it('never grants to all nodes together more than the limit', async () => {
    expect(await grantsToTwo()).toEqual([6000, 4000, 0]);
  });
  it('would grant too much if leased money were free', async () => {
    expect(await grantsToTwo('leased money is free')).toEqual([6000, 6000, 0]);
  });

  const toldByBoth = async (mutant?: Mutant) => {
    const [one, other] = [await node(), await node(mutant && { mutant })];
    const [mine] = [await lease(one), await lease(other)];
    await ask(one, mine, 5000);
    const facts = bid(mine);
    await tell(one, facts, 2_000_000);
    await booked(one);
    await tell(other, facts, 2_000_000);
    return booked(other);
  };
  it('counts a charge once, whichever nodes are told of it', async () => {
    expect(await toldByBoth()).toEqual({ spent: 2000, leased: 3000, late: 0 });
  });
  it('would count it twice if bids were not remembered', async () => {
    expect(await toldByBoth('bids are not remembered')).toMatchObject({ spent: 4000 });
  });

  it('tells the owner of a lease what other nodes charged to it, and no more once it is told itself', async () => {
    const [one, other] = [await node(), await node()];
    const [mine] = [await lease(one), await lease(other)];
    await ask(one, mine, 5000);
    const facts = bid(mine);
    await tell(other, facts, 2_000_500);
    await other.ledger.attend(0, nowMs);
    const elsewhere = async () => (await one.ledger.attend(mine, nowMs)).elsewhere;
    expect(await elsewhere()).toEqual([{ bucket: LIFE, unit: 'micros', amount: 2001 }]);
    await tell(one, facts, 2_000_500);
    expect(await elsewhere()).toEqual([{ bucket: LIFE, unit: 'micros', amount: 0 }]);
  });

  const loseAnswerTo = async (script: MoneyScript, mutant?: Mutant) => {
    let awaited = false;
    const one = await node({
      ...(mutant && { mutant }),
      beforeScript: (text) => {
        if (awaited && text === moneyScript(script)) {
          awaited = false;
          proxy.loseNextAnswer();
        }
      },
    });
    let current = await lease(one);
    await ask(one, current, 4000);
    await tell(one, bid(current), 1_000_000);
    if (script !== 'settle') await booked(one);
    awaited = true;
    const act = async (): Promise<unknown> => {
      if (script === 'open') {
        current = await lease(one);
        return;
      }
      if (script === 'grant') return ask(one, current, 1000);
      if (script === 'settle') return booked(one);
      if (script === 'give-back') return one.ledger.giveBack(current, LIFE, 'micros', 500);
      return one.ledger.attend(current, nowMs);
    };
    const lost = proxy.answersLost();
    await expect(act()).rejects.toThrow('the shared ledger');
    expect(proxy.answersLost()).toBe(lost + 1);
    // The client makes a new connection by itself.
    await comesBack(one);
    const claimed = script === 'grant' ? await ask(one, current, 7) : 0;
    return { claimed, ...(await booked(one)) };
  };
  const AFTERWARDS = [
    ['open', { claimed: 0, spent: 1000, leased: 3000, late: 0 }],
    ['grant', { claimed: 1000, spent: 1000, leased: 4000, late: 0 }],
    ['settle', { claimed: 0, spent: 1000, leased: 3000, late: 0 }],
    ['give-back', { claimed: 0, spent: 1000, leased: 500, late: 0 }],
    ['attend', { claimed: 0, spent: 1000, leased: 3000, late: 0 }],
  ] as const;
  it.each(AFTERWARDS)(
    'counts an act once when the answer to %s is lost, and gives what it gave',
    async (script, after) => {
      expect(await loseAnswerTo(script)).toEqual(after);
    },
  );
  it('would grant again if answers were not remembered', async () => {
    expect(await loseAnswerTo('grant', 'answers are not remembered')).not.toEqual(AFTERWARDS[1][1]);
  });

  const diesWithNews = async (mutant?: Mutant) => {
    const directory = join(scratch, account);
    const one = await node({ directory });
    const mine = await lease(one);
    await ask(one, mine, 6000);
    const facts = bid(mine);
    // Acknowledged, and the process dies before the ledger hears of it.
    await tell(one, facts, 2_000_000);
    await one.vanish();
    const other = await node(mutant && { mutant });
    const theirs = await lease(other);
    await pass(MINUTE + HOLD_MS + MINUTE, [other, theirs]);
    return { directory, other, theirs, facts };
  };
  it('keeps a dead node’s lease until its journal is told, however long ago its bids were', async () => {
    const { directory, other, theirs } = await diesWithNews();
    expect(await booked(other)).toEqual({ spent: 0, leased: 6000, late: 0 });
    expect((await other.ledger.attend(theirs, nowMs)).settledThroughMs).toBeLessThan(NOW + MINUTE);
    const back = await node({ directory });
    const again = await lease(back);
    await pass(MINUTE, [back, again], [other, theirs]);
    expect(await booked(other)).toEqual({ spent: 2000, leased: 0, late: 0 });
    expect((await other.ledger.attend(theirs, nowMs)).settledThroughMs).toBeGreaterThan(nowMs - MINUTE);
  });
  it('would hand its money out again, behind its journal, if leases closed by the clock alone', async () => {
    const { other } = await diesWithNews('leases close by the clock alone');
    expect((await booked(other)).leased).toBe(0);
  });
  it('gives a node up that stays away, and calls late what its journal still held', async () => {
    const { directory, other, theirs } = await diesWithNews();
    await pass(LOST_MS, [other, theirs]);
    expect(await booked(other)).toEqual({ spent: 0, leased: 0, late: 0 });
    const back = await node({ directory });
    await lease(back);
    expect(await booked(other)).toEqual({ spent: 2000, leased: 0, late: 2000 });
  });

  it('lets a node that leaves in order keep nobody waiting', async () => {
    const [one, other] = [await node(), await node()];
    const [mine, theirs] = [await lease(one), await lease(other)];
    await ask(one, mine, 6000);
    await tell(one, bid(mine), 1_000_000);
    await one.ledger.giveBack(mine, LIFE, 'micros', 500);
    open.splice(open.indexOf(one), 1);
    await one.close();
    expect(await booked(other)).toEqual({ spent: 1000, leased: 500, late: 0 });
    await pass(HOLD_MS, [other, theirs]);
    expect(await booked(other)).toEqual({ spent: 1000, leased: 0, late: 0 });
  });

  it('keeps a lease that is bid from, and gives another to a node whose lease was closed while it was cut off', async () => {
    const [one, other] = [await node(), await node()];
    const [mine, theirs] = [await lease(one), await lease(other)];
    await ask(one, mine, 6000);
    await pass(HOLD_MS, [one, mine], [other, theirs]);
    expect((await booked(other)).leased).toBe(6000);
    await pass(LOST_MS + MINUTE, [other, theirs]);
    expect((await booked(other)).leased).toBe(0);
    expect((await one.ledger.attend(mine, nowMs)).isClosed).toBe(true);
    expect(await ask(one, mine, 10)).toBe(0);
    expect(await ask(one, await lease(one), 10)).toBe(10);
  });

  it('lets one process go by a name: the older one spends no more', async () => {
    const directory = join(scratch, account);
    const one = await node({ directory });
    const mine = await lease(one);
    await ask(one, mine, 100);
    // A second process with a copy of the journal.
    const copy = await ledgerNode(proxy.url, { account, nowMs: () => nowMs });
    await copy.state.tables.save('shared ledger', (await one.state.tables.load('shared ledger'))!);
    open.push(copy);
    await lease(copy);
    await expect(ask(one, mine, 100)).rejects.toMatchObject({ code: 'BW_LEDGER_FENCED' });
    expect(one.ledger.health().isFenced).toBe(true);
  });

  const flushed = async (mutant?: Mutant) => {
    const more = mutant && { mutant };
    const [one, other] = [await node(more), await node(more)];
    const [mine, theirs] = [await lease(one), await lease(other)];
    await pass(MINUTE, [one, mine], [other, theirs]);
    await ask(one, mine, 6000);
    await tell(one, bid(mine), 2_000_000);
    await tell(other, bid(theirs), 500_000);
    await Promise.all([booked(one), booked(other)]);
    const direct = new Redis(server.url);
    await direct.flushall();
    await direct.quit();
    const attend = (each: LedgerNode, leaseId: number) =>
      each.ledger.attend(leaseId, nowMs).catch(() => each.ledger.attend(leaseId, nowMs));
    await attend(one, mine);
    // Nobody knows yet what the other was charged.
    const early = await ask(one, mine, 9000);
    await attend(other, theirs);
    await attend(one, mine);
    const told = await booked(one);
    const soon = await ask(one, mine, 9000);
    await pass(HOLD_MS + MINUTE, [one, mine], [other, theirs]);
    return { early, told, soon, later: await ask(other, theirs, 9000) };
  };
  it('is told again after it was emptied, and grants nothing until it knows all', async () => {
    expect(await flushed()).toEqual({
      early: 0,
      told: { spent: 2500, leased: 4000, late: 0 },
      soon: 0,
      later: 3500,
    });
  });
  it('would grant what was spent already if it went unseen', async () => {
    expect((await flushed('a flush goes unseen')).early).toBeGreaterThan(0);
  });

  it('begins with what a node had spent by itself, once', async () => {
    const directory = join(scratch, account);
    const alone = await openSqliteState({ directory });
    await alone.journal.appendNotice(billingOf(bid(0), 1_234_567));
    await alone.close();
    const one = await node({ directory });
    await lease(one);
    expect((await booked(one)).spent).toBe(1234);
    await tell(one, bid(0), 433);
    expect((await booked(one)).spent).toBe(1235);
    await one.vanish();
    const again = await node({ directory });
    await lease(again);
    expect((await booked(again)).spent).toBe(1235);
  });

  it('never uses a grant that no replica had and a failover lost, however well the next one is confirmed', async () => {
    const [copy, second] = [await startRedis(), await startRedis()];
    const follow = async (from: RedisServer, to: RedisServer): Promise<Redis> => {
      const client = new Redis(from.url);
      await client.replicaof('127.0.0.1', Number(new URL(to.url).port));
      await expect
        .poll(() => client.info('replication'), { timeout: 10_000 })
        .toContain('master_link_status:up');
      return client;
    };
    try {
      const one = await node({ limits: { replicas: 1, confirmMsMax: 20 } });
      const mine = await lease(one);
      await one.ledger.attend(mine, nowMs);
      const client = await follow(copy, server);
      await client.replicaof('NO', 'ONE');
      // In the book of the primary alone.
      expect(await ask(one, mine, 6000)).toBe(0);
      const follower = await follow(second, copy);
      proxy.aim(copy.url);
      const other = await node();
      const theirs = await lease(other);
      expect(await ask(other, theirs, 7000)).toBe(7000);
      let granted = 0;
      await expect
        .poll(
          async () => {
            nowMs += 1000;
            granted += await ask(one, mine, 6000).catch(() => 0);
            return granted;
          },
          { timeout: 10_000 },
        )
        .toBeGreaterThan(0);
      expect(granted).toBeLessThanOrEqual(3000);
      expect(await booked(other)).toMatchObject({ leased: 10_000 });
      client.disconnect();
      follower.disconnect();
    } finally {
      proxy.aim(server.url);
      await Promise.all([copy.stop(), second.stop()]);
    }
  });

  it('takes time from the store, so that a node whose clock is off neither gives others up nor is granted anything', async () => {
    const HOURS = 2 * 3_600_000;
    const wall = { limits: { skewMsMax: 500 } };
    const [ahead, behind] = [systemClock.now() + HOURS, systemClock.now() - HOURS];
    for (const off of [ahead, behind]) {
      const passed = (sinceMs: number) => () => sinceMs + systemClock.now() - beganMs;
      const beganMs = systemClock.now();
      const one = await node({ ...wall, nowMs: passed(beganMs) });
      const other = await node({ ...wall, nowMs: passed(off) });
      const open = async ({ ledger }: LedgerNode, now: number) => ledger.openLease(now, now + HOLD_MS);
      const [mine, theirs] = [await open(one, beganMs), await open(other, off)];
      const attend = ({ ledger }: LedgerNode, id: number, now: number) => ledger.attend(id, now);
      await attend(one, mine, beganMs);
      await attend(other, theirs, off);
      expect(await ask(one, mine, 3000)).toBe(3000);
      expect(await ask(other, theirs, 3000)).toBe(0);
      const told = await attend(other, theirs, off + 100);
      expect(told).toMatchObject({ closed: 0, silent: 0, isClosed: false });
      expect(Math.abs(told.settledThroughMs - off)).toBeLessThan(30_000);
      expect(await attend(one, mine, beganMs + 200)).toMatchObject({ closed: 0, silent: 0, isClosed: false });
      account = `${account}-behind`;
    }
  });

  it('keeps what is leased in step with leases where more was settled than granted', async () => {
    const [one, other] = [await node(), await node()];
    const [mine, theirs] = [await lease(one), await lease(other)];
    await ask(one, mine, 1000);
    await tell(one, bid(mine), 3_000_000);
    expect(await booked(one)).toEqual({ spent: 3000, leased: 0, late: 2000 });
    await ask(one, mine, 500);
    await tell(one, bid(mine), 500_000);
    expect(await booked(one)).toEqual({ spent: 3500, leased: 0, late: 2500 });
    expect(await ask(other, theirs, 9000)).toBe(6500);
  });

  it('counts what a node is charged after its folder was restored from a backup', async () => {
    const directory = join(scratch, account);
    const backup = `${directory}-backup`;
    const one = await node({ directory });
    const first = await lease(one);
    await ask(one, first, 4000);
    await tell(one, bid(first), 1_000_000);
    await booked(one);
    await one.vanish();
    cpSync(directory, backup, { recursive: true });
    const two = await node({ directory });
    const second = await lease(two);
    await ask(two, second, 4000);
    const lost = [bid(second), bid(second), bid(second)];
    for (const facts of lost) await tell(two, facts, 1_000_000);
    expect(await booked(two)).toMatchObject({ spent: 4000 });
    await two.vanish();
    rmSync(directory, { recursive: true });
    cpSync(backup, directory, { recursive: true });
    const restored = await node({ directory });
    const third = await lease(restored);
    // What was granted to both before stays shut: their bids may still be won.
    expect(await ask(restored, third, 9000)).toBe(10_000 - 4000 - 3000 - 1000);
    // A notice that only the lost journal knew is told again, and one of a new bid.
    await tell(restored, lost[0]!, 1_000_000);
    await tell(restored, bid(third), 500_000);
    expect(await booked(restored)).toEqual({ spent: 4500, leased: 3000 + 1000 + 1500, late: 0 });
    expect((await restored.ledger.attend(third, nowMs)).isClosed).toBe(false);
  });

  const atTheEdge = async (mutant?: Mutant) => {
    const MOST = Number.MAX_SAFE_INTEGER;
    const one = await node(mutant && { mutant });
    const mine = await lease(one);
    const first = await ask(one, mine, 9_000_000_000_000_000, MOST);
    await tell(one, bid(mine), 8_999_999_999_999_999);
    const rest = await ask(one, mine, MOST, MOST);
    return { first, rest, ...(await booked(one)) };
  };
  it('counts micros exactly up to 2^53', async () => {
    expect(await atTheEdge()).toEqual({
      first: 9_000_000_000_000_000,
      rest: 7_199_254_740_991,
      spent: 8_999_999_999_999,
      leased: 9_007_199_254_740_991 - 8_999_999_999_999,
      late: 0,
    });
  });
  it('would not if amounts went through Lua’s own text', async () => {
    const found = await atTheEdge('amounts as Lua writes them').catch(() => 'refused');
    expect(found).not.toMatchObject({ rest: 7_199_254_740_991 });
  });

  it('grants nothing while the store’s memory is full, and loses nothing that was acknowledged', async () => {
    const small = await startRedis(['--maxmemory', '1500kb', '--maxmemory-policy', 'noeviction']);
    try {
      const one = await ledgerNode(small.url, { account, nowMs: () => nowMs });
      open.push(one);
      const mine = await lease(one);
      expect(await ask(one, mine, 4000)).toBe(4000);
      const filler = new Redis(small.url);
      await filler.set('filler', 'x'.repeat(3_000_000)).catch(() => undefined);
      await filler.config('SET', 'maxmemory', '1');
      await expect(ask(one, mine, 1000)).rejects.toThrow('OOM');
      await tell(one, bid(mine), 1_000_000);
      await expect(booked(one)).rejects.toThrow();
      await filler.config('SET', 'maxmemory', '0');
      await filler.quit();
      await comesBack(one);
      expect((await booked(one)).spent).toBe(1000);
    } finally {
      await small.stop();
    }
  });

  it.each(['asks', 'answers', 'both'] as const)(
    'fails soon while %s are cut, and goes on where it was',
    async (way) => {
      const one = await node();
      const mine = await lease(one);
      await ask(one, mine, 4000);
      await tell(one, bid(mine), 1_000_000);
      proxy.cut(way);
      await expect(booked(one)).rejects.toMatchObject({ code: 'BW_LEDGER_AWAY' });
      proxy.cut('none');
      await comesBack(one);
      expect(await booked(one)).toEqual({ spent: 1000, leased: 3000, late: 0 });
    },
  );
});
