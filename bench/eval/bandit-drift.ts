/**
 * Creatives whose ranking turns over half way, at the rates of a real production log: `{"alpha": […], "beta": […]}`, the posterior of every
 * item of a deployed Thompson sampling policy (Open Bandit Dataset). A flight of four weeks, a new belief every hour, by the policies that the
 * server uses; beside it the same flight in which nothing changes.
 */
import { readFileSync } from 'node:fs';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { believe } from '../../src/policy/bandit/believe.ts';
import { drawFrom, sharesOf } from '../../src/policy/bandit/choose.ts';
import { Evidence } from '../../src/policy/bandit/evidence.ts';
import { creativePolicyNamed } from '../../src/policy/bandit/index.ts';
import type { CreativePolicyName } from '../../src/policy/bandit/policy.ts';
import { FLAT_PRIOR, NO_SCENE } from '../../src/policy/bandit/policy.ts';
import type { Evaluation } from './evaluation.ts';

const HOUR_MS = 3_600_000;
const HOURS = 28 * 24;
const ARMS = 12;
/** Rates times so much, over so many impressions. */
const CELLS = [
  { times: 1, impressions: 1_000_000, goal: 0.4 },
  { times: 4, impressions: 400_000, goal: 0.5 },
] as const;

interface Contestant {
  readonly name: string;
  readonly rotation: CreativePolicyName;
  /** The line item has a plan, and its advertiser a history. */
  readonly informed: boolean;
}

const CONTESTANTS: readonly Contestant[] = [
  { name: 'plain', rotation: 'thompson', informed: false },
  { name: 'thompson', rotation: 'thompson', informed: true },
  { name: 'discounted', rotation: 'discounted', informed: false },
  { name: 'sliding_window', rotation: 'sliding_window', informed: false },
  { name: 'change_aware', rotation: 'change_aware', informed: true },
];

export const banditDrift: Evaluation = {
  name: 'bandit-drift',
  title: 'creatives whose ranking turns over half way: share of the possible uplift',
  settings: { runs: { default: '10', means: 'seeds of each cell' } },
  variant: () => '',
  run: ({ files, seed, settings }) => {
    const runs = Number(settings.runs);
    const rates = files.flatMap(ratesIn).slice(0, ARMS);
    if (rates.length < ARMS) throw new Error(`needs ${ARMS} rates, got ${rates.length}`);
    const rows = CELLS.flatMap((cell) =>
      CONTESTANTS.map((contestant) => {
        const own = rates.map((rate) => rate * cell.times);
        const share = (drifts: boolean): number[] =>
          Array.from({ length: runs }, (_, run) =>
            flight(contestant, own, cell.impressions, drifts, seededRandom(`${seed} ${run}`)),
          );
        return { cell, contestant, drifting: share(true), still: share(false) };
      }),
    );
    const of = (name: string, cell: number) =>
      rows.find((row) => row.contestant.name === name && row.cell === CELLS[cell])!;
    const lost = CELLS.map(
      (_, cell) => 1 - mean(of('change_aware', cell).still) / mean(of('thompson', cell).still),
    );
    return {
      figures: {
        driftCellOne: mean(of('change_aware', 0).drifting),
        driftCellTwo: mean(of('change_aware', 1).drifting),
        plainCellOne: mean(of('plain', 0).drifting),
        plainCellTwo: mean(of('plain', 1).drifting),
        lostWhenNothingChanges: Math.max(...lost),
        stillOverPlain: Math.min(
          ...CELLS.map((_, cell) => mean(of('change_aware', cell).still) / mean(of('plain', cell).still)),
        ),
      },
      goals: { driftCellOne: '>= 0.4', driftCellTwo: '>= 0.5', lostWhenNothingChanges: '<= 0.05' },
      tables: [
        {
          title: 'Share of the possible uplift over showing all alike, mean and standard error',
          columns: ['rates', 'impressions', 'policy', 'turned over', '±', 'nothing changes', '±'],
          rows: rows.map(({ cell, contestant, drifting, still }) => [
            `× ${cell.times}`,
            cell.impressions,
            contestant.name,
            mean(drifting),
            standardError(drifting),
            mean(still),
            standardError(still),
          ]),
        },
      ],
      notes: [
        `The first ${ARMS} rates of the file; half way the best becomes the worst and so on. The limit is the best creative of each half.`,
        '`plain`, `discounted` and `sliding_window` begin from a flat prior and have no plan; `thompson` and `change_aware` know the line item’s planned impressions and what is usual for the advertiser. What is lost when nothing changes is told against `thompson`, which never forgets.',
      ],
    };
  },
};

function ratesIn(path: string): number[] {
  const { alpha, beta } = JSON.parse(readFileSync(path, 'utf8')) as { alpha: number[]; beta: number[] };
  return alpha.map((successes, item) => successes / (successes + beta[item]!));
}

/** Share of the possible uplift of one flight. */
function flight(
  { rotation, informed }: Contestant,
  rates: readonly number[],
  impressions: number,
  drifts: boolean,
  random: Random,
): number {
  const policy = creativePolicyNamed(rotation);
  const arms = rates.map((_, arm) => ({ creativeId: String(arm), weight: 1 }));
  const offered = rates.map((_, arm) => arm);
  const turned = turnedOver(rates);
  const usualRate = mean(rates);
  const evidence = new Evidence();
  let earned = 0;
  let even = 0;
  let best = 0;
  for (let hour = 0; hour < HOURS; hour++) {
    const now = drifts && hour >= HOURS / 2 ? turned : rates;
    const count = Math.floor((impressions * (hour + 1)) / HOURS) - Math.floor((impressions * hour) / HOURS);
    const belief = believe(evidence, {
      arms,
      memory: policy.memory,
      nowMs: hour * HOUR_MS,
      usualRate,
      flightMs: HOURS * HOUR_MS,
      ...(informed ? { ahead: 1 - hour / HOURS } : {}),
    });
    const shares = sharesOf(policy, informed ? belief : { ...belief, prior: FLAT_PRIOR }, offered, NO_SCENE);
    const trials = rates.map(() => 0);
    for (let shown = 0; shown < count; shown++) trials[drawFrom(shares, random)]!++;
    trials.forEach((shown, arm) => {
      if (shown === 0) return;
      let rewards = 0;
      for (let each = 0; each < shown; each++) if (random.next() < now[arm]!) rewards++;
      evidence.add(String(arm), hour * HOUR_MS, { trials: shown, rewards });
      earned += shown * now[arm]!;
    });
    even += count * mean(now);
    best += count * Math.max(...now);
  }
  return (earned - even) / (best - even);
}

/** The best gets the rate of the worst, the second that of the last but one, and so on. */
function turnedOver(rates: readonly number[]): number[] {
  const order = rates.map((_, arm) => arm).sort((a, b) => rates[a]! - rates[b]!);
  const turned = [...rates];
  order.forEach((arm, place) => {
    turned[arm] = rates[order[order.length - 1 - place]!]!;
  });
  return turned;
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
