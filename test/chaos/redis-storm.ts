/** A fleet, an exchange and a store with its replica, for as many faults as a test wants, and the verdict on all of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { seededRandom } from '../../src/core/random.ts';
import { Exchange } from './redis-exchange.ts';
import type { Fault } from './redis-faults.ts';
import { startStores } from './redis-faults.ts';
import { Fleet } from './redis-fleet.ts';
import type { Verdict } from './redis-judge.ts';
import { judge } from './redis-judge.ts';
import type { Mutant } from './redis-mutants.ts';
import type { Limited } from './redis-world.ts';
import { campaignsFor, chaosClock, freshCampaigns } from './redis-world.ts';

export const PACE = 20;

export interface StormOptions {
  readonly seed: number;
  readonly mutant?: Mutant;
  /** About as many as are made at random. */
  readonly bids?: number;
  readonly pace?: number;
}

export interface StormVerdict extends Verdict {
  /** Answers that no exchange should see: [status, how many]. */
  readonly odd: readonly (readonly [number, number])[];
  /** What each fault found out. */
  readonly told: readonly Readonly<Record<string, number>>[];
}

export async function storm(faults: readonly Fault[], options: StormOptions): Promise<StormVerdict> {
  const { seed, mutant, bids = 1000, pace = PACE } = options;
  const scratch = mkdtempSync(join(tmpdir(), 'bidwright-storm-'));
  const random = seededRandom(seed);
  const beganMs = systemClock.now();
  const background = campaignsFor(bids);
  const spare = freshCampaigns(2 * faults.length);
  const campaigns: readonly Limited[] = [...background, ...spare];
  const left = [...spare];
  const stores = await startStores();
  const fleet = new Fleet({
    scratch,
    url: stores.primary.url,
    nodes: 3,
    campaigns,
    beganMs,
    pace,
    ...(mutant && { mutant }),
  });
  const exchange = new Exchange({
    fleet,
    campaigns: background,
    clock: chaosClock(beganMs, pace),
    random,
    lives: 4,
    pauseMs: 20,
    tmaxMs: 1000 * pace,
  });
  try {
    await fleet.start();
    exchange.start();
    const told: Readonly<Record<string, number>>[] = [];
    for (const fault of faults)
      told.push(await fault({ fleet, exchange, random, stores, fresh: () => left.shift()! }));
    await exchange.stop();
    const verdict = await judge(exchange, fleet, campaigns, () => stores.primary.url);
    return { ...verdict, odd: [...exchange.odd], told };
  } finally {
    exchange.end();
    await fleet.abandon();
    await Promise.all([stores.primary.stop(), stores.replica.stop(), stores.link.close()]);
    rmSync(scratch, { recursive: true, force: true });
  }
}
