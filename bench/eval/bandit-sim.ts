/**
 * Dynamic creatives in a simulated market: 2,500 combinations of 50 elements in three slots, rates that differ by element, by place and by
 * device, conversions a day late in the mean, elements that leave and others that enter. Chosen by the policy that the server uses for `contextual`
 * line items, and by those that treat each combination as an arm of its own.
 * It is one thing: the world, its contestants and the judgement are only understood together.
 */
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { drawBeta, drawExponential, drawNormal } from '../../src/core/sampling.ts';
import { believe } from '../../src/policy/bandit/believe.ts';
import { combine } from '../../src/policy/bandit/combine.ts';
import { EffectSums } from '../../src/policy/bandit/effects.ts';
import { Evidence } from '../../src/policy/bandit/evidence.ts';
import { creativePolicyNamed } from '../../src/policy/bandit/index.ts';
import {
  addReached,
  delayCurve,
  PUBLISHED_DELAYS,
  SPANS,
  shareBy,
  spanOf,
} from '../../src/policy/predict/delay.ts';
import type { Evaluation } from './evaluation.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SLOTS = [20, 25, 5] as const;
const CONTEXTS = { place: 4, device: 3 } as const;
const BASE = 0.02;
/** On the logarithm of the rate: elements, and what place and device change of them. */
const SPREADS = { element: 0.3, cross: 0.15, context: 0.4 } as const;
const DAYS = 14;
/** Between two beliefs: conversions come a day late, so nothing is lost by it. */
const RENEWED_HOURS = 6;

interface World {
  /** By place and device, then by combination. */
  readonly rates: readonly Float64Array[];
  readonly even: readonly number[];
  /** Whether a combination may be shown on this day. */
  offeredOn(day: number): (slot: number, element: number) => boolean;
}

interface Showing {
  readonly context: number;
  readonly combination: number;
  readonly hour: number;
}

/** Chooses and is told of conversions when they come. */
interface Contestant {
  startHour(hour: number, offered: (slot: number, element: number) => boolean, open: readonly number[]): void;
  choose(context: number): number;
  shown(showing: Showing): void;
  converted(showing: Showing, delayMs: number): void;
}

const COMBINATIONS = SLOTS.reduce((product, size) => product * size, 1);

function elementsOf(combination: number): number[] {
  return [
    Math.floor(combination / (SLOTS[1] * SLOTS[2])),
    Math.floor(combination / SLOTS[2]) % SLOTS[1],
    combination % SLOTS[2],
  ];
}

function combinationOf([first, second, third]: readonly number[]): number {
  return (first! * SLOTS[1] + second!) * SLOTS[2] + third!;
}

export const banditSim: Evaluation = {
  name: 'bandit-sim',
  title: 'dynamic creatives: regret against who knows all rates',
  settings: {
    runs: { default: '20', means: 'seeds' },
    impressions: { default: '40000', means: 'impressions of a flight' },
  },
  variant: () => '',
  run: ({ seed, settings }) => {
    const runs = Number(settings.runs);
    const impressions = Number(settings.impressions);
    const makers: Record<string, (world: World, random: Random) => Contestant> = {
      contextual: contextual,
      'contextual, delay unknown': (world, random) => contextual(world, random, false),
      'plain thompson': (_, random) => flat(random, 'thompson'),
      ucb1: (_, random) => flat(random, 'ucb1'),
      'epsilon-greedy': (_, random) => flat(random, 'greedy'),
      uniform: (_, random) => flat(random, 'uniform'),
      'best fixed arm': (world) => bestFixed(world),
    };
    const shares = new Map<string, number[]>(Object.keys(makers).map((name) => [name, []]));
    for (let run = 0; run < runs; run++)
      for (const [name, make] of Object.entries(makers)) {
        const random = seededRandom(`${seed} ${run}`);
        const world = worldOf(random.stream('world'));
        shares
          .get(name)!
          .push(flight(world, make(world, random.stream('policy')), impressions, random.stream('people')));
      }
    const of = (name: string): number => mean(shares.get(name)!);
    return {
      figures: {
        regretOfUniform: of('contextual'),
        regretDelayUnknown: of('contextual, delay unknown'),
        regretPlainThompson: of('plain thompson'),
        regretUcb: of('ucb1'),
        regretEpsilonGreedy: of('epsilon-greedy'),
        regretBestFixed: of('best fixed arm'),
        runs,
      },
      goals: { regretOfUniform: '< 1' },
      tables: [
        {
          title: 'Regret as a share of that of showing all alike: mean of all seeds, and its 95 % interval',
          columns: ['policy', 'regret', 'from', 'to'],
          rows: [...shares].map(([name, list]) => {
            const reach = 1.96 * standardError(list);
            return [name, mean(list), mean(list) - reach, mean(list) + reach];
          }),
        },
      ],
      notes: [
        `${COMBINATIONS} combinations of ${SLOTS.join(' + ')} elements, ${CONTEXTS.place} places by ${CONTEXTS.device} devices, ${impressions} impressions over ${DAYS} days, mean rate of conversion about ${BASE}; conversions come an exponential time later, a day in the mean. Five elements leave on the sixth day, five others enter on the fourth and the tenth.`,
        'Regret is against the best combination on offer for each place and device. The best fixed arm is the one combination, of those on offer throughout, that is best in the mean of all places: nobody knows it beforehand.',
      ],
    };
  },
};

function worldOf(random: Random): World {
  const element = SLOTS.map((size) =>
    Array.from({ length: size }, () => SPREADS.element * drawNormal(random)),
  );
  const contexts = CONTEXTS.place * CONTEXTS.device;
  const crosses = [CONTEXTS.place, CONTEXTS.device].map((levels) =>
    Array.from({ length: levels }, () =>
      SLOTS.map((size) => Array.from({ length: size }, () => SPREADS.cross * drawNormal(random))),
    ),
  );
  const levels = [CONTEXTS.place, CONTEXTS.device].map((count) =>
    Array.from({ length: count }, () => SPREADS.context * drawNormal(random)),
  );
  const rates = Array.from({ length: contexts }, (_, context) => {
    const at = [Math.floor(context / CONTEXTS.device), context % CONTEXTS.device];
    return Float64Array.from({ length: COMBINATIONS }, (__, combination) => {
      let log = levels[0]![at[0]!]! + levels[1]![at[1]!]!;
      elementsOf(combination).forEach((place, slot) => {
        log += element[slot]![place]!;
        for (const kind of [0, 1]) log += crosses[kind]![at[kind]!]![slot]![place]!;
      });
      return Math.min(0.5, BASE * Math.exp(log));
    });
  });
  return {
    rates,
    even: rates.map((row) => row.reduce((sum, rate) => sum + rate, 0) / COMBINATIONS),
    offeredOn: (day) => (slot, place) => {
      if (slot !== 1) return true;
      if (place < 5) return day < 5;
      if (place >= 20) return day >= (place < 22 ? 3 : 9);
      return true;
    },
  };
}

/** Regret as a share of the regret of showing what is on offer alike. */
function flight(world: World, contestant: Contestant, impressions: number, random: Random): number {
  const coming = new Map<number, { readonly showing: Showing; readonly delayMs: number }[]>();
  let regret = 0;
  let even = 0;
  let known = -1;
  let open: number[] = [];
  let best: number[] = [];
  let usual: number[] = [];
  for (let hour = 0; hour < DAYS * 24; hour++) {
    const day = Math.floor(hour / 24);
    const offered = world.offeredOn(day);
    if (day !== known) {
      known = day;
      open = Array.from({ length: COMBINATIONS }, (_, combination) => combination).filter((combination) =>
        elementsOf(combination).every((place, slot) => offered(slot, place)),
      );
      best = world.rates.map((row) =>
        open.reduce((most, combination) => Math.max(most, row[combination]!), 0),
      );
      usual = world.rates.map(
        (row) => open.reduce((sum, combination) => sum + row[combination]!, 0) / open.length,
      );
    }
    for (const { showing, delayMs } of coming.get(hour) ?? []) contestant.converted(showing, delayMs);
    coming.delete(hour);
    if (hour % RENEWED_HOURS === 0) contestant.startHour(hour, offered, open);
    const count =
      Math.floor((impressions * (hour + 1)) / (DAYS * 24)) - Math.floor((impressions * hour) / (DAYS * 24));
    for (let shown = 0; shown < count; shown++) {
      const context = Math.floor(random.next() * world.rates.length);
      const combination = contestant.choose(context);
      const rate = world.rates[context]![combination]!;
      regret += best[context]! - rate;
      even += best[context]! - usual[context]!;
      const showing = { context, combination, hour };
      contestant.shown(showing);
      if (random.next() >= rate) continue;
      const delayMs = DAY_MS * drawExponential(random);
      const comes = hour + 1 + Math.floor(delayMs / HOUR_MS);
      const list = coming.get(comes);
      if (list) list.push({ showing, delayMs });
      else coming.set(comes, [{ showing, delayMs }]);
    }
  }
  return regret / even;
}

/** As the server does it: one belief for each slot, effects of all elements together, delays learned on the way. */
function contextual(_: World, random: Random, knowsDelay = true): Contestant {
  const policy = creativePolicyNamed('contextual');
  const evidence = new Evidence();
  const sums = new EffectSums();
  const delays = new Float64Array(SPANS);
  const trialsByHour: number[] = [];
  let trials = 0;
  let conversions = 0;
  let slots: { belief: ReturnType<typeof believe>; offered: number[] }[] = [];
  const feature = (slot: number, place: number): number => 1000 * (slot + 1) + place;
  const circumstancesOf = (context: number): number[] => [
    Math.floor(context / CONTEXTS.device),
    100 + (context % CONTEXTS.device),
  ];
  const learn = ({ context, combination, hour }: Showing, more: number, rewards: number): void => {
    const elements = elementsOf(combination).map((place, slot) => feature(slot, place));
    for (const element of elements) evidence.add(String(element), hour * HOUR_MS, { trials: more, rewards });
    sums.add({ elements, circumstances: circumstancesOf(context) }, more, rewards);
  };
  return {
    startHour: (hour, offered) => {
      const nowMs = hour * HOUR_MS;
      const reached = new Float64Array(SPANS);
      trialsByHour.forEach((count, then) => {
        addReached(reached, count, nowMs - (then + 0.5) * HOUR_MS);
      });
      const rate = (conversions + 1) / (trials + 50);
      const curve = delayCurve(delays, reached, rate, PUBLISHED_DELAYS, 20);
      const arrivedBy = knowsDelay ? (ageMs: number) => shareBy(curve, ageMs) : undefined;
      const shares = new Map<number, number>();
      if (arrivedBy)
        for (const id of evidence.ids()) {
          const all = evidence.read(id, { nowMs }).trials;
          if (all > 0) shares.set(Number(id), evidence.read(id, { nowMs, arrivedBy }).trials / all);
        }
      const effects = sums.effects(shares);
      slots = SLOTS.map((size, slot) => {
        const places = Array.from({ length: size }, (__, place) => place);
        const arms = places.map((place) => ({
          creativeId: String(feature(slot, place)),
          weight: 1,
          feature: feature(slot, place),
        }));
        const belief = believe(evidence, {
          arms,
          memory: policy.memory,
          nowMs,
          usualRate: rate,
          ahead: 1 - hour / (DAYS * 24),
          ...(arrivedBy ? { arrivedBy } : {}),
          effects,
        });
        return { belief, offered: places.filter((place) => offered(slot, place)) };
      });
    },
    choose: (context) =>
      combinationOf(combine(policy, slots, { circumstances: circumstancesOf(context) }, random)!.elements),
    shown: (showing) => {
      trials++;
      trialsByHour[showing.hour] = (trialsByHour[showing.hour] ?? 0) + 1;
      for (let hour = 0; hour < showing.hour; hour++) trialsByHour[hour] ??= 0;
      learn(showing, 1, 0);
    },
    converted: (showing, delayMs) => {
      conversions++;
      delays[spanOf(delayMs)]!++;
      learn(showing, 0, 1);
    },
  };
}

/** Each combination an arm of its own, the context not looked at. */
function flat(random: Random, kind: 'thompson' | 'ucb1' | 'greedy' | 'uniform'): Contestant {
  const trials = new Float64Array(COMBINATIONS);
  const rewards = new Float64Array(COMBINATIONS);
  let total = 0;
  let open: readonly number[] = [];
  let held = 0;
  let chosen = 0;
  const scoreOf = (arm: number): number => {
    if (kind === 'thompson')
      return drawBeta(1 + rewards[arm]!, 1 + Math.max(0, trials[arm]! - rewards[arm]!), random);
    if (trials[arm] === 0) return kind === 'ucb1' ? 1e9 + random.next() : BASE;
    const rate = rewards[arm]! / trials[arm]!;
    return kind === 'ucb1' ? rate + Math.sqrt((2 * Math.log(total)) / trials[arm]!) : rate;
  };
  return {
    startHour: (_, __, now) => {
      open = now;
      held = 0;
    },
    choose: () => {
      if (kind === 'uniform' || (kind === 'greedy' && random.next() < 0.1))
        return open[Math.floor(random.next() * open.length)]!;
      // A pass over 2,500 arms for every tenth showing: with conversions a day late nothing is known sooner.
      if (held-- > 0 && trials[chosen]! > 0) return chosen;
      held = 9;
      let most = Number.NEGATIVE_INFINITY;
      for (const arm of open) {
        const score = scoreOf(arm);
        if (score > most) {
          most = score;
          chosen = arm;
        }
      }
      return chosen;
    },
    shown: ({ combination }) => {
      trials[combination]!++;
      total++;
    },
    converted: ({ combination }) => {
      rewards[combination]!++;
    },
  };
}

function bestFixed(world: World): Contestant {
  const always = Array.from({ length: COMBINATIONS }, (_, combination) => combination).filter(
    (combination) => {
      const place = elementsOf(combination)[1]!;
      return place >= 5 && place < 20;
    },
  );
  const worth = (combination: number): number => world.rates.reduce((sum, row) => sum + row[combination]!, 0);
  const best = always.reduce((most, combination) => (worth(combination) > worth(most) ? combination : most));
  return { startHour: () => {}, choose: () => best, shown: () => {}, converted: () => {} };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardError(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(
    values.reduce((sum, value) => sum + (value - middle) ** 2, 0) /
      Math.max(1, values.length - 1) /
      values.length,
  );
}
