import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AudienceRule } from '../../../src/campaign/targeting/audience.ts';
import { audience, audiencesOf, needsPerson } from '../../../src/campaign/targeting/audience.ts';
import { probeOf } from './probe.ts';
import { RULES } from './samples.ts';

test('names every pack of a rule once', () => {
  const rule: AudienceRule = {
    include: ['a', 'b'],
    require: ['b'],
    exclude: ['c'],
    expression: { any: ['a', { not: { all: ['d', 'c'] } }] },
  };
  expect(audiencesOf({ audience: rule }).sort()).toEqual(['a', 'b', 'c', 'd']);
  expect(audiencesOf({})).toEqual([]);
});

describe('needs a person', () => {
  test.each<[AudienceRule | undefined, boolean]>([
    [undefined, false],
    [{}, false],
    [{ include: ['a'] }, false],
    [{ exclude: ['a'] }, true],
    [{ exclude: ['a'], acceptUnknownPerson: true }, false],
    [{ expression: { not: 'a' } }, true],
    [{ expression: { not: { not: 'a' } } }, false],
    [{ expression: { any: ['a', { not: 'b' }] } }, false],
    [{ expression: { all: ['a', { not: 'b' }] } }, true],
  ])('%j: %s', (rule, needed) => {
    expect(needsPerson(rule ? { audience: rule } : {})).toBe(needed);
  });

  test('exactly where no packs at all satisfy the rule without an id', () => {
    const all = ['buyers', 'visitors', 'lapsed', 'staff'];
    let needed = 0;
    fc.assert(
      fc.property(RULES.audience, (sample) => {
        const rule = sample as AudienceRule;
        let satisfiable = false;
        for (let bits = 0; bits < 16; bits++) {
          const packs = all.filter((_, at) => (bits >> at) & 1);
          satisfiable ||= audience.accepts(rule, probeOf({ packs }));
        }
        expect(needsPerson({ audience: rule })).toBe(!satisfiable);
        if (!satisfiable) needed++;
      }),
      { seed: 7, numRuns: 300 },
    );
    expect(needed).toBeGreaterThan(50);
    expect(needed).toBeLessThan(250);
  });
});
