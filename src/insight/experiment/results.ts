/**
 * What an experiment has shown so far. Everybody counts in the group they were divided into, whether they were shown anything or not
 * (intention to treat): who is shown something is not chance, who belongs to a group is. A conversion counts from the moment
 * its person was first met. This file is one thing: the way from rows of people to advice.
 */
import type { Experiment } from '../../campaign/experiment.ts';
import { HOLDOUT } from '../../campaign/experiment.ts';
import { sharesOf } from '../../campaign/trials.ts';
import type { ExperimentFacts } from '../../state/experiment-port.ts';
import type { Difference, Sample } from './fixed.ts';
import { leastRise, sampleRatio, twoProportions, welch } from './fixed.ts';
import { normalAt } from './normal.ts';
import { alwaysValid, groupSequential } from './sequential.ts';

export interface ArmResult {
  readonly armId: string;
  /** That it was to have, of those who take part. */
  readonly share: number;
  readonly people: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly valueMicros: number;
  readonly spendMicros: number;
  /** People who clicked, and people who converted. */
  readonly clickers: number;
  readonly converters: number;
  /** What decides, in the mean of a person: a share of people, or micros. */
  readonly rate: number;
}

export interface Comparison {
  readonly armId: string;
  /** That it is compared with: the control, or those who were shown nothing. */
  readonly againstId: string;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Relative to what it is compared with; absent where that is nothing. */
  readonly lift?: number;
  readonly fixed: { readonly z: number; readonly p: number; readonly isReal: boolean };
  /** Absent without a last day. */
  readonly sequential?: { readonly bound: number; readonly isReal: boolean };
  readonly alwaysValid: { readonly p: number; readonly isReal: boolean };
  /** Results that would not have come without it; against those who were shown nothing alone. */
  readonly incremental?: {
    readonly results: number;
    readonly low: number;
    readonly high: number;
    readonly spendMicrosEach?: number;
  };
}

export const ADVICE = ['broken', 'wait', 'winner', 'worse', 'no_difference'] as const;

export interface ExperimentResults {
  readonly experimentId: string;
  readonly metric: Experiment['metric'];
  readonly arms: readonly ArmResult[];
  readonly comparisons: readonly Comparison[];
  /** The chance of a division as uneven as this, had people been divided as intended. */
  readonly sampleRatio: { readonly p: number; readonly isSound: boolean };
  /** Of the planned time; absent without a last day. */
  readonly elapsed?: number;
  readonly advice: (typeof ADVICE)[number];
  /** The arm that the advice is about; empty where it is about none. */
  readonly adviceArm: string;
  readonly why: string;
  /** Conversions whose report named a click alone: nobody who was shown nothing can have such, so they do not count where somebody was held out. */
  readonly clickOnlyConversions: number;
  readonly isCutOff: boolean;
}

interface Tally {
  people: number;
  impressions: number;
  clicks: number;
  conversions: number;
  valueMicros: number;
  costCpm: number;
  clickers: number;
  converters: number;
  squaredValues: number;
}

interface Person {
  readonly armId: string;
  readonly sinceMs: number;
  clicks: number;
  conversions: number;
  valueMicros: number;
}

const ALPHA = 0.05;
const UNSOUND_P = 0.001;
const LOOKS = 50;
/** As a share of the rate: what differences are like that people try for. */
const SCALE = 0.15;
/** Fewer results than these in two groups together say nothing by a normal curve. */
const RESULTS_MIN = 20;

export function experimentResults(
  experiment: Experiment,
  facts: ExperimentFacts,
  { startMs, endMs, nowMs }: { readonly startMs: number; readonly endMs: number; readonly nowMs: number },
): ExperimentResults {
  const { tallies, clickOnlyConversions } = tally(experiment, facts);
  const arms = sharesOf(experiment).map(([armId, share]) =>
    resultOf(armId, share, tallies.get(armId) ?? newTally(), experiment.metric),
  );
  const against = experiment.holdoutShare > 0 ? arms.at(-1)! : arms[0]!;
  const firstMs = Number.isFinite(startMs)
    ? startMs
    : Math.min(nowMs, ...facts.enrolled.slice(0, 1).map(([, , sinceMs]) => sinceMs));
  const elapsed = Number.isFinite(endMs)
    ? Math.min(1, Math.max(0, (nowMs - firstMs) / (endMs - firstMs)))
    : undefined;
  const pairs = arms
    .filter((arm) => arm !== against)
    .map((arm) => [arm, against] as const)
    .concat(
      // With people held out and several arms, the arms are compared with the control as well.
      against.armId === HOLDOUT ? arms.slice(1, -1).map((arm) => [arm, arms[0]!] as const) : [],
    );
  const alpha = ALPHA / Math.max(1, pairs.length);
  const comparisons = pairs.map(([arm, other]) =>
    compare(arm, other, { tallies, metric: experiment.metric, alpha, elapsed }),
  );
  const p = Math.min(1, arms.length * Math.min(...arms.map((arm) => ratioOf(arm, arms))));
  const isSound = p >= UNSOUND_P;
  return {
    experimentId: experiment.id,
    metric: experiment.metric,
    arms,
    comparisons,
    sampleRatio: { p, isSound },
    ...(elapsed === undefined ? {} : { elapsed }),
    ...adviceOf(arms, comparisons, isSound, elapsed),
    clickOnlyConversions,
    isCutOff: facts.isCutOff,
  };
}

function tally({ holdoutShare }: Experiment, { enrolled, shown, converted }: ExperimentFacts) {
  const people = new Map<string, Person>();
  for (const [key, armId, sinceMs] of enrolled) {
    const known = people.get(key);
    // Met by several workers: the first of the meetings is the one that counts.
    if (!known || sinceMs < known.sinceMs)
      people.set(key, { armId, sinceMs, clicks: 0, conversions: 0, valueMicros: 0 });
  }
  const tallies = new Map<string, Tally>();
  const of = (armId: string): Tally => {
    let own = tallies.get(armId);
    if (!own) tallies.set(armId, (own = newTally()));
    return own;
  };
  for (const [key, kind, costCpm] of shown) {
    const person = people.get(key);
    if (!person) continue;
    const own = of(person.armId);
    own.costCpm += costCpm;
    if (kind === 'impression') own.impressions++;
    else person.clicks++;
  }
  let clickOnlyConversions = 0;
  for (const [key, atMs, valueMicros, byPerson] of converted) {
    const person = people.get(key);
    if (!person || atMs < person.sinceMs) continue;
    if (!byPerson) clickOnlyConversions++;
    if (holdoutShare > 0 && !byPerson) continue;
    person.conversions++;
    person.valueMicros += valueMicros;
  }
  for (const { armId, clicks, conversions, valueMicros } of people.values()) {
    const own = of(armId);
    own.people++;
    own.clicks += clicks;
    own.conversions += conversions;
    own.valueMicros += valueMicros;
    own.squaredValues += valueMicros * valueMicros;
    if (clicks > 0) own.clickers++;
    if (conversions > 0) own.converters++;
  }
  return { tallies, clickOnlyConversions };
}

function newTally(): Tally {
  return {
    people: 0,
    impressions: 0,
    clicks: 0,
    conversions: 0,
    valueMicros: 0,
    costCpm: 0,
    clickers: 0,
    converters: 0,
    squaredValues: 0,
  };
}

function resultOf(armId: string, share: number, own: Tally, metric: Experiment['metric']): ArmResult {
  const { costCpm, squaredValues: _, ...sums } = own;
  return {
    armId,
    share,
    ...sums,
    spendMicros: Math.round(costCpm / 1000),
    rate: own.people === 0 ? 0 : resultsOf(own, metric) / own.people,
  };
}

function resultsOf(
  { clickers, converters, valueMicros }: Pick<Tally, 'clickers' | 'converters' | 'valueMicros'>,
  metric: Experiment['metric'],
): number {
  return metric === 'clicks' ? clickers : metric === 'conversions' ? converters : valueMicros;
}

function ratioOf({ people, share }: ArmResult, arms: readonly ArmResult[]): number {
  const all = arms.reduce((sum, arm) => sum + arm.people, 0);
  return sampleRatio(all - people, people, share);
}

function compare(
  arm: ArmResult,
  against: ArmResult,
  {
    tallies,
    metric,
    alpha,
    elapsed,
  }: {
    readonly tallies: ReadonlyMap<string, Tally>;
    readonly metric: Experiment['metric'];
    readonly alpha: number;
    readonly elapsed: number | undefined;
  },
): Comparison {
  const [own, other] = [sampleOf(arm, tallies, metric), sampleOf(against, tallies, metric)];
  const few =
    own.people < 2 ||
    other.people < 2 ||
    arm.converters + against.converters + arm.clickers + against.clickers < RESULTS_MIN;
  const found: Difference =
    own.people === 0 || other.people === 0
      ? { difference: 0, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, z: 0, p: 1 }
      : metric === 'value'
        ? welch(other, own)
        : twoProportions(
            { people: other.people, successes: resultsOf(against, metric) },
            { people: own.people, successes: resultsOf(arm, metric) },
          );
  const { difference, z, p } = found;
  const reach = (found.high - found.low) / 2 / normalAt(0.975);
  // The interval is as wide as the test is strict.
  const wide = Number.isFinite(reach) ? reach * normalAt(1 - alpha / 2) : 0;
  const variance = own.variance + other.variance;
  const people = own.people === 0 || other.people === 0 ? 0 : 2 / (1 / own.people + 1 / other.people);
  const always = few ? 1 : alwaysValid(difference, variance, people, SCALE * (other.mean || own.mean));
  const look = elapsed === undefined ? 0 : Math.floor(elapsed * LOOKS);
  const bounds =
    look === 0
      ? []
      : groupSequential(
          Array.from({ length: LOOKS }, (_, place) => (place + 1) / LOOKS),
          alpha,
        );
  const bound = bounds[look - 1] ?? Number.MAX_VALUE;
  const each = arm.people;
  const [low, high] = [difference - wide, difference + wide];
  return {
    armId: arm.armId,
    againstId: against.armId,
    difference,
    low,
    high,
    ...(other.mean > 0 ? { lift: difference / other.mean } : {}),
    fixed: { z, p, isReal: !few && (elapsed ?? 0) >= 1 && p < alpha },
    ...(elapsed === undefined ? {} : { sequential: { bound, isReal: !few && Math.abs(z) >= bound } }),
    alwaysValid: { p: always, isReal: always < alpha },
    ...(against.armId === HOLDOUT
      ? {
          incremental: {
            results: difference * each,
            low: low * each,
            high: high * each,
            ...(difference > 0 && metric !== 'value'
              ? { spendMicrosEach: Math.round(arm.spendMicros / (difference * each)) }
              : {}),
          },
        }
      : {}),
  };
}

function sampleOf(
  { armId, people, rate }: ArmResult,
  tallies: ReadonlyMap<string, Tally>,
  metric: Experiment['metric'],
): Sample {
  const squares = (tallies.get(armId)?.squaredValues ?? 0) / Math.max(1, people);
  const variance = metric === 'value' ? Math.max(0, squares - rate * rate) : rate * (1 - rate);
  return { people, mean: rate, variance };
}

function adviceOf(
  arms: readonly ArmResult[],
  comparisons: readonly Comparison[],
  isSound: boolean,
  elapsed: number | undefined,
): Pick<ExperimentResults, 'advice' | 'adviceArm' | 'why'> {
  if (!isSound)
    return {
      advice: 'broken',
      adviceArm: '',
      why: 'People are not divided as intended, so a difference may come from that. Look for an arm that loses or doubles people.',
    };
  const real = comparisons.filter(
    ({ fixed, sequential, alwaysValid: always }) => fixed.isReal || always.isReal || sequential?.isReal,
  );
  const best = real.filter(({ difference }) => difference > 0).sort((a, b) => b.difference - a.difference)[0];
  const percent = (lift: number | undefined): string =>
    lift === undefined ? '' : ` by ${(100 * lift).toFixed(1)} %`;
  if (best)
    return {
      advice: 'winner',
      adviceArm: best.armId,
      why: `${best.armId} is better than ${best.againstId}${percent(best.lift)}, beyond chance.`,
    };
  const worst = real.sort((a, b) => a.difference - b.difference)[0];
  if (worst)
    return {
      advice: 'worse',
      adviceArm: worst.armId,
      why: `${worst.armId} is worse than ${worst.againstId}${percent(worst.lift)}, beyond chance.`,
    };
  if (elapsed !== undefined && elapsed >= 1) {
    const [control, people] = [arms[0]!, Math.min(...arms.map((arm) => arm.people))];
    const least =
      control.rate > 0 && control.rate < 1 && people > 0
        ? leastRise(control.rate, people)
        : Number.POSITIVE_INFINITY;
    return {
      advice: 'no_difference',
      adviceArm: '',
      why: Number.isFinite(least)
        ? `Nothing was found where a rise of ${(100 * least).toFixed(0)} % would have been found four times in five.`
        : 'Nothing was found, and too little came to find anything.',
    };
  }
  return { advice: 'wait', adviceArm: '', why: 'Nothing is beyond chance so far.' };
}
