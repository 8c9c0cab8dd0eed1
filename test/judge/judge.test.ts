import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { ALLOWED } from './allowed.ts';
import { ADVISORY_CODES, DEPARTURE_CODES } from './departure.ts';
import { judge } from './judge.ts';
import { MEDIA_PROVOCATIONS } from './provocations-media.ts';
import { POD_PROVOCATIONS } from './provocations-pods.ts';
import { TERMS_PROVOCATIONS } from './provocations-terms.ts';
import { KINDS, soundPair } from './sound-pairs.ts';
import type { Change } from './spoil.ts';
import { changedPair } from './spoil.ts';

const PROVOCATIONS = Object.entries({
  ...TERMS_PROVOCATIONS,
  ...MEDIA_PROVOCATIONS,
  ...POD_PROVOCATIONS,
});

function verdict(change: Change): string[] {
  const { request, response } = changedPair(change);
  return judge(request, response, change).map(({ code, path, message }) => `${code} ${path}: ${message}`);
}

describe('a sound answer', () => {
  it.each(KINDS)('to a %s has no departure', (medium) => {
    expect(verdict({ on: medium })).toEqual([]);
  });

  it.each(ALLOWED.map((change) => [JSON.stringify(change), change] as const))(
    'stays sound with %s',
    (_, change) => {
      expect(verdict(change)).toEqual([]);
    },
  );
});

describe.each(PROVOCATIONS)('%s', (code, changes) => {
  it.each(changes.map((change) => [JSON.stringify(change), change] as const))(
    'is said of %s',
    (_, change) => {
      const codes = verdict(change).map((line) => line.split(' ')[0]);
      expect(codes).toContain(code);
    },
  );
});

describe('the list of codes', () => {
  it('has a provocation for each', () => {
    const provoked = new Set([...PROVOCATIONS.map(([code]) => code), 'judge_failed']);
    expect(Object.keys(DEPARTURE_CODES).filter((code) => !provoked.has(code))).toEqual([]);
  });

  it('has every advisory code', () => {
    expect([...ADVISORY_CODES].filter((code) => !Object.hasOwn(DEPARTURE_CODES, code))).toEqual([]);
  });
});

describe('the judge never throws', () => {
  it('and owns up where it fails', () => {
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new Error('trapped');
        },
      },
    );
    expect(judge({}, trap)).toEqual([{ code: 'judge_failed', path: '', message: 'trapped' }]);
  });

  property.prop([fc.jsonValue(), fc.jsonValue()], { numRuns: 300 })('on any JSON', (request, response) => {
    expect(judge(request, response).map(({ code }) => code)).not.toContain('judge_failed');
  });

  const media = fc.constantFrom(...KINDS);
  const junk = fc.oneof(
    fc.jsonValue(),
    fc.constant({ toString: 1, valueOf: 1 }),
    fc.constant('<VAST><__proto__/></VAST>'),
    fc.constant('{"assets":'.repeat(5000)),
  );
  property.prop([media, fc.nat(), junk], { numRuns: 1500 })(
    'on a sound pair with one value replaced',
    (medium, seed, value) => {
      const { request, response } = withOneReplaced(soundPair(medium), seed, value);
      expect(judge(request, response).map(({ code }) => code)).not.toContain('judge_failed');
    },
  );
});

/** Replaces the value at one of all the places in the pair, chosen by the seed. */
function withOneReplaced<T extends object>(pair: T, seed: number, value: unknown): T {
  const places: [Record<string, unknown>, string][] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const name of Object.keys(node)) {
      places.push([node as Record<string, unknown>, name]);
      visit((node as Record<string, unknown>)[name]);
    }
  };
  visit(pair);
  const [owner, name] = places[seed % places.length] ?? [{}, ''];
  owner[name] = value;
  return pair;
}
