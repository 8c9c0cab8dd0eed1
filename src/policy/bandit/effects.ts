/**
 * A linear model of rewards over the elements of creatives and the circumstances they are shown in, from sums alone: how often features
 * were seen together, and how often each was rewarded. These are the sufficient counts of Bayesian linear regression, they only add up, and
 * so commute and merge exactly; the effects are worked out when learning publishes.
 *
 *   reward of a showing ≈ base + Σ elements + Σ circumstances + Σ elements × circumstances
 *
 * Every effect is believed to be normal around nought, with a width that is learned from its likes (partial pooling): where elements differ
 * little an unlucky beginning is not taken for much, and an element under a rare circumstance is taken to be as it is elsewhere.
 */
import type { Effect, Effects } from './policy.ts';

/** One kind of showing: its elements and circumstances as hashes. */
export interface Showing {
  readonly elements: readonly number[];
  readonly circumstances: readonly number[];
}

/** Features of one line item; what comes after that is learned by elements and circumstances seen before. */
const FEATURES_MAX = 4096;
const PAIRS_MAX = 400_000;
const BASE = 0;
/** Relative to the mean reward: elements of real tests differ by a quarter (Upworthy archive), circumstances by more, crosses by less. */
const WIDTHS = { base: 10, element: 0.25, circumstance: 0.5, cross: 0.12 };
/** Effects of a kind that the width at the start counts as. */
const WIDTH_WEIGHT = 10;
const ROUNDS = 3;
const SWEEPS = 8;
const COUNT_MAX = 1e15;
type Kind = keyof typeof WIDTHS;

export class EffectSums {
  /** Trials of features together, both ways round; of one with itself, its own. */
  readonly #together = new Map<number, Map<number, number>>();
  readonly #rewards = new Map<number, number>();
  readonly #kinds = new Map<number, Kind>();
  /** The element of a cross. */
  readonly #crossed = new Map<number, number>();
  #pairs = 0;

  add({ elements, circumstances }: Showing, trials: number, rewards: number): boolean {
    if (!isBounded(trials) || !isBounded(rewards)) return false;
    const active: number[] = [];
    const take = (feature: number, kind: Kind): void => {
      if (!this.#kinds.has(feature)) {
        if (this.#kinds.size >= FEATURES_MAX) return;
        this.#kinds.set(feature, kind);
      }
      active.push(feature);
    };
    take(BASE, 'base');
    for (const element of elements) take(elementOf(element), 'element');
    for (const circumstance of circumstances) take(circumstanceOf(circumstance), 'circumstance');
    for (const element of elements)
      for (const circumstance of circumstances) {
        const cross = crossOf(element, circumstance);
        take(cross, 'cross');
        this.#crossed.set(cross, elementOf(element));
      }
    for (const feature of active) {
      if (rewards !== 0) this.#rewards.set(feature, (this.#rewards.get(feature) ?? 0) + rewards);
      if (trials !== 0) for (const other of active) this.#count(feature, other, trials);
    }
    return true;
  }

  merge(other: EffectSums): void {
    for (const [feature, kind] of other.#kinds)
      if (this.#kinds.size < FEATURES_MAX) this.#kinds.set(feature, this.#kinds.get(feature) ?? kind);
    for (const [cross, element] of other.#crossed) this.#crossed.set(cross, element);
    for (const [feature, rewards] of other.#rewards)
      this.#rewards.set(feature, (this.#rewards.get(feature) ?? 0) + rewards);
    for (const [feature, others] of other.#together)
      for (const [with_, trials] of others) this.#count(feature, with_, trials);
  }

  /**
   * `arrived` is, for elements whose rewards come late, the share of them that should have come by now: a young element has had that
   * much less of a trial. 1 where it says nothing.
   */
  effects(arrived: ReadonlyMap<number, number> = new Map()): Effects {
    return solve(this.#kinds, this.#together, this.#rewards, this.#arrivedShares(arrived));
  }

  /** Of crosses as of their elements; of what has no age of its own as of all elements together. */
  #arrivedShares(arrived: ReadonlyMap<number, number>): (feature: number) => number {
    if (arrived.size === 0) return () => 1;
    const shares = new Map<number, number>();
    for (const [element, share] of arrived)
      shares.set(elementOf(element), Math.min(1, Math.max(share, 1e-6)));
    let all = 0;
    let trials = 0;
    for (const [feature, kind] of this.#kinds) {
      if (kind !== 'element') continue;
      const own = this.#together.get(feature)?.get(feature) ?? 0;
      trials += own;
      all += own * (shares.get(feature) ?? 1);
    }
    const usual = trials > 0 ? all / trials : 1;
    return (feature) => {
      const kind = this.#kinds.get(feature);
      if (kind === 'element') return shares.get(feature) ?? 1;
      return kind === 'cross' ? (shares.get(this.#crossed.get(feature) ?? -1) ?? 1) : usual;
    };
  }

  /** In a canonical order: the same sums are the same text. */
  save(): SavedEffects {
    const features = [...this.#kinds].sort(([a], [b]) => a - b);
    return {
      features: features.map(([feature, kind]) => [
        feature,
        kind,
        this.#rewards.get(feature) ?? 0,
        this.#crossed.get(feature) ?? 0,
      ]),
      together: features.flatMap(([feature]) =>
        [...(this.#together.get(feature) ?? [])]
          .filter(([other]) => other >= feature)
          .sort(([a], [b]) => a - b)
          .map(([other, trials]): [number, number, number] => [feature, other, trials]),
      ),
    };
  }

  /** Undefined for what cannot be believed: then begin with the prior, and say so. */
  static restore(saved: unknown): EffectSums | undefined {
    const { features, together } = (
      typeof saved === 'object' && saved !== null ? saved : {}
    ) as Partial<SavedEffects>;
    if (!Array.isArray(features) || !Array.isArray(together)) return undefined;
    if (features.length > FEATURES_MAX || together.length > PAIRS_MAX) return undefined;
    const sums = new EffectSums();
    for (const row of features) {
      if (!Array.isArray(row)) return undefined;
      const [feature, kind, rewards, crossed] = row as [unknown, unknown, unknown, unknown];
      if (!isFeature(feature) || !isKind(kind) || !isBounded(rewards) || !isFeature(crossed))
        return undefined;
      if (kind === 'cross') sums.#crossed.set(feature, crossed);
      sums.#kinds.set(feature, kind);
      if (rewards !== 0) sums.#rewards.set(feature, rewards);
    }
    for (const row of together) {
      if (!Array.isArray(row)) return undefined;
      const [feature, other, trials] = row as [unknown, unknown, unknown];
      if (!isFeature(feature) || !isFeature(other) || !isBounded(trials) || trials < 0) return undefined;
      if (!sums.#kinds.has(feature) || !sums.#kinds.has(other)) return undefined;
      sums.#count(feature, other, trials);
      if (feature !== other) sums.#count(other, feature, trials);
    }
    return sums;
  }

  #count(feature: number, other: number, trials: number): void {
    let others = this.#together.get(feature);
    if (!others) this.#together.set(feature, (others = new Map()));
    const before = others.get(other);
    if (before === undefined) {
      // What a feature was seen at all is always counted, so that its own width stays right.
      if (this.#pairs >= 2 * PAIRS_MAX && feature !== other) return;
      this.#pairs++;
    }
    others.set(other, (before ?? 0) + trials);
  }
}

export interface SavedEffects {
  /** Feature, kind, rewards, and of a cross its element. */
  readonly features: readonly (readonly [number, Kind, number, number])[];
  readonly together: readonly (readonly [number, number, number])[];
}

interface Row {
  readonly feature: number;
  readonly kind: Kind;
  readonly others: readonly (readonly [row: number, trials: number])[];
  readonly trials: number;
  readonly rewards: number;
}

/** Gauss-Seidel over the normal equations, the widths of each kind fitted in between (empirical Bayes by expectation and maximisation). */
function solve(
  kinds: ReadonlyMap<number, Kind>,
  together: ReadonlyMap<number, ReadonlyMap<number, number>>,
  rewards: ReadonlyMap<number, number>,
  arrived: (feature: number) => number,
): Effects {
  const rows = rowsOf(kinds, together, rewards, arrived);
  const base = rows[0];
  const trials = base?.kind === 'base' ? base.trials : 0;
  const rate = Math.min(0.5, ((base?.rewards ?? 0) > 0 ? base!.rewards + 1 : 1) / Math.max(trials + 100, 1));
  const noise = rate * (1 - rate);
  const widths = { ...WIDTHS };
  const means = new Float64Array(rows.length);
  const variances = new Float64Array(rows.length);
  for (let round = 0; round < ROUNDS; round++) {
    for (let sweep = 0; sweep < SWEEPS; sweep++)
      rows.forEach((row, index) => {
        let rest = row.rewards;
        for (const [other, both] of row.others) rest -= both * means[other]!;
        means[index] = rest / (row.trials + noise / (widths[row.kind] * rate) ** 2);
      });
    rows.forEach((row, index) => {
      variances[index] = 1 / (row.trials / noise + 1 / (widths[row.kind] * rate) ** 2);
    });
    if (round < ROUNDS - 1) for (const kind of ['element', 'cross'] as const) widths[kind] = widthOf(kind);
  }
  function widthOf(kind: Kind): number {
    let sum = WIDTH_WEIGHT * (WIDTHS[kind] * rate) ** 2;
    let count = WIDTH_WEIGHT;
    rows.forEach((row, index) => {
      if (row.kind !== kind) return;
      sum += means[index]! ** 2 + variances[index]!;
      count++;
    });
    return Math.sqrt(sum / count) / rate;
  }
  const known = new Map(
    rows.map(({ feature }, index) => [feature, { mean: means[index]!, variance: variances[index]! }]),
  );
  const unseen = (kind: Kind): Effect => ({ mean: 0, variance: (widths[kind] * rate) ** 2 });
  const element = unseen('element');
  const cross = unseen('cross');
  return {
    of: (feature) => known.get(elementOf(feature)) ?? element,
    under: (feature, circumstance) => known.get(crossOf(feature, circumstance)) ?? cross,
  };
}

/** In the order of features, so that the same sums give the same effects to the last digit. */
function rowsOf(
  kinds: ReadonlyMap<number, Kind>,
  together: ReadonlyMap<number, ReadonlyMap<number, number>>,
  rewards: ReadonlyMap<number, number>,
  arrived: (feature: number) => number,
): Row[] {
  const features = [...kinds.keys()].sort((a, b) => a - b);
  const places = new Map(features.map((feature, place) => [feature, place]));
  const own = (feature: number): number => together.get(feature)?.get(feature) ?? 0;
  // Of the showings of two features together the rarer one tells how old they are.
  const shareOf = (a: number, b: number): number => arrived(own(a) <= own(b) ? a : b);
  return features.map((feature) => ({
    feature,
    kind: kinds.get(feature)!,
    others: [...(together.get(feature) ?? [])]
      .filter(([other]) => other !== feature)
      .map(([other, both]): [number, number] => [places.get(other)!, both * shareOf(feature, other)])
      .sort(([a], [b]) => a - b),
    trials: own(feature) * arrived(feature),
    rewards: rewards.get(feature) ?? 0,
  }));
}

/** Kinds of features lie in ranges of their own, each hash cut to 26 bits: no element is ever taken for a circumstance. */
const HASHES = 2 ** 26;
const ELEMENTS = HASHES;
const CIRCUMSTANCES = 2 * HASHES;
const CROSSES = 3 * HASHES;

function cut(hash: number): number {
  return (hash >>> 0) % HASHES;
}

function elementOf(hash: number): number {
  return ELEMENTS + cut(hash);
}

function circumstanceOf(hash: number): number {
  return CIRCUMSTANCES + cut(hash);
}

/** Finaliser of MurmurHash3 over both. */
function crossOf(element: number, circumstance: number): number {
  let hash = Math.imul(cut(element) ^ Math.imul(cut(circumstance), 0x9e3779b1), 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return CROSSES + cut(hash ^ (hash >>> 16));
}

function isFeature(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < CROSSES + HASHES;
}

function isKind(value: unknown): value is Kind {
  return typeof value === 'string' && Object.hasOwn(WIDTHS, value);
}

function isBounded(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < COUNT_MAX;
}
