/**
 * People's histories in the memory of one process, rebuilt from the journal at start. Every bound forgets openly: the
 * history of a person says since when it is complete, and caps that look further back answer `cap_unknown`.
 */
import type { HistoryTouch, PersonHistory } from '../../core/history.ts';
import type { JournalPort, PeoplePort } from '../port.ts';
import { NEVER_MS, NO_ROW, TouchRows } from './touch-rows.ts';

export interface PeopleLimits {
  readonly peopleMax: number;
  /** Of one person. */
  readonly rowsMax: number;
  /** Of all people together, 61 bytes each. */
  readonly rowsInAllMax: number;
}

const LIMITS: PeopleLimits = { peopleMax: 2_000_000, rowsMax: 512, rowsInAllMax: 16_000_000 };

/** One person, in a list from the least to the most recently touched. */
interface Person {
  readonly key: string;
  head: number;
  count: number;
  /** How many of the rows are bids in flight. */
  holds: number;
  completeSinceMs: number;
  older: Person | undefined;
  newer: Person | undefined;
}

/**
 * Reads are copies: what is held or recorded later does not change what a bid has read. A repeat (same bid and kind; for
 * conversions also the same time) counts once.
 */
export class People implements PeoplePort {
  readonly #limits: PeopleLimits;
  readonly #people = new Map<string, Person>();
  readonly #rows = new TouchRows();
  #oldest: Person | undefined;
  #newest: Person | undefined;
  /** Nobody who was forgotten had a row at or after this time, so whoever is not found did nothing since then. */
  #forgottenMs = Number.NEGATIVE_INFINITY;
  /** The time by the latest bid; bids in flight that expired by then may go. */
  #nowMs = Number.NEGATIVE_INFINITY;
  #rebuilding = false;
  /** Where `retain` is. */
  #pass: IterableIterator<Person> | undefined;
  /** Whom the sweep looks at next. */
  #hand: Person | undefined;

  constructor(limits: Partial<PeopleLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Memory is never late, so the deadline is not looked at. Undefined for no key, and until a rebuild that began has ended well. */
  read(userKey: string, nowMs: number, _deadlineMs: number): Promise<PersonHistory | undefined> {
    this.#nowMs = nowMs;
    if (this.#rebuilding || userKey === '') return Promise.resolve(undefined);
    const person = this.#people.get(userKey);
    if (person) this.#prune(person);
    const history = person
      ? this.#rows.copy(person.head, person.count, person.completeSinceMs)
      : this.#rows.copy(NO_ROW, 0, this.#forgottenMs);
    if (person) this.#dropIfBlank(person);
    return Promise.resolve(history);
  }

  /** Nothing happens where the impression was already recorded. Holding a bid again moves its expiry. */
  hold(touch: HistoryTouch, expiresAtMs: number): void {
    if (touch.userKey === '') return;
    this.#nowMs = touch.atMs;
    this.#sweep();
    const person = this.#touched(touch.userKey);
    const impression = { ...touch, kind: 'impression' } as const;
    const row = this.#rows.find(person.head, impression);
    if (row === NO_ROW) this.#add(person, impression, expiresAtMs);
    else if (this.#rows.expiresMs(row) !== NEVER_MS) this.#rows.setTime(row, touch.atMs, expiresAtMs);
  }

  /** Frees a bid in flight; an impression that was recorded stays. */
  release(userKey: string, bidId: string): void {
    const person = this.#people.get(userKey);
    if (!person) return;
    const row = this.#rows.find(person.head, { bidId, kind: 'impression', atMs: 0 });
    if (row === NO_ROW || this.#rows.expiresMs(row) === NEVER_MS) return;
    this.#removeWhere(person, (candidate) => candidate === row);
    this.#dropIfBlank(person);
  }

  record(touch: HistoryTouch): void {
    if (touch.userKey === '') return;
    const person = this.#touched(touch.userKey);
    const row = this.#rows.find(person.head, touch);
    if (row === NO_ROW) this.#add(person, touch, NEVER_MS);
    else if (this.#rows.expiresMs(row) !== NEVER_MS) {
      this.#rows.setTime(row, touch.atMs, NEVER_MS);
      person.holds--;
    }
  }

  /** All that is known under one key is the other's from here on: two ids turned out to be one person. */
  rekey(fromKey: string, intoKey: string): void {
    const from = this.#people.get(fromKey);
    if (!from || fromKey === intoKey) return;
    const into = this.#touched(intoKey);
    for (let row = from.head; row !== NO_ROW; ) {
      const after = this.#rows.next(row);
      this.#rows.setNext(row, into.head);
      into.head = row;
      into.count++;
      if (this.#rows.expiresMs(row) !== NEVER_MS) into.holds++;
      row = after;
    }
    into.completeSinceMs = Math.max(into.completeSinceMs, from.completeSinceMs);
    this.#drop(from);
    while (into.count > this.#limits.rowsMax) this.#dropOldestRow(into);
  }

  /** As if never met: not known to be incomplete either. Gives how many rows went. */
  erase(key: string): number {
    const person = this.#people.get(key);
    if (!person) return 0;
    const { count } = person;
    this.#removeWhere(person, () => true);
    this.#drop(person);
    return count;
  }

  /** Drops what happened before a time, of the next `looksMax` people; gives how many rows went. */
  retain(beforeMs: number, looksMax: number): number {
    let dropped = 0;
    for (let looks = 0; looks < looksMax; looks++) {
      this.#pass ??= this.#people.values();
      const { value: person, done } = this.#pass.next();
      if (done === true) {
        this.#pass = undefined;
        return dropped;
      }
      const before = person.count;
      this.#removeWhere(person, (row) => this.#rows.atMs(row) < beforeMs);
      dropped += before - person.count;
      this.#dropIfBlank(person);
    }
    return dropped;
  }

  size(): { readonly people: number; readonly rows: number } {
    return { people: this.#people.size, rows: this.#rows.used };
  }

  /**
   * Reads all that the journal knows; gives how many touches. Events may be recorded meanwhile, since repeats count once.
   * Reads answer undefined from the call until it resolves, and go on doing so when it rejects. Bids that another process
   * had in flight are not in the journal: a cap may be passed by as many as those until they are shown or lost.
   */
  async rebuild(journal: Pick<JournalPort, 'touchesSince'>, nowMs = this.#nowMs): Promise<number> {
    this.#rebuilding = true;
    this.#nowMs = nowMs;
    const touches = await journal.touchesSince(0, (touch) => this.record(touch));
    this.#rebuilding = false;
    return touches;
  }

  #add(person: Person, touch: HistoryTouch, expiresMs: number): void {
    person.head = this.#rows.add(person.head, touch, expiresMs);
    person.count++;
    if (expiresMs !== NEVER_MS) person.holds++;
    if (person.count > this.#limits.rowsMax) this.#dropOldestRow(person);
    const { peopleMax, rowsInAllMax } = this.#limits;
    while (
      (this.#people.size > peopleMax || this.#rows.used > rowsInAllMax) &&
      this.#oldest &&
      this.#oldest !== person
    )
      this.#forget(this.#oldest);
  }

  #dropOldestRow(person: Person): void {
    this.#prune(person);
    if (person.count <= this.#limits.rowsMax) return;
    let oldest = person.head;
    for (let row = this.#rows.next(oldest); row !== NO_ROW; row = this.#rows.next(row))
      if (this.#rows.atMs(row) < this.#rows.atMs(oldest)) oldest = row;
    person.completeSinceMs = Math.max(person.completeSinceMs, this.#rows.atMs(oldest) + 1);
    this.#removeWhere(person, (row) => row === oldest);
  }

  #prune(person: Person): void {
    if (person.holds > 0) this.#removeWhere(person, (row) => this.#rows.expiresMs(row) <= this.#nowMs);
  }

  #removeWhere(person: Person, goes: (row: number) => boolean): void {
    let before = NO_ROW;
    for (let row = person.head; row !== NO_ROW; ) {
      const after = this.#rows.next(row);
      if (goes(row)) {
        if (this.#rows.expiresMs(row) !== NEVER_MS) person.holds--;
        person.head = this.#rows.remove(person.head, before, row);
        person.count--;
      } else before = row;
      row = after;
    }
  }

  /** Most bids are never heard of again. Looking at two people for each new bid lets go of those who only had such. */
  #sweep(): void {
    for (let looks = 0; looks < 2; looks++) {
      const person = this.#hand ?? this.#oldest;
      if (!person) return;
      this.#hand = person.newer;
      this.#prune(person);
      this.#dropIfBlank(person);
    }
  }

  /** Finds or makes a person, and moves it to the end of the line of those to forget. */
  #touched(key: string): Person {
    let person = this.#people.get(key);
    if (person) {
      if (person === this.#newest) return person;
      this.#unlink(person);
    } else {
      const completeSinceMs = this.#forgottenMs;
      person = { key, head: NO_ROW, count: 0, holds: 0, completeSinceMs, older: undefined, newer: undefined };
      this.#people.set(key, person);
    }
    person.older = this.#newest;
    if (this.#newest) this.#newest.newer = person;
    else this.#oldest = person;
    this.#newest = person;
    return person;
  }

  #unlink(person: Person): void {
    if (this.#hand === person) this.#hand = person.newer;
    if (person.older) person.older.newer = person.newer;
    else this.#oldest = person.newer;
    if (person.newer) person.newer.older = person.older;
    else this.#newest = person.older;
    person.older = undefined;
    person.newer = undefined;
  }

  /** The least recently touched goes first, so what is no longer known lies as far back as it can. */
  #forget(person: Person): void {
    this.#prune(person);
    let sinceMs = person.completeSinceMs;
    for (let row = person.head; row !== NO_ROW; row = this.#rows.next(row))
      sinceMs = Math.max(sinceMs, this.#rows.atMs(row) + 1);
    this.#forgottenMs = Math.max(this.#forgottenMs, sinceMs);
    this.#removeWhere(person, () => true);
    this.#drop(person);
  }

  /** One whose bids all came to nothing is as good as one never met. */
  #dropIfBlank(person: Person): void {
    if (person.count === 0 && person.completeSinceMs <= this.#forgottenMs) this.#drop(person);
  }

  #drop(person: Person): void {
    this.#unlink(person);
    this.#people.delete(person.key);
  }
}
