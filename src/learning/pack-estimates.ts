/** How many of a pack were seen, and how many two packs share, as counted or sampled; `insight/audience-estimates.ts` says what that means. */
import { RoaringBitmap32 } from 'roaring-wasm';
import type { Members } from '../campaign/audience/members.ts';
import type { PackDirectory } from '../campaign/audience/pack.ts';
import { keyNumber } from '../campaign/audience/pack.ts';
import type { IdSpace } from '../core/person-id.ts';
import type { TablesPort } from '../state/port.ts';
import { SeenIds } from './seen-ids.ts';
import type { PackedPeople } from './seen-people.ts';
import { SeenPeople } from './seen-people.ts';

/** Counted in a sample that holds this share of all. */
export interface Sampled {
  readonly count: number;
  readonly rate: number;
}

export interface SeenOfPack extends Sampled {
  /** By exchange and kind of id; of packs that only requests decide none. */
  readonly places: readonly {
    readonly exchangeId: string;
    readonly space: IdSpace;
    readonly count: number;
  }[];
}

export interface SharedByPacks {
  readonly first: string;
  readonly second: string;
  /** Ids that are in both lists; undefined where a list is not known. */
  readonly ids: number | undefined;
  /** People who were seen in both. */
  readonly people: Sampled;
}

/** The keeper of packs, as far as it is asked. */
export interface PackMembers {
  readonly directory: PackDirectory;
  /** A copy, to be disposed of; undefined for what only requests decide. */
  membersOf(packId: string): Members | undefined;
  /** Number of a key in the members; negative where no pack has it. */
  numberOf(key: number): number;
}

/** What one process has seen. */
export interface SeenHere {
  readonly ids: Uint8Array;
  readonly people: PackedPeople;
}

/** Each of those that are put together may bring as many as one holds. */
const LIMITS_TOGETHER = { idsAtRest: 262_144, idsMax: 1_048_576 };

interface Place {
  readonly exchangeId: string;
  readonly space: IdSpace;
  readonly members: Members;
}

const TABLE = 'seen_ids';
/** What was seen is looked through anew after so long, if somebody asks. */
const INDEX_MS = 30_000;

export class PackEstimates {
  readonly ids = new SeenIds();
  readonly people = new SeenPeople();
  readonly #packs: PackMembers;
  readonly #pause: () => Promise<void>;
  #places: readonly Place[] = [];
  #indexedMs = Number.NEGATIVE_INFINITY;
  #indexedFor: PackDirectory | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #others: () => Promise<readonly SeenHere[]>;
  /** Those of this process, or what all have seen together. */
  #seen: { readonly ids: SeenIds; readonly people: SeenPeople };

  /** `others` tells what other workers of the host have seen. */
  constructor(
    packs: PackMembers,
    pause: () => Promise<void>,
    others: () => Promise<readonly SeenHere[]> = () => Promise.resolve([]),
  ) {
    this.#packs = packs;
    this.#pause = pause;
    this.#others = others;
    this.#seen = { ids: this.ids, people: this.people };
  }

  /** Of what was counted last: share of all ids that are in it, and since when. */
  counted(nowMs: number): { readonly rate: number; readonly sinceMs: number } {
    return { rate: this.#seen.ids.rate, sinceMs: this.#seen.ids.sinceMs(nowMs) };
  }

  /** What this process has seen, for another to count. */
  async here(nowMs: number): Promise<SeenHere> {
    return { ids: await this.#run(this.ids.pack(nowMs)), people: this.people.pack(nowMs) };
  }

  /** Of each pack that is there. */
  seenOf(packIds: readonly string[], nowMs: number): Promise<ReadonlyMap<string, SeenOfPack>> {
    return this.#inTurn(async () => {
      await this.#index(nowMs);
      const found = new Map<string, SeenOfPack>();
      for (const packId of packIds) {
        await this.#pause();
        const members = this.#packs.membersOf(packId);
        found.set(packId, members ? this.#seenAmong(members) : this.#seenIn(packId, nowMs));
        members?.dispose();
      }
      return found;
    });
  }

  /** Of each two of them. */
  shared(packIds: readonly string[], nowMs: number): Promise<readonly SharedByPacks[]> {
    return this.#inTurn(async () => {
      await this.#index(nowMs);
      const { people } = this.#seen;
      const lists = packIds.map((id) => this.#packs.membersOf(id));
      const found: SharedByPacks[] = [];
      for (const [at, first] of packIds.entries())
        for (const [place, second] of packIds.slice(at + 1).entries()) {
          await this.#pause();
          const [a, b] = [lists[at], lists[at + 1 + place]];
          found.push({
            first,
            second,
            ids: a && b ? a.andCardinality(b) : undefined,
            people: { count: people.countIn([first, second], nowMs), rate: people.rate },
          });
        }
      for (const list of lists) list?.dispose();
      return found;
    });
  }

  forget(pseudonyms: readonly string[]): void {
    const keys = pseudonyms.map(keyNumber);
    this.ids.forget(keys);
    this.people.forget(keys);
    this.#indexedMs = Number.NEGATIVE_INFINITY;
  }

  /** Thins what was seen, where that is due. */
  async tend(nowMs: number): Promise<void> {
    if (this.ids.isDue(nowMs)) await this.#run(this.ids.thin(nowMs));
  }

  async save(store: Pick<TablesPort, 'save'>, nowMs: number): Promise<void> {
    await store.save(TABLE, await this.#run(this.ids.pack(nowMs)));
  }

  /** False for a table that cannot be believed. */
  async restore(store: Pick<TablesPort, 'load'>): Promise<boolean> {
    const bytes = await store.load(TABLE);
    return bytes === undefined || this.#run(this.ids.absorb(bytes));
  }

  #seenAmong(members: Members): SeenOfPack {
    const places: { exchangeId: string; space: IdSpace; count: number }[] = [];
    const anywhere = new RoaringBitmap32();
    for (const { exchangeId, space, members: seen } of this.#places) {
      const count = seen.andCardinality(members);
      if (count === 0) continue;
      places.push({ exchangeId, space, count });
      anywhere.orInPlace(seen);
    }
    const count = anywhere.andCardinality(members);
    anywhere.dispose();
    return { count, rate: this.#seen.ids.rate, places };
  }

  #seenIn(packId: string, nowMs: number): SeenOfPack {
    const { people } = this.#seen;
    return { count: people.countIn([packId], nowMs), rate: people.rate, places: [] };
  }

  /** With what others have seen, where there are others. */
  async #together(nowMs: number): Promise<{ readonly ids: SeenIds; readonly people: SeenPeople }> {
    const others = await this.#others();
    if (others.length === 0) return { ids: this.ids, people: this.people };
    const ids = new SeenIds(LIMITS_TOGETHER);
    const people = new SeenPeople();
    for (const seen of [await this.here(nowMs), ...others]) {
      await this.#run(ids.absorb(seen.ids));
      if (ids.isDue(nowMs)) await this.#run(ids.thin(nowMs));
      people.absorb(seen.people);
    }
    return { ids, people };
  }

  /** Who of all members was seen where, in the numbers that the members are written in. */
  async #index(nowMs: number): Promise<void> {
    const { directory } = this.#packs;
    const isFresh = nowMs >= this.#indexedMs && nowMs - this.#indexedMs < INDEX_MS;
    if (isFresh && this.#indexedFor === directory) return;
    this.#seen = await this.#together(nowMs);
    const numbers = new Map<string, { exchangeId: string; space: IdSpace; list: number[] }>();
    for (const seen of this.#seen.ids.seen(nowMs)) {
      if (!seen) {
        await this.#pause();
        continue;
      }
      const number = this.#packs.numberOf(seen.key);
      if (number < 0) continue;
      const { exchangeId, space } = seen;
      const name = `${space} ${exchangeId}`;
      const place = numbers.get(name) ?? { exchangeId, space, list: [] };
      numbers.set(name, place);
      place.list.push(number);
    }
    for (const { members } of this.#places) members.dispose();
    this.#places = [...numbers.values()].map(({ exchangeId, space, list }) => ({
      exchangeId,
      space,
      members: new RoaringBitmap32(list),
    }));
    this.#indexedMs = nowMs;
    this.#indexedFor = directory;
  }

  async #run<Value>(work: Generator<undefined, Value>): Promise<Value> {
    for (;;) {
      const { done, value } = work.next();
      if (done === true) return value;
      await this.#pause();
    }
  }

  #inTurn<Value>(act: () => Promise<Value>): Promise<Value> {
    const turn = this.#turn.catch(() => undefined).then(act);
    this.#turn = turn;
    return turn;
  }
}
