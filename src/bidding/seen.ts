/** What the person has seen, growing with what this very request promises them. */
import type { PersonHistory } from '../core/history.ts';
import { withTouch } from '../core/history.ts';
import type { Decision } from './answer.ts';
import type { Person } from './hydrate.ts';
import type { BidPorts } from './ports.ts';

export class Seen {
  readonly #people: BidPorts['people'];
  readonly #nowMs: number;
  #history: PersonHistory | undefined;

  constructor(person: Person, people: BidPorts['people'], nowMs: number) {
    this.#people = people;
    this.#nowMs = nowMs;
    this.#history = person.history;
  }

  get history(): PersonHistory | undefined {
    return this.#history;
  }

  /** Counts the bid in flight as seen: for other requests in the store, for the rest of this one in the history at hand. */
  promise({ facts, line, holdSeconds }: Decision): void {
    if (facts.userKey === '' || !line.readsPerson) return;
    const touch = { ...facts, kind: 'impression', atMs: this.#nowMs } as const;
    this.#people.hold(touch, this.#nowMs + holdSeconds * 1000);
    this.#history &&= withTouch(this.#history, touch);
  }
}
