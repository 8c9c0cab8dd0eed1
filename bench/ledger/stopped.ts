/** How long bids take while the store is stopped for 5 s, against the same time before it, in turn in one run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { seededRandom } from '../../src/core/random.ts';
import { Exchange } from '../../test/chaos/redis-exchange.ts';
import { Fleet } from '../../test/chaos/redis-fleet.ts';
import { startRedis } from '../../test/fixture/redis-server.ts';

const PHASE_MS = 5000;
const CAMPAIGN = { id: 'ample', width: 300, lifetimeMicros: 1e15, dailyMicros: 1e15 };

export async function stoppedStore(stops: number, seed: number): Promise<Readonly<Record<string, unknown>>> {
  const scratch = mkdtempSync(join(tmpdir(), 'bidwright-stopped-'));
  const store = await startRedis();
  const fleet = new Fleet({
    scratch,
    url: store.url,
    nodes: 1,
    campaigns: [CAMPAIGN],
    beganMs: systemClock.now(),
    pace: 1,
  });
  const exchange = new Exchange({
    fleet,
    campaigns: [CAMPAIGN],
    clock: systemClock,
    random: seededRandom(seed),
    lives: 4,
    pauseMs: 10,
    tmaxMs: 1000,
  });
  const normal: number[] = [];
  const stopped: number[] = [];
  const phase = async (into: number[]): Promise<void> => {
    exchange.tripsMs.length = 0;
    await new Promise((resolve) => setTimeout(resolve, PHASE_MS));
    for (const trip of exchange.tripsMs) into.push(trip);
  };
  try {
    await fleet.start();
    exchange.start();
    await phase([]);
    for (let stop = 0; stop < stops; stop++) {
      await phase(normal);
      store.pause();
      await phase(stopped);
      store.resume();
      await phase([]);
    }
    await exchange.stop();
    await fleet.stop();
    const [before, meanwhile] = [quantiles(normal), quantiles(stopped)];
    return {
      stops,
      secondsOfEach: PHASE_MS / 1000,
      normal: before,
      stopped: meanwhile,
      p99DifferenceMs: rounded(meanwhile.p99Ms - before.p99Ms),
      oddAnswers: [...exchange.odd],
    };
  } finally {
    exchange.end();
    await fleet.abandon();
    await store.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function quantiles(trips: readonly number[]) {
  const sorted = trips.toSorted((one, other) => one - other);
  const at = (share: number): number => rounded(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  return { answers: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999) };
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
