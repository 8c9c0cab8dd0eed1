/**
 * Readers of single values. Each takes what the wire gave, repairs what can only mean one thing (a number in quotes,
 * one value in a list's place, true for 1), says so in the notes, and refuses what has no sensible reading. Null, an
 * empty string and absence are the same (OpenRTB 2.6 section 2.3: absent means unknown).
 */
import type { Notes } from './notes.ts';

export type Json = Readonly<Record<string, unknown>>;

export const NONE: readonly never[] = Object.freeze([]);

/** Longer texts than any field needs (consent strings are the longest); left out, for nobody should key on them. */
const TEXT_LENGTH_MAX = 16_384;
const ID_LENGTH_MAX = 1_024;
const INTEGER_MAX = 2_147_483_647;
const NUMERAL = /^[+-]?\d{1,15}(?:\.\d{0,15})?(?:[eE][+-]?\d{1,2})?$/;

export function isFilled(value: unknown): boolean {
  return (
    value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  );
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that moved between versions: the newer place wins wherever it says anything. */
export function newerFirst(newer: unknown, older: unknown): unknown {
  return isFilled(newer) ? newer : older;
}

/** An id that must be there and must come back as it was. */
export function readId(value: unknown, path: string, notes: Notes): string {
  const id = typeof value === 'string' ? value : repairId(value, path, notes);
  if (id === '') notes.refuse(path, 'missing');
  else if (id.length > ID_LENGTH_MAX) notes.refuse(path, 'longer than any id');
  return id;
}

function repairId(value: unknown, path: string, notes: Notes): string {
  // Past 2^53 the parser has rounded the number, so the id could not be given back.
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    notes.refuse(path, 'a number too large to be given back unchanged');
    return '0';
  }
  return readText(value, path, notes);
}

export function readText(value: unknown, path: string, notes: Notes): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') {
    if (value.length <= TEXT_LENGTH_MAX) return value;
    notes.warn(path, 'too long, left out');
    return '';
  }
  if (typeof value === 'number' && Number.isFinite(value)) return digitsOf(value, path, notes);
  notes.refuse(path, 'not text');
  return '';
}

/** Past 2^53 the parser has rounded: two people, segments or places would be taken for one. */
function digitsOf(value: number, path: string, notes: Notes): string {
  const isExact = Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  notes.warn(path, isExact ? 'number read as text' : 'a number too large to be exact, left out');
  return isExact ? String(value) : '';
}

/** A whole number, undefined where absent. Fractions are cut off (tmax 933.33), extremes brought into 32 bits. */
export function readInteger(value: unknown, path: string, notes: Notes): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && (value | 0) === value) return value;
  const number = readNumber(value, path, notes);
  if (number === undefined) return undefined;
  const whole = Math.max(-INTEGER_MAX, Math.min(INTEGER_MAX, Math.floor(number)));
  if (whole !== number) notes.warn(path, 'brought to a 32 bit whole number');
  return whole;
}

/** As `readInteger`, where a negative number makes no sense. */
export function readCount(value: unknown, path: string, notes: Notes): number | undefined {
  const count = readInteger(value, path, notes);
  if (count === undefined || count >= 0) return count;
  notes.refuse(path, 'negative');
  return undefined;
}

export function readNumber(value: unknown, path: string, notes: Notes): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'boolean') {
    notes.warn(path, 'true or false read as 1 or 0');
    return value ? 1 : 0;
  }
  if (typeof value === 'string' && NUMERAL.test(value.trim())) {
    const number = Number(value);
    if (Number.isFinite(number)) {
      notes.warn(path, 'text read as number');
      return number;
    }
  }
  notes.refuse(path, 'not a number');
  return undefined;
}

/** 1 or 0; absent is 0. */
export function readFlag(value: unknown, path: string, notes: Notes): boolean {
  if (value === 1) return true;
  if (value === 0 || value === undefined || value === null) return false;
  const flag = flagOf(value);
  if (flag === undefined) notes.refuse(path, 'neither 0 nor 1');
  else if (value !== '') notes.warn(path, 'read as 0 or 1');
  return flag ?? false;
}

/** A flag that protects a person: what cannot be read counts as raised, and the request is answered without an id. */
export function readProtectiveFlag(value: unknown, path: string, notes: Notes): boolean {
  if (value === 1) return true;
  if (value === 0 || value === undefined || value === null) return false;
  const flag = flagOf(value);
  if (value !== '') notes.warn(path, flag === undefined ? 'unreadable, so read as 1' : 'read as 0 or 1');
  return flag ?? true;
}

function flagOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'string') return undefined;
  const word = value.trim().toLowerCase();
  if (word === '' || word === '0' || word === 'false') return false;
  return word === '1' || word === 'true' ? true : undefined;
}

/** The list itself where all of it is text already. */
export function readTexts(value: unknown, path: string, notes: Notes): readonly string[] {
  if (value === undefined || value === null || value === '') return NONE;
  if (!Array.isArray(value)) return readSingle(readText(value, path, notes), path, notes);
  for (let index = 0; index < value.length; index++) {
    if (typeof value[index] !== 'string') return repairTexts(value, path, notes);
  }
  return value;
}

function repairTexts(list: readonly unknown[], path: string, notes: Notes): readonly string[] {
  return list.map((entry) => readText(entry, path, notes)).filter((text) => text !== '');
}

/** The list itself where all of it is whole numbers already. */
export function readIntegers(value: unknown, path: string, notes: Notes): readonly number[] {
  if (value === undefined || value === null || value === '') return NONE;
  if (!Array.isArray(value)) return readSingle(readInteger(value, path, notes), path, notes);
  for (let index = 0; index < value.length; index++) {
    const entry: unknown = value[index];
    if (typeof entry !== 'number' || (entry | 0) !== entry) return repairIntegers(value, path, notes);
  }
  return value;
}

function repairIntegers(list: readonly unknown[], path: string, notes: Notes): readonly number[] {
  return list.map((entry) => readInteger(entry, path, notes)).filter((number) => number !== undefined);
}

function readSingle<Value>(value: Value | undefined, path: string, notes: Notes): readonly Value[] {
  if (value === undefined || notes.refusal !== '') return NONE;
  notes.warn(path, 'one value read as a list');
  return [value];
}

export function readObject(value: unknown, path: string, notes: Notes): Json | undefined {
  if (isObject(value)) return value;
  if (isFilled(value)) notes.refuse(path, 'not an object');
  return undefined;
}

export function readObjects(value: unknown, path: string, notes: Notes): readonly Json[] {
  if (value === undefined || value === null || value === '') return NONE;
  if (isObject(value)) {
    notes.warn(path, 'one object read as a list');
    return [value];
  }
  if (!Array.isArray(value)) {
    notes.refuse(path, 'not a list of objects');
    return NONE;
  }
  if (value.every(isObject)) return value;
  if (!value.every((entry) => isObject(entry) || !isFilled(entry)))
    notes.refuse(path, 'not a list of objects');
  return value.filter(isObject);
}

/** Refuses where a required field is missing or empty. */
export function requireFilled(value: unknown, path: string, notes: Notes): void {
  if (!isFilled(value)) notes.refuse(path, 'missing');
}
