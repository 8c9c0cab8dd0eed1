/** Events of people become profiles: facts of an event, durable first, then in memory. Own impressions, clicks and conversions come the same way. */
import { createHash } from 'node:crypto';
import type { DerivedTags, Fact, ProfileEvent, ProfilesReading } from '../core/profile.ts';
import { dayNumber, itemFact, propertyFact } from '../core/profile.ts';
import { Ring } from '../core/ring.ts';
import type { Zone } from '../core/zone.ts';
import type { ProfilePort } from '../state/profile-port.ts';

/** Profiles in this process's memory, as they are written to. */
export interface ProfileMemory extends ProfilesReading {
  readonly refusedFacts: number;
  add(person: string, fact: Fact, day: number, count: number, valueMicros: number): void;
  move(from: string, into: string): void;
  forget(person: string): boolean;
  /** Of some people, what is older goes; gives where to go on. */
  dropBefore(day: number, from: number, limit: number): number | undefined;
  derive(person: string, tags: DerivedTags): void;
}

export interface IdentifiedEvent {
  readonly event: ProfileEvent;
  /** What makes two events one; empty where it cannot come twice. */
  readonly id: string;
}

/** Properties that say something of the person or of where they are, whatever the event. */
export const PERSON_PROPERTIES = [
  'gender',
  'age_band',
  'language',
  'exchange',
  'format',
  'device',
  'os',
  'browser',
  'country',
  'region',
  'city',
] as const;
const OF_PERSON: ReadonlySet<string> = new Set(PERSON_PROPERTIES);

/** Six hours each, by the account's clock. */
export const DAYPARTS = ['night', 'morning', 'afternoon', 'evening'] as const;

/** People looked at in one step, and rows trimmed in one transaction: a few milliseconds each. */
const PEOPLE_A_STEP = 2000;
const ROWS_A_STEP = 5000;
/** Own events that wait to be written; lost at most since the last second, as counts are. The journal has them all the same. */
const NOTES_MAX = 50_000;
const NOTES_A_WRITE = 2000;

export class ProfileKeeper {
  readonly #memory: ProfileMemory;
  readonly #store: ProfilePort;
  readonly #zone: () => Zone;
  readonly #leadOf: (person: string) => string;
  readonly #notes = new Ring<ProfileEvent>(NOTES_MAX);
  #trimmedDay = 0;
  #trimFrom: number | undefined;

  /** `leadOf`: under which of a person's pseudonyms the profile is kept. */
  constructor(
    memory: ProfileMemory,
    store: ProfilePort,
    zone: () => Zone,
    leadOf: (person: string) => string = (person) => person,
  ) {
    this.#memory = memory;
    this.#store = store;
    this.#zone = zone;
    this.#leadOf = leadOf;
  }

  /** Rows of people who were found to be one, and whom a crash kept from being moved, come together here. */
  restore(): Promise<number> {
    return this.#store.profileRows(({ person, fact, day, count, valueMicros }) =>
      this.#memory.add(this.#leadOf(person), fact, day, count, valueMicros),
    );
  }

  /** All are kept or none; true for each that was new. Rejects where they cannot be kept: then nothing may be acknowledged. */
  async take(events: readonly IdentifiedEvent[]): Promise<readonly boolean[]> {
    const entries = events.map(({ event, id }) => ({
      eventKey: id === '' ? '' : keyOf(id),
      person: this.#leadOf(event.person),
      day: dayNumber(event.atMs),
      facts: factsOf(event, this.#zone()),
      valueMicros: event.valueMicros ?? 0,
    }));
    const kept = await this.#store.appendProfiles(entries);
    // Who they are may have changed while the file was written.
    entries.forEach(({ person, facts, day, valueMicros }, index) => {
      if (kept[index] === true)
        for (const fact of facts) this.#memory.add(this.#leadOf(person), fact, day, 1, valueMicros);
    });
    return kept;
  }

  /** An event of our own, which the journal has told to be new. */
  note(event: ProfileEvent): void {
    if (event.person !== '') this.#notes.push(event);
  }

  get droppedNotes(): number {
    return this.#notes.dropped;
  }

  async writeNotes(): Promise<void> {
    while (this.#notes.size > 0)
      await this.take(this.#notes.take(NOTES_A_WRITE).map((event) => ({ event, id: '' })));
  }

  /** Two were one all along. Memory follows at once; the promise tells when the file has. */
  move(from: string, into: string): Promise<void> {
    this.#memory.move(from, into);
    return this.#store.moveProfiles(from, into);
  }

  /** By every pseudonym that they have. Gives whether anything was known of them. */
  async forget(people: readonly string[]): Promise<boolean> {
    const rows = await this.#store.forgetProfiles(people);
    const known = people.map((person) => this.#memory.forget(person));
    return rows > 0 || known.includes(true);
  }

  /** One bounded step of letting go what is older than the retention; a pass over everybody once a day. */
  async retain(nowMs: number, retentionDays: number): Promise<void> {
    const day = dayNumber(nowMs) - retentionDays;
    if (day <= this.#trimmedDay && this.#trimFrom === undefined) return;
    if (day > this.#trimmedDay) {
      this.#trimmedDay = day;
      this.#trimFrom = 0;
    }
    const gone = await this.#store.trimProfiles(day, ROWS_A_STEP);
    const next = this.#memory.dropBefore(day, this.#trimFrom ?? 0, PEOPLE_A_STEP);
    // Memory may be through while the file still has rows to lose.
    this.#trimFrom = next ?? (gone > 0 ? 0 : undefined);
  }
}

/** What an event counts for. */
export function factsOf({ name, item, properties = {}, atMs }: ProfileEvent, zone: Zone): Fact[] {
  const facts = [name];
  if (item !== undefined) facts.push(itemFact(name, item));
  for (const [property, value] of Object.entries(properties)) {
    const fact = propertyFact(property, value);
    facts.push(OF_PERSON.has(property) ? fact : `${name} ${fact}`);
  }
  const hour = zone.at(atMs).hourOfWeek % 24;
  facts.push(propertyFact('daypart', DAYPARTS[Math.floor(hour / 6)]!));
  return facts;
}

/** An id may hold anything, a person's address too: what is kept of it is a digest. */
function keyOf(id: string): string {
  return createHash('sha256').update(id).digest().toString('base64url', 0, 12);
}
