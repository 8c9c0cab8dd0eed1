/** Nodes are replaced one after the other while an exchange goes on: nobody notices, and nothing that was won is missing. */
import { describe, expect, it } from 'vitest';
import { rollingRestart } from '../../bench/life/rolling.ts';
import { noRedis, startRedis } from '../fixture/redis-server.ts';

const SEED = 20_261_123;

describe.skipIf(noRedis)(`a rolling restart (seed ${SEED})`, () => {
  it('fails no request and loses no charge', async () => {
    const redis = await startRedis();
    try {
      const verdict = await rollingRestart({
        redisUrl: redis.url,
        nodes: 2,
        rounds: 1,
        requestsPerSecond: 25,
        seed: SEED,
      });
      expect(verdict).toMatchObject({ restarts: 2, failed: 0, failures: [], lost: 0 });
      expect(verdict.wins).toBeGreaterThan(20);
      expect(verdict.ledgerMicros).toBe(verdict.bookMicros);
      expect(verdict.journalMicros).toBe(verdict.bookMicros);
    } finally {
      await redis.stop();
    }
  });
});
