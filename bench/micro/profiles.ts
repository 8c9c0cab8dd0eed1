/**
 * What people's profiles cost: bytes a person, one question about a window, one look at what was worked out, and how long the steps
 * are in which everybody is scored while bids wait behind them.
 *
 *   node bench/micro/profiles.ts [--people 100000,1000000] [--seed N]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DAY_MS } from '../../src/core/profile.ts';
import { seededRandom } from '../../src/core/random.ts';
import { ProfileRefresh } from '../../src/learning/profile-refresh.ts';
import { servedValueModel } from '../../src/policy/value/index.ts';
import { Profiles } from '../../src/state/memory/profiles.ts';
import { commit, machine } from '../machine.ts';

const TODAY = 20_000;
const QUESTIONS = 200_000;
const FACTS = ['page_view', 'impression', 'daypart=morning', 'daypart=evening', 'search', 'add_to_cart'];

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, people: { type: 'string', default: '100000,1000000' } },
});
const seed = Number(values.seed);

const rows = values.people.split(',').map((text) => {
  const people = Number(text);
  const random = seededRandom(seed);
  const day = (): number => TODAY - Math.floor(random.next() ** 2 * 365);
  const keys = Array.from({ length: people }, (_, number) => `person-${String(number).padStart(9, '0')}`);
  const profiles = new Profiles();
  const heapBefore = process.memoryUsage().heapUsed;
  const filling = performance.now();
  let kept = 0;
  for (const key of keys) {
    const facts = 4 + Math.floor(random.next() * 13);
    kept += facts;
    for (let fact = 0; fact < facts; fact++)
      profiles.add(key, FACTS[Math.floor(random.next() ** 2 * FACTS.length)]!, day(), 1, 0);
    if (random.next() < 0.1)
      for (let purchase = 0; purchase < 1 + random.next() * 4; purchase++)
        profiles.add(key, 'purchase', day(), 1, Math.round(1e7 + 5e7 * random.next()));
  }
  const fillUs = (1000 * (performance.now() - filling)) / kept;
  const indexBytes = Math.max(0, process.memoryUsage().heapUsed - heapBefore);

  const refresh = new ProfileRefresh(profiles, servedValueModel, seededRandom(seed));
  const steps: number[] = [];
  do {
    const from = performance.now();
    refresh.step(TODAY * DAY_MS);
    steps.push(performance.now() - from);
  } while (refresh.state.running);
  steps.sort((a, b) => a - b);

  const asked = Array.from({ length: QUESTIONS }, () => keys[Math.floor(random.next() * people)]!);
  const timed = (ask: (key: string) => unknown): number => {
    for (const key of asked.slice(0, 20_000)) ask(key);
    const from = performance.now();
    for (const key of asked) ask(key);
    return (1e6 * (performance.now() - from)) / QUESTIONS;
  };
  return {
    people,
    rowsAPerson: kept / people,
    arrayBytesAPerson: profiles.bytes / people,
    indexBytesAPerson: indexBytes / people,
    addUs: fillUs,
    windowNs: timed((key) => profiles.profileOf(key)?.totals('page_view', TODAY - 29, TODAY)),
    derivedNs: timed((key) => profiles.derivedOf(key)),
    refreshMs: steps.reduce((sum, each) => sum + each, 0),
    refreshSteps: steps.length,
    stepMedianMs: steps[Math.floor(steps.length / 2)]!,
    step99Ms: steps[Math.floor(steps.length * 0.99)]!,
    stepLongestMs: steps.at(-1)!,
  };
});

const result = { name: 'micro-profiles', seed, commit: commit(), machine: machine(), rows };
mkdirSync(new URL('../results/', import.meta.url), { recursive: true });
writeFileSync(
  new URL('../results/micro-profiles.json', import.meta.url),
  `${JSON.stringify(result, undefined, 2)}\n`,
);
console.table(rows);
