/**
 * What creatives and their elements brought under each circumstance they were shown in, and elements beside each other: bare counts, for
 * people to read. Circumstances come as hashes. All is bounded: a circumstance that comes when a line item has its full number is counted
 * nowhere, and that it was not is told.
 */
import type { BidFacts } from '../core/event.ts';

/** Floats only in that a sum may be taken back; never below nought when read. */
export interface WithWhomCell {
  /** Number of an element; undefined for the creative as a whole. */
  readonly element: number | undefined;
  readonly creativeId: string;
  /** A hash, or `ANYWHERE`. */
  readonly circumstance: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
}

/** In place of a circumstance: wherever it was shown. */
export const ANYWHERE = -1;

/** Two elements of one look, the first of the earlier slot. */
export interface PairCell extends Pick<WithWhomCell, WithWhomCount | 'creativeId'> {
  readonly first: number;
  readonly second: number;
}

export type WithWhomCount = 'impressions' | 'clicks' | 'conversions';

type Counted<Named> = Omit<Named, WithWhomCount> & { -readonly [Count in WithWhomCount]: number };
const NONE = { impressions: 0, clicks: 0, conversions: 0 };

interface Line {
  readonly cells: Map<string, Counted<WithWhomCell>>;
  readonly pairs: Map<string, Counted<PairCell>>;
  readonly circumstances: Set<number>;
  leftOut: number;
}

/** Publications have a long tail, and of what was shown twice nothing can be said. */
const CIRCUMSTANCES_MAX = 256;
/** Some 150 bytes each, over all line items. */
const CELLS_MAX = 200_000;
const COUNT_MAX = 1e15;

export class WithWhom {
  readonly #lines = new Map<string, Line>();
  #cells = 0;

  /** `amount` is 1, or −1 for what is taken back. */
  add(facts: BidFacts, count: WithWhomCount, amount: number): void {
    const { lineItemId, creativeId, circumstances = [], elements = [] } = facts;
    if (circumstances.length === 0 && elements.length === 0) return;
    let line = this.#lines.get(lineItemId);
    if (!line) this.#lines.set(lineItemId, (line = nothing()));
    for (const circumstance of [ANYWHERE, ...circumstances]) {
      if (!this.#hasRoom(line, circumstance)) continue;
      for (const element of [undefined, ...elements])
        this.#add(line, { creativeId, element, circumstance, ...NONE, [count]: amount });
    }
    elements.forEach((first, slot) => {
      for (const second of elements.slice(slot + 1))
        this.#addPair(line, { creativeId, first, second, ...NONE, [count]: amount });
    });
  }

  /** In no order that means anything. */
  of(lineItemId: string): readonly WithWhomCell[] {
    return [...(this.#lines.get(lineItemId)?.cells.values() ?? [])].map(notBelowNought);
  }

  pairsOf(lineItemId: string): readonly PairCell[] {
    return [...(this.#lines.get(lineItemId)?.pairs.values() ?? [])].map(notBelowNought);
  }

  /** Showings under a circumstance that the line item had no room for. */
  leftOut(lineItemId: string): number {
    return this.#lines.get(lineItemId)?.leftOut ?? 0;
  }

  clear(): void {
    this.#lines.clear();
    this.#cells = 0;
  }

  /** In a canonical order: the same counts are the same text. */
  save(lineItemId: string): SavedWithWhom {
    const { leftOut, cells, pairs } = this.#lines.get(lineItemId) ?? nothing();
    return { leftOut, cells: inOrder(cells), pairs: inOrder(pairs) };
  }

  /** False for what cannot be believed: then nothing of it was taken. */
  restore(lineItemId: string, saved: unknown): boolean {
    const { leftOut, cells, pairs } = (
      typeof saved === 'object' && saved !== null ? saved : {}
    ) as Partial<SavedWithWhom>;
    if (!isCount(leftOut) || leftOut < 0 || !Array.isArray(cells) || !Array.isArray(pairs)) return false;
    if (!cells.every(isCell) || !pairs.every(isPair)) return false;
    const line = { ...nothing(), leftOut };
    for (const cell of cells) if (this.#hasRoom(line, cell.circumstance)) this.#add(line, cell);
    for (const pair of pairs) this.#addPair(line, pair);
    this.#lines.set(lineItemId, line);
    return true;
  }

  #hasRoom(line: Line, circumstance: number): boolean {
    if (line.circumstances.has(circumstance)) return true;
    if (line.circumstances.size >= CIRCUMSTANCES_MAX) {
      line.leftOut++;
      return false;
    }
    line.circumstances.add(circumstance);
    return true;
  }

  #add(line: Line, cell: WithWhomCell): void {
    const key = `${cell.element ?? cell.creativeId}\0${cell.circumstance}`;
    const known = line.cells.get(key);
    if (known) addTo(known, cell);
    else if (this.#isRoomy(line)) line.cells.set(key, { ...cell });
  }

  #addPair(line: Line, pair: PairCell): void {
    const key = `${pair.first}\0${pair.second}`;
    const known = line.pairs.get(key);
    if (known) addTo(known, pair);
    else if (this.#isRoomy(line)) line.pairs.set(key, { ...pair });
  }

  #isRoomy(line: Line): boolean {
    if (this.#cells >= CELLS_MAX) {
      line.leftOut++;
      return false;
    }
    this.#cells++;
    return true;
  }
}

export interface SavedWithWhom {
  readonly leftOut: number;
  readonly cells: readonly WithWhomCell[];
  readonly pairs: readonly PairCell[];
}

function nothing(): Line {
  return { cells: new Map(), pairs: new Map(), circumstances: new Set(), leftOut: 0 };
}

function addTo(known: Counted<object>, more: Readonly<Record<WithWhomCount, number>>): void {
  known.impressions += more.impressions;
  known.clicks += more.clicks;
  known.conversions += more.conversions;
}

function notBelowNought<Named extends Readonly<Record<WithWhomCount, number>>>(cell: Named): Named {
  const { impressions, clicks, conversions } = cell;
  return {
    ...cell,
    impressions: Math.max(0, impressions),
    clicks: Math.max(0, clicks),
    conversions: Math.max(0, conversions),
  };
}

function inOrder<Named>(cells: ReadonlyMap<string, Named>): Named[] {
  return [...cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cell]) => cell);
}

function isCell(cell: unknown): cell is WithWhomCell {
  if (!isCounted(cell) || typeof cell['creativeId'] !== 'string') return false;
  const { element, circumstance } = cell;
  return (element === undefined || isCount(element)) && isCount(circumstance);
}

function isPair(cell: unknown): cell is PairCell {
  if (!isCounted(cell) || typeof cell['creativeId'] !== 'string') return false;
  return isCount(cell['first']) && isCount(cell['second']);
}

function isCounted(cell: unknown): cell is Record<string, unknown> {
  if (typeof cell !== 'object' || cell === null) return false;
  const { impressions, clicks, conversions } = cell as Record<string, unknown>;
  return isCount(impressions) && isCount(clicks) && isCount(conversions);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < COUNT_MAX;
}
