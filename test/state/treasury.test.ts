/** A clock that is set does not move what bids hold. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { micros } from '../../src/core/units.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import type { SqliteState } from '../../src/state/sqlite/open.ts';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import { Treasury } from '../../src/state/treasury.ts';
import { HOUR, MINUTE, NOW } from '../contract/state-events.ts';

const BUDGET = {
  scope: 'campaign' as const,
  id: 'autumn',
  zone: zoneNamed('UTC'),
  lifetimeMicros: micros(100_000),
  dailyMicros: undefined,
  lifetimeImpressions: undefined,
  dailyImpressions: undefined,
};

describe('what a bid holds', () => {
  let state: SqliteState;
  let steadyMs = 0;
  let treasury: Treasury;
  beforeEach(async () => {
    steadyMs = 5000;
    state = await openSqliteState({ directory: ':memory:' });
    treasury = await Treasury.open(state.ledger, [BUDGET], NOW, {
      longestHoldMs: 10 * MINUTE,
      monotonicMs: () => steadyMs,
    });
    treasury.reserve({
      bidId: 'one',
      budgets: [BUDGET],
      costMicros: micros(4000),
      impressions: 1,
      nowMs: NOW,
      expiresAtMs: NOW + MINUTE,
      wonExpiresAtMs: NOW + 2 * MINUTE,
    });
  });
  afterEach(() => state.close());
  const held = (): number => treasury.overspendBound().reservedMicros;

  it('does not fall because the clock was put forward', async () => {
    steadyMs += 10_000;
    await treasury.tick(NOW + 2 * HOUR);
    expect(held()).toBe(4000);
    steadyMs += 51_000;
    await treasury.tick(NOW + 2 * HOUR + MINUTE);
    expect(held()).toBe(0);
  });

  it('falls in time although the clock was put back, and a win extends it as long as it was to stand', async () => {
    treasury.extend('one', NOW);
    steadyMs += 61_000;
    await treasury.tick(NOW - 2 * HOUR);
    expect(held()).toBe(4000);
    steadyMs += 61_000;
    await treasury.tick(NOW - 2 * HOUR + MINUTE);
    expect(held()).toBe(0);
  });
});
