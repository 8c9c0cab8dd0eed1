/**
 * The candidates of one impression in falling order of worth, worked out only as far as somebody asks. Candidates come in
 * falling order of the most they could be worth, so that once the best of those judged is worth more than the next could
 * be, it is the best of all: the threshold algorithm (Fagin, Lotem & Naor 2003, section 4) over one list. Of 1,000
 * candidates a bid judges a handful. Those few that bid more for the person than their ceilings say are judged before.
 * Judging all of them is the plain twin, and what a trace does.
 */
import type { Catalog } from '../campaign/catalog.ts';
import type { Bitset } from '../core/bitset.ts';
import { andInto, dropBelow, hasBit, nextBit, removeBit } from '../core/bitset.ts';
import type { Finalist } from './offer.ts';

/** Says what a line item is worth, never more than its ceiling but for those that bid more, or undefined where it is refused. */
type Judge = (lineNumber: number) => Finalist | undefined;

/** The candidates of one impression, each judged at most once. */
export interface Rivals {
  /** All of them. */
  readonly open: Ranking;
  /** Those that may buy under a deal; not asked where the impression has none. */
  readonly underDeals: Ranking;
  /** Judged and not refused, in no order. */
  finalists(): readonly Finalist[];
  /** Leaves in `candidates` those that nobody had to look at. */
  dropJudged(): void;
}

/** Line numbers are in falling order of `ceilings`, CPM micros of the account's currency. */
export function rivalsAmong(
  candidates: Bitset,
  { ceilings, dealBuyers }: Pick<Catalog, 'ceilings' | 'dealBuyers'>,
  hasDeals: boolean,
  /** Numbers of those that may be worth more than their ceilings, candidates or not. */
  bidMore: readonly number[],
  judge: Judge,
): Rivals {
  if (!hasDeals) {
    const open = new Ranking(candidates, ceilings, bidMore, judge);
    return {
      open,
      underDeals: open,
      finalists: () => open.finalists,
      dropJudged: () => dropBelow(candidates, open.next),
    };
  }
  const known = new Map<number, Finalist | undefined>();
  const judgeOnce: Judge = (line) => {
    if (!known.has(line)) known.set(line, judge(line));
    return known.get(line);
  };
  const buyers = candidates.slice();
  andInto(buyers, dealBuyers);
  return {
    open: new Ranking(candidates, ceilings, bidMore, judgeOnce),
    underDeals: new Ranking(buyers, ceilings, bidMore, judgeOnce),
    finalists: () => [...known.values()].filter((finalist) => finalist !== undefined),
    dropJudged: () => {
      for (const line of known.keys()) removeBit(candidates, line);
    },
  };
}

class Ranking {
  readonly #lines: Bitset;
  readonly #ceilings: Float64Array;
  readonly #judge: Judge;
  /** In falling order of worth: nothing unjudged or waiting can come before any of these. */
  readonly #ranked: Finalist[] = [];
  /** A binary heap, the worthiest on top. */
  readonly #waiting: Finalist[] = [];
  /** Every line item before it was judged, or is none any more; -1 where none is left. */
  #next: number;
  #bidMore: readonly number[];

  constructor(lines: Bitset, ceilings: Float64Array, bidMore: readonly number[], judge: Judge) {
    this.#lines = lines;
    this.#next = nextBit(lines, 0);
    this.#ceilings = ceilings;
    this.#bidMore = bidMore;
    this.#judge = judge;
  }

  /** The worthiest that `accepts` takes; those before it were offered too, and none after it was looked at. */
  find(accepts: (finalist: Finalist) => boolean): Finalist | undefined {
    for (let place = 0; place < this.#ranked.length || this.#rankNext(); place++) {
      const finalist = this.#ranked[place]!;
      if (accepts(finalist)) return finalist;
    }
    return undefined;
  }

  /** All finalists in falling order of worth, every candidate judged. */
  all(): readonly Finalist[] {
    // The plain twin: no ceiling is believed.
    if (this.#bidMore.length > 0) this.#judgeThoseWhoBidMore();
    while (this.#next >= 0) this.#judgeNext();
    while (this.#rankNext());
    return this.#ranked;
  }

  /** Judged and not refused, in no order. */
  get finalists(): readonly Finalist[] {
    return this.#waiting.length === 0 ? this.#ranked : [...this.#ranked, ...this.#waiting];
  }

  /** The first that was not judged; past the last one where all were. */
  get next(): number {
    return this.#next < 0 ? 32 * this.#lines.length : this.#next;
  }

  #rankNext(): boolean {
    if (this.#bidMore.length > 0) this.#judgeThoseWhoBidMore();
    for (;;) {
      const best = this.#waiting[0];
      const line = this.#next;
      // Equal worths are told apart by their ties, so what could be worth as much is judged first.
      if (best && (line < 0 || best.valueCpmMicros > this.#ceilings[line]!)) {
        this.#ranked.push(best);
        this.#dropTop();
        return true;
      }
      if (line < 0) return false;
      this.#judgeNext();
    }
  }

  #judgeNext(): void {
    const line = this.#next;
    this.#next = nextBit(this.#lines, line + 1);
    const finalist = this.#judge(line);
    if (finalist) this.#insert(finalist);
  }

  /** They leave the candidates, so that they are not met again. */
  #judgeThoseWhoBidMore(): void {
    for (const line of this.#bidMore) {
      if (!hasBit(this.#lines, line)) continue;
      removeBit(this.#lines, line);
      const finalist = this.#judge(line);
      if (finalist) this.#insert(finalist);
    }
    this.#bidMore = [];
    this.#next = nextBit(this.#lines, 0);
  }

  #insert(finalist: Finalist): void {
    const heap = this.#waiting;
    let place = heap.length;
    heap.push(finalist);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(finalist, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = finalist;
  }

  #dropTop(): void {
    const heap = this.#waiting;
    const moved = heap.pop()!;
    const size = heap.length;
    if (size === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, moved)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = moved;
  }
}

function isBefore(a: Finalist, b: Finalist): boolean {
  return a.valueCpmMicros > b.valueCpmMicros || (a.valueCpmMicros === b.valueCpmMicros && a.tie < b.tie);
}
