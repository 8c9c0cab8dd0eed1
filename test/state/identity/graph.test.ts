/** The identity graph against plain sets, and what it promises of bounds, splits and numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IdSpace, KeyedId } from '../../../src/core/person-id.ts';
import { personKeys } from '../../../src/core/person-id.ts';
import { IdentityGraph } from '../../../src/state/identity/graph.ts';

const SEED = 20261123;
const NOW = Date.UTC(2026, 10, 23, 9);
const DAY = 86_400_000;
const keys = personKeys([Buffer.alloc(32, 7)]);

function id(name: string, space: IdSpace = 'eid'): KeyedId {
  return { key: keys.keyOf({ space, id: name }).key, space };
}

function keysOf(graph: IdentityGraph, number: number | undefined): string[] {
  return graph.idsOf(number ?? 0).map(({ key }) => key);
}

describe('joining', () => {
  it('gives ids that were told together one number, and finds it by each of them', () => {
    const graph = new IdentityGraph();
    const number = graph.join([id('a', 'buyeruid'), id('b', 'ifa')], NOW, 'observed');
    expect(number).toBe(1);
    expect(graph.numberOf(id('a', 'buyeruid').key)).toBe(number);
    expect(graph.numberOf(id('b', 'ifa').key)).toBe(number);
    expect(graph.numberOf(id('c').key)).toBeUndefined();
    expect(graph.bornAtMs(1)).toBe(NOW);
  });

  it('merges two people when an id of both is told, into the one met first, and leads the other number there', () => {
    const graph = new IdentityGraph();
    const told: unknown[] = [];
    graph.watch({ merged: (from, into) => told.push([from, into]) });
    const first = graph.join([id('a'), id('b')], NOW, 'observed');
    const second = graph.join([id('c'), id('d')], NOW + DAY, 'observed');
    expect(second).toBe(2);
    expect(graph.join([id('c'), id('b')], NOW + DAY, 'observed')).toBe(first);
    expect(keysOf(graph, first)).toEqual(['a', 'b', 'c', 'd'].map((name) => id(name).key));
    expect(graph.currentOf(2)).toBe(1);
    expect(graph.bornAtMs(2)).toBeUndefined();
    expect(told).toEqual([
      [
        { number: 2, leadKey: id('c').key },
        { number: 1, leadKey: id('a').key },
      ],
    ]);
    expect(graph.leadOf(id('d').key)).toBe(id('a').key);
  });

  it('takes two e-mail addresses on one device for two people, unless they are declared to be one', () => {
    const graph = new IdentityGraph();
    const ann = graph.join([id('ann', 'email'), id('cookie-1')], NOW, 'observed');
    const ben = graph.join([id('ben', 'email'), id('cookie-2')], NOW, 'observed');
    graph.join([id('cookie-1'), id('cookie-2')], NOW, 'observed');
    expect(graph.numberOf(id('cookie-2').key)).toBe(ben);
    graph.join([id('cookie-1'), id('cid', 'email')], NOW, 'observed');
    expect(graph.numberOf(id('cid', 'email').key)).toBeUndefined();
    expect(graph.size().conflicts).toBe(2);
    expect(graph.join([id('ann', 'email'), id('ben', 'email')], NOW, 'declared')).toBe(ann);
    expect(graph.numberOf(id('cookie-2').key)).toBe(ann);
  });

  it('joins nothing where no text is a key', () => {
    const graph = new IdentityGraph();
    expect(graph.join([{ key: 'not a key', space: 'eid' }], NOW, 'declared')).toBeUndefined();
    expect(graph.join([{ key: `${'ä'.repeat(16)}`, space: 'eid' }], NOW, 'declared')).toBeUndefined();
    expect(graph.join([], NOW, 'declared')).toBeUndefined();
    expect(graph.size()).toMatchObject({ people: 0, ids: 0 });
  });
});

describe('splitting', () => {
  it('takes ids away to a new number, and does not join them again because they were seen together', () => {
    const graph = new IdentityGraph();
    const rekeyed: string[][] = [];
    graph.watch({ rekeyed: (from, into) => rekeyed.push([from, into]) });
    const old = graph.join([id('a'), id('b'), id('c')], NOW, 'observed')!;
    const fresh = graph.split([id('a').key], NOW)!;
    expect(fresh).not.toBe(old);
    expect(keysOf(graph, fresh)).toEqual([id('a').key]);
    expect(keysOf(graph, old)).toEqual([id('b').key, id('c').key]);
    expect(rekeyed).toEqual([[id('a').key, id('b').key]]);
    graph.join([id('b'), id('a')], NOW, 'observed');
    expect(graph.numberOf(id('a').key)).toBe(fresh);
    graph.join([id('b'), id('a')], NOW, 'declared');
    expect(graph.numberOf(id('a').key)).toBe(graph.numberOf(id('b').key));
  });

  it('leaves a person alone whose every id is named', () => {
    const graph = new IdentityGraph();
    const number = graph.join([id('a'), id('b')], NOW, 'observed');
    expect(graph.split([id('a').key, id('b').key], NOW)).toBe(number);
    expect(graph.split([id('x').key], NOW)).toBeUndefined();
  });
});

describe('bounds', () => {
  it('lets go of the id least recently seen where one person has too many', () => {
    const graph = new IdentityGraph({ idsOfOneMax: 3 });
    graph.join([id('device', 'ifa')], NOW, 'observed');
    for (let day = 0; day < 5; day++)
      graph.join([id('device', 'ifa'), id(`cookie-${day}`)], NOW + day * DAY, 'observed');
    expect(keysOf(graph, 1)).toEqual(
      [id('device', 'ifa'), id('cookie-3'), id('cookie-4')].map(({ key }) => key),
    );
  });

  it('does not join two people to a crowd', () => {
    const graph = new IdentityGraph({ idsOfOneMax: 4 });
    graph.join(
      ['a', 'b', 'c'].map((name) => id(name)),
      NOW,
      'observed',
    );
    graph.join(
      ['d', 'e'].map((name) => id(name)),
      NOW,
      'observed',
    );
    expect(graph.join([id('a'), id('d')], NOW, 'declared')).toBe(1);
    expect(graph.numberOf(id('d').key)).toBe(2);
    expect(graph.size().crowds).toBe(1);
  });

  it('forgets whoever was seen least recently where there are too many, and gives the number again', () => {
    const graph = new IdentityGraph({ peopleMax: 2 });
    const forgotten: unknown[] = [];
    graph.watch({ forgotten: (person, keys) => forgotten.push([person.number, keys]) });
    graph.join([id('a')], NOW, 'observed');
    graph.join([id('b')], NOW, 'observed');
    graph.join([id('a')], NOW, 'observed');
    graph.join([id('c')], NOW, 'observed');
    expect(forgotten).toEqual([[2, [id('b').key]]]);
    expect(graph.bornAtMs(2)).toBeUndefined();
    graph.join([id('d')], NOW + DAY, 'observed');
    expect(graph.numberOf(id('d').key)).toBe(2);
    expect(graph.bornAtMs(2)).toBe(NOW + DAY);
  });

  it('keeps the bound on ids in all', () => {
    const graph = new IdentityGraph({ idsMax: 100 });
    for (let one = 0; one < 500; one++) graph.join([id(`x${one}`), id(`y${one}`)], NOW + one, 'observed');
    expect(graph.size()).toMatchObject({ ids: 100, people: 50 });
    expect(graph.numberOf(id('x499').key)).toBeDefined();
    expect(graph.numberOf(id('x449').key)).toBeUndefined();
  });
});

it('lets ids fade that were not seen for long, and people with them', () => {
  const graph = new IdentityGraph();
  graph.join([id('old'), id('kept')], NOW, 'observed');
  graph.join([id('gone')], NOW, 'observed');
  graph.join([id('kept')], NOW + 10 * DAY, 'observed');
  expect(graph.fade(NOW + 5 * DAY, 100)).toEqual({ faded: 2, isRound: true });
  expect(keysOf(graph, 1)).toEqual([id('kept').key]);
  expect(graph.leadOf(id('kept').key)).toBe(id('kept').key);
  expect(graph.bornAtMs(2)).toBeUndefined();
});

it('gives a number that was merged away to another after its time, and not before', () => {
  const graph = new IdentityGraph();
  graph.join([id('a')], NOW, 'observed');
  graph.join([id('b')], NOW, 'observed');
  graph.join([id('a'), id('b')], NOW, 'observed');
  graph.recycle(NOW + 89 * DAY);
  expect(graph.currentOf(2)).toBe(1);
  graph.recycle(NOW + 91 * DAY);
  expect(graph.currentOf(2)).toBeUndefined();
  expect(graph.join([id('c')], NOW + 91 * DAY, 'observed')).toBe(2);
});

type Act =
  | { readonly do: 'join'; readonly names: readonly number[] }
  | { readonly do: 'split'; readonly names: readonly number[] }
  | { readonly do: 'forget'; readonly name: number }
  | { readonly do: 'restart' };

const names = fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 4 });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('join' as const), names }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('split' as const), names }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), name: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

it('agrees with plain sets under any order of joins, splits, deletions and restarts', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      let graph = new IdentityGraph({ idsOfOneMax: 1000 });
      const disk = new Disk();
      let sets: Set<number>[] = [];
      for (const [step, one] of acts.entries()) {
        const nowMs = NOW + step * 1000;
        if (one.do === 'join') {
          graph.join(
            one.names.map((name) => id(String(name))),
            nowMs,
            'declared',
          );
          const touched = sets.filter((set) => one.names.some((name) => set.has(name)));
          sets = [
            ...sets.filter((set) => !touched.includes(set)),
            new Set([...one.names, ...touched.flatMap((set) => [...set])]),
          ];
        } else if (one.do === 'split') {
          graph.split(
            one.names.map((name) => id(String(name)).key),
            nowMs,
          );
          const known = one.names.filter((name) => sets.some((set) => set.has(name)));
          const from = sets.find((set) => known[0] !== undefined && set.has(known[0]));
          const leaving = known.filter((name) => from?.has(name));
          if (from && leaving.length < from.size) {
            for (const name of leaving) from.delete(name);
            sets.push(new Set(leaving));
          }
        } else if (one.do === 'forget') {
          graph.forget(id(String(one.name)).key);
          sets = sets.filter((set) => !set.has(one.name));
        } else {
          disk.save(graph);
          const before = partition(graph);
          graph = disk.load();
          expect(partition(graph)).toEqual(before);
        }
        expect(sameSets(graph)).toEqual(sets.map((set) => [...set].sort((a, b) => a - b)).sort(byText));
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

function partition(graph: IdentityGraph): Map<string, readonly [number | undefined, string]> {
  return new Map(
    Array.from({ length: 41 }, (_, name) => {
      const { key } = id(String(name));
      return [key, [graph.numberOf(key), graph.leadOf(key)]];
    }),
  );
}

function sameSets(graph: IdentityGraph): number[][] {
  const byNumber = new Map<number, number[]>();
  for (let name = 0; name <= 40; name++) {
    const number = graph.numberOf(id(String(name)).key);
    if (number !== undefined) byNumber.set(number, [...(byNumber.get(number) ?? []), name]);
  }
  for (const [number, members] of byNumber) expect(graph.idsOf(number)).toHaveLength(members.length);
  return [...byNumber.values()].sort(byText);
}

function byText(a: readonly number[], b: readonly number[]): number {
  return a.join() < b.join() ? -1 : 1;
}

/** What is written behind, as the store keeps it. */
class Disk {
  readonly #ids = new Map<string, { key: string; number: number; meta: number }>();
  readonly #people = new Map<number, { number: number; atSeconds: number; into: number }>();

  save(graph: IdentityGraph): void {
    const changes = graph.changes();
    for (const key of changes.goneKeys) this.#ids.delete(key);
    for (const number of changes.goneNumbers) this.#people.delete(number);
    for (const row of changes.people) this.#people.set(row.number, row);
    for (const row of changes.ids) this.#ids.set(row.key, row);
  }

  load(): IdentityGraph {
    const graph = new IdentityGraph({ idsOfOneMax: 1000 });
    graph.restorePeople([...this.#people.values()]);
    graph.restoreIds([...this.#ids.values()]);
    graph.restored();
    return graph;
  }
}
