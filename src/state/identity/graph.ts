/**
 * Who is who: keyed ids joined to people, each with a dense number that packs and profiles refer to. Ids told together
 * belong together; who belongs together can be split again. Nothing here knows a raw id. This file is one thing: the law by
 * which people join and part, over two tables of numbers.
 *
 * Bounds, and what gives way: a person has at most `idsOfOneMax` ids (the least recently seen one goes; two people who would
 * have more together are not joined, for that is a crowd behind one address); in all there are at most `peopleMax` people
 * and `idsMax` ids (the person least recently seen is forgotten whole).
 */
import type { IdSpace, KeyedId } from '../../core/person-id.ts';
import { ID_SPACES } from '../../core/person-id.ts';
import type { Evidence, IdentityPort } from '../port.ts';
import { IdTable, NO_SLOT } from './id-table.ts';
import { NOBODY, PersonTable } from './person-table.ts';

export interface IdentityLimits {
  readonly idsOfOneMax: number;
  readonly peopleMax: number;
  readonly idsMax: number;
}

const LIMITS: IdentityLimits = { idsOfOneMax: 32, peopleMax: 4_000_000, idsMax: 12_000_000 };

/** What others keep under a number or a key has to follow. Called at once, before the call that caused it returns. */
export interface IdentityWatcher {
  /** All of `from` is `into` now, in numbers and in the keys under which histories are kept. */
  merged?(from: Held, into: Held): void;
  /** The history is kept under another id of the same person: the one before is gone. */
  rekeyed?(fromKey: string, intoKey: string): void;
  forgotten?(person: Held, keys: readonly string[]): void;
}

export interface Held {
  readonly number: number;
  readonly leadKey: string;
}

/** What changed since it was last asked for: packed rows to write, and keys and numbers to delete. */
export interface IdentityChanges {
  readonly ids: readonly IdRow[];
  readonly goneKeys: readonly string[];
  readonly people: readonly PersonRow[];
  readonly goneNumbers: readonly number[];
}

export interface IdRow {
  readonly key: string;
  readonly number: number;
  readonly meta: number;
}

export interface PersonRow {
  readonly number: number;
  /** When first met, or for one merged away when that happened. */
  readonly atSeconds: number;
  /** Who took it in; 0 for a living person. */
  readonly into: number;
}

const DAY_MS = 86_400_000;
const SPACE_MASK = 7;
const APART = 8;
const LEAD = 16;
const DAY_SHIFT = 16;
const FORWARD_KEEP_SECONDS = 90 * 86_400;
/** Bound against a damaged file: no number is near it at any bound that memory allows. */
const NUMBER_MAX = 1 << 28;

/** Ids of a person as such: two different ones tell of two people who share a device. */
const OF_A_PERSON: readonly IdSpace[] = ['email', 'phone'];

export class IdentityGraph implements IdentityPort {
  readonly #limits: IdentityLimits;
  readonly #ids = new IdTable();
  readonly #people = new PersonTable();
  readonly #watchers: IdentityWatcher[] = [];
  readonly #changedIds = new Set<number>();
  readonly #goneKeys = new Set<string>();
  readonly #changedPeople = new Set<number>();
  /** Whom `fade` looked at last. */
  #hand = 0;
  #crowds = 0;
  #conflicts = 0;
  #evicted = 0;

  constructor(limits: Partial<IdentityLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  watch(watcher: IdentityWatcher): void {
    this.#watchers.push(watcher);
  }

  numberOf(key: string): number | undefined {
    const slot = this.#ids.find(key);
    return slot === NO_SLOT ? undefined : this.#ids.owner(slot);
  }

  leadOf(key: string): string {
    const slot = this.#ids.find(key);
    return slot === NO_SLOT ? key : this.#leadKey(this.#ids.owner(slot));
  }

  idsOf(number: number): readonly KeyedId[] {
    return this.#people.isLive(number)
      ? this.#slotsOf(number).map((slot) => ({
          key: this.#ids.key(slot),
          space: spaceOf(this.#ids.meta(slot)),
        }))
      : [];
  }

  bornAtMs(number: number): number | undefined {
    return this.#people.isLive(number) ? this.#people.born(number) * 1000 : undefined;
  }

  currentOf(number: number): number | undefined {
    const current = this.#people.current(number);
    return current === NOBODY ? undefined : current;
  }

  join(given: readonly KeyedId[], nowMs: number, evidence: Evidence): number | undefined {
    const day = dayOf(nowMs);
    let home = this.#homeOf(given, evidence);
    if (home === NOBODY) {
      if (given.length === 0) return undefined;
      home = this.#people.add(Math.floor(nowMs / 1000));
      this.#changedPeople.add(home);
    }
    for (const { key } of given) {
      const slot = this.#ids.find(key);
      if (slot === NO_SLOT) continue;
      const owner = this.#ids.owner(slot);
      const isFree = evidence === 'declared' || !isApart(this.#ids.meta(slot));
      if (owner !== home && isFree && this.#mayMerge(home, owner, evidence))
        home = this.#merge(home, owner, nowMs);
      if (this.#ids.owner(slot) === home) this.#seen(slot, day);
    }
    for (const id of given) if (this.#ids.find(id.key) === NO_SLOT) this.#addId(home, id, day, evidence);
    // Every id may have been refused: text that is no key, or somebody else's e-mail.
    if (this.#people.head(home) === NO_SLOT) {
      this.#dropBlank(home);
      return undefined;
    }
    this.#people.touch(home);
    this.#makeRoom(home);
    return home;
  }

  meet(ids: readonly KeyedId[], nowMs: number): number | undefined {
    const day = dayOf(nowMs);
    let known = NOBODY;
    let isNews = false;
    for (const { key } of ids) {
      const slot = this.#ids.find(key);
      const owner = slot === NO_SLOT ? NOBODY : this.#ids.owner(slot);
      if (known === NOBODY) known = owner;
      isNews ||= owner === NOBODY || owner !== known || this.#ids.meta(slot) >>> DAY_SHIFT !== day;
    }
    // Most people met are known by all these ids and were met today: then there is nothing to do.
    if (known === NOBODY) return undefined;
    return isNews ? this.join(ids, nowMs, 'observed') : known;
  }

  /** The ids stay apart: seen together again they are not joined, unless it is declared. */
  split(keys: readonly string[], nowMs: number): number | undefined {
    const slots = keys.map((key) => this.#ids.find(key)).filter((slot) => slot !== NO_SLOT);
    const first = slots[0];
    if (first === undefined) return undefined;
    const from = this.#ids.owner(first);
    const leaving = [...new Set(slots)].filter((slot) => this.#ids.owner(slot) === from);
    if (leaving.length === this.#people.idCount(from)) return from;
    const leadBefore = this.#leadKey(from);
    const fresh = this.#people.add(Math.floor(nowMs / 1000));
    this.#changedPeople.add(fresh);
    for (const slot of leaving) {
      this.#unchain(from, slot);
      this.#chain(fresh, slot);
      this.#ids.setMeta(slot, this.#ids.meta(slot) | APART);
    }
    this.#tellRekeyed(leadBefore, from);
    return fresh;
  }

  /** Forgets a person with all ids; gives their keys, the one of the history first. */
  forget(key: string): readonly string[] {
    const slot = this.#ids.find(key);
    return slot === NO_SLOT ? [] : this.#forgetPerson(this.#ids.owner(slot));
  }

  /**
   * Lets go of ids that were not seen since a day, and of people without any left. Looks at `looksMax` people a call, from
   * where it stopped; gives how many ids went, and whether it has come round.
   */
  fade(beforeMs: number, looksMax: number): { readonly faded: number; readonly isRound: boolean } {
    const day = dayOf(beforeMs);
    let faded = 0;
    for (let looks = 0; looks < looksMax; looks++) {
      if (++this.#hand > this.#people.lastNumber) {
        this.#hand = 0;
        return { faded, isRound: true };
      }
      if (!this.#people.isLive(this.#hand)) continue;
      const slots = this.#slotsOf(this.#hand);
      const old = slots.filter((slot) => this.#ids.meta(slot) >>> DAY_SHIFT < day);
      faded += old.length;
      if (old.length === slots.length) this.#forgetPerson(this.#hand);
      else this.#dropIds(this.#hand, old);
    }
    return { faded, isRound: false };
  }

  /** Numbers merged away long ago may be given to others. */
  recycle(nowMs: number): void {
    const freed = this.#people.recycle(
      Math.floor(nowMs / 1000) - FORWARD_KEEP_SECONDS,
      Math.floor(this.#limits.peopleMax / 4),
    );
    for (const number of freed) this.#changedPeople.add(number);
  }

  size() {
    return {
      people: this.#people.size,
      ids: this.#ids.size,
      bytes: this.#ids.bytes + this.#people.bytes,
      crowds: this.#crowds,
      conflicts: this.#conflicts,
      evicted: this.#evicted,
    };
  }

  changes(): IdentityChanges {
    const ids = [...this.#changedIds].map((slot) => this.#rowOf(slot));
    const people: PersonRow[] = [];
    const goneNumbers: number[] = [];
    for (const number of this.#changedPeople) {
      if (this.#people.isLive(number))
        people.push({ number, atSeconds: this.#people.born(number), into: NOBODY });
      else if (this.#people.current(number) !== NOBODY)
        people.push({
          number,
          atSeconds: this.#people.born(number),
          into: this.#people.head(number),
        });
      else goneNumbers.push(number);
    }
    const changes = { ids, goneKeys: [...this.#goneKeys], people, goneNumbers };
    this.#changedIds.clear();
    this.#goneKeys.clear();
    this.#changedPeople.clear();
    return changes;
  }

  /** Fills an empty graph with what was kept; `people` first. Rows that fit nothing are left out. */
  restorePeople(rows: readonly PersonRow[]): void {
    for (const { number, atSeconds, into } of rows) {
      if (!(number > 0 && number < NUMBER_MAX) || this.#people.isLive(number)) continue;
      if (into === NOBODY) this.#people.restore(number, atSeconds);
      else this.#people.restoreForward(number, into, atSeconds);
    }
  }

  restoreIds(rows: readonly IdRow[]): void {
    for (const { key, number, meta } of rows) {
      if (!this.#people.isLive(number) || this.#ids.find(key) !== NO_SLOT) continue;
      const slot = this.#ids.add(key, number, meta & ~LEAD);
      if (slot === NO_SLOT) continue;
      const head = this.#people.head(number);
      if (head === NO_SLOT || (meta & LEAD) !== 0) {
        this.#ids.setNext(slot, head);
        this.#people.setHead(number, slot);
      } else {
        this.#ids.setNext(slot, this.#ids.next(head));
        this.#ids.setNext(head, slot);
      }
      this.#people.setIdCount(number, this.#people.idCount(number) + 1);
    }
  }

  /** After the rows: puts people in the order in which they were last seen, and lets go of those who lost every id. */
  restored(): void {
    const alive: { readonly number: number; readonly day: number }[] = [];
    const blank: number[] = [];
    for (let number = 1; number <= this.#people.lastNumber; number++) {
      if (!this.#people.isLive(number)) continue;
      const days = this.#slotsOf(number).map((slot) => this.#ids.meta(slot) >>> DAY_SHIFT);
      if (days.length > 0) alive.push({ number, day: Math.max(...days) });
      else blank.push(number);
    }
    alive.sort((a, b) => a.day - b.day || a.number - b.number);
    for (const { number } of alive) this.#people.link(number);
    for (const number of blank) {
      this.#people.link(number);
      this.#dropBlank(number);
    }
    this.#people.restoreSpare();
  }

  /** The person of the best id that is known. */
  #homeOf(given: readonly KeyedId[], evidence: Evidence): number {
    let apart = NOBODY;
    for (const { key } of given) {
      const slot = this.#ids.find(key);
      if (slot === NO_SLOT) continue;
      if (evidence === 'declared' || !isApart(this.#ids.meta(slot))) return this.#ids.owner(slot);
      if (apart === NOBODY) apart = this.#ids.owner(slot);
    }
    return apart;
  }

  #mayMerge(home: number, other: number, evidence: Evidence): boolean {
    if (this.#people.idCount(home) + this.#people.idCount(other) > this.#limits.idsOfOneMax) {
      this.#crowds++;
      return false;
    }
    if (evidence === 'declared') return true;
    const isTwo = OF_A_PERSON.some((space) => this.#has(home, space) && this.#has(other, space));
    if (isTwo) this.#conflicts++;
    return !isTwo;
  }

  /** The one met first stays, so that numbers change for as few as can be. */
  #merge(one: number, other: number, nowMs: number): number {
    const isFirst = this.#people.born(one) - this.#people.born(other) || one - other;
    const [into, from] = isFirst <= 0 ? [one, other] : [other, one];
    const told = [this.#held(from), this.#held(into)] as const;
    for (const slot of this.#slotsOf(from)) {
      this.#unchain(from, slot);
      this.#chain(into, slot);
    }
    this.#people.forward(from, into, Math.floor(nowMs / 1000));
    this.#changedPeople.add(from);
    for (const watcher of this.#watchers) watcher.merged?.(...told);
    return into;
  }

  #addId(number: number, { key, space }: KeyedId, day: number, evidence: Evidence): void {
    if (evidence === 'observed' && OF_A_PERSON.includes(space) && this.#has(number, space)) {
      this.#conflicts++;
      return;
    }
    const slot = this.#ids.add(key, number, (day << DAY_SHIFT) | ID_SPACES.indexOf(space));
    if (slot === NO_SLOT) return;
    this.#goneKeys.delete(key);
    this.#chain(number, slot);
    if (this.#people.idCount(number) > this.#limits.idsOfOneMax)
      this.#dropIds(number, [this.#leastSeenOf(number, slot)]);
  }

  #leastSeenOf(number: number, except: number): number {
    return this.#slotsOf(number)
      .filter((slot) => slot !== except)
      .reduce((least, slot) =>
        this.#ids.meta(slot) >>> DAY_SHIFT < this.#ids.meta(least) >>> DAY_SHIFT ? slot : least,
      );
  }

  #dropIds(number: number, slots: readonly number[]): void {
    if (slots.length === 0) return;
    const leadBefore = this.#leadKey(number);
    for (const slot of slots) {
      this.#unchain(number, slot);
      this.#erase(slot);
    }
    this.#tellRekeyed(leadBefore, number);
  }

  #forgetPerson(number: number): string[] {
    const slots = this.#slotsOf(number);
    const keys = slots.map((slot) => this.#ids.key(slot));
    for (const slot of slots) this.#erase(slot);
    this.#people.remove(number);
    this.#changedPeople.add(number);
    for (const watcher of this.#watchers) watcher.forgotten?.({ number, leadKey: keys[0] ?? '' }, keys);
    return keys;
  }

  #dropBlank(number: number): void {
    this.#people.remove(number);
    this.#changedPeople.add(number);
  }

  #makeRoom(except: number): void {
    const { peopleMax, idsMax } = this.#limits;
    while (
      (this.#people.size > peopleMax || this.#ids.size > idsMax) &&
      this.#people.oldest !== except &&
      this.#people.oldest !== NOBODY
    ) {
      this.#evicted++;
      this.#forgetPerson(this.#people.oldest);
    }
  }

  #erase(slot: number): void {
    this.#goneKeys.add(this.#ids.key(slot));
    this.#changedIds.delete(slot);
    this.#ids.remove(slot);
  }

  #seen(slot: number, day: number): void {
    const meta = this.#ids.meta(slot);
    if (meta >>> DAY_SHIFT >= day) return;
    this.#ids.setMeta(slot, (day << DAY_SHIFT) | (meta & 0xffff));
    this.#changedIds.add(slot);
  }

  /** At the end, so that the first one stays the key of the history. */
  #chain(number: number, slot: number): void {
    this.#ids.setOwner(slot, number);
    this.#ids.setNext(slot, NO_SLOT);
    const last = this.#slotsOf(number).at(-1);
    if (last === undefined) this.#people.setHead(number, slot);
    else this.#ids.setNext(last, slot);
    this.#people.setIdCount(number, this.#people.idCount(number) + 1);
    this.#changedIds.add(slot);
  }

  #unchain(number: number, slot: number): void {
    const next = this.#ids.next(slot);
    const head = this.#people.head(number);
    if (head === slot) {
      this.#people.setHead(number, next);
      // The next one leads from now on, and its row says so.
      if (next !== NO_SLOT) this.#changedIds.add(next);
    } else {
      let before = head;
      while (this.#ids.next(before) !== slot) before = this.#ids.next(before);
      this.#ids.setNext(before, next);
    }
    this.#people.setIdCount(number, this.#people.idCount(number) - 1);
  }

  #tellRekeyed(before: string, number: number): void {
    const after = this.#leadKey(number);
    if (after === before) return;
    for (const watcher of this.#watchers) watcher.rekeyed?.(before, after);
  }

  #slotsOf(number: number): number[] {
    const slots: number[] = [];
    for (let slot = this.#people.head(number); slot !== NO_SLOT; slot = this.#ids.next(slot))
      slots.push(slot);
    return slots;
  }

  #has(number: number, space: IdSpace): boolean {
    return this.#slotsOf(number).some((slot) => spaceOf(this.#ids.meta(slot)) === space);
  }

  #leadKey(number: number): string {
    const head = this.#people.head(number);
    return head === NO_SLOT ? '' : this.#ids.key(head);
  }

  #held(number: number): Held {
    return { number, leadKey: this.#leadKey(number) };
  }

  #rowOf(slot: number): IdRow {
    const number = this.#ids.owner(slot);
    const isLead = this.#people.head(number) === slot;
    return { key: this.#ids.key(slot), number, meta: this.#ids.meta(slot) | (isLead ? LEAD : 0) };
  }
}

function isApart(meta: number): boolean {
  return (meta & APART) !== 0;
}

function spaceOf(meta: number): IdSpace {
  return ID_SPACES[meta & SPACE_MASK] ?? 'eid';
}

function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}
