/**
 * What works with whom: of each creative and element under each circumstance, whether it brings more or less there than elsewhere.
 *
 * Were there nothing between the two, an element would bring its own rate times what the circumstance does to all of them. Rates are shrunk to that,
 * by how much such pairs have been seen to differ here (empirical Bayes by moments; Casella 1985, "An Introduction to Empirical Bayes Data
 * Analysis"): where hundreds of pairs differ by chance alone, as most do, all are shrunk to nothing and none is told of.
 */
import type { CatalogLine } from '../campaign/catalog.ts';
import type { WithWhomCell } from '../learning/with-whom.ts';
import { ANYWHERE } from '../learning/with-whom.ts';
import type { CredibleRate } from './creative-statistics.ts';
import { credible } from './creative-statistics.ts';

export interface WithWhomRow extends Omit<WithWhomCell, 'element' | 'circumstance'> {
  readonly slot?: string;
  readonly element?: string;
  readonly kind: string;
  readonly value: string;
  readonly rate: CredibleRate;
  readonly ownRate: number;
  readonly expectedRate: number;
  readonly verdict: 'better' | 'worse' | 'as_elsewhere';
  readonly particular: boolean;
}

export interface WithWhomQuestion {
  readonly reward: 'clicks' | 'conversions';
  readonly line: Pick<CatalogLine, 'creatives'>;
  nameOf(circumstance: number): string | undefined;
}

const ROWS_MAX = 500;
/** A circumstance is taken to do nothing, with the weight of so many results. */
const LIFT_RESULTS = 20;
/** Pairs are taken to differ by an eighth of their rate, with the weight of so many of them. */
const SPREAD = 0.12;
const SPREAD_WEIGHT = 10;
const RATE_MIN = 1e-7;

interface Compared {
  readonly count: WithWhomCell;
  readonly results: number;
  readonly ownRate: number;
  readonly expectedRate: number;
  /** Of the lift, relative. */
  readonly liftVariance: number;
}

export function withWhom(
  counts: readonly WithWhomCell[],
  question: WithWhomQuestion,
): { readonly rows: WithWhomRow[]; readonly combinations: number } {
  const compared = compare(counts, question.reward);
  const spread = spreadOf(compared);
  const named = namesOf(question.line);
  const rows = compared.flatMap((pair): WithWhomRow[] => {
    const { count } = pair;
    const place = count.element === undefined ? {} : named.get(count.element);
    // Of an element that is no more nothing can be done.
    if (!place) return [];
    const { element: _element, circumstance, ...counted } = count;
    return [{ ...counted, ...place, ...circumstanceOf(circumstance, question), ...judged(pair, spread) }];
  });
  rows.sort((a, b) => rank(b) - rank(a) || b.impressions - a.impressions);
  return { rows: rows.slice(0, ROWS_MAX), combinations: rows.length };
}

function compare(counts: readonly WithWhomCell[], reward: WithWhomQuestion['reward']): Compared[] {
  const armOf = ({ element, creativeId }: WithWhomCell): string => `${element ?? creativeId}`;
  const own = new Map<string, number>();
  const all = { trials: 0, results: 0 };
  for (const count of counts)
    if (count.circumstance === ANYWHERE && count.element === undefined) {
      all.trials += count.impressions;
      all.results += count[reward];
    }
  const usual = Math.max(RATE_MIN, (all.results + 1) / (all.trials + 100));
  for (const count of counts)
    if (count.circumstance === ANYWHERE)
      own.set(armOf(count), Math.max(RATE_MIN, (count[reward] + 2) / (count.impressions + 2 / usual)));
  const lifts = new Map<number, { expected: number; came: number }>();
  for (const count of counts) {
    if (count.circumstance === ANYWHERE || count.element !== undefined) continue;
    const lift = lifts.get(count.circumstance) ?? { expected: LIFT_RESULTS, came: LIFT_RESULTS };
    lift.expected += count.impressions * (own.get(armOf(count)) ?? usual);
    lift.came += count[reward];
    lifts.set(count.circumstance, lift);
  }
  return counts.flatMap((count): Compared[] => {
    const lift = lifts.get(count.circumstance);
    const ownRate = own.get(armOf(count));
    if (!lift || ownRate === undefined || count.impressions <= 0) return [];
    // By the others alone: what is expected of a pair must not have seen the pair.
    const came = Math.max(LIFT_RESULTS, lift.came - count[reward]);
    const expected = Math.max(LIFT_RESULTS, lift.expected - count.impressions * ownRate);
    return [
      {
        count,
        results: count[reward],
        ownRate,
        expectedRate: Math.min(0.9, (ownRate * came) / expected),
        liftVariance: 1 / expected,
      },
    ];
  });
}

/** Relative variance of pairs around what is expected of them, beyond what chance makes of so few results. */
function spreadOf(compared: readonly Compared[]): number {
  let beyond = 0;
  let sum = 0;
  let squares = 0;
  for (const { count, results, expectedRate } of compared) {
    const expected = count.impressions * expectedRate;
    beyond += (results - expected) ** 2 - expected;
    sum += expected;
    squares += expected * expected;
  }
  if (!(squares > 0)) return SPREAD ** 2;
  const pairs = (sum * sum) / squares;
  const seen = Math.min(1, Math.max(0, beyond / squares));
  return (SPREAD_WEIGHT * SPREAD ** 2 + pairs * seen) / (SPREAD_WEIGHT + pairs);
}

function judged({ count, results, ownRate, expectedRate, liftVariance }: Compared, spread: number) {
  // A Beta with the expected mean and this relative variance.
  const variance = spread + liftVariance;
  const strength = Math.max(2, (1 - expectedRate) / (expectedRate * variance) - 1);
  const rate = credible({
    a: strength * expectedRate + results,
    b: strength * (1 - expectedRate) + Math.max(0, count.impressions - results),
  });
  const leavesOut = (value: number): boolean => rate.low > value || rate.high < value;
  const verdict = !leavesOut(ownRate) ? 'as_elsewhere' : rate.low > ownRate ? 'better' : 'worse';
  return {
    rate,
    ownRate,
    expectedRate,
    verdict,
    // Where hardly anything else was shown under the circumstance, the two cannot be told apart.
    particular: verdict !== 'as_elsewhere' && liftVariance < 0.5 / LIFT_RESULTS && leavesOut(expectedRate),
  } as const;
}

function namesOf({ creatives }: WithWhomQuestion['line']) {
  const named = new Map<number, { readonly slot: string; readonly element: string }>();
  for (const { template } of creatives)
    for (const { id: slot, elements } of template?.slots ?? [])
      for (const { number, id: element } of elements) named.set(number, { slot, element });
  return named;
}

/** AdCOM list of device types. */
const DEVICES: Readonly<Record<string, string>> = {
  1: 'phone or tablet',
  2: 'computer',
  3: 'television',
  4: 'phone',
  5: 'tablet',
  6: 'connected device',
  7: 'set-top box',
  8: 'public screen',
};

function circumstanceOf(circumstance: number, { nameOf }: WithWhomQuestion) {
  const name = nameOf(circumstance);
  if (name === undefined) return { kind: 'unnamed', value: circumstance.toString(16).padStart(6, '0') };
  const space = name.indexOf(' ');
  const [kind, value] = [name.slice(0, space), name.slice(space + 1)];
  return { kind, value: kind === 'device' ? (DEVICES[value] ?? value) : value };
}

function rank({ verdict, particular }: WithWhomRow): number {
  return verdict === 'as_elsewhere' ? 0 : particular ? 2 : 1;
}
