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

/** Line and column, from 1, of a key or of its value; of the nearest thing around it where the path leads nowhere. `text` is JSON. */
export function placeInJson(text: string, path: Path, onKey: boolean): { line: number; column: number } {
  const walk = new JsonWalk(text);
  let keyAt = walk.at;
  let isWhole = true;
  for (const step of path) {
    const found = walk.enter(step);
    if (found === undefined) {
      isWhole = false;
      break;
    }
    keyAt = found;
  }
  const offset = onKey || !isWhole ? keyAt : walk.at;
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}

/** Stands before a value. */
class JsonWalk {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#space();
  }

  /** To the value of a key, or of a place in a list; gives where the key stands. Stays where there is none. */
  enter(step: string | number): number | undefined {
    const start = this.at;
    const open = this.#text[this.at];
    if (open !== '{' && open !== '[') return undefined;
    this.at++;
    for (let place = 0; ; place++) {
      this.#space();
      if (this.#text[this.at] === '}' || this.#text[this.at] === ']') break;
      const keyAt = this.at;
      const key = open === '{' ? this.#key() : place;
      if (key === step) return keyAt;
      this.#value();
      this.#space();
      if (this.#text[this.at] === ',') this.at++;
    }
    this.at = start;
    return undefined;
  }

  #key(): string {
    const from = this.at;
    this.#string();
    const key = JSON.parse(this.#text.slice(from, this.at)) as string;
    this.#space();
    this.at++;
    this.#space();
    return key;
  }

  #value(): void {
    let depth = 0;
    do {
      const character = this.#text[this.at];
      if (character === '"') this.#string();
      else {
        if (character === '{' || character === '[') depth++;
        else if (character === '}' || character === ']') depth--;
        this.at++;
      }
    } while (depth > 0 || !/[,\]}\s]/.test(this.#text[this.at] ?? ','));
  }

  #string(): void {
    for (this.at++; this.#text[this.at] !== '"'; this.at++) if (this.#text[this.at] === '\\') this.at++;
    this.at++;
  }

  #space(): void {
    while (/\s/.test(this.#text[this.at] ?? '')) this.at++;
  }
}
