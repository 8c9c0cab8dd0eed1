import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didAtLeast } from '../../src/core/profile.ts';
import { ROWS_MAX } from '../../src/state/memory/profile-rows.ts';
import { Profiles } from '../../src/state/memory/profiles.ts';

const SEED = 20261123;
const FACTS = ['page_view', 'purchase', 'daypart=night'] as const;

interface Done {
  readonly person: string;
  readonly fact: string;
  readonly day: number;
  readonly valueMicros: number;
}

const done: fc.Arbitrary<Done> = fc.record({
  person: fc.constantFrom('ann', 'bob', 'cara'),
  fact: fc.constantFrom(...FACTS),
  day: fc.integer({ min: 0, max: 30 }),
  valueMicros: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 40 })),
});

function kept(events: readonly Done[]): Profiles {
  const profiles = new Profiles();
  for (const { person, fact, day, valueMicros } of events) profiles.add(person, fact, day, 1, valueMicros);
  return profiles;
}

/** The plain twin: every event, counted one by one. */
function counted(events: readonly Done[], person: string, fact: string, fromDay: number, toDay: number) {
  const found = events.filter(
    (event) => event.person === person && event.fact === fact && event.day >= fromDay && event.day <= toDay,
  );
  return {
    count: found.length,
    days: new Set(found.map(({ day }) => day)).size,
    valueMicros: found.reduce((sum, { valueMicros }) => sum + valueMicros, 0),
  };
}

const NOTHING = { count: 0, days: 0, valueMicros: 0 };

describe('profiles', () => {
  it('answer for any window as counting one by one does, before and after the retention has passed', () => {
    fc.assert(
      fc.property(
        fc.array(done, { maxLength: 200 }),
        fc.integer({ min: -1, max: 31 }),
        fc.integer({ min: -1, max: 31 }),
        fc.integer({ min: 0, max: 31 }),
        (events, fromDay, toDay, limit) => {
          const profiles = kept(events);
          const compare = (left: readonly Done[]): void => {
            for (const person of ['ann', 'bob', 'cara'])
              for (const fact of FACTS)
                expect(profiles.profileOf(person)?.totals(fact, fromDay, toDay) ?? NOTHING).toEqual(
                  counted(left, person, fact, fromDay, toDay),
                );
          };
          compare(events);
          for (let from: number | undefined = 0; from !== undefined; )
            from = profiles.dropBefore(limit, from, 2);
          const left = events.filter(({ day }) => day >= limit);
          compare(left);
          expect(profiles.people).toBe(new Set(left.map(({ person }) => person)).size);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('tell first and last day, and every fact with its sums', () => {
    const profile = kept([
      { person: 'ann', fact: 'purchase', day: 9, valueMicros: 4 },
      { person: 'ann', fact: 'purchase', day: 3, valueMicros: 5 },
      { person: 'ann', fact: 'page_view', day: 11, valueMicros: 0 },
    ]).profileOf('ann')!;
    expect([profile.firstDay('purchase'), profile.lastDay('purchase'), profile.lastSeenDay]).toEqual([
      3, 9, 11,
    ]);
    expect([profile.firstDay('search'), profile.lastDay('search')]).toEqual([undefined, undefined]);
    expect(profile.facts().find(({ fact }) => fact === 'purchase')).toEqual({
      fact: 'purchase',
      lastDay: 9,
      totals: { count: 2, days: 2, valueMicros: 9 },
    });
    expect(didAtLeast(profile, 'purchase', 1, 3, 11)).toBe(true);
    expect(didAtLeast(profile, 'purchase', 2, 3, 11)).toBe(false);
    expect(didAtLeast(profile, 'purchase', 1, 2, 11)).toBe(false);
  });

  it('stay within their bound, keep sums and recent windows right, and say from when on they are exact', () => {
    const events = Array.from({ length: 900 }, (_, day) => ({
      person: 'ann',
      fact: FACTS[day % 3]!,
      day,
      valueMicros: day,
    }));
    const profiles = kept(events);
    const profile = profiles.profileOf('ann')!;
    expect(profiles.profileOf('ann')!.facts()).toHaveLength(3);
    for (const fact of FACTS) {
      expect(profile.totals(fact, 0, 900)).toEqual(counted(events, 'ann', fact, 0, 900));
      const from = profile.exactSinceDay;
      expect(profile.totals(fact, from, 900)).toEqual(counted(events, 'ann', fact, from, 900));
      expect(profile.firstDay(fact)).toBeLessThan(3);
    }
    expect(profile.exactSinceDay).toBeGreaterThan(0);
    expect(profile.exactSinceDay).toBeLessThan(900 - ROWS_MAX / 4);
  });

  it('of somebody with very many different facts keep the latest', () => {
    const profiles = new Profiles();
    for (let item = 0; item < 1000; item++) profiles.add('ann', `page_view item=${item}`, item, 1, 0);
    const profile = profiles.profileOf('ann')!;
    expect(profile.facts().length).toBeLessThanOrEqual(ROWS_MAX);
    expect(profile.totals('page_view item=999', 0, 1000).count).toBe(1);
    expect(profile.totals('page_view item=0', 0, 1000).count).toBe(0);
  });

  it('take no more different facts of a kind than there is room for, and count what they refuse', () => {
    const profiles = new Profiles();
    for (let item = 0; item < 20_100; item++)
      profiles.add(`p${item % 50}`, `page_view item=${item}`, 5, 1, 0);
    profiles.add('p1', 'purchase', 5, 1, 0);
    expect(profiles.refusedFacts).toBe(100);
    expect(profiles.profileOf('p1')!.totals('purchase', 5, 5).count).toBe(1);
  });

  it('of a forgotten person are gone, and their place is nobody’s past', () => {
    const profiles = kept([
      { person: 'ann', fact: 'purchase', day: 9, valueMicros: 4 },
      { person: 'bob', fact: 'purchase', day: 9, valueMicros: 4 },
    ]);
    expect([profiles.forget('ann'), profiles.forget('ann')]).toEqual([true, false]);
    expect(profiles.profileOf('ann')).toBeUndefined();
    profiles.add('cara', 'page_view', 9, 1, 0);
    expect(profiles.profileOf('cara')!.totals('purchase', 0, 99)).toEqual(NOTHING);
    expect(profiles.derivedOf('cara')).toBeUndefined();
    const paged: string[] = [];
    for (let from: number | undefined = 0; from !== undefined; ) {
      const { people, next } = profiles.page(from, 1);
      paged.push(...people);
      from = next;
    }
    expect(paged.sort()).toEqual(['bob', 'cara']);
  });

  it('of two who were one are added up', () => {
    const events = [
      { person: 'ann', fact: 'purchase', day: 9, valueMicros: 4 },
      { person: 'bob', fact: 'purchase', day: 9, valueMicros: 5 },
      { person: 'bob', fact: 'purchase', day: 3, valueMicros: 6 },
    ];
    const profiles = kept(events);
    profiles.move('bob', 'ann');
    profiles.move('nobody', 'ann');
    expect(profiles.people).toBe(1);
    expect(profiles.profileOf('ann')!.totals('purchase', 0, 9)).toEqual({
      count: 3,
      days: 2,
      valueMicros: 15,
    });
  });

  it('of many people take little room', () => {
    const profiles = new Profiles();
    for (let person = 0; person < 20_000; person++)
      for (let fact = 0; fact < 8; fact++) profiles.add(`person-${person}`, `fact-${fact}`, 5, 1, 0);
    expect(profiles.bytes / profiles.people).toBeLessThan(220);
  });
});
