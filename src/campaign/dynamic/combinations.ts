/**
 * All combinations of a template that are allowed, without a list of them. A walk goes slot by slot; what it must remember
 * on the way is only which forbidden rules are still matched, so variants that leave the same rules matched share one way
 * on. Counting, drawing and taking the nth are each one walk, exact, for thousands or billions alike.
 */
import type { Random } from '../../core/random.ts';

/** Variants by place of the slot; forbidden where all of them match. */
export type Rule = ReadonlyMap<number, ReadonlySet<number>>;

export interface Choice {
  /** Place of the variant, for each slot. */
  readonly elements: readonly number[];
  /** Probability with which it was drawn. */
  readonly propensity: number;
}

/** Ways to go on that a template may need; rules that entangle more slots than this are refused when it is loaded. */
const STEPS_MAX = 20_000;

interface Way {
  readonly variants: readonly number[];
  /** Running sums of weights. */
  readonly sums: readonly number[];
  readonly next: Step;
}

interface Step {
  readonly ways: readonly Way[];
  /** Place of the way by variant; undefined for what is not offered or forbidden from here. */
  readonly wayOf: ReadonlyMap<number, Way>;
  readonly count: number;
  /** Sum over all completions of the product of weights. */
  readonly weight: number;
}

const END: Step = { ways: [], wayOf: new Map(), count: 1, weight: 1 };

export class Combinations {
  readonly #first: Step | undefined;
  readonly offered: readonly (readonly number[])[];

  /** `offered` are the variants of each slot that may be shown; `weights` those of all variants. */
  constructor(
    offered: readonly (readonly number[])[],
    weights: readonly (readonly number[])[],
    rules: readonly Rule[],
  ) {
    this.offered = offered;
    this.#first = new Builder(offered, weights, rules).first();
  }

  /** Undefined where the rules are too entangled to be counted. */
  get count(): number | undefined {
    return this.#first?.count;
  }

  /** The nth, from 0, in an order of their own that stays the same; undefined where there are not so many. */
  at(index: number): readonly number[] | undefined {
    if (!this.#first || index >= this.#first.count) return undefined;
    const elements: number[] = [];
    let rest = index;
    for (let step = this.#first; step && step !== END; ) {
      let way = step.ways[0]!;
      for (way of step.ways) {
        const behind = way.variants.length * way.next.count;
        if (rest < behind) break;
        rest -= behind;
      }
      elements.push(way.variants[Math.floor(rest / way.next.count)]!);
      rest %= way.next.count;
      step = way.next;
    }
    return elements;
  }

  /** By weight: as if each slot were drawn alone, and again whenever the outcome is forbidden. */
  draw(random: Random): Choice {
    const elements: number[] = [];
    let product = 1;
    for (let step = this.#first; step && step !== END; ) {
      let rest = random.next() * step.weight;
      let way = step.ways[0]!;
      for (way of step.ways) {
        const behind = way.sums.at(-1)! * way.next.weight;
        if (rest < behind) break;
        rest -= behind;
      }
      const sought = Math.min(rest / way.next.weight, way.sums.at(-1)!);
      const place = firstAbove(way.sums, sought);
      elements.push(way.variants[place]!);
      product *= way.sums[place]! - (way.sums[place - 1] ?? 0);
      step = way.next;
    }
    return { elements, propensity: Math.min(1, product / this.#first!.weight) };
  }

  /** The same function for as long as the rules are the same. */
  readonly forbids = (elements: readonly number[]): boolean => !this.allows(elements);

  allows(elements: readonly number[]): boolean {
    let step = this.#first;
    for (const element of elements) {
      step = step?.wayOf.get(element)?.next;
      if (!step) return false;
    }
    return step === END;
  }
}

function firstAbove(sums: readonly number[], sought: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > sought) high = middle;
    else low = middle + 1;
  }
  return low;
}

class Builder {
  readonly #offered: readonly (readonly number[])[];
  readonly #weights: readonly (readonly number[])[];
  readonly #rules: readonly Rule[];
  readonly #known = new Map<string, Step>();
  /** Place of the last slot that each rule speaks of. */
  readonly #lastOf: readonly number[];

  constructor(
    offered: readonly (readonly number[])[],
    weights: readonly (readonly number[])[],
    rules: readonly Rule[],
  ) {
    this.#offered = offered;
    this.#weights = weights;
    this.#rules = rules;
    this.#lastOf = rules.map((rule) => Math.max(-1, ...rule.keys()));
  }

  first(): Step | undefined {
    const all = this.#rules.map((_, place) => place);
    try {
      return this.#step(0, all);
    } catch (error) {
      if (error instanceof TooEntangled) return undefined;
      throw error;
    }
  }

  /** `matched` are the rules that all slots before this one match. */
  #step(slot: number, matched: readonly number[]): Step {
    if (slot === this.#offered.length) return END;
    const key = `${slot}:${matched.join()}`;
    const found = this.#known.get(key);
    if (found) return found;
    if (this.#known.size >= STEPS_MAX) throw new TooEntangled();
    const groups = new Map<string, { still: number[]; variants: number[] }>();
    for (const variant of this.#offered[slot]!) {
      const still = matched.filter((rule) => this.#rules[rule]!.get(slot)?.has(variant) ?? true);
      if (still.some((rule) => this.#lastOf[rule]! <= slot)) continue;
      const group = groups.get(still.join());
      if (group) group.variants.push(variant);
      else groups.set(still.join(), { still, variants: [variant] });
    }
    const ways = [...groups.values()]
      .map(({ still, variants }) => this.#way(slot, variants, this.#step(slot + 1, still)))
      .filter(({ next }) => next.count > 0);
    const step: Step = {
      ways,
      wayOf: new Map(ways.flatMap((way) => way.variants.map((variant) => [variant, way] as const))),
      count: ways.reduce((sum, { variants, next }) => sum + variants.length * next.count, 0),
      weight: ways.reduce((sum, { sums, next }) => sum + sums.at(-1)! * next.weight, 0),
    };
    this.#known.set(key, step);
    return step;
  }

  #way(slot: number, variants: readonly number[], next: Step): Way {
    let sum = 0;
    const sums = variants.map((variant) => (sum += this.#weights[slot]?.[variant] ?? 1));
    return { variants, sums, next };
  }
}

class TooEntangled extends Error {
  readonly code = 'BW_TOO_ENTANGLED';
  override name = 'TooEntangled';
}
