/**
 * What happens to a store and to nodes, one function for each fault. Each aims at the moment that matters: one node has drained a campaign, its wins
 * are not told yet, and when the fault is over everybody may bid for what seems left.
 */
import { Redis } from 'ioredis';
import type { Random } from '../../src/core/random.ts';
import type { RedisServer } from '../fixture/redis-server.ts';
import { startRedis } from '../fixture/redis-server.ts';
import type { TcpProxy } from '../fixture/tcp-proxy.ts';
import { startProxy } from '../fixture/tcp-proxy.ts';
import type { Exchange } from './redis-exchange.ts';
import type { Fleet, Seat } from './redis-fleet.ts';
import type { Limited } from './redis-world.ts';

export interface Storm {
  readonly fleet: Fleet;
  readonly exchange: Exchange;
  readonly random: Random;
  readonly stores: Stores;
  /** A campaign that nobody was asked for yet. */
  fresh(): Limited;
}

/** A primary with a replica, who is which, and what they are joined by: bytes that a stopped process has not read yet would still reach it. */
export interface Stores {
  primary: RedisServer;
  replica: RedisServer;
  link: TcpProxy;
}

export async function startStores(): Promise<Stores> {
  const primary = await startRedis();
  return { primary, ...(await startReplica(primary)) };
}

/** In step when it resolves: until then no grant is confirmed, so nobody would bid. */
async function startReplica({ url }: RedisServer): Promise<Pick<Stores, 'replica' | 'link'>> {
  const link = await startProxy(url);
  // Its first copy does not wait for others that might come.
  const options = ['--replicaof', '127.0.0.1', new URL(link.url).port, '--repl-diskless-sync-delay', '0'];
  const replica = await startRedis(options);
  const client = new Redis(url);
  while (!(await client.info('replication')).includes('state=online')) await pause(20);
  client.disconnect();
  return { replica, link };
}

export type Fault = (storm: Storm) => Promise<Readonly<Record<string, number>>>;

const DRAIN_MS = 800;
/** For how long the others are asked for what seems left. */
const ASKED_MS = 2000;
const AFTERWARDS_MS = 14_000;
/** A first bid that costs more than was granted to begin with is refused, and asked for. */
const LOOK_MS = 300;
/** A client that lost its store tries again after 2 s at most. */
const RECONNECTED_MS = 3500;

/** A node dies with open bids, comes back with a new lease, and the wins of the dead one are told to anybody. */
export function killed(askedMs = ASKED_MS): Fault {
  return async (storm) => {
    const { fleet, exchange } = storm;
    const campaign = storm.fresh();
    const { one, kept } = await drained(storm, campaign);
    await fleet.kill(one);
    await fleet.startSeat(one);
    await everybodyBids(storm, campaign, askedMs);
    await exchange.tellKept(fleet.seats);
    return { kept };
  };
}

/** Nodes die one after the other, at any moment, and come back. */
export function killedAtRandom(times: number): Fault {
  return async ({ fleet, random }) => {
    for (let time = 0; time < times; time++) {
      await pause(300 + random.next() * 700);
      const seat = fleet.seats[random.uint32() % fleet.seats.length]!;
      await fleet.kill(seat);
      await fleet.startSeat(seat);
    }
    // Until what the last of them had leased is free again.
    await pause(AFTERWARDS_MS);
    return { kills: times };
  };
}

/** A node is cut off from the store, one way or both, and takes notices meanwhile; it must bid no longer than its lease lasts. */
export function cutOff(ms: number): Fault {
  return async (storm) => {
    const { exchange, random } = storm;
    const campaign = storm.fresh();
    const { one, others, kept } = await drained(storm, campaign);
    one.proxy.cut((['asks', 'answers', 'both'] as const)[random.uint32() % 3]!);
    await exchange.tellKept([one]);
    const overMs = 4000;
    await Promise.all(others.map((seat) => exchange.drain(seat, campaign, overMs, false)));
    const [bidsWithoutLease] = await Promise.all([
      exchange.drain(one, storm.fresh(), ms - overMs, false),
      ...others.map((seat) => exchange.drain(seat, campaign, ms - overMs, false)),
    ]);
    one.proxy.cut('none');
    return { kept, bidsWithoutLease };
  };
}

/** Answers are lost on their way, of whichever act it hits. */
export function answersLost(count: number): Fault {
  return async (storm) => {
    const { fleet, random } = storm;
    const before = lostOf(fleet);
    const bids = everybodyBids(storm, storm.fresh(), 100 * count);
    for (let index = 0; index < count; index++) {
      const seat = fleet.seats[random.uint32() % fleet.seats.length]!;
      seat.proxy.loseNextAnswer();
      await pause(100);
    }
    await bids;
    return { lostAnswers: lostOf(fleet) - before };
  };
}

/** The store’s memory is full. */
export function full(ms: number): Fault {
  return async (storm) => {
    const client = new Redis(storm.stores.primary.url);
    try {
      await client.config('SET', 'maxmemory', '1');
      await everybodyBids(storm, storm.fresh(), ms);
      await client.config('SET', 'maxmemory', '0');
      const refused = /errorstat_OOM:count=(\d+)/.exec(await client.info('errorstats'))?.[1];
      return { refused: Number(refused ?? 0) };
    } finally {
      client.disconnect();
    }
  };
}

/** The store hangs: connections stay, nothing is answered. */
export function paused(ms: number): Fault {
  return async ({ stores, exchange }) => {
    const before = exchange.answered;
    const taken = exchange.acknowledged;
    stores.primary.pause();
    await pause(ms);
    const [answered, acknowledged] = [exchange.answered - before, exchange.acknowledged - taken];
    stores.primary.resume();
    return { answeredMeanwhile: answered, acknowledgedMeanwhile: acknowledged };
  };
}

/** The store answers nothing for a while, to anybody, and says so to nobody. */
export function slowed(ms: number): Fault {
  return async (storm) => {
    const client = new Redis(storm.stores.primary.url);
    try {
      await client.call('CLIENT', 'PAUSE', String(ms), 'ALL');
      await everybodyBids(storm, storm.fresh(), ms);
    } finally {
      client.disconnect();
    }
    return {};
  };
}

/** A node is stopped for longer than its lease lasts, with open bids, and woken: the others bid for what is left meanwhile. */
export function woken(ms: number): Fault {
  return async (storm) => {
    const { fleet, exchange } = storm;
    const campaign = storm.fresh();
    const { one, others, kept } = await drained(storm, campaign);
    one.child?.kill('SIGSTOP');
    try {
      await Promise.all(others.map((seat) => exchange.drain(seat, campaign, ms, false)));
    } finally {
      one.child?.kill('SIGCONT');
    }
    await exchange.tellKept(fleet.seats);
    await everybodyBids(storm, campaign, 500);
    return { kept };
  };
}

/** All nodes are replaced in order, one after the other; what each held for open bids is told of by whoever is there. */
export const rolled: Fault = async (storm) => {
  const { fleet, exchange } = storm;
  const campaign = storm.fresh();
  const { kept } = await drained(storm, campaign);
  let unclean = 0;
  for (const seat of fleet.seats) {
    seat.child?.kill('SIGTERM');
    if ((await seat.ended) !== 0) unclean++;
    await fleet.startSeat(seat);
  }
  await exchange.tellKept(fleet.seats);
  await everybodyBids(storm, campaign, 500);
  return { kept, unclean };
};

/** The primary dies with a node that had just drained a campaign, and its replica, which had heard nothing for a while, is promoted. */
export function failedOver(lagMs: number, askedMs = RECONNECTED_MS): Fault {
  return async (storm) => {
    const { fleet, exchange, stores } = storm;
    const campaign = storm.fresh();
    stores.link.cut('both');
    const { one, others, kept } = await drained(storm, campaign, lagMs);
    await Promise.all([stores.primary.stop(), fleet.kill(one)]);
    await stores.link.close();
    const next = stores.replica;
    const client = new Redis(next.url);
    await client.replicaof('NO', 'ONE');
    client.disconnect();
    for (const { proxy } of fleet.seats) proxy.aim(next.url);
    stores.primary = next;
    Object.assign(stores, await startReplica(next));
    await Promise.all(others.map((seat) => exchange.drain(seat, campaign, askedMs, false)));
    await fleet.startSeat(one);
    await everybodyBids(storm, campaign, 500);
    await exchange.tellKept(fleet.seats);
    return { kept };
  };
}

/** The store comes back empty while a node that had drained a campaign is down. */
export function flushed(askedMs = ASKED_MS): Fault {
  return async (storm) => {
    const { fleet, exchange, stores } = storm;
    const campaign = storm.fresh();
    const { one, others, kept } = await drained(storm, campaign);
    await fleet.kill(one);
    await stores.primary.flush();
    await Promise.all(others.map((seat) => exchange.drain(seat, campaign, askedMs, false)));
    await fleet.startSeat(one);
    await exchange.tellKept(fleet.seats);
    return { kept };
  };
}

async function everybodyBids({ fleet, exchange }: Storm, campaign: Limited, ms: number): Promise<void> {
  await Promise.all(fleet.seats.map((seat) => exchange.drain(seat, campaign, ms, false)));
}

/** Which of the nodes was granted the most to begin with is chance: the first that bids at all is drained. */
async function drained(
  { fleet, exchange }: Storm,
  campaign: Limited,
  forMs = DRAIN_MS,
): Promise<{ readonly one: Seat; readonly others: readonly Seat[]; readonly kept: number }> {
  // A busy machine may refuse the first bids.
  for (const one of Array.from({ length: 5 }, () => fleet.seats).flat()) {
    const first = await exchange.drain(one, campaign, LOOK_MS, true);
    if (first === 0) continue;
    const kept = first + (await exchange.drain(one, campaign, forMs, true));
    return { one, others: fleet.seats.filter((seat) => seat !== one), kept };
  }
  throw new Error(`no node bids for ${campaign.id}`);
}

function lostOf({ seats }: Fleet): number {
  return seats.reduce((sum, { proxy }) => sum + proxy.answersLost(), 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
