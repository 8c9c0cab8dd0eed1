/** JSON with nothing to find fault with, read by the parser of the runtime, which knows no places; they are looked for when somebody asks. */
import type { Path } from './campaign/issue.ts';

export const DEPTH_MAX = 64;
/** Values of a text, aliases expanded: a bomb of nested aliases is cut off here. */
export const VALUES_MAX = 1_000_000;

/**
 * Undefined for what is no JSON, names a key twice in one object, or is too deep or too large: then the slow reader says where. A
 * number that the runtime's parser would round or a key of a prototype is read as the slow reader does.
 */
export function soundJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const kept = { keys: 0, values: 0 };
  if (!count(value, 0, kept) || kept.values > VALUES_MAX) return undefined;
  // The last of two equal keys wins silently, so that fewer are kept than were written.
  return kept.keys === keysWritten(text) ? value : undefined;
}

function count(value: unknown, depth: number, kept: { keys: number; values: number }): boolean {
  kept.values++;
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= DEPTH_MAX) return false;
  if (Array.isArray(value)) return value.every((item) => count(item, depth + 1, kept));
  for (const key of Object.keys(value)) {
    kept.keys++;
    if (!count((value as Record<string, unknown>)[key], depth + 1, kept)) return false;
  }
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Colons outside of texts; `text` is JSON. */
function keysWritten(text: string): number {
  let colons = 0;
  for (let place = 0; place < text.length; place++) {
    const character = text.charCodeAt(place);
    if (character === COLON) colons++;
    if (character !== QUOTE) continue;
    for (place++; text.charCodeAt(place) !== QUOTE; place++)
      if (text.charCodeAt(place) === BACKSLASH) place++;
  }
  return colons;
}

/** Looks for places in one text; `text` is JSON. What it has gone through it remembers, so that a remark on every object costs one pass. */
export class JsonPlaces {
  readonly #text: string;
  /** Where the values of a list begin, by where the list does. */
  readonly #items = new Map<number, readonly number[]>();
  #lineStarts: readonly number[] | undefined;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Line and column, from 1, of a key or of its value; of the nearest thing around it where the path leads nowhere. */
  placeOf(path: Path, onKey: boolean): { line: number; column: number } {
    this.#at = 0;
    this.#space();
    let keyAt = this.#at;
    let isWhole = true;
    for (const step of path) {
      const found = typeof step === 'number' ? this.#enterList(step) : this.#enterObject(step);
      if (found === undefined) {
        isWhole = false;
        break;
      }
      keyAt = found;
    }
    return this.#lineAt(onKey || !isWhole ? keyAt : this.#at);
  }

  #lineAt(offset: number): { line: number; column: number } {
    this.#lineStarts ??= [0, ...this.#text.matchAll(/\n/g).map(({ index }) => index + 1)];
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#lineStarts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - this.#lineStarts[low]! + 1 };
  }

  /** To the value of a key; gives where the key stands. Stays where there is none. */
  #enterObject(step: string): number | undefined {
    const start = this.#at;
    if (this.#text[start] !== '{') return undefined;
    this.#at++;
    for (this.#space(); this.#text[this.#at] !== '}'; this.#next()) {
      const keyAt = this.#at;
      if (this.#key() === step) return keyAt;
      this.#value();
    }
    this.#at = start;
    return undefined;
  }

  #enterList(step: number): number | undefined {
    const start = this.#at;
    if (this.#text[start] !== '[') return undefined;
    const at = this.#itemsOf(start)[step];
    this.#at = at ?? start;
    return at;
  }

  #itemsOf(start: number): readonly number[] {
    const known = this.#items.get(start);
    if (known) return known;
    const items: number[] = [];
    this.#at = start + 1;
    for (this.#space(); this.#text[this.#at] !== ']'; this.#next()) {
      items.push(this.#at);
      this.#value();
    }
    this.#items.set(start, items);
    return items;
  }

  /** Over what stands between two values. */
  #next(): void {
    this.#space();
    if (this.#text[this.#at] === ',') this.#at++;
    this.#space();
  }

  #key(): string {
    const from = this.#at;
    this.#string();
    const key = JSON.parse(this.#text.slice(from, this.#at)) as string;
    this.#space();
    this.#at++;
    this.#space();
    return key;
  }

  #value(): void {
    let depth = 0;
    do {
      const character = this.#text.charCodeAt(this.#at);
      if (character === QUOTE) this.#string();
      else {
        if (character === BRACE || character === BRACKET) depth++;
        else if (character === BRACE + 2 || character === BRACKET + 2) depth--;
        this.#at++;
      }
    } while (depth > 0 || !ENDS.has(this.#text.charCodeAt(this.#at)));
  }

  #string(): void {
    for (this.#at++; this.#text.charCodeAt(this.#at) !== QUOTE; this.#at++)
      if (this.#text.charCodeAt(this.#at) === BACKSLASH) this.#at++;
    this.#at++;
  }

  #space(): void {
    while (SPACES.has(this.#text.charCodeAt(this.#at))) this.#at++;
  }
}

const BRACE = 0x7b;
const BRACKET = 0x5b;
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);
/** What follows a value: a comma, a bracket, space, or the end of the text. */
const ENDS = new Set([0x2c, BRACE + 2, BRACKET + 2, ...SPACES, Number.NaN]);
