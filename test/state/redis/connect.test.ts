import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/random.ts';
import { connectRedis, unfitness } from '../../../src/state/redis/connect.ts';
import { noRedis, startRedis } from '../../fixture/redis-server.ts';

const info = (lines: Readonly<Record<string, string>>): string =>
  `# Server\r\n${Object.entries(lines)
    .map(([key, value]) => `${key}:${value}\r\n`)
    .join('')}`;

describe('what a store says of itself', () => {
  it.each([
    ['Redis 7', { redis_version: '7.0.0', maxmemory_policy: 'noeviction' }],
    ['Redis 10', { redis_version: '10.2.1', maxmemory_policy: 'noeviction' }],
    ['Valkey', { redis_version: '7.2.4', valkey_version: '9.0.1', maxmemory_policy: 'noeviction' }],
    ['Valkey without compatibility', { valkey_version: '8.0.0', maxmemory_policy: 'noeviction' }],
  ])('%s will do', (_name, lines) => {
    expect(unfitness(info(lines))).toBeUndefined();
  });

  it.each([
    [
      'an old Redis',
      { redis_version: '6.2.14', maxmemory_policy: 'noeviction' },
      /6\.2\.14 is older than 7\.0/,
    ],
    ['eviction', { redis_version: '7.4.0', maxmemory_policy: 'allkeys-lru' }, /allkeys-lru.*noeviction/],
    ['eviction by Valkey', { valkey_version: '8.0.0', maxmemory_policy: 'volatile-ttl' }, /volatile-ttl/],
    ['no version', { maxmemory_policy: 'noeviction' }, /unknown/],
    ['no policy', { redis_version: '7.4.0' }, /unknown/],
    ['nothing', {}, /unknown/],
  ])('%s will not', (_name, lines, complaint) => {
    expect(unfitness(info(lines))).toMatch(complaint);
  });
});

describe.skipIf(noRedis)('connecting', () => {
  it('refuses a real server that would forget people', async () => {
    const server = await startRedis(['--maxmemory-policy', 'allkeys-lru']);
    try {
      await expect(connectRedis(server.url, seededRandom(1))).rejects.toMatchObject({
        code: 'BW_STORE_UNFIT',
        message: expect.stringContaining('maxmemory-policy is allkeys-lru'),
      });
    } finally {
      await server.stop();
    }
  });

  it('tells of a server that is not there, and keeps the password to itself', async () => {
    const server = await startRedis();
    await server.stop();
    const url = server.url.replace('redis://', 'redis://bidder:secret-word@');
    const failure = await connectRedis(url, seededRandom(1)).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'BW_STORE_UNFIT' });
    expect(String(failure)).toContain(server.url);
    expect(String(failure)).toContain('ECONNREFUSED');
    expect(String(failure)).not.toContain('secret-word');
  });
});
