/** The index over all dimensions against the plain loop over all line items. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Probe } from '../../src/campaign/targeting/dimension.ts';
import type { Targeting } from '../../src/campaign/targeting/index.ts';
import { dimensions } from '../../src/campaign/targeting/index.ts';
import type { TargetedLine } from '../../src/campaign/targeting-index.ts';
import { compileTargeting } from '../../src/campaign/targeting-index.ts';
import type { Bitset } from '../../src/core/bitset.ts';
import { fullBitset, nextBit } from '../../src/core/bitset.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import { NOON_MS, probeOf } from './targeting/probe.ts';
import { probes, targetings } from './targeting/samples.ts';

const SEED = 4711;
const ZONES = ['UTC', 'America/New_York', 'Europe/Berlin'].map(zoneNamed);

function linesFrom(rules: readonly Targeting[]): TargetedLine[] {
  return rules.map((targeting, number) => ({ targeting, zone: ZONES[number % ZONES.length]! }));
}

function byIndex(index: ReturnType<typeof compileTargeting>, probe: Probe, size: number): number[] {
  const candidates = fullBitset(size);
  const left = index.narrowByRequest(probe, candidates) && index.narrowByImpression(probe, candidates);
  // After a dimension has said that nothing is left, nobody looks at the set again.
  return left ? membersOf(candidates) : [];
}

function membersOf(set: Bitset): number[] {
  const members: number[] = [];
  for (let member = nextBit(set, 0); member >= 0; member = nextBit(set, member + 1)) members.push(member);
  return members;
}

function plainly(lines: readonly TargetedLine[], probe: Probe): number[] {
  return lines.flatMap((line, number) => {
    const rules = line.targeting as Readonly<Record<string, unknown>>;
    const refused = dimensions.some(
      (dimension) =>
        rules[dimension.name] !== undefined &&
        !dimension.accepts(rules[dimension.name] as never, probe, line),
    );
    return refused ? [] : [number];
  });
}

describe('the targeting index', () => {
  test.each([600, 2500])('finds among %i line items exactly those that the plain twins accept', (size) => {
    const lines = linesFrom(fc.sample(targetings(4), { seed: SEED, numRuns: size }));
    const index = compileTargeting(lines);
    let [found, total] = [0, 0];
    fc.assert(
      fc.property(probes, (probe) => {
        const wanted = plainly(lines, probe);
        expect(byIndex(index, probe, size)).toEqual(wanted);
        found += wanted.length;
        total += size;
      }),
      { seed: SEED, numRuns: size < 1000 ? 300 : 60 },
    );
    expect(found / total).toBeGreaterThan(0.02);
    expect(found / total).toBeLessThan(0.98);
  });

  test('answers two impressions of one request from one narrowing by request', () => {
    const lines = linesFrom(fc.sample(targetings(3), { seed: SEED, numRuns: 500 }));
    const index = compileTargeting(lines);
    const one = probeOf({ impression: { video: { mimes: ['video/mp4'], w: 640, h: 480 } } });
    const other: Probe = { ...one, impression: probeOf({ impression: { instl: 1 } }).impression };
    const common = fullBitset(500);
    index.narrowByRequest(one, common);
    for (const probe of [one, other]) {
      const left = common.slice();
      index.narrowByImpression(probe, left);
      expect(membersOf(left)).toEqual(plainly(lines, probe));
    }
  });

  test('reads no rule again where columns answer', () => {
    const columned = [
      'country',
      'site',
      'category',
      'size',
      'format',
      'daypart',
      'viewability',
      'interstitial',
      'deviceType',
      'exchange',
    ] as const;
    let reads = 0;
    const watch = <T extends object>(value: T): T =>
      new Proxy(value, {
        get: (target, key, receiver) => {
          reads++;
          const inner: unknown = Reflect.get(target, key, receiver);
          return typeof inner === 'object' && inner !== null ? watch(inner) : inner;
        },
      });
    const simple = fc.sample(targetings(5), { seed: SEED, numRuns: 600 }).map((rules): Targeting => {
      const kept = Object.entries(rules).filter(
        ([name, rule]) =>
          columned.some((known) => known === name) && !(typeof rule === 'object' && 'require' in rule),
      );
      return Object.fromEntries(
        kept.map(([name, rule]) => [name, typeof rule === 'object' ? watch(rule) : rule]),
      );
    });
    const lines = linesFrom(simple);
    const index = compileTargeting(lines);
    expect(reads).toBeGreaterThan(0);
    const requests = fc.sample(probes, { seed: SEED, numRuns: 50 });
    reads = 0;
    const found = requests.map((probe) => byIndex(index, probe, lines.length));
    expect(reads).toBe(0);
    expect(found).toEqual(requests.map((probe) => plainly(lines, probe)));
    expect(reads).toBeGreaterThan(10_000);
  });

  test('names the dimension that refuses first, and all that refuse', () => {
    const lines = linesFrom([
      { size: { include: ['1x1'] }, language: { include: ['de'] }, country: { include: ['DEU'] } },
      { country: { include: ['USA'] } },
      {},
    ]);
    const index = compileTargeting(lines);
    const probe = probeOf({ request: { device: { geo: { country: 'USA' }, language: 'de' } } });
    expect(index.firstRefusal(0, probe)).toBe('country');
    expect(index.refusals(0, probe)).toEqual(['country', 'size']);
    expect(index.firstRefusal(1, probe)).toBeUndefined();
    expect(index.refusals(2, probe)).toEqual([]);
    expect(index.refusals(3, probe)).toEqual([]);
  });

  test('agrees with its own refusals on random books', () => {
    const lines = linesFrom(fc.sample(targetings(4), { seed: SEED + 1, numRuns: 120 }));
    const index = compileTargeting(lines);
    for (const probe of fc.sample(probes, { seed: SEED + 1, numRuns: 40 })) {
      const candidates = byIndex(index, probe, lines.length);
      for (let number = 0; number < lines.length; number++) {
        const refusals = index.refusals(number, probe);
        expect(refusals.length === 0).toBe(candidates.includes(number));
        expect(index.firstRefusal(number, probe)).toBe(refusals[0]);
      }
    }
  });

  test('narrows nothing where no line item targets, and says so of an empty set', () => {
    const index = compileTargeting(linesFrom([{}, {}]));
    const probe = probeOf({ nowMs: NOON_MS });
    expect(byIndex(index, probe, 2)).toEqual([0, 1]);
    expect(index.narrowByRequest(probe, new Uint32Array(1))).toBe(false);
  });
});
