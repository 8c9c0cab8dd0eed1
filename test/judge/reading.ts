// Tolerant readers. A request is what an exchange really sent: numbers as strings, one value where the table
// wants a list, null for absent. Answers are held to the tables first (response-shape.ts); after that they
// are read by the same readers, so that one wrong type does not hide every other fault of a bid.

export type Json = Readonly<Record<string, unknown>>;

export const EMPTY: Json = Object.freeze({});

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown): Json {
  return isObject(value) ? value : EMPTY;
}

/** The number, also when it came as a numeric string. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** The text, also when it came as a number; an empty string says nothing and is absent. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** For messages. Not String(): `{"toString": 1}` is JSON too, and would throw. */
export function shown(value: unknown): string {
  return textOf(value)?.slice(0, 120) ?? (value === null ? 'null' : typeof value);
}

export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

export function objectsOf(value: unknown): readonly Json[] {
  return listOf(value).filter(isObject);
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value)
    .map(textOf)
    .filter((text) => text !== undefined);
}

export function numbersOf(value: unknown): readonly number[] {
  return listOf(value)
    .map(numberOf)
    .filter((number) => number !== undefined);
}

export function isFilled(value: unknown): boolean {
  return (
    value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  );
}
