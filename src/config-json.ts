/** JSON with nothing to find fault with, read by the parser of the runtime, which knows no places. */

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
