/**
 * What the shared ledger promises, in figures: nodes killed at any moment, failovers to a replica that lags, notices told twice to several nodes,
 * and how long bids take while the store is stopped. The same fleet, exchange and judge as in `test/chaos`; each part that is asked for
 * takes the place of the one measured before with the same seed, in `bench/results/redis-ledger.json`.
 *
 *   node bench/ledger/run.ts [--kills 200] [--failovers 20] [--notices 1000000] [--stops 6] [--seed 1]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/core/random.ts';
import { failedOver, killedAtRandom } from '../../test/chaos/redis-faults.ts';
import type { StormVerdict } from '../../test/chaos/redis-storm.ts';
import { storm } from '../../test/chaos/redis-storm.ts';
import { commit, machine } from '../machine.ts';
import { doubledNotices } from './notices.ts';
import { stoppedStore } from './stopped.ts';

const FILE = new URL('../results/redis-ledger.json', import.meta.url);

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '0' },
    failovers: { type: 'string', default: '0' },
    notices: { type: 'string', default: '0' },
    stops: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});
const [kills, failovers, notices, stops, seed] = [
  values.kills,
  values.failovers,
  values.notices,
  values.stops,
  values.seed,
].map(Number) as [number, number, number, number, number];

/** Of several runs: sums, and the worst of what must be 0. */
function together(verdicts: readonly StormVerdict[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = { runs: verdicts.length };
  for (const { told, odd, ...figures } of verdicts) {
    for (const [name, figure] of Object.entries(figures)) sums[name] = (sums[name] ?? 0) + figure;
    sums['oddAnswers'] = (sums['oddAnswers'] ?? 0) + odd.reduce((sum, [, count]) => sum + count, 0);
  }
  return sums;
}

function note(part: string, figures: Readonly<Record<string, unknown>>): void {
  const known = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};
  const parts = {
    ...known.parts,
    [`${part}, seed ${seed}`]: { seed, commit: commit(), machine: machine(), ...figures },
  };
  writeFileSync(FILE, `${JSON.stringify({ name: 'redis-ledger', parts }, undefined, 2)}\n`);
  console.log(part, JSON.stringify(figures));
}

if (kills > 0) {
  const verdict = await storm([killedAtRandom(kills)], { seed, bids: 200 * kills });
  note('kills', { kills, nodes: 3, ...together([verdict]) });
}
if (failovers > 0) {
  const random = seededRandom(seed);
  const verdicts: StormVerdict[] = [];
  for (let index = 0; index < failovers; index++)
    verdicts.push(await storm([failedOver(300 + random.next() * 1700)], { seed: seed + index, bids: 200 }));
  note('failovers', { failovers, nodes: 3, ...together(verdicts) });
}
if (notices > 0) note('doubledNotices', await doubledNotices(notices, seed));
if (stops > 0) note('stoppedStore', await stoppedStore(stops, seed));
