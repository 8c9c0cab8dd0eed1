/** Golden rules: `rules.json` says in words what a buyer may rely on. */
import { readFileSync } from 'node:fs';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { dimensions } from '../../../src/campaign/targeting/index.ts';
import { fullBitset } from '../../../src/core/bitset.ts';
import type { Permits } from '../../../src/openrtb/consent.ts';
import type { Json } from './probe.ts';
import { probeOf, UTC_LINE } from './probe.ts';

interface Golden {
  readonly dimension: string;
  readonly rule: unknown;
  readonly cases: readonly {
    readonly title: string;
    readonly request?: Json;
    readonly impression?: Json;
    readonly permits?: Partial<Permits>;
    readonly packs?: readonly string[];
    readonly exchangeId?: string;
    readonly accepts: boolean;
  }[];
}

const goldens = JSON.parse(readFileSync(new URL('./rules.json', import.meta.url), 'utf8')) as Golden[];

test('every dimension has golden rules of both outcomes, dayparts their own file', () => {
  for (const { name } of dimensions) {
    if (name === 'daypart') continue;
    const outcomes = goldens
      .filter(({ dimension }) => dimension === name)
      .flatMap(({ cases }) => cases.map(({ accepts }) => accepts));
    expect(new Set(outcomes), name).toEqual(new Set([true, false]));
  }
});

for (const { dimension: name, rule, cases } of goldens) {
  describe(`${name} ${JSON.stringify(rule)}`, () => {
    const dimension = dimensions.find((known) => known.name === name)!;
    test.each(cases)('$title: $accepts', ({ accepts, ...parts }) => {
      expect(Value.Check(dimension.schema, rule)).toBe(true);
      const probe = probeOf(parts);
      expect(dimension.accepts(rule as never, probe, UTC_LINE)).toBe(accepts);
      const candidates = fullBitset(1);
      expect(dimension.index([rule as never], [UTC_LINE]).narrow(probe, candidates)).toBe(accepts);
    });
  });
}
