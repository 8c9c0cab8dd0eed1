/**
 * What a line item brought of late corrects what estimates expect of it. Rates are drawn towards those seen, by as much as was seen: an estimate
 * counts as so many impressions of its own. Whoever has bid little keeps the estimates.
 */
import type { Replayed } from './replay.ts';

export interface SeenOfLine {
  readonly impressions: number;
  readonly clicks: number;
  /** By the time of what they are credited to. */
  readonly conversions: number;
  readonly spendMicros: number;
  /** Of what it bids as it is written now, in the mean of its replayed bids. */
  readonly bidMicros: number;
  /** Those that its replayed bids expect as it is written now, in the mean. */
  readonly clicksExpected: number;
  readonly conversionsExpected: number;
}

/** Impressions that an estimate counts for. */
const ESTIMATE_WEIGHS = 200;

export function withSeen(bids: readonly Replayed[], seen: SeenOfLine | undefined): readonly Replayed[] {
  if (!seen || seen.impressions <= 0) return bids;
  const drawn = (estimate: number, came: number): number =>
    (came + ESTIMATE_WEIGHS * estimate) / (seen.impressions + ESTIMATE_WEIGHS);
  const clicks = drawn(seen.clicksExpected, seen.clicks);
  const conversions = drawn(seen.conversionsExpected, seen.conversions);
  const paidMicros = drawn(seen.bidMicros, seen.spendMicros);
  const corrected = (own: number, estimate: number, better: number): number =>
    estimate > 0 ? own * (better / estimate) : better;
  return bids.map((one) => ({
    ...one,
    clicks: Math.min(1, corrected(one.clicks, seen.clicksExpected, clicks)),
    conversions: corrected(one.conversions, seen.conversionsExpected, conversions),
    // Nobody pays more than the bid.
    paidShare: seen.bidMicros > 0 ? Math.min(1, paidMicros / seen.bidMicros) : one.paidShare,
  }));
}

/** Means of replayed bids by line item, beside the sums of the time they were sampled in. */
export function seenOf(
  replayed: readonly Replayed[],
  sums: ReadonlyMap<string, Omit<SeenOfLine, 'bidMicros' | 'clicksExpected' | 'conversionsExpected'>>,
): ReadonlyMap<string, SeenOfLine> {
  const byLine = Map.groupBy(replayed, ({ lineItemId }) => lineItemId);
  const seen = new Map<string, SeenOfLine>();
  for (const [id, own] of sums) {
    const bids = byLine.get(id) ?? [];
    const mean = (of: (one: Replayed) => number): number => weightedMean(bids, of);
    seen.set(id, {
      ...own,
      bidMicros: mean(({ bidCpmMicros, rateMicros }) => (bidCpmMicros * (rateMicros / 1e6)) / 1000),
      clicksExpected: mean(({ clicks }) => clicks),
      conversionsExpected: mean(({ conversions }) => conversions),
    });
  }
  return seen;
}

/** Weighed as they are won, for that is what was shown. */
function weightedMean(bids: readonly Replayed[], of: (one: Replayed) => number): number {
  let [sum, all] = [0, 0];
  for (const one of bids) {
    const weight = one.weight * (one.winChance ?? 1);
    sum += weight * of(one);
    all += weight;
  }
  return all > 0 ? sum / all : 0;
}
