/** Nodes that share a ledger, in whatever happens to them and to their store: no charge is lost or doubled, and no budget overspent. */
import { describe, expect, it } from 'vitest';
import { noRedis } from '../fixture/redis-server.ts';
import {
  answersLost,
  cutOff,
  failedOver,
  flushed,
  full,
  killed,
  killedAtRandom,
  paused,
  rolled,
  slowed,
  woken,
} from './redis-faults.ts';
import { NOTHING_WRONG } from './redis-judge.ts';
import { PACE, storm } from './redis-storm.ts';

const SEED = Number(process.env['BIDWRIGHT_SEED'] ?? 20261123);
const isLong = process.env['BIDWRIGHT_CHAOS'] === 'long';
const SOUND = { ...NOTHING_WRONG, odd: [] };

describe.skipIf(noRedis)('nodes that share a ledger', () => {
  it(`lose, double and overspend nothing, whatever happens to them (seed ${SEED})`, async () => {
    const faults = [
      killed(),
      cutOff(5000),
      answersLost(15),
      full(1500),
      paused(5000),
      failedOver(500),
      flushed(),
    ];
    const verdict = await storm(faults, { seed: SEED });
    expect(verdict).toMatchObject(SOUND);
    const [, cut, lost, refusing, stopped] = verdict.told;
    expect(cut).toMatchObject({ bidsWithoutLease: 0 });
    expect(lost!['lostAnswers']).toBeGreaterThan(0);
    expect(refusing!['refused']).toBeGreaterThan(0);
    expect(stopped!['answeredMeanwhile']).toBeGreaterThan(0);
    expect(stopped!['acknowledgedMeanwhile']).toBeGreaterThan(0);
    for (const told of verdict.told) expect(told['kept'] ?? 1).toBeGreaterThan(0);
  }, 180_000);

  it.skipIf(!isLong)(
    `lose, double and overspend nothing when they are killed at any moment (seed ${SEED})`,
    async () => {
      const verdict = await storm([killedAtRandom(10)], { seed: SEED, bids: 2000 });
      expect(verdict).toMatchObject(SOUND);
      expect(verdict.soldOut).toBeGreaterThan(0);
    },
    300_000,
  );

  it.skipIf(!isLong)(
    `lose, double and overspend nothing when they are stopped, slowed and replaced (seed ${SEED})`,
    async () => {
      const verdict = await storm([woken(5000), slowed(3000), rolled], { seed: SEED });
      expect(verdict).toMatchObject(SOUND);
      const [stopped, , replaced] = verdict.told;
      expect(stopped!['kept']).toBeGreaterThan(0);
      expect(replaced).toMatchObject({ unclean: 0 });
    },
    300_000,
  );

  // Slower, so that a node is there again within what a bid is held, however busy the machine is.
  const dead = killed(7000);
  const found = [
    ['a lease ends with its process', [dead], 'overspendMicros'],
    ['leases close by the clock alone', [cutOff(24_000)], 'overspendMicros'],
    ['acts are done as often as they come', [answersLost(40)], 'ledgerOffMicros'],
    ['what a full store refused counts as told', [full(800), full(800), full(800)], 'ledgerOffMicros'],
    ['grants are not confirmed', [failedOver(1000), failedOver(1000)], 'overspendMicros'],
    ['charges are told once', [failedOver(1000)], 'ledgerOffMicros'],
    ['a flush goes unseen', [flushed(3500)], 'overspendMicros'],
  ] as const;
  it.skipIf(!isLong).each(found)(
    'would be wrong if %s',
    async (mutant, faults, what) => {
      const pace = faults.some((fault) => fault === dead) ? 6 : PACE;
      const verdict = await storm(faults, { seed: SEED, mutant, pace });
      expect(verdict[what]).toBeGreaterThan(0);
    },
    180_000,
  );
  it.skipIf(!isLong)(
    'would not bid while the store is stopped if bids asked it',
    async () => {
      const verdict = await storm([paused(5000)], { seed: SEED, mutant: 'bids ask the store' });
      expect(verdict.told[0]!['answeredMeanwhile']).toBe(0);
    },
    180_000,
  );
});
