/**
 * Line items by the values they name. What a request says of a dimension is one value or a few; each named value has a
 * posting of the lines that include it and of those that exclude it, dense where many do and a list where few do, so that
 * ten thousand postcodes do not cost ten thousand full columns. The file is one thing: the columns and the ways to AND them.
 */
import type { Bitset } from '../../core/bitset.ts';
import {
  addBit,
  andInto,
  andNotInto,
  bitset,
  fullBitset,
  hasBit,
  orInto,
  removeBit,
} from '../../core/bitset.ts';

/** As much of a rule as columns answer. */
export interface ColumnRule {
  /** Values one of which must be there; undefined where the rule names none. */
  readonly include: readonly string[] | undefined;
  readonly exclude: readonly string[];
}

/** Each clears the candidates whose rule refuses the values and gives false when none is left. An empty value is unknown. */
export interface ValueColumns {
  narrowOne(value: string, candidates: Bitset): boolean;
  narrowMany(values: readonly string[], candidates: Bitset): boolean;
}

/** `rules[n]` belongs to line item n; undefined accepts everything. */
export function valueColumns(rules: readonly (ColumnRule | undefined)[]): ValueColumns {
  const { entries, otherwise } = build(rules);
  const scratch = bitset(rules.length);
  const kept = new Int32Array(longestList(entries));
  const found: Entry[] = [];
  let round = 0;

  const narrowOne = (value: string, candidates: Bitset): boolean => {
    const entry = value === '' ? undefined : entries.get(value);
    return entry ? narrowByEntry(entry, otherwise, kept, candidates) : andInto(candidates, otherwise);
  };
  const narrowMany = (values: readonly string[], candidates: Bitset): boolean => {
    const count = findEntries(values);
    if (count === 0) return andInto(candidates, otherwise);
    if (count === 1) return narrowByEntry(found[0]!, otherwise, kept, candidates);
    scratch.set(otherwise);
    for (let at = 0; at < count; at++) addPosting(scratch, found[at]!.include);
    // Exclusions last: a value that is excluded outweighs any that is included.
    for (let at = 0; at < count; at++) removePosting(scratch, found[at]!.exclude);
    return andInto(candidates, scratch);
  };
  /** Each entry once, so that a request that repeats a value a thousand times costs no thousand columns. */
  const findEntries = (values: readonly string[]): number => {
    let count = 0;
    round++;
    for (const value of values) {
      const entry = entries.get(value);
      if (!entry || entry.round === round) continue;
      entry.round = round;
      found[count++] = entry;
    }
    return count;
  };
  return { narrowOne, narrowMany };
}

/** Line numbers in rising order, or a column where that is smaller. */
type Posting = Int32Array | Uint32Array;

interface Entry {
  /** When it was last found: scratch of `narrowMany`. */
  round: number;
  readonly include: Posting;
  readonly exclude: Posting;
  /** Who accepts a request with this value alone, made when a posting is dense: then narrowing is one AND. */
  readonly accepting: Bitset | undefined;
}

function build(rules: readonly (ColumnRule | undefined)[]): {
  entries: ReadonlyMap<string, Entry>;
  otherwise: Bitset;
} {
  const lists = new Map<string, { include: number[]; exclude: number[] }>();
  const otherwise = fullBitset(rules.length);
  const listsOf = (value: string) => {
    let found = lists.get(value);
    if (!found) lists.set(value, (found = { include: [], exclude: [] }));
    return found;
  };
  const push = (list: number[], number: number): void => {
    if (list[list.length - 1] !== number) list.push(number);
  };
  rules.forEach((rule, number) => {
    if (!rule) return;
    if (rule.include) removeBit(otherwise, number);
    for (const value of rule.include ?? []) push(listsOf(value).include, number);
    for (const value of rule.exclude) push(listsOf(value).exclude, number);
  });
  const entries = new Map<string, Entry>();
  for (const [value, { include, exclude }] of lists) {
    const dense = isDense(include.length + exclude.length, otherwise.length);
    const entry = {
      round: 0,
      include: posting(include, rules.length),
      exclude: posting(exclude, rules.length),
    };
    entries.set(value, { ...entry, accepting: dense ? acceptingColumn(otherwise, entry) : undefined });
  }
  return { entries, otherwise };
}

/** A column of w words costs one pass of w; a list of n costs that pass and n more. Short columns are never worth a list. */
function isDense(count: number, words: number): boolean {
  return words <= 64 || count > words >> 1;
}

function posting(list: readonly number[], size: number): Posting {
  if (list.length === 0) return NONE;
  if (!isDense(list.length, (size + 31) >>> 5)) return Int32Array.from(list);
  const column = bitset(size);
  for (const number of list) addBit(column, number);
  return column;
}

const NONE = new Int32Array(0);

function acceptingColumn(otherwise: Bitset, entry: Pick<Entry, 'include' | 'exclude'>): Bitset {
  const column = otherwise.slice();
  addPosting(column, entry.include);
  removePosting(column, entry.exclude);
  return column;
}

function addPosting(set: Bitset, lines: Posting | undefined): void {
  if (lines instanceof Uint32Array) orInto(set, lines);
  else if (lines) for (let at = 0; at < lines.length; at++) addBit(set, lines[at]!);
}

function removePosting(set: Bitset, lines: Posting | undefined): void {
  if (lines instanceof Uint32Array) andNotInto(set, lines);
  else if (lines) for (let at = 0; at < lines.length; at++) removeBit(set, lines[at]!);
}

/** Both postings of an entry without an accepting column are lists: too short, together, for a column. */
function narrowByEntry(entry: Entry, otherwise: Bitset, kept: Int32Array, candidates: Bitset): boolean {
  if (entry.accepting) return andInto(candidates, entry.accepting);
  removePosting(candidates, entry.exclude);
  let count = 0;
  for (let at = 0; at < entry.include.length; at++) {
    const number = entry.include[at]!;
    if (hasBit(candidates, number)) kept[count++] = number;
  }
  const left = andInto(candidates, otherwise);
  for (let at = 0; at < count; at++) addBit(candidates, kept[at]!);
  return left || count > 0;
}

function longestList(entries: ReadonlyMap<string, Entry>): number {
  let longest = 0;
  for (const { include } of entries.values())
    if (include instanceof Int32Array) longest = Math.max(longest, include.length);
  return longest;
}
