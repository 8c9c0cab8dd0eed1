/**
 * What is known of the creatives of a line item, for people: rates with credible intervals, how likely each is the best of them, what
 * would be lost by settling on it now, and whether one has worn out.
 *
 * A rate is believed to be Beta(prior + results, prior + rest), with the mean of all of them as prior: as weak as two results, so that an interval is
 * about what the creative itself has shown.
 */
import type { Template } from '../campaign/dynamic/template.ts';
import type { WithWhomCell } from '../learning/with-whom.ts';
import { ANYWHERE } from '../learning/with-whom.ts';
import { chancesToBeGreatest } from '../policy/bandit/greatest-beta.ts';
import type { Belief } from '../policy/bandit/policy.ts';
import { betaAtMost, betaQuantile } from './beta.ts';
import type { Fatigue, FatigueDay } from './fatigue.ts';
import { fatigueOf } from './fatigue.ts';

export interface CreativeCounts {
  readonly creativeId: string;
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly days?: readonly FatigueDay[];
}

/** Results in a trial, with an interval that holds the truth with a probability of 95 %. */
export interface CredibleRate {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

export interface CreativeStatistics extends Omit<CreativeCounts, 'days'> {
  /** Of an impression. */
  readonly clickRate: CredibleRate;
  /** Of an impression too, so that a creative that wins many idle clicks gains nothing by them. */
  readonly conversionRate: CredibleRate;
  /** By what the line item is after. */
  readonly chanceToBeBest: number;
  /** Results in a trial that are lost in the mean by showing this one alone from now on. */
  readonly expectedLoss: number;
  /** Its clicks fall faster than those of the others, beyond chance. */
  readonly fatigued: boolean;
  /** Undefined where too little is known of it. */
  readonly fatigue: Fatigue | undefined;
}

const PRIOR_RESULTS = 2;
const TAIL = 0.025;
const LOSS_NODES = 400;

export function creativeStatistics(
  counts: readonly CreativeCounts[],
  reward: 'clicks' | 'conversions',
): CreativeStatistics[] {
  const clicks = beliefs(counts, ({ clicks: came }) => came);
  const conversions = beliefs(counts, ({ conversions: came }) => came);
  const after = reward === 'clicks' ? clicks : conversions;
  const chances = counts.length > 0 ? chancesToBeGreatest(after) : [];
  const losses = expectedLosses(after);
  const all = byDay(counts);
  return counts.map(({ days = [], ...count }, index) => {
    const fatigue = fatigueOf(days, without(all, days));
    return {
      ...count,
      clickRate: credible(clicks[index]!),
      conversionRate: credible(conversions[index]!),
      chanceToBeBest: chances[index]!,
      expectedLoss: losses[index]!,
      fatigued: fatigue?.fatigued ?? false,
      fatigue,
    };
  });
}

/** Of all creatives together. */
function byDay(counts: readonly CreativeCounts[]): ReadonlyMap<string, FatigueDay> {
  const all = new Map<string, FatigueDay>();
  for (const { days = [] } of counts)
    for (const { day, impressions, clicks } of days) {
      const known = all.get(day);
      all.set(day, {
        day,
        impressions: (known?.impressions ?? 0) + impressions,
        clicks: (known?.clicks ?? 0) + clicks,
      });
    }
  return all;
}

function without(
  all: ReadonlyMap<string, FatigueDay>,
  own: readonly FatigueDay[],
): ReadonlyMap<string, FatigueDay> {
  const rest = new Map(all);
  for (const { day, impressions, clicks } of own) {
    const known = rest.get(day)!;
    rest.set(day, { day, impressions: known.impressions - impressions, clicks: known.clicks - clicks });
  }
  return rest;
}

export interface SlotStatistics {
  readonly slot: string;
  readonly elements: {
    readonly element: string;
    readonly impressions: number;
    readonly clicks: number;
    readonly conversions: number;
    /** What the line item is after, as the rotation weighs it: what is long ago counts in part. The rate goes by these. */
    readonly results: number;
    readonly rate: CredibleRate;
    readonly chanceToBeBest: number;
    readonly expectedLoss: number;
    readonly paused: boolean;
  }[];
}

/** Of a template's elements, by what the snapshot believes of them; none for a creative that is no template. */
export function slotStatistics(
  template: Template | undefined,
  looks: readonly Belief[] | undefined,
  counts: readonly WithWhomCell[] = [],
): SlotStatistics[] {
  const shown = new Map(
    counts.flatMap((cell) => (cell.circumstance === ANYWHERE ? [[cell.element, cell] as const] : [])),
  );
  return (template?.slots ?? []).map(({ id, elements }, place) => {
    const arms = looks?.[place]?.arms ?? [];
    const weighed = elements.map(({ id: creativeId }, index) => ({
      creativeId,
      impressions: arms[index]?.trials ?? 0,
      clicks: arms[index]?.rewards ?? 0,
      conversions: 0,
    }));
    return {
      slot: id,
      elements: creativeStatistics(weighed, 'clicks').map((known, index) => ({
        element: known.creativeId,
        impressions: shown.get(elements[index]!.number)?.impressions ?? known.impressions,
        clicks: shown.get(elements[index]!.number)?.clicks ?? 0,
        conversions: shown.get(elements[index]!.number)?.conversions ?? 0,
        results: known.clicks,
        rate: known.clickRate,
        chanceToBeBest: known.chanceToBeBest,
        expectedLoss: known.expectedLoss,
        paused: arms[index]?.shareMax === 0,
      })),
    };
  });
}

interface Beta {
  readonly a: number;
  readonly b: number;
}

function beliefs(counts: readonly CreativeCounts[], of: (count: CreativeCounts) => number): Beta[] {
  const trials = counts.reduce((sum, { impressions }) => sum + impressions, 0);
  const results = counts.reduce((sum, count) => sum + of(count), 0);
  // Nothing seen at all: any rate of display is as likely as another.
  const mean = Math.min(0.5, (results + 1) / (trials + 100));
  return counts.map((count) => {
    const came = of(count);
    return {
      a: PRIOR_RESULTS + came,
      b: PRIOR_RESULTS / mean - PRIOR_RESULTS + Math.max(0, count.impressions - came),
    };
  });
}

export function credible({ a, b }: Beta): CredibleRate {
  return { rate: a / (a + b), low: betaQuantile(TAIL, a, b), high: betaQuantile(1 - TAIL, a, b) };
}

/** E[max over all] − E[this one], with E[max] = ∫ (1 − Π Fⱼ(x)) dx. Never below nothing. */
export function expectedLosses(betas: readonly Beta[]): number[] {
  if (betas.length === 0) return [];
  const low = Math.max(...betas.map(({ a, b }) => betaQuantile(1e-9, a, b)));
  const high = Math.max(...betas.map(({ a, b }) => betaQuantile(1 - 1e-9, a, b)));
  let greatest = low;
  const width = (high - low) / LOSS_NODES;
  for (let node = 0; node <= LOSS_NODES; node++) {
    const x = low + node * width;
    const below = betas.reduce((product, { a, b }) => product * betaAtMost(x, a, b), 1);
    // Simpson's rule.
    const weight = node === 0 || node === LOSS_NODES ? 1 : node % 2 === 1 ? 4 : 2;
    greatest += (weight * (1 - below) * width) / 3;
  }
  return betas.map(({ a, b }) => Math.max(0, greatest - a / (a + b)));
}
