import { afterAll, beforeAll, describe } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { seededRandom } from '../../src/core/random.ts';
import { People } from '../../src/state/memory/people.ts';
import { connectRedis } from '../../src/state/redis/connect.ts';
import { RedisPeople } from '../../src/state/redis/people.ts';
import type { RedisServer } from '../fixture/redis-server.ts';
import { noRedis, startRedis } from '../fixture/redis-server.ts';
import { peopleContract } from './people-contract.ts';

const rows = (rowsMax: number | undefined) => (rowsMax === undefined ? {} : { rowsMax });

peopleContract(
  'memory',
  async (rowsMax) => ({ people: new People(rows(rowsMax)), close: async () => undefined }),
  200,
);

describe.skipIf(noRedis)('a real Redis or Valkey', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  peopleContract(
    'Redis',
    async (rowsMax) => {
      const client = await connectRedis(server.url, seededRandom(1));
      // What is tested here is the histories; a machine that is busy must not make them late.
      const people = new RedisPeople(client, systemClock, { ...rows(rowsMax), readMsMax: 5_000 });
      return { people, close: () => people.close() };
    },
    60,
  );
});
