/** Combinations counted, drawn and numbered by one walk, against a list of all of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rule } from '../../../src/campaign/dynamic/combinations.ts';
import { Combinations } from '../../../src/campaign/dynamic/combinations.ts';
import { seededRandom } from '../../../src/core/random.ts';

const ruleOf = (rule: Readonly<Record<number, readonly number[]>>): Rule =>
  new Map(Object.entries(rule).map(([slot, variants]) => [Number(slot), new Set(variants)]));

/** The slow twin. */
function listed(offered: readonly (readonly number[])[], rules: readonly Rule[]): number[][] {
  const all = offered.reduce<number[][]>(
    (heads, variants) => heads.flatMap((head) => variants.map((variant) => [...head, variant])),
    [[]],
  );
  return all.filter(
    (elements) => !rules.some((rule) => [...rule].every(([slot, set]) => set.has(elements[slot]!))),
  );
}

const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
const world = sizes.chain((counts) =>
  fc.record({
    offered: fc.tuple(...counts.map((count) => fc.subarray([...Array(count).keys()], { minLength: 0 }))),
    weights: fc.tuple(
      ...counts.map((count) =>
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: count, maxLength: count }),
      ),
    ),
    rules: fc.array(
      fc
        .uniqueArray(fc.integer({ min: 0, max: counts.length - 1 }), { minLength: 1 })
        .chain((slots) =>
          fc
            .tuple(...slots.map((slot) => fc.subarray([...Array(counts[slot]!).keys()], { minLength: 1 })))
            .map((sets) => ruleOf(Object.fromEntries(slots.map((slot, index) => [slot, sets[index]!])))),
        ),
      { maxLength: 5 },
    ),
  }),
);

describe('combinations', () => {
  it('are as many, and the same ones, as a list has', () => {
    fc.assert(
      fc.property(world, ({ offered, weights, rules }) => {
        const combinations = new Combinations(offered, weights, rules);
        const all = listed(offered, rules);
        expect(combinations.count).toBe(all.length);
        expect(combinations.at(all.length)).toBeUndefined();
        const numbered = all.map((_, index) => combinations.at(index)!.join());
        expect(numbered.toSorted()).toEqual(all.map((elements) => elements.join()).toSorted());
        const allowed = new Set(numbered);
        for (const elements of listed(offered, [])) {
          expect(combinations.allows(elements)).toBe(allowed.has(elements.join()));
          expect(combinations.forbids(elements)).toBe(!allowed.has(elements.join()));
        }
      }),
    );
  });

  it('are drawn by weight, and say how probable that was', () => {
    fc.assert(
      fc.property(world, fc.integer(), ({ offered, weights, rules }, seed) => {
        const combinations = new Combinations(offered, weights, rules);
        const all = listed(offered, rules);
        fc.pre(all.length > 0);
        const product = (elements: readonly number[]) =>
          elements.reduce((value, element, slot) => value * weights[slot]![element]!, 1);
        const whole = all.reduce((sum, elements) => sum + product(elements), 0);
        const random = seededRandom(seed);
        for (let draw = 0; draw < 5; draw++) {
          const { elements, propensity } = combinations.draw(random);
          expect(combinations.allows(elements)).toBe(true);
          expect(propensity).toBeCloseTo(product(elements) / whole, 12);
        }
      }),
    );
  });

  it('come as often as their propensity says', () => {
    const combinations = new Combinations(
      [
        [0, 1],
        [0, 1, 2],
      ],
      [
        [1, 3],
        [1, 1, 2],
      ],
      [ruleOf({ 0: [1], 1: [2] })],
    );
    const random = seededRandom(5);
    const counts = new Map<string, { times: number; propensity: number }>();
    const draws = 40_000;
    for (let draw = 0; draw < draws; draw++) {
      const { elements, propensity } = combinations.draw(random);
      const known = counts.get(elements.join());
      counts.set(elements.join(), { times: (known?.times ?? 0) + 1, propensity });
    }
    expect(counts.size).toBe(5);
    for (const { times, propensity } of counts.values())
      expect(Math.abs(times / draws - propensity)).toBeLessThan(4.5 * Math.sqrt(propensity / draws));
  });

  it('are counted where no list could hold them', () => {
    const variants = [...Array(500).keys()];
    const combinations = new Combinations(Array(10).fill(variants), Array(10).fill(variants.map(() => 1)), [
      ruleOf({ 0: [0], 9: [0] }),
      ruleOf({ 3: [1, 2], 4: [7] }),
    ]);
    const free = 500 ** 10;
    const expected = free - 500 ** 8 - 2 * 500 ** 8 + 2 * 500 ** 6;
    expect(combinations.count! / expected).toBeCloseTo(1, 12);
    expect(combinations.allows(combinations.at(123_456_789_012)!)).toBe(true);
  });

  it('are none where a slot has nothing left, or where all are forbidden', () => {
    expect(new Combinations([[0], []], [[1], []], []).count).toBe(0);
    expect(new Combinations([[0], [0]], [[1], [1]], [ruleOf({ 1: [0] })]).count).toBe(0);
  });
});
