/**
 * Creatives of real A/B tests, chosen by the policies that the server uses: one row is one arm of a test with its impressions and its true
 * rate (`sim_ctr`), a test is a line item, its impressions in all are what the line item is planned to show. Choices are made in batches of 50
 * from one belief, as between two snapshots; clicks are drawn.
 */
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { believe } from '../../src/policy/bandit/believe.ts';
import { drawFrom, sharesOf } from '../../src/policy/bandit/choose.ts';
import { Evidence } from '../../src/policy/bandit/evidence.ts';
import { creativePolicyNamed } from '../../src/policy/bandit/index.ts';
import type { Belief, CreativePolicyName } from '../../src/policy/bandit/policy.ts';
import { FLAT_PRIOR, NO_SCENE } from '../../src/policy/bandit/policy.ts';
import type { CsvFile } from './csv.ts';
import { readCsv } from './csv.ts';
import type { Evaluation } from './evaluation.ts';

const BATCH = 50;
/** What display's clicks usually come to, before the first test has told more. */
const FIRST_RATE = 0.002;
const FIRST_CLICKS = 5;

export interface CreativeTest {
  readonly rates: readonly number[];
  readonly impressions: number;
}

/** How a contestant plays one test: rotation, and what it is told. */
interface Contestant {
  readonly name: string;
  readonly rotation: CreativePolicyName;
  /** Planned impressions, as a factor on those that come; undefined where the line item has no plan. */
  readonly plan: number | undefined;
  /** Knows what the advertiser's tests usually bring. */
  readonly history: boolean;
}

const CONTESTANTS: readonly Contestant[] = [
  { name: 'plain', rotation: 'thompson', plan: undefined, history: false },
  { name: 'planned', rotation: 'planned', plan: 1, history: true },
  { name: 'narrowing', rotation: 'thompson', plan: 1, history: true },
  { name: 'planned for half', rotation: 'planned', plan: 0.5, history: true },
  { name: 'planned for twice', rotation: 'planned', plan: 2, history: true },
  { name: 'no plan', rotation: 'thompson', plan: undefined, history: true },
  { name: 'top two', rotation: 'top_two', plan: undefined, history: true },
];

export const banditReplay: Evaluation = {
  name: 'bandit-replay',
  title: 'creatives of real tests: share of the possible uplift',
  settings: { all: { default: 'false', means: 'also wrong plans, no plan, and top-two' } },
  variant: () => '',
  run: ({ files, seed, settings }) => {
    const tests = files.flatMap((path) => testsIn(readCsv(path)));
    const playing = settings.all === 'true' ? CONTESTANTS : CONTESTANTS.slice(0, 3);
    const played = playing.map((contestant) => ({
      contestant,
      ...replayed(contestant, tests, seededRandom(seed)),
    }));
    const uplift = (name: string): number =>
      played.find(({ contestant }) => contestant.name === name)?.uplift ?? Number.NaN;
    const evenly = tests.reduce((sum, test) => sum + test.impressions * mean(test.rates), 0);
    const best = tests.reduce((sum, test) => sum + test.impressions * Math.max(...test.rates), 0);
    return {
      figures: {
        upliftShare: uplift('planned'),
        plainUpliftShare: uplift('plain'),
        overPlain: uplift('planned') / uplift('plain'),
        possibleUplift: best / evenly - 1,
        tests: tests.length,
      },
      goals: { upliftShare: '>= 0.69', overPlain: '>= 1.25' },
      tables: [
        {
          title: 'By policy',
          columns: ['policy', 'rotation', 'share of possible uplift', 'most shown is best'],
          rows: played.map(({ contestant, uplift: share, found }) => [
            contestant.name,
            contestant.rotation,
            share,
            found,
          ]),
        },
      ],
      notes: [
        'Each test is a line item that knows how many impressions it is planned to show, and what the tests before it brought. `plain` is Thompson sampling from a flat prior without a plan; `narrowing` is it with the plan and the history, its beliefs taken to be the narrower the less is left.',
        'The weight of the prior, and the width of beliefs of `narrowing`, were chosen among a handful on the first 60 % of the archive; judge them on what comes after. The index itself has nothing to choose.',
      ],
    };
  },
};

export function testsIn(csv: CsvFile): CreativeTest[] {
  const ids = csv.texts('test');
  const impressions = csv.numbers('impressions');
  const rates = csv.numbers('sim_ctr');
  const tests = new Map<string, { rates: number[]; impressions: number }>();
  for (let row = 0; row < csv.rows; row++) {
    const rate = rates[row]!;
    if (!(rate >= 0 && rate <= 1)) throw new Error(`${csv.name}:${row + 2} sim_ctr is no probability`);
    let test = tests.get(ids[row]!);
    if (!test) tests.set(ids[row]!, (test = { rates: [], impressions: 0 }));
    test.rates.push(rate);
    test.impressions += impressions[row]!;
  }
  return [...tests.values()].filter((test) => test.rates.length > 1);
}

/** Share of what always showing the best would bring above showing all alike. */
export function replayed(
  contestant: Omit<Contestant, 'name'>,
  tests: readonly CreativeTest[],
  random: Random,
): { readonly uplift: number; readonly found: number } {
  const account = { trials: FIRST_CLICKS / FIRST_RATE, rewards: FIRST_CLICKS };
  let earned = 0;
  let even = 0;
  let best = 0;
  let found = 0;
  for (const [number, test] of tests.entries()) {
    const { shown, clicks } = playTest(
      contestant,
      test,
      account.rewards / account.trials,
      random.stream(`${number}`),
    );
    shown.forEach((count, arm) => {
      earned += count * test.rates[arm]!;
      account.trials += count;
      account.rewards += clicks[arm]!;
    });
    even += test.impressions * mean(test.rates);
    best += test.impressions * Math.max(...test.rates);
    if (test.rates[shown.indexOf(Math.max(...shown))] === Math.max(...test.rates)) found++;
  }
  return { uplift: best > even ? (earned - even) / (best - even) : 1, found: found / tests.length };
}

function playTest(
  { rotation, plan, history }: Omit<Contestant, 'name'>,
  { rates, impressions }: CreativeTest,
  usualRate: number,
  random: Random,
) {
  const policy = creativePolicyNamed(rotation);
  const arms = rates.map((_, arm) => ({ creativeId: String(arm), weight: 1 }));
  const offered = rates.map((_, arm) => arm);
  const evidence = new Evidence();
  const shown = rates.map(() => 0);
  const clicks = rates.map(() => 0);
  for (let past = 0; past < impressions; past += BATCH) {
    const left = Math.max(0, (plan ?? 0) * impressions - past);
    const planned = plan === undefined ? {} : { left, ahead: left / (plan * impressions) };
    const informed = believe(evidence, { arms, memory: policy.memory, nowMs: 0, usualRate, ...planned });
    const belief: Belief = history ? informed : { ...informed, prior: FLAT_PRIOR };
    const shares = sharesOf(policy, belief, offered, NO_SCENE);
    const batch = rates.map(() => 0);
    for (let each = Math.min(BATCH, impressions - past); each > 0; each--) batch[drawFrom(shares, random)]!++;
    batch.forEach((trials, arm) => {
      if (trials === 0) return;
      let rewards = 0;
      for (let each = 0; each < trials; each++) if (random.next() < rates[arm]!) rewards++;
      evidence.add(String(arm), 0, { trials, rewards });
      shown[arm]! += trials;
      clicks[arm]! += rewards;
    });
  }
  return { shown, clicks };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
