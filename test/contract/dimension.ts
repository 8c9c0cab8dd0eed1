/** What every targeting dimension must do. A new one needs rules in `test/campaign/targeting/samples.ts`, nothing here. */
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import type { Dimension, LineContext, Probe } from '../../src/campaign/targeting/dimension.ts';
import type { Bitset } from '../../src/core/bitset.ts';
import { addBit, bitset, fullBitset, hasBit } from '../../src/core/bitset.ts';
import { zoneNamed } from '../../src/core/zone.ts';

const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata'].map(
  (name): LineContext => ({ zone: zoneNamed(name) }),
);
const SEED = 20260318;

export function dimensionContract(
  dimension: Dimension,
  rules: fc.Arbitrary<unknown>,
  probes: fc.Arbitrary<Probe>,
): void {
  const accepts = (rule: unknown, probe: Probe, number: number): boolean =>
    rule === undefined || dimension.accepts(rule as never, probe, lineOf(number));
  const indexed = (list: readonly unknown[]) =>
    dimension.index(
      list as never[],
      list.map((_, number) => lineOf(number)),
    );
  // Books have line items without a rule, and line items that share one.
  const books = fc.array(fc.option(rules, { nil: undefined, freq: 3 }), {
    minLength: 1,
    maxLength: 70,
    size: 'max',
  });

  describe(dimension.name, () => {
    test('has a schema that admits its rules and describes every key', () => {
      fc.assert(
        fc.property(rules, (rule) => Value.Check(dimension.schema, rule)),
        { seed: SEED, numRuns: 50 },
      );
      expect(undescribed(dimension.schema)).toEqual([]);
      expect(Value.Check(dimension.schema, { surprise: 1 })).toBe(false);
    });

    test('narrows to exactly what the plain twin accepts, and never adds a candidate', () => {
      let accepted = 0;
      let refused = 0;
      fc.assert(
        fc.property(
          books,
          fc.array(probes, { minLength: 1, maxLength: 4 }),
          fc.array(fc.boolean(), { minLength: 70, maxLength: 70 }),
          (book, requests, start) => {
            const index = indexed(book);
            // One index answers many requests: scratch left over from one must not show in the next.
            for (const probe of requests) {
              const before = chosen(book.length, start);
              const after = before.slice();
              const left = index.narrow(probe, after);
              for (let number = 0; number < book.length; number++) {
                const wanted = hasBit(before, number) && accepts(book[number], probe, number);
                expect(hasBit(after, number), `line ${number}`).toBe(wanted);
                if (book[number] === undefined || !hasBit(before, number)) continue;
                if (wanted) accepted++;
                else refused++;
              }
              // The unused bits of the last word stay clear, or listing would find lines that do not exist.
              expect(after.some((word) => word !== 0)).toBe(
                after.some((word, at) => (word & fullBitset(book.length)[at]!) !== 0),
              );
              expect(left).toBe(after.some((word) => word !== 0));
            }
          },
        ),
        { seed: SEED, numRuns: 60 },
      );
      expect(accepted, 'acceptances seen').toBeGreaterThan(100);
      expect(refused, 'refusals seen').toBeGreaterThan(100);
    });

    test('accepts everything where no line item has a rule, and keeps an empty set empty', () => {
      fc.assert(
        fc.property(probes, (probe) => {
          const candidates = fullBitset(40);
          expect(indexed(new Array(40).fill(undefined)).narrow(probe, candidates)).toBe(true);
          expect(candidates).toEqual(fullBitset(40));
          expect(indexed(new Array(40).fill(undefined)).narrow(probe, bitset(40))).toBe(false);
        }),
        { seed: SEED, numRuns: 20 },
      );
    });

    test('reads an empty rule as no rule', () => {
      if (!Value.Check(dimension.schema, {})) return;
      fc.assert(
        fc.property(probes, (probe) => {
          expect(accepts({}, probe, 0)).toBe(true);
          const candidates = fullBitset(3);
          indexed([{}, {}, {}]).narrow(probe, candidates);
          expect(candidates).toEqual(fullBitset(3));
        }),
        { seed: SEED, numRuns: 20 },
      );
    });
  });
}

function lineOf(number: number): LineContext {
  return ZONES[number % ZONES.length]!;
}

function chosen(size: number, flags: readonly boolean[]): Bitset {
  const set = bitset(size);
  for (let number = 0; number < size; number++) if (flags[number]) addBit(set, number);
  return set;
}

/** Paths of keys and values that a form could not explain. */
function undescribed(schema: object, path = ''): string[] {
  const {
    description,
    properties = {},
    items,
    anyOf = [],
  } = schema as {
    description?: string;
    properties?: Record<string, object>;
    items?: object;
    anyOf?: object[];
  };
  const inner = [...Object.entries(properties), ...(items ? [['[]', items] as const] : [])];
  return [
    ...(description ? [] : [path]),
    ...inner.flatMap(([key, below]) => undescribed(below, `${path}.${key}`)),
    ...anyOf
      .filter((branch) => 'properties' in branch)
      .flatMap((branch, at) => undescribed(branch, `${path}|${at}`)),
  ];
}
