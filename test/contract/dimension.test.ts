import type fc from 'fast-check';
import { expect, test } from 'vitest';
import { dimensions, targetingSchema } from '../../src/campaign/targeting/index.ts';
import { probes, RULES } from '../campaign/targeting/samples.ts';
import { dimensionContract } from './dimension.ts';

test('every dimension has random rules, a key of its own name, and a rank of its own', () => {
  const names = dimensions.map(({ name }) => name);
  expect(Object.keys(RULES).sort()).toEqual([...names].sort());
  expect(Object.keys(targetingSchema.properties)).toEqual(names);
  const ranks = dimensions.map(({ level, cost }) => `${level} ${cost}`);
  expect(new Set(ranks).size).toBe(ranks.length);
});

for (const dimension of dimensions) {
  dimensionContract(
    dimension,
    (RULES as Readonly<Record<string, fc.Arbitrary<unknown>>>)[dimension.name]!,
    probes,
  );
}
