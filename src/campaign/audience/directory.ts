/**
 * Membership from memory. Every id that a pack knows is a key, a key has a number, and for each number the packs are written
 * down: one look for each id by which the person is known, whatever the number of packs.
 */
import type { IdSpace, KeyedId } from '../../core/person-id.ts';
import type { BidRequest } from '../../openrtb/request.ts';
import type { KeyTable } from './key-table.ts';
import type { PackDirectory, PackFacts } from './pack.ts';
import { keyNumber } from './pack.ts';
import type { PackLists } from './pack-lists.ts';
import { packLists } from './pack-lists.ts';
import type { PackTree } from './tree.ts';
import { evaluate, leavesOf } from './tree.ts';
import type { KeyOf } from './upload.ts';
import { idHash, isNobody } from './upload.ts';

/** A pack as the directory takes it. */
export interface DirectoryPack {
  readonly facts: PackFacts;
  /** Numbers of its members in the table, each once; of uploads and of packs over profiles. */
  readonly members?: () => Uint32Array;
  /** Of uploads. */
  readonly list?: { readonly idSpace: string; readonly hashed: boolean };
  readonly segments?: readonly string[];
  readonly tree?: PackTree;
}

/**
 * People of whom something new is known since the packs were built, by the key of their profile: the rule packs that they are in now.
 * It goes on changing under a directory in use, as a person's history does.
 */
export type LivePeople = ReadonlyMap<number, { readonly packs: readonly string[] }>;

const NOBODY_LIVE: LivePeople = new Map();

/** More packs than these would not fit the numbers that lists of packs are written in. */
export const PACKS_MAX = 65_000;

/** Yields between slices of work, so that bids go on while it is built. */
export function* buildDirectory(
  given: readonly DirectoryPack[],
  table: KeyTable,
  keyOf: KeyOf,
  live: LivePeople = NOBODY_LIVE,
): Generator<undefined, PackDirectory> {
  // Numbers in the order of ids, so that a set of numbers sorts as their ids do.
  const packs = [...given].sort((a, b) => (a.facts.id < b.facts.id ? -1 : 1)).slice(0, PACKS_MAX);
  const members: (Uint32Array | undefined)[] = [];
  for (const pack of packs) {
    members.push(pack.members?.());
    yield;
  }
  const lists = yield* packLists(table.size, members);
  const versions = new Map(packs.map(({ facts: { id, version } }) => [id, `${id}@${version}`]));
  const finder = new Finder(packs, table, lists, keyOf, live);
  return {
    packs: packs.map(({ facts }) => facts),
    versionOf: (packId) => versions.get(packId) ?? `${packId}@unknown`,
    packsOf: (request, permits, ids, met) =>
      permits.identity && permits.audiences ? finder.find(request, ids, met) : NONE,
  };
}

const NONE: readonly string[] = [];

type Met = (key: number, space: IdSpace) => void;

interface TreeOf {
  readonly pack: number;
  readonly tree: PackTree;
  readonly leaves: readonly number[];
  /** It can hold for somebody who is in none of its packs. */
  readonly holdsForNobody: boolean;
}

class Finder {
  readonly #ids: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #table: KeyTable;
  readonly #lists: PackLists;
  readonly #keyOf: KeyOf;
  /** Lists of user ids that name no exchange, and hashes of advertising ids, need keys of their own. */
  readonly #hasUserIds: boolean;
  readonly #hasHashedDevices: boolean;
  readonly #segments = new Map<string, number[]>();
  readonly #trees: readonly TreeOf[];
  /** Places of the trees that name a pack, by its number. */
  readonly #treesOver = new Map<number, number[]>();
  /** Places of those that can hold for somebody who is in none of their packs. */
  readonly #alwaysAsked: readonly number[];
  readonly #live: LivePeople;
  readonly #ruled: ReadonlySet<number>;

  constructor(
    packs: readonly DirectoryPack[],
    table: KeyTable,
    lists: PackLists,
    keyOf: KeyOf,
    live: LivePeople,
  ) {
    this.#live = live;
    this.#ruled = new Set(packs.flatMap(({ facts }, number) => (facts.source === 'rule' ? number : [])));
    this.#ids = packs.map(({ facts }) => facts.id);
    this.#numbers = new Map(this.#ids.map((id, number) => [id, number]));
    this.#table = table;
    this.#lists = lists;
    this.#keyOf = keyOf;
    for (const [number, { segments = [] }] of packs.entries()) {
      for (const segment of new Set(segments)) listUnder(this.#segments, segment, number);
    }
    this.#hasUserIds = packs.some(({ list }) => list?.idSpace === 'user.id');
    this.#hasHashedDevices = packs.some(({ list }) => list?.idSpace === 'ifa' && list.hashed);
    this.#trees = ordered(packs, this.#numbers);
    for (const [place, { leaves }] of this.#trees.entries())
      for (const leaf of new Set(leaves)) listUnder(this.#treesOver, leaf, place);
    this.#alwaysAsked = this.#trees.flatMap(({ holdsForNobody }, place) => (holdsForNobody ? place : []));
  }

  find(request: BidRequest, ids: readonly KeyedId[], met: Met | undefined): readonly string[] {
    const found = new Set<number>();
    const { segments, extendedIds } = request.user;
    if (this.#segments.size > 0) {
      for (const segment of segments) this.#addSegment(segment, found);
      for (const { source, id } of extendedIds) this.#addSegment(`eid:${source}:${id}`, found);
    }
    for (const { key, space } of ids) this.#addKey(keyNumber(key), space, found, met);
    // Without a pseudonym nobody may be known, whatever the request says: the person may have withdrawn.
    if (ids.length > 0) this.#addOwnKeys(request, found, met);
    if (this.#trees.length > 0) this.#addTrees(found, ids.length > 0);
    if (found.size === 0) return NONE;
    return [...found].sort((a, b) => a - b).map((number) => this.#ids[number]!);
  }

  #addOwnKeys(
    { user: { id }, device: { advertisingId } }: BidRequest,
    found: Set<number>,
    met: Met | undefined,
  ): void {
    if (this.#hasUserIds && !isNobody(id))
      this.#addKey(this.#keyOf('user.id', idHash(id, 'user.id')), 'user.id', found, met);
    // Whoever hashed a list of advertising ids may have hashed them in capitals, as iOS shows them.
    if (this.#hasHashedDevices && !isNobody(advertisingId))
      this.#addKey(this.#keyOf('ifa', idHash(advertisingId.toUpperCase(), '')), 'ifa', found, met);
  }

  #addKey(key: number, space: IdSpace, found: Set<number>, met: Met | undefined): void {
    met?.(key, space);
    const live = this.#live.get(key);
    if (!live) return this.#lists.addTo(found, this.#table.find(key));
    const listed = new Set<number>();
    this.#lists.addTo(listed, this.#table.find(key));
    for (const pack of listed) if (!this.#ruled.has(pack)) found.add(pack);
    for (const id of live.packs) {
      const pack = this.#numbers.get(id);
      if (pack !== undefined) found.add(pack);
    }
  }

  #addSegment(segment: string, found: Set<number>): void {
    for (const pack of this.#segments.get(segment) ?? []) found.add(pack);
  }

  /**
   * Only trees over a pack that was found are asked, and those that hold for whoever is in none; one that holds has those over it asked,
   * which stand after it. What nobody could look up is unknown, not absent.
   */
  #addTrees(found: Set<number>, known: boolean): void {
    const absent = known ? false : undefined;
    const isIn = (id: string) => (found.has(this.#numbers.get(id) ?? -1) ? true : absent);
    const asked = new Set(this.#alwaysAsked);
    for (const pack of found) for (const place of this.#treesOver.get(pack) ?? []) asked.add(place);
    if (asked.size === 0) return;
    const places = [...asked].sort((a, b) => a - b);
    for (let at = 0; at < places.length; at++) {
      const { pack, tree } = this.#trees[places[at]!]!;
      if (evaluate(tree, isIn) !== true) continue;
      found.add(pack);
      for (const place of this.#treesOver.get(pack) ?? [])
        if (!asked.has(place)) insert(places, place, asked);
    }
  }
}

/** Keeps the places in order. */
function insert(places: number[], place: number, asked: Set<number>): void {
  asked.add(place);
  let at = places.length;
  while (places[at - 1]! > place) at--;
  places.splice(at, 0, place);
}

function ordered(packs: readonly DirectoryPack[], numbers: ReadonlyMap<string, number>): TreeOf[] {
  const done: TreeOf[] = [];
  const visited = new Set<number>();
  const visit = (pack: number | undefined): void => {
    const tree = pack === undefined ? undefined : packs[pack]?.tree;
    if (pack === undefined || tree === undefined || visited.has(pack)) return;
    visited.add(pack);
    const leaves = leavesOf(tree).flatMap((id) => numbers.get(id) ?? []);
    leaves.forEach(visit);
    done.push({ pack, tree, leaves, holdsForNobody: evaluate(tree, () => false) === true });
  };
  packs.forEach((_, pack) => {
    visit(pack);
  });
  return done;
}

function listUnder<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
