/** Columns and lists together: common values of many line items, and rare ones of a few. */
import { expect, test } from 'vitest';
import type { ColumnRule } from '../../../src/campaign/targeting/value-columns.ts';
import { valueColumns } from '../../../src/campaign/targeting/value-columns.ts';
import { addBit, bitset, hasBit } from '../../../src/core/bitset.ts';
import type { Random } from '../../../src/core/random.ts';
import { seededRandom } from '../../../src/core/random.ts';

const SEED = 99;

/** Half of all picks fall on three values, the others on two thousand, so that both postings come into being. */
function value(random: Random): string {
  return random.next() < 0.5 ? `common-${random.uint32() % 3}` : `rare-${random.uint32() % 2000}`;
}

function values(random: Random, max: number): string[] {
  return Array.from({ length: 1 + (random.uint32() % max) }, () => value(random));
}

function accepts(rule: ColumnRule | undefined, told: readonly string[]): boolean {
  return (
    !rule ||
    ((rule.include === undefined || rule.include.some((one) => told.includes(one))) &&
      !rule.exclude.some((one) => told.includes(one)))
  );
}

test.each([1, 31, 32, 33, 2049, 6000])(
  'dense and listed postings of %i line items agree with the rules',
  (size) => {
    const random = seededRandom(`${SEED}/${size}`);
    const rules = Array.from({ length: size }, (): ColumnRule | undefined => {
      const kind = random.next();
      if (kind < 0.2) return undefined;
      return {
        include: kind < 0.8 ? values(random, 4) : undefined,
        exclude: kind > 0.6 ? values(random, 3) : [],
      };
    });
    const columns = valueColumns(rules);
    for (let round = 0; round < 120; round++) {
      const told = round % 10 === 0 ? [] : values(random, round % 3 === 0 ? 1 : 5);
      const one = told.length === 1 ? told[0]! : round % 20 === 0 ? '' : undefined;
      const before = bitset(size);
      for (let number = 0; number < size; number++)
        if (random.next() < (round % 7 === 0 ? 0.01 : 0.7)) addBit(before, number);
      const wanted = bitset(size);
      for (let number = 0; number < size; number++)
        if (hasBit(before, number) && accepts(rules[number], told)) addBit(wanted, number);
      const some = wanted.some((word) => word !== 0);
      const narrowed = before.slice();
      expect(columns.narrowMany(told, narrowed), `seed ${SEED}, round ${round}`).toBe(some);
      expect(narrowed, `seed ${SEED}, round ${round}`).toEqual(wanted);
      if (one === undefined) continue;
      const single = before.slice();
      expect(columns.narrowOne(one, single), `seed ${SEED}, round ${round}`).toBe(some);
      expect(single, `seed ${SEED}, round ${round}`).toEqual(wanted);
    }
  },
);

test('a value excluded and included by one rule is refused', () => {
  const columns = valueColumns([{ include: ['a'], exclude: ['a'] }]);
  const candidates = Uint32Array.of(1);
  expect(columns.narrowOne('a', candidates)).toBe(false);
  expect(candidates).toEqual(Uint32Array.of(0));
});
