/**
 * People's profiles in this process, packed. They are built anew from the state file at each start, and follow what was committed
 * there; a bid reads them without waiting. A person is a place in columns of numbers beside their rows: 29 bytes, the key apart.
 */
import type { DerivedTags, Fact, FactTotals, Profile, ProfilesReading } from '../../core/profile.ts';
import { RFM_CLASSES, STAGES } from '../../core/profile.ts';
import type { RowSlot, RowSums } from './profile-rows.ts';
import { NO_SUMS, ProfileRows } from './profile-rows.ts';

/** The packed rows have 16 bits for it. */
const FACTS_MAX = 65_000;
/** Of one property, or of one event's items: more would crowd out all others. */
const VALUES_MAX = 20_000;
/** Whoever comes after these is met by the next pass over everybody. */
const TOUCHED_MAX = 100_000;
const FIRST_CAPACITY = 1024;
/** Chances are kept in so many steps. */
const CHANCE_STEPS = 65_534;
const UNKNOWN_MICROS = -1;

interface Columns {
  readonly sizes: Uint8Array;
  readonly blocks: Uint32Array;
  readonly used: Uint16Array;
  readonly exactSince: Uint16Array;
  /** Of the last refresh; 0 where nothing was worked out yet. */
  readonly refreshedS: Uint32Array;
  readonly expectedMicros: Float64Array;
  /** Chances plus one; 0 where none is known. */
  readonly purchase: Uint16Array;
  readonly churn: Uint16Array;
  /** Recency, frequency, monetary, three bits each. */
  readonly scores: Uint16Array;
  readonly classes: Uint8Array;
  readonly stages: Uint8Array;
}

export class Profiles implements ProfilesReading {
  readonly #rows = new ProfileRows();
  readonly #places = new Map<string, number>();
  /** Person of each place; empty for a free one. */
  readonly #keys: string[] = [];
  readonly #free: number[] = [];
  readonly #facts: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #valuesOf = new Map<string, number>();
  #columns = columnsFor(FIRST_CAPACITY);
  #refusedFacts = 0;
  readonly #touched = new Set<string>();

  get people(): number {
    return this.#places.size;
  }

  /** Facts that were not counted because there were too many different ones. */
  get refusedFacts(): number {
    return this.#refusedFacts;
  }

  /** Of the rows and columns; the keys and their index come on top. */
  get bytes(): number {
    return (
      this.#rows.bytes + Object.values(this.#columns).reduce((sum, { byteLength }) => sum + byteLength, 0)
    );
  }

  add(person: string, fact: Fact, day: number, count: number, valueMicros: number): void {
    const number = this.#numberFor(fact);
    if (number === undefined) {
      this.#refusedFacts++;
      return;
    }
    const place = this.#places.get(person) ?? this.#settle(person);
    const slot = this.#slotAt(place);
    this.#rows.add(slot, number, day, count, valueMicros);
    this.#keep(place, slot);
    if (this.#touched.size < TOUCHED_MAX) this.#touched.add(person);
  }

  takeTouched(limit: number): readonly string[] {
    const people: string[] = [];
    for (const person of this.#touched) {
      if (people.length === limit) break;
      people.push(person);
    }
    for (const person of people) this.#touched.delete(person);
    return people;
  }

  forget(person: string): boolean {
    const place = this.#places.get(person);
    if (place === undefined) return false;
    this.#rows.free(this.#slotAt(place));
    this.#places.delete(person);
    this.#touched.delete(person);
    this.#keys[place] = '';
    for (const column of Object.values(this.#columns)) column[place] = 0;
    this.#free.push(place);
    return true;
  }

  /** What is kept of one person is added to another's. What was worked out of either holds until the next refresh. */
  move(from: string, into: string): void {
    const place = this.#places.get(from);
    if (place === undefined || from === into) return;
    const rows: [number, number, RowSums][] = [];
    this.#rows.eachRow(this.#slotAt(place), (...row) => rows.push(row));
    for (const [fact, day, { count, valueMicros }] of rows)
      this.add(into, this.#facts[fact]!, day, count, valueMicros);
    this.forget(from);
  }

  /** Of some people, by place, what is older goes; whoever has nothing left is forgotten. Gives where to go on. */
  dropBefore(day: number, from: number, limit: number): number | undefined {
    const until = Math.min(from + limit, this.#keys.length);
    for (let place = from; place < until; place++) {
      const person = this.#keys[place]!;
      if (person === '') continue;
      const slot = this.#slotAt(place);
      this.#rows.dropBefore(slot, day);
      this.#keep(place, slot);
      if (slot.used === 0) this.forget(person);
    }
    return until < this.#keys.length ? until : undefined;
  }

  profileOf(person: string): Profile | undefined {
    const place = this.#places.get(person);
    if (place === undefined) return undefined;
    return new PlacedProfile(this.#rows, this.#slotAt(place), this.#numbers, this.#facts);
  }

  page(from: number, limit: number): { people: string[]; next: number | undefined } {
    const until = Math.min(from + limit, this.#keys.length);
    const people = this.#keys.slice(from, until).filter((person) => person !== '');
    return { people, next: until < this.#keys.length ? until : undefined };
  }

  derive(person: string, tags: DerivedTags): void {
    const place = this.#places.get(person);
    if (place === undefined) return;
    const columns = this.#columns;
    columns.refreshedS[place] = Math.floor(tags.refreshedMs / 1000);
    columns.expectedMicros[place] = tags.expectedValueMicros ?? UNKNOWN_MICROS;
    columns.purchase[place] = packedChance(tags.purchaseChance);
    columns.churn[place] = packedChance(tags.churnRisk);
    columns.scores[place] = tags.recency * 64 + tags.frequency * 8 + tags.monetary;
    columns.classes[place] = RFM_CLASSES.indexOf(tags.rfmClass);
    columns.stages[place] = STAGES.indexOf(tags.stage);
  }

  derivedOf(person: string): DerivedTags | undefined {
    const place = this.#places.get(person);
    const columns = this.#columns;
    if (place === undefined || columns.refreshedS[place] === 0) return undefined;
    const scores = columns.scores[place]!;
    const expectedMicros = columns.expectedMicros[place]!;
    return {
      refreshedMs: columns.refreshedS[place]! * 1000,
      recency: scores >> 6,
      frequency: (scores >> 3) & 7,
      monetary: scores & 7,
      rfmClass: RFM_CLASSES[columns.classes[place]!]!,
      stage: STAGES[columns.stages[place]!]!,
      expectedValueMicros: expectedMicros === UNKNOWN_MICROS ? undefined : expectedMicros,
      purchaseChance: chanceOf(columns.purchase[place]!),
      churnRisk: chanceOf(columns.churn[place]!),
    };
  }

  #settle(person: string): number {
    const place = this.#free.pop() ?? this.#keys.length;
    if (place >= this.#columns.sizes.length) this.#columns = grown(this.#columns);
    this.#keys[place] = person;
    this.#places.set(person, place);
    this.#keep(place, this.#rows.newSlot());
    return place;
  }

  #slotAt(place: number): RowSlot {
    const { sizes, blocks, used, exactSince } = this.#columns;
    return {
      size: sizes[place]!,
      block: blocks[place]!,
      used: used[place]!,
      exactSinceDay: exactSince[place]!,
    };
  }

  #keep(place: number, slot: RowSlot): void {
    const columns = this.#columns;
    columns.sizes[place] = slot.size;
    columns.blocks[place] = slot.block;
    columns.used[place] = slot.used;
    columns.exactSince[place] = slot.exactSinceDay;
  }

  #numberFor(fact: Fact): number | undefined {
    const known = this.#numbers.get(fact);
    if (known !== undefined) return known;
    const equals = fact.indexOf('=');
    const kind = equals < 0 ? '' : fact.slice(0, equals);
    const values = this.#valuesOf.get(kind) ?? 0;
    if (values >= VALUES_MAX || this.#facts.length >= FACTS_MAX) return undefined;
    this.#valuesOf.set(kind, values + 1);
    const number = this.#facts.push(fact) - 1;
    this.#numbers.set(fact, number);
    return number;
  }
}

/** One person as they are now: a class, since a pass over everybody makes one for each, and closures took three times as long. */
class PlacedProfile implements Profile {
  readonly #rows: ProfileRows;
  readonly #slot: RowSlot;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #names: readonly string[];

  constructor(
    rows: ProfileRows,
    slot: RowSlot,
    numbers: ReadonlyMap<string, number>,
    names: readonly string[],
  ) {
    this.#rows = rows;
    this.#slot = slot;
    this.#numbers = numbers;
    this.#names = names;
  }

  get exactSinceDay(): number {
    return this.#slot.exactSinceDay;
  }

  get firstSeenDay(): number {
    return this.#rows.firstSeenDay(this.#slot);
  }

  get lastSeenDay(): number {
    return this.#rows.lastSeenDay(this.#slot);
  }

  totals(fact: Fact, fromDay: number, toDay: number): FactTotals {
    const number = this.#numbers.get(fact);
    return number === undefined ? NO_SUMS : this.#rows.totals(this.#slot, number, fromDay, toDay);
  }

  firstDay(fact: Fact): number | undefined {
    const number = this.#numbers.get(fact);
    return number === undefined ? undefined : this.#rows.firstDay(this.#slot, number);
  }

  lastDay(fact: Fact, untilDay?: number): number | undefined {
    const number = this.#numbers.get(fact);
    return number === undefined ? undefined : this.#rows.lastDay(this.#slot, number, untilDay);
  }

  facts(): { fact: Fact; lastDay: number; totals: FactTotals }[] {
    const found: { fact: Fact; lastDay: number; totals: FactTotals }[] = [];
    this.#rows.eachFact(this.#slot, (number, lastDay, sums) =>
      found.push({ fact: this.#names[number]!, lastDay, totals: sums }),
    );
    return found;
  }
}

function packedChance(chance: number | undefined): number {
  return chance === undefined ? 0 : 1 + Math.round(chance * CHANCE_STEPS);
}

function chanceOf(packed: number): number | undefined {
  return packed === 0 ? undefined : (packed - 1) / CHANCE_STEPS;
}

function columnsFor(capacity: number): Columns {
  return {
    sizes: new Uint8Array(capacity),
    blocks: new Uint32Array(capacity),
    used: new Uint16Array(capacity),
    exactSince: new Uint16Array(capacity),
    refreshedS: new Uint32Array(capacity),
    expectedMicros: new Float64Array(capacity),
    purchase: new Uint16Array(capacity),
    churn: new Uint16Array(capacity),
    scores: new Uint16Array(capacity),
    classes: new Uint8Array(capacity),
    stages: new Uint8Array(capacity),
  };
}

/** Twice as large: 30 ms at 5 million people, six times on the way there. */
function grown(columns: Columns): Columns {
  const next = columnsFor(columns.sizes.length * 2);
  for (const name of Object.keys(columns) as (keyof Columns)[]) next[name].set(columns[name]);
  return next;
}
