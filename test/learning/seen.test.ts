/** Who was seen, against plain sets: exact while few, within its stated error when sampled, bounded always. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { estimateOf } from '../../src/insight/audience-estimates.ts';
import { SeenIds } from '../../src/learning/seen-ids.ts';
import { SeenPeople } from '../../src/learning/seen-people.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 3, 8, 12);
const SEED = 20261;

/** Numbers as pseudonyms have them: 48 bits of a keyed hash. */
function idsOf(count: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.uint32() + 2 ** 32 * (random.uint32() >>> 16));
}

function keysIn(seen: SeenIds, nowMs = NOW_MS): Set<number> {
  const keys = new Set<number>();
  for (const one of seen.seen(nowMs)) if (one) keys.add(one.key);
  return keys;
}

const thinned = (seen: SeenIds, nowMs = NOW_MS): void => {
  for (const _ of seen.thin(nowMs));
};

describe('ids that were seen', () => {
  it('are all there, by exchange and kind, while they are few', () => {
    const seen = new SeenIds();
    const ids = idsOf(5_000, SEED);
    ids.forEach((key, index) => {
      seen.saw(index % 2 === 0 ? 'one' : 'two', index % 3 === 0 ? 'ifa' : 'buyeruid', key, NOW_MS);
      if (index % 10 === 0) seen.saw('two', index % 3 === 0 ? 'ifa' : 'buyeruid', key, NOW_MS);
    });
    expect(seen.rate).toBe(1);
    expect(keysIn(seen)).toEqual(new Set(ids));
    const found = [...seen.seen(NOW_MS)].filter((one) => one !== undefined);
    expect(found.filter(({ exchangeId }) => exchangeId === 'one')).toHaveLength(2_500);
    expect(found.filter(({ exchangeId }) => exchangeId === 'two')).toHaveLength(3_000);
    expect(found.find(({ key }) => key === ids[1])).toEqual({
      key: ids[1],
      space: 'buyeruid',
      exchangeId: 'two',
    });
  });

  it('count for seven days, the last one included', () => {
    const seen = new SeenIds();
    seen.saw('one', 'ifa', 1, NOW_MS - 7 * DAY_MS);
    seen.saw('one', 'ifa', 2, NOW_MS - 6 * DAY_MS);
    seen.saw('one', 'ifa', 3, NOW_MS);
    expect(keysIn(seen)).toEqual(new Set([2, 3]));
    thinned(seen);
    expect(keysIn(seen)).toEqual(new Set([2, 3]));
    expect(seen.sinceMs(NOW_MS)).toBe(Date.UTC(2026, 3, 2));
    seen.saw('one', 'ifa', 2, NOW_MS);
    expect(keysIn(seen, NOW_MS + 6 * DAY_MS)).toEqual(new Set([2, 3]));
  });

  it('are a fair sample when they are many: the stated intervals hold what sets count', () => {
    const limits = { idsAtRest: 8_000, idsMax: 16_000 };
    const seen = new SeenIds(limits);
    const random = seededRandom(SEED + 1);
    const ids = idsOf(120_000, SEED + 2);
    const truth = new Set<number>();
    for (const [index, key] of ids.entries()) {
      const nowMs = NOW_MS - Math.floor((6 * (ids.length - index)) / ids.length) * DAY_MS;
      seen.saw(random.next() < 0.5 ? 'one' : 'two', 'ifa', key, nowMs);
      truth.add(key);
      if (seen.isDue(nowMs)) thinned(seen, nowMs);
    }
    const sample = keysIn(seen);
    expect(seen.rate, `seed ${SEED}`).toBeLessThan(0.1);
    expect(sample.size).toBeLessThanOrEqual(limits.idsMax);
    expect(seen.bytes).toBeLessThan(2 * 32_768 * (15 + 1 + 4));
    let held = 0;
    const packs = 200;
    for (let pack = 0; pack < packs; pack++) {
      const size = Math.floor(20_000 * random.next() ** 3) + 50;
      // A third of a list was never seen.
      const members = Array.from({ length: size }, (_, at) =>
        at % 3 === 0 ? -1 - at : ids[random.uint32() % ids.length]!,
      );
      const exact = new Set(members.filter((key) => truth.has(key))).size;
      const count = new Set(members.filter((key) => sample.has(key))).size;
      const { people, low, high } = estimateOf({ count, rate: seen.rate }, size);
      if (low <= exact && exact <= high) held++;
      const deviation = Math.sqrt((exact * (1 - seen.rate)) / seen.rate);
      expect(Math.abs(people - exact), `seed ${SEED} pack ${pack}`).toBeLessThan(5 * deviation + 20);
    }
    // Of 200 intervals at 95 %, fewer than 180 would hold once in a thousand runs.
    expect(held, `seed ${SEED}`).toBeGreaterThanOrEqual(180);
  });

  it('lose nothing that comes while they are thinned', () => {
    const seen = new SeenIds({ idsAtRest: 100_000, idsMax: 200_000 });
    const early = idsOf(20_000, SEED + 3);
    const late = idsOf(20_000, SEED + 4);
    for (const key of early) seen.saw('one', 'ifa', key, NOW_MS - DAY_MS);
    const work = seen.thin(NOW_MS);
    let at = 0;
    for (let step = work.next(); !step.done; step = work.next())
      for (let some = 0; some < 1_000 && at < late.length; some++, at++) {
        seen.saw('two', 'ifa', late[at]!, NOW_MS);
        // One that is in the new sample already.
        if (at >= 2_000) seen.saw('two', 'ifa', early[at - 2_000]!, NOW_MS);
      }
    const told = [...seen.seen(NOW_MS)].flatMap((one) => (one?.exchangeId === 'two' ? one.key : []));
    expect(new Set(told)).toEqual(new Set([...late.slice(0, at), ...early.slice(0, at - 2_000)]));
    expect(at).toBeGreaterThan(10_000);
  });

  it('come back after a restart, add up over processes, and are refused where damaged', () => {
    const packed = (seen: SeenIds): Uint8Array => {
      const work = seen.pack(NOW_MS);
      for (let step = work.next(); ; step = work.next()) if (step.done) return step.value;
    };
    const [left, right] = [new SeenIds(), new SeenIds()];
    const ids = idsOf(3_000, SEED + 5);
    for (const [index, key] of ids.entries())
      (index % 2 === 0 ? left : right).saw(`exchange-${index % 5}`, 'eid', key, NOW_MS);
    left.saw('exchange-0', 'eid', 77, NOW_MS - 8 * DAY_MS);
    left.forget([ids[0]!]);
    const absorbed = (into: SeenIds, bytes: Uint8Array): boolean => {
      const work = into.absorb(bytes);
      for (let step = work.next(); ; step = work.next()) if (step.done) return step.value;
    };
    const both = new SeenIds();
    expect(absorbed(both, packed(left))).toBe(true);
    expect(absorbed(both, packed(right))).toBe(true);
    expect(keysIn(both)).toEqual(new Set(ids.slice(1)));
    const bytes = packed(left);
    for (const damaged of [
      bytes.subarray(0, 3),
      bytes.subarray(0, bytes.length - 1),
      Buffer.concat([Buffer.from([255, 255, 255, 255]), bytes]),
      Buffer.from('no table at all'),
    ])
      expect(absorbed(new SeenIds(), damaged)).toBe(false);
  });
});

describe('people that were seen', () => {
  it('are counted in any packs at once, exactly while they are few', () => {
    const seen = new SeenPeople();
    for (let person = 0; person < 1000; person++)
      seen.saw(person, person % 2 === 0 ? ['a', 'b'] : ['b'], NOW_MS);
    seen.saw(5000, ['a'], NOW_MS - 8 * DAY_MS);
    // What they are in now counts, not what they were in.
    seen.saw(0, [], NOW_MS);
    expect([['a'], ['b'], ['a', 'b'], ['c']].map((ids) => seen.countIn(ids, NOW_MS))).toEqual([
      499, 999, 499, 0,
    ]);
    seen.forget([2]);
    expect(seen.countIn(['a'], NOW_MS)).toBe(498);
  });

  it('of two processes are counted once, by what the later has seen', () => {
    const [left, right] = [new SeenPeople(), new SeenPeople()];
    for (let person = 0; person < 100; person++) left.saw(person, ['a'], NOW_MS - DAY_MS);
    for (let person = 50; person < 150; person++) right.saw(person, ['b'], NOW_MS);
    const both = new SeenPeople();
    both.absorb(right.pack(NOW_MS));
    both.absorb(left.pack(NOW_MS));
    expect([both.countIn(['a'], NOW_MS), both.countIn(['b'], NOW_MS)]).toEqual([50, 100]);
  });

  it('are a fair sample when they are many', () => {
    const seen = new SeenPeople(4_000);
    const people = idsOf(100_000, SEED + 6);
    for (const [index, person] of people.entries()) seen.saw(person, index % 4 === 0 ? ['a'] : [], NOW_MS);
    const { low, high } = estimateOf({ count: seen.countIn(['a'], NOW_MS), rate: seen.rate });
    expect(seen.countIn([], NOW_MS)).toBeLessThanOrEqual(4_000);
    expect([low <= 25_000, high >= 25_000], `seed ${SEED}`).toEqual([true, true]);
    expect(high / low).toBeLessThan(1.5);
  });
});
