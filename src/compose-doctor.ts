/** The store as `bidwright doctor` examines it; a part of the composition root, which alone knows what the store is. */
import type { Clock } from './core/clock.ts';
import { seededRandom } from './core/random.ts';
import type { Finding } from './finding.ts';
import { bad, CLOCK_MS_MAX, doubtful, good, messageOf } from './finding.ts';
import { homeOf } from './state/redis/cluster.ts';
import { connectRedis } from './state/redis/connect.ts';

/** A bid waits for it once. */
const ANSWER_MS_MAX = 5;
const PINGS = 20;

export async function storeFindings(
  url: string,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): Promise<Finding[]> {
  let client: Awaited<ReturnType<typeof connectRedis>>;
  try {
    client = await connectRedis(url, seededRandom(1));
  } catch (error) {
    return [bad('store', messageOf(error), 'The bidder does not start without it.')];
  }
  try {
    const info = await client.info();
    const value = (key: string): string =>
      new RegExp(`^${key}:(.*?)\\r?$`, 'm').exec(info)?.[1]?.trim() ?? '';
    const times: number[] = [];
    for (let index = 0; index < PINGS; index++) {
      const beganMs = clock.monotonic();
      await client.ping();
      times.push(clock.monotonic() - beganMs);
    }
    const middleMs = times.sort((a, b) => a - b)[PINGS / 2]!;
    const [seconds = 0, micros = 0] = (await (await homeOf(client, '{m:doctor}')).time()).map(Number);
    const aheadMs = seconds * 1000 + micros / 1000 - clock.now();
    const name = value('valkey_version')
      ? `Valkey ${value('valkey_version')}`
      : `Redis ${value('redis_version')}`;
    return [
      good('store', `${name}, noeviction`),
      value('aof_enabled') === '1'
        ? good('store, kept', 'append-only file')
        : doubtful(
            'store, kept',
            'no append-only file',
            'Say appendonly yes, appendfsync everysec: leases and caps are lost with a restart.',
          ),
      middleMs > ANSWER_MS_MAX
        ? doubtful('store, time', `${middleMs.toFixed(2)} ms`, 'Put it near: every bid waits for it once.')
        : good('store, time', `${middleMs.toFixed(2)} ms`),
      Math.abs(aheadMs) > CLOCK_MS_MAX
        ? bad(
            'store, clock',
            `${Math.round(aheadMs)} ms from ours`,
            'Set both clocks (NTP): windows of caps end by them.',
          )
        : good('store, clock', `${Math.round(aheadMs)} ms from ours`),
    ];
  } catch (error) {
    return [bad('store', messageOf(error), 'See its log.')];
  } finally {
    client.disconnect();
  }
}
