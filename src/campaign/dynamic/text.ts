/** Texts with slots in them, cut at the slots. */

export interface Reference {
  readonly slot: string;
  /** Column of the feed; empty for any other slot. */
  readonly column: string;
}

export interface Slot extends Reference {
  /** Where it begins in the text. */
  readonly offset: number;
  readonly length: number;
}

/** A name in double braces; whatever else is in braces belongs to the markup. */
const SLOT = /\{\{\s*([a-z][a-z0-9_]{0,31})(?:\.([a-z][a-z0-9_]{0,31}))?\s*\}\}/g;

export function slotsIn(text: string): readonly Slot[] {
  return [...text.matchAll(SLOT)].map((match) => ({
    slot: match[1]!,
    column: match[2] ?? '',
    offset: match.index,
    length: match[0].length,
  }));
}

/** `line 3, column 14` of a text that has more than one line. */
export function spot(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n');
  const column = lines.at(-1)!.length + 1;
  return lines.length === 1 ? `column ${column}` : `line ${lines.length}, column ${column}`;
}
