/** What a choice of a creative costs, propensity included: `node bench/micro/creative-choice.ts`. Writes bench/results/creative-choice.json. */
import { writeFileSync } from 'node:fs';
import { seededRandom } from '../../src/core/random.ts';
import { choose } from '../../src/policy/bandit/choose.ts';
import { combine } from '../../src/policy/bandit/combine.ts';
import { creativePolicyNamed } from '../../src/policy/bandit/index.ts';
import type { Belief } from '../../src/policy/bandit/policy.ts';
import { NO_SCENE } from '../../src/policy/bandit/policy.ts';
import { commit, machine } from '../machine.ts';

const RESULT = new URL('../results/creative-choice.json', import.meta.url);
const policy = creativePolicyNamed('thompson');
const random = seededRandom(1);

function beliefOf(count: number): Belief {
  const arms = Array.from({ length: count }, (_, arm) => ({
    creativeId: `c${arm}`,
    weight: 1,
    trials: 1000 + 100 * (arm % 17),
    rewards: 20 + (arm % 11),
  }));
  return { arms, prior: { rate: 0.02, trials: 500 } };
}

const choices: Record<string, { readonly knownMicroseconds: number; readonly newMicroseconds: number }> = {};
for (const count of [4, 16, 64, 2500]) {
  const belief = beliefOf(count);
  const offered = belief.arms.map((_, place) => place);
  choices[`${count} creatives`] = {
    knownMicroseconds: timeOf(5000, () => choose(policy, belief, offered, NO_SCENE, random)),
    newMicroseconds: timeOf(count > 100 ? 20 : 200, () =>
      choose(policy, { ...belief }, offered, NO_SCENE, random),
    ),
  };
}
for (const sizes of [
  [2, 2],
  [4, 4],
  [8, 8],
  [50, 50],
  [50, 50, 20],
]) {
  const slots = sizes.map((size) => ({
    belief: beliefOf(size),
    offered: Array.from({ length: size }, (_, place) => place),
  }));
  const count = sizes.reduce((product, size) => product * size, 1);
  choices[`${count} combinations of ${sizes.join(' × ')}`] = {
    knownMicroseconds: timeOf(5000, () => combine(policy, slots, NO_SCENE, random)),
    newMicroseconds: timeOf(100, () =>
      combine(
        policy,
        slots.map((slot) => ({ ...slot, belief: { ...slot.belief } })),
        NO_SCENE,
        random,
      ),
    ),
  };
}
writeFileSync(RESULT, `${JSON.stringify({ commit: commit(), machine: machine(), choices }, undefined, 2)}\n`);
for (const [name, { knownMicroseconds, newMicroseconds }] of Object.entries(choices))
  process.stdout.write(
    `${name}: ${knownMicroseconds.toFixed(1)} µs a choice, ${newMicroseconds.toFixed(0)} µs where the belief is new\n`,
  );

function timeOf(rounds: number, work: () => unknown): number {
  for (let round = 0; round < rounds; round++) work();
  const startMs = performance.now();
  for (let round = 0; round < rounds; round++) work();
  return Math.round(((performance.now() - startMs) / rounds) * 1e5) / 100;
}
