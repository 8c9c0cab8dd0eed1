/**
 * The packs of people who were seen in the last seven days: all of them as long as they are few, then a sample by a hash of the
 * person. It tells of packs whose members only requests know, and of people whom two lists know by different ids.
 */

import { dayNumber } from '../core/profile.ts';
import { firstDay, rankOf } from './seen-ids.ts';

const PEOPLE_MAX = 32_768;
const EVERYBODY = 2 ** 32;

export interface PackedPeople {
  readonly limit: number;
  readonly packs: readonly string[];
  /** Of each the person, the day, and places in `packs`. */
  readonly people: readonly (readonly number[])[];
}

export class SeenPeople {
  readonly #peopleMax: number;
  readonly #people = new Map<number, { day: number; packs: readonly string[] }>();
  #limit = EVERYBODY;

  constructor(peopleMax = PEOPLE_MAX) {
    this.#peopleMax = peopleMax;
  }

  /** Share of all people that are in the sample. */
  get rate(): number {
    return this.#limit / EVERYBODY;
  }

  saw(person: number, packs: readonly string[], nowMs: number): void {
    if (rankOf(person) >= this.#limit) return;
    const day = dayNumber(nowMs);
    const known = this.#people.get(person);
    if (known) {
      known.day = day;
      known.packs = packs;
      return;
    }
    this.#people.set(person, { day, packs });
    if (this.#people.size > this.#peopleMax) this.#thin(firstDay(nowMs));
  }

  forget(people: readonly number[]): void {
    for (const person of people) this.#people.delete(person);
  }

  /** How many of the sample were last seen in all of these packs. */
  countIn(packIds: readonly string[], nowMs: number): number {
    const since = firstDay(nowMs);
    let count = 0;
    for (const { day, packs } of this.#people.values())
      if (day >= since && packIds.every((id) => packs.includes(id))) count++;
    return count;
  }

  /** What another process has to know to count people of both. */
  pack(nowMs: number): PackedPeople {
    const since = firstDay(nowMs);
    const numbers = new Map<string, number>();
    const people: number[][] = [];
    for (const [person, { day, packs }] of this.#people) {
      if (day < since) continue;
      const inPacks = packs.map((id) => {
        const number = numbers.get(id) ?? numbers.size;
        numbers.set(id, number);
        return number;
      });
      people.push([person, day, ...inPacks]);
    }
    return { limit: this.#limit, packs: [...numbers.keys()], people };
  }

  /** Of somebody whom both have seen, the later counts. */
  absorb({ limit, packs, people }: PackedPeople): void {
    this.#limit = Math.min(this.#limit, limit);
    for (const person of this.#people.keys()) if (rankOf(person) >= this.#limit) this.#people.delete(person);
    for (const [person = 0, day = 0, ...numbers] of people) {
      if (rankOf(person) >= this.#limit || (this.#people.get(person)?.day ?? 0) > day) continue;
      this.#people.set(person, { day, packs: numbers.flatMap((number) => packs[number] ?? []) });
    }
  }

  #thin(since: number): void {
    for (const [person, { day }] of this.#people) if (day < since) this.#people.delete(person);
    // Well below, so that it does not happen again with the next of them.
    while (this.#people.size > 0.75 * this.#peopleMax) {
      this.#limit /= 2;
      for (const person of this.#people.keys())
        if (rankOf(person) >= this.#limit) this.#people.delete(person);
    }
  }
}
