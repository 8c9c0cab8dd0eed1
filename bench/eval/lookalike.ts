/**
 * Look-alike packs in a made-up world: people have interests that nobody sees, which show, with noise, in what they do; who converts depends on two of these and
 * on both at once. Some of those who converted are the seed. What is ranked is everybody else, and judged by who converts afterwards.
 */
import type { Members } from '../../src/campaign/audience/members.ts';
import { membersOf } from '../../src/campaign/audience/members.ts';
import { DAY_MS } from '../../src/core/profile.ts';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { drawNormal } from '../../src/core/sampling.ts';
import { lookalike as lookalikeOf } from '../../src/learning/lookalike.ts';
import { areaUnderCurve } from '../../src/policy/predict/quality.ts';
import { finished } from '../../src/policy/value/customer.ts';
import { Profiles } from '../../src/state/memory/profiles.ts';
import type { Evaluation } from './evaluation.ts';

const TODAY = 20_000;
const INTERESTS = 6;
const FACTS = 40;
const SHARES = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5] as const;
const FOUND = 0.8;

interface World {
  readonly profiles: Profiles;
  readonly people: readonly string[];
  readonly seed: Members;
  readonly isSeed: Uint8Array;
  /** Probability to convert, which nobody sees. */
  readonly truth: Float64Array;
  readonly convertsLater: Uint8Array;
  /** Events of each person by fact, for the plain rule. */
  readonly counts: readonly Uint16Array[];
}

export const lookalike: Evaluation = {
  name: 'lookalike',
  title: 'people like those who converted, in a made-up world: who of them converts later',
  settings: {
    people: { default: '20000', means: 'people of a world' },
    worlds: { default: '10', means: 'worlds, each with a seed of its own' },
  },
  variant: () => '',
  run: ({ seed, settings }) => {
    const worlds = Array.from({ length: Number(settings.worlds) }, (_, number) =>
      judged(worldOf(Number(settings.people), seededRandom(seed + number))),
    );
    const names = ['model', 'plain', 'oracle'] as const;
    const over = (pick: (world: Judged) => number) => {
      const values = worlds.map(pick);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const spread = Math.sqrt(
        values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1),
      );
      return { mean, half: (1.96 * spread) / Math.sqrt(values.length) };
    };
    const lift = (share: number) => over(({ model }) => model.lifts[SHARES.indexOf(share as 0.01)]!).mean;
    return {
      figures: {
        liftOfTopHundredth: lift(0.01),
        liftOfTopTwentieth: lift(0.05),
        liftOfTopTenth: lift(0.1),
        audienceHoldingEightyPercent: over(({ model }) => model.holding).mean,
        areaUnderCurve: over(({ model }) => model.area).mean,
        oracleAreaUnderCurve: over(({ oracle }) => oracle.area).mean,
        gainsOwnToTrue: over(({ ownToTrue }) => ownToTrue).mean,
      },
      goals: { audienceHoldingEightyPercent: '<= 0.38', liftOfTopTenth: '> 1' },
      tables: [
        {
          title: 'By ranking: mean of all worlds and half of a 95 % interval',
          columns: [
            'ranking',
            ...SHARES.flatMap((share) => [`lift of the top ${100 * share} %`, '±']),
            'audience that holds 80 %',
            '±',
            'area under the curve',
            '±',
          ],
          rows: names.map((name) => [
            name,
            ...SHARES.flatMap((_, place) => cells(over((world) => world[name].lifts[place]!))),
            ...cells(over((world) => world[name].holding)),
            ...cells(over((world) => world[name].area)),
          ]),
        },
      ],
      notes: [
        `Each world: ${settings.people} people, ${FACTS} facts driven by ${INTERESTS} interests, a conversion rate of some 3 %; half of those who converted so far are the seed, the fact of converting is kept from the model.`,
        '`plain` ranks by likeness (cosine) to the mean of the seed, `oracle` by the true probability. `gainsOwnToTrue`: the share of converters in the top tenth that the pack itself reports, from the fifth of the seed that it kept apart, to the true one.',
      ],
    };
  },
};

const cells = ({ mean, half }: { readonly mean: number; readonly half: number }) => [mean, half];

function worldOf(count: number, random: Random): World {
  const profiles = new Profiles();
  const drives = Array.from({ length: FACTS }, () =>
    Array.from({ length: INTERESTS }, () => (random.next() < 0.35 ? 0.9 * drawNormal(random) : 0)),
  );
  const people: string[] = [];
  const counts: Uint16Array[] = [];
  const truth = new Float64Array(count);
  const isSeed = new Uint8Array(count);
  const convertsLater = new Uint8Array(count);
  for (let number = 0; number < count; number++) {
    const person = `person-${number}`;
    const interests = Array.from({ length: INTERESTS }, () => drawNormal(random));
    const [first = 0, second = 0] = interests;
    truth[number] = 1 / (1 + Math.exp(4.6 - 1.1 * first - 0.8 * second - 0.7 * first * second));
    const own = new Uint16Array(FACTS);
    drives.forEach((weights, fact) => {
      const rate = Math.exp(
        -0.9 + weights.reduce((sum, weight, interest) => sum + weight * interests[interest]!, 0),
      );
      own[fact] = Math.min(60, poisson(Math.min(40, rate), random));
      for (let each = 0; each < own[fact]!; each++)
        profiles.add(person, `view=${fact}`, TODAY - Math.floor(60 * random.next()), 1, 0);
    });
    // So that nobody is without a profile.
    profiles.add(person, 'impression', TODAY - Math.floor(60 * random.next()), 1, 0);
    isSeed[number] = random.next() < truth[number]! && random.next() < 0.5 ? 1 : 0;
    convertsLater[number] = random.next() < truth[number]! ? 1 : 0;
    people.push(person);
    counts.push(own);
  }
  const seed = finished(membersOf(Uint32Array.from(people.keys()).filter((number) => isSeed[number])));
  return { profiles, people, seed, isSeed, truth, convertsLater, counts };
}

function poisson(rate: number, random: Random): number {
  const limit = Math.exp(-rate);
  let drawn = 0;
  for (let product = random.next(); product > limit; product *= random.next()) drawn++;
  return drawn;
}

interface Ranking {
  readonly lifts: readonly number[];
  /** Share of the audience, best first, that holds 80 % of those who convert. */
  readonly holding: number;
  readonly area: number;
}
interface Judged {
  readonly model: Ranking;
  readonly plain: Ranking;
  readonly oracle: Ranking;
  readonly ownToTrue: number;
}

function judged(world: World): Judged {
  const { profiles, people, seed, isSeed, truth } = world;
  const numberOf = (person: string): number => Number(person.slice('person-'.length));
  const pack = { seed: 'converted', share: 1, includeSeed: false };
  const steps = lookalikeOf(pack, seed, profiles, numberOf, TODAY * DAY_MS);
  const { people: ranked, report } = finished(steps);
  const others = people.flatMap((_, number) => (isSeed[number] ? [] : [number]));
  const likeness = likenessTo(world);
  const by = (score: (number: number) => number) => others.toSorted((a, b) => score(b) - score(a));
  const model = rank(ranked.map(numberOf), world);
  const own = report.gains.find(({ share }) => share === 0.1)?.found ?? Number.NaN;
  return {
    model,
    plain: rank(
      by((number) => likeness[number]!),
      world,
    ),
    oracle: rank(
      by((number) => truth[number]!),
      world,
    ),
    ownToTrue: own / (0.1 * model.lifts[SHARES.indexOf(0.1)]!),
  };
}

function rank(order: readonly number[], { convertsLater }: World): Ranking {
  const converts = order.map((number) => convertsLater[number] === 1);
  const all = converts.filter(Boolean).length;
  const within = (room: number) => converts.slice(0, room).filter(Boolean).length;
  let found = 0;
  const place = converts.findIndex((each) => each && ++found >= FOUND * all);
  return {
    lifts: SHARES.map((share) => within(Math.round(share * order.length)) / all / share),
    holding: (place + 1) / order.length,
    area: areaUnderCurve({
      chance: Float64Array.from(order, (_, at) => -at),
      came: Uint8Array.from(converts, Number),
    }),
  };
}

function likenessTo({ counts, isSeed }: World): Float64Array {
  const mean = new Float64Array(FACTS);
  counts.forEach((own, number) => {
    if (isSeed[number]) own.forEach((count, fact) => (mean[fact]! += count));
  });
  return Float64Array.from(counts, (own) => {
    let product = 0;
    let length = 0;
    own.forEach((count, fact) => {
      product += count * mean[fact]!;
      length += count * count;
    });
    return length === 0 ? 0 : product / Math.sqrt(length);
  });
}
