/** What a Thompson choice costs, propensity included: `node bench/micro/thompson.ts`. */
import { seededRandom } from '../../src/core/random.ts';
import { thompsonPolicy, thompsonPropensities } from '../../src/policy/bandit/thompson.ts';

const ROUNDS = 5000;

for (const count of [2, 4, 12]) {
  const random = seededRandom(1);
  const arms = Array.from({ length: count }, (_, arm) => ({
    creativeId: `c${arm}`,
    weight: 1,
    trials: 1000 + 100 * arm,
    rewards: 20 + arm,
  }));
  const known = timeOf(() => thompsonPolicy.choose(arms, random));
  const fresh = timeOf(() => thompsonPropensities(arms));
  process.stdout.write(
    `${count} arms: ${known.toFixed(2)} µs a choice, ${fresh.toFixed(1)} µs for new propensities\n`,
  );
}

function timeOf(work: () => unknown): number {
  for (let round = 0; round < ROUNDS; round++) work();
  const startMs = performance.now();
  for (let round = 0; round < ROUNDS; round++) work();
  return ((performance.now() - startMs) / ROUNDS) * 1000;
}
