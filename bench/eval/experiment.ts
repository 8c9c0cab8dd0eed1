/**
 * Experiments that are looked at every hour, simulated: how often a difference that is not there is announced, and how often one that is
 * there is found, by each way to test.
 */
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { twoProportions } from '../../src/insight/experiment/fixed.ts';
import { alwaysValid, groupSequential } from '../../src/insight/experiment/sequential.ts';
import type { Evaluation } from './evaluation.ts';

const RATE = 0.018;
const LOOKS = 100;
const PEOPLE_A_LOOK = 500;
const ALPHA = 0.05;
/** Of the differences expected, as a share of the rate. */
const SCALE = 0.15;

type Way = 'peeking' | 'fixed' | 'mSPRT' | 'sequential';
const WAYS: readonly Way[] = ['peeking', 'fixed', 'mSPRT', 'sequential'];

interface Found {
  readonly share: Readonly<Record<Way, number>>;
  /** Of the planned people, in the mean of those that found it. */
  readonly sample: Readonly<Record<Way, number>>;
}

export const experiment: Evaluation = {
  name: 'experiment',
  title: 'tests of an experiment that somebody looks at every hour',
  settings: { experiments: { default: '10000', means: 'how many of them, under each difference' } },
  variant: () => '',
  run: ({ seed, settings }) => {
    const count = Number(settings.experiments);
    const random = seededRandom(seed).stream('experiments');
    const bounds = groupSequential(
      Array.from({ length: LOOKS }, (_, look) => (look + 1) / LOOKS),
      ALPHA,
    );
    const none = simulate(random.stream('none'), 0, count, bounds);
    const ten = simulate(random.stream('ten'), 0.1, count, bounds);
    const twenty = simulate(random.stream('twenty'), 0.2, count, bounds);
    return {
      figures: {
        falseAlarms: none.share.sequential,
        falseAlarmsPeeking: none.share.peeking,
        falseAlarmsFixed: none.share.fixed,
        falseAlarmsMsprt: none.share.mSPRT,
        powerToFixedAtTwenty: twenty.share.sequential / twenty.share.fixed,
        msprtPowerToFixedAtTwenty: twenty.share.mSPRT / twenty.share.fixed,
        powerToFixedAtTen: ten.share.sequential / ten.share.fixed,
        sampleAtTwenty: twenty.sample.sequential,
      },
      // What is left to chance among ten thousand: two standard deviations of 5 %.
      goals: { falseAlarms: '<= 0.0544', powerToFixedAtTwenty: '>= 0.95' },
      tables: [
        {
          title:
            'Share of experiments that announce a difference, and the share of the planned people it took',
          columns: ['way', 'no difference', '+10 %', '+20 %', 'people at +20 %'],
          rows: WAYS.map((way) => [
            way,
            none.share[way],
            ten.share[way],
            twenty.share[way],
            twenty.sample[way],
          ]),
        },
      ],
      notes: [
        `${count} experiments each, ${LOOKS} looks at ${PEOPLE_A_LOOK} people more in either arm, a rate of ${100 * RATE} %.`,
        'Peeking stops at the first look with p < 0.05; fixed looks once, at the end.',
      ],
    };
  },
};

function simulate(random: Random, rise: number, count: number, bounds: readonly number[]): Found {
  const found = { peeking: 0, fixed: 0, mSPRT: 0, sequential: 0 };
  const people = { peeking: 0, fixed: 0, mSPRT: 0, sequential: 0 };
  for (let each = 0; each < count; each++) {
    const first: Partial<Record<Way, number>> = {};
    let control = 0;
    let variant = 0;
    for (let look = 1; look <= LOOKS; look++) {
      control += binomial(random, PEOPLE_A_LOOK, RATE);
      variant += binomial(random, PEOPLE_A_LOOK, RATE * (1 + rise));
      const n = look * PEOPLE_A_LOOK;
      const { z, difference, p } = twoProportions(
        { people: n, successes: control },
        { people: n, successes: variant },
      );
      const [a, b] = [control / n, variant / n];
      if (p < ALPHA) first.peeking ??= look;
      if (Math.abs(z) >= bounds[look - 1]!) first.sequential ??= look;
      if (alwaysValid(difference, a * (1 - a) + b * (1 - b), n, SCALE * RATE) < ALPHA) first.mSPRT ??= look;
      if (look === LOOKS && p < ALPHA) first.fixed = look;
    }
    for (const way of WAYS) {
      const at = first[way];
      if (at === undefined) continue;
      found[way]++;
      people[way] += at / LOOKS;
    }
  }
  const of = (sums: Readonly<Record<Way, number>>, by: (way: Way) => number) =>
    Object.fromEntries(WAYS.map((way) => [way, by(way) > 0 ? sums[way] / by(way) : 0])) as Record<
      Way,
      number
    >;
  return { share: of(found, () => count), sample: of(people, (way) => found[way]) };
}

/** By going up the distribution from nothing: means are small. */
function binomial(random: Random, trials: number, rate: number): number {
  let left = random.next();
  let chance = (1 - rate) ** trials;
  let successes = 0;
  while (left >= chance && successes < trials) {
    left -= chance;
    chance *= ((trials - successes) / (successes + 1)) * (rate / (1 - rate));
    successes++;
  }
  return successes;
}
