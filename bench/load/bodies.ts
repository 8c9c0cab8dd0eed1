/** Bodies for load tests: the simulator's own traffic, each with ids of its own. */
import { makeTraffic } from '../../src/simulate/traffic.ts';

/** Monday noon in New York: the busy part of a day. */
const FROM_MS = Date.UTC(2026, 10, 23, 17);

export function loadBodies(seed: number, count: number): Buffer[] {
  return makeTraffic(seed).bodies(count, FROM_MS);
}
