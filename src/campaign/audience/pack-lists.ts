/**
 * Who is in what, the other way round: for each person the numbers of their packs, packed end to end. One look gives all
 * packs of a person, however many packs there are; asking a compressed bitmap takes 130 ns for each of them. 4 bytes a
 * person and 2 for each membership.
 */

/** Memberships that are counted or written between two pauses: about a millisecond. */
const SLICE = 100_000;

export class PackLists {
  readonly #starts: Uint32Array;
  readonly #packs: Uint16Array;

  constructor(starts: Uint32Array, packs: Uint16Array) {
    this.#starts = starts;
    this.#packs = packs;
  }

  get bytes(): number {
    return this.#starts.byteLength + this.#packs.byteLength;
  }

  get memberships(): number {
    return this.#packs.length;
  }

  /** Adds the numbers of a person's packs, rising; nothing for somebody unheard of. */
  addTo(found: Set<number>, person: number): void {
    if (!(person >= 0 && person + 1 < this.#starts.length)) return;
    const end = this.#starts[person + 1]!;
    for (let at = this.#starts[person]!; at < end; at++) found.add(this.#packs[at]!);
  }
}

/** `members[n]` are the people of pack n, below `people`. Yields between slices of work, so that bids go on. */
export function* packLists(
  people: number,
  members: readonly (Uint32Array | undefined)[],
): Generator<undefined, PackLists> {
  const starts = new Uint32Array(people + 1);
  for (const list of members)
    for (let from = 0; list && from < list.length; from += SLICE) {
      const end = Math.min(from + SLICE, list.length);
      for (let at = from; at < end; at++) starts[list[at]! + 1]!++;
      yield;
    }
  for (let person = 1; person <= people; person++) {
    starts[person]! += starts[person - 1]!;
    if (person % (10 * SLICE) === 0) yield;
  }
  const packs = new Uint16Array(starts[people]!);
  const next = starts.slice(0, people);
  for (const [pack, list] of members.entries())
    for (let from = 0; list && from < list.length; from += SLICE) {
      const end = Math.min(from + SLICE, list.length);
      for (let at = from; at < end; at++) packs[next[list[at]!]!++] = pack;
      yield;
    }
  return new PackLists(starts, packs);
}
