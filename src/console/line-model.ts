/** A line item as its own page and the troubleshooter read it. */

export interface LineObject {
  readonly id: string;
  readonly name?: string;
  readonly campaignId: string;
  readonly status?: string;
  readonly pacing?: string;
  readonly bid: Readonly<Record<string, unknown>> & { readonly strategy: string };
  readonly budget?: Readonly<Record<string, number | undefined>>;
  readonly targeting?: Readonly<Record<string, unknown>>;
}

export interface RangeView {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface ForecastView {
  readonly lineItemId: string;
  readonly bids: RangeView;
  readonly impressions: RangeView;
  readonly spendMicros: RangeView;
  readonly clicks: RangeView;
  readonly conversions: RangeView;
  readonly winRate: number;
  readonly cpaMicros?: number;
  readonly budgetShare: number;
  readonly pricesKnown: number;
}

export interface ForecastAnswer {
  readonly sampled: { readonly requests: number; readonly fromMs: number; readonly toMs: number };
  readonly now?: ForecastView;
  readonly changed: ForecastView;
}

export interface WhatIfAnswer {
  readonly sampled: { readonly requests: number };
  readonly lines: readonly {
    readonly lineItemId: string;
    readonly before?: ForecastView;
    readonly after?: ForecastView;
  }[];
}

/** Where the most that is bid stands, and what it is; undefined for strategies that go by a target alone. */
export function ceilingOf({
  bid,
}: LineObject): { readonly key: string; readonly micros: number } | undefined {
  for (const key of ['maxCpmMicros', 'priceCpmMicros']) {
    const micros = bid[key];
    if (typeof micros === 'number') return { key, micros };
  }
  return undefined;
}

const LADDER = [0.25, 0.5, 0.75, 1, 1.5, 2, 3];
/** Of what the account pays for a thousand. A ceiling far from every price has its rungs where the prices are. */
const MARKET_LADDER = [0.5, 1, 1.5, 2, 3];

/** Bids to ask a forecast for, in rising order, the one in use among them. */
export function bidLadder(micros: number, marketCpmMicros: number | undefined): readonly number[] {
  const own = LADDER.map((times) => micros * times);
  const far = marketCpmMicros !== undefined && (micros * 2 < marketCpmMicros || micros > 4 * marketCpmMicros);
  const market = far ? MARKET_LADDER.map((times) => times * marketCpmMicros) : [];
  const all = [...own, ...market].map((value) => Math.max(1000, Math.round(value / 1000) * 1000));
  return [...new Set([...all, micros])].sort((a, b) => a - b);
}

export interface Relaxation {
  /** `targeting.geo`, `bid`, `target`, `budget`, `pacing`. */
  readonly key: string;
  readonly patch: Readonly<Record<string, unknown>>;
}

/**
 * One relaxation for each thing that may hold the line item back, each alone. Caps are left out: people of samples are strangers who have
 * seen nothing, so samples cannot tell what a cap costs.
 */
export function relaxationsOf(line: LineObject, marketCpmMicros: number | undefined): readonly Relaxation[] {
  const own = (key: string, patch: Relaxation['patch']): Relaxation => ({ key, patch });
  const found: Relaxation[] = Object.keys(line.targeting ?? {}).map((key) =>
    own(`targeting.${key}`, { targeting: { [key]: null } }),
  );
  if (line.pacing !== undefined && line.pacing !== 'asap') found.push(own('pacing', { pacing: 'asap' }));
  if (line.budget && Object.keys(line.budget).length > 0) found.push(own('budget', { budget: null }));
  const ceiling = ceilingOf(line);
  if (ceiling)
    for (const micros of bidLadder(ceiling.micros, marketCpmMicros).filter((one) => one > ceiling.micros))
      found.push(own('bid', { bid: { [ceiling.key]: micros } }));
  const target = line.bid['targetMicros'];
  if (typeof target === 'number')
    for (const times of [1.25, 1.5, 2])
      found.push(own('target', { bid: { targetMicros: Math.round(target * times) } }));
  return found;
}

export interface Outcome {
  readonly relaxation: Relaxation;
  readonly before: ForecastView;
  readonly after: ForecastView;
}

export function gainOf({ before, after }: Outcome): number {
  return after.impressions.mean - before.impressions.mean;
}

/** Of a ladder the lowest rung that gives so much of the highest is what a buyer should pay for. */
const ENOUGH = 0.7;

/** One outcome for each key, the one that alone unlocks most first; what unlocks nothing is left out. */
export function rankedOutcomes(outcomes: readonly Outcome[]): readonly Outcome[] {
  return [...Map.groupBy(outcomes, ({ relaxation }) => relaxation.key).values()]
    .flatMap((rungs) => {
      const most = Math.max(...rungs.map(gainOf));
      if (!(most > 0)) return [];
      const enough = rungs
        .toSorted((a, b) => costOf(a) - costOf(b))
        .find((one) => gainOf(one) >= ENOUGH * most);
      return enough ?? [];
    })
    .sort((a, b) => gainOf(b) - gainOf(a));
}

/** Rungs of a ladder differ in one number. */
function costOf({ relaxation: { patch } }: Outcome): number {
  const bid = patch['bid'] as Readonly<Record<string, number>> | undefined;
  return bid ? (Object.values(bid)[0] ?? 0) : 0;
}
