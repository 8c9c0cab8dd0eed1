/** A process of one honest sender for slow.ts, in an open loop: nothing else runs in it, so that what it times is the bidder. */
import { build } from 'hdr-histogram-js';
import { loadRequests, messages } from './bodies.ts';
import { PATHS } from './book.ts';
import { runOpenLoop } from './client.ts';

export interface HonestOrder {
  readonly port: number;
  readonly seed: number;
  readonly people: number;
  readonly requestsPerSecond: number;
  readonly seconds: number;
}
export interface HonestTold {
  readonly p50Us: number;
  readonly p99Us: number;
  /** Neither a bid nor a 204. */
  readonly odd: number;
}

const CONNECTIONS = 16;
let bodies: Buffer[] | undefined;
let next = 0;

process.on('message', async ({ port, seed, people, requestsPerSecond, seconds }: HonestOrder) => {
  const json = (bodies ??= [...messages(loadRequests(seed, 2000, people), PATHS)]);
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  let odd = 0;
  await runOpenLoop({
    port,
    connections: CONNECTIONS,
    requestsPerSecond,
    seconds,
    next: () => json[next++ % json.length]!,
    done: ({ status, latencyUs }) => {
      histogram.recordValue(Math.max(1, latencyUs));
      if (status !== 200 && status !== 204) odd++;
    },
  });
  process.send?.({
    p50Us: histogram.getValueAtPercentile(50),
    p99Us: histogram.getValueAtPercentile(99),
    odd,
  } satisfies HonestTold);
});
process.on('disconnect', () => process.exit(0));
