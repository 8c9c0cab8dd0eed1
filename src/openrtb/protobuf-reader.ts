/**
 * Protobuf messages as the plain objects that JSON would have given, in one pass over the bytes: flags as 0 or 1, long numbers as
 * numbers where JSON could hold them exactly and as digits where not, nothing that was not on the wire. Field numbers are looked
 * up in arrays made from the schema once; what the library decodes into its own messages first takes twice the time.
 */
import type { Field, Type } from 'protobufjs';
import protobuf from 'protobufjs';

export type Raw = Record<string, unknown>;

/** @throws Error for bytes that are no message of the type. */
export type PlainReader = (body: Buffer) => Raw;

/** Messages must not contain themselves. */
export function plainReader(type: Type): PlainReader {
  const shape = shapeOf(type);
  return (body) => {
    const cursor = new Cursor(body);
    return readMessage(cursor, body.length, shape);
  };
}

interface FieldShape {
  readonly name: string;
  readonly read: (cursor: Cursor) => unknown;
  readonly wireType: number;
  readonly repeated: boolean;
  readonly message: Shape | undefined;
}
/** By field number. */
type Shape = readonly (FieldShape | undefined)[];

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FIXED_32 = 5;

function shapeOf(type: Type): Shape {
  const shape: (FieldShape | undefined)[] = [];
  for (const field of type.fieldsArray) shape[field.id] = fieldShapeOf(field);
  return shape;
}

function fieldShapeOf(field: Field): FieldShape {
  const { name, repeated, resolvedType } = field;
  if (resolvedType instanceof protobuf.Type)
    return { name, repeated, wireType: BYTES, message: shapeOf(resolvedType), read: () => undefined };
  const scalar = SCALARS.get(resolvedType ? 'int32' : field.type);
  if (!scalar) throw new Error(`${field.fullName}: nobody here reads ${field.type}`);
  return { name, repeated, wireType: scalar.wireType, message: undefined, read: scalar.read };
}

const SCALARS = new Map<string, Pick<FieldShape, 'wireType' | 'read'>>([
  ['string', { wireType: BYTES, read: (cursor) => cursor.text() }],
  ['bool', { wireType: VARINT, read: (cursor) => (cursor.varint() === 0 ? 0 : 1) }],
  ['int32', { wireType: VARINT, read: (cursor) => cursor.varint() | 0 }],
  ['uint32', { wireType: VARINT, read: (cursor) => cursor.varint() >>> 0 }],
  ['int64', { wireType: VARINT, read: (cursor) => plainLong(cursor.long()) }],
  ['fixed64', { wireType: FIXED_64, read: (cursor) => plainLong(cursor.fixedLong()) }],
  ['double', { wireType: FIXED_64, read: (cursor) => cursor.double() }],
  ['float', { wireType: FIXED_32, read: (cursor) => cursor.float() }],
]);

/** A number where JSON could hold it exactly, and its digits where it could not. */
function plainLong(long: bigint | number): number | string {
  if (typeof long === 'number') return long;
  const number = Number(long);
  return Number.isSafeInteger(number) ? number : String(long);
}

function readMessage(cursor: Cursor, end: number, shape: Shape): Raw {
  const plain: Raw = {};
  while (cursor.at < end) {
    const tag = cursor.varint() >>> 0;
    const field = shape[tag >>> 3];
    const wireType = tag & 7;
    if (field?.wireType === wireType) {
      if (field.repeated) listOf(plain, field).push(readOne(cursor, field));
      else plain[field.name] = readOne(cursor, field);
    } else if (field?.repeated && wireType === BYTES) readPacked(cursor, plain, field);
    else cursor.skip(tag);
  }
  if (cursor.at !== end) throw new RangeError('a message ends within a field');
  if (plain.ext_google !== undefined || plain.ext_iab !== undefined) joinExtensions(plain);
  return plain;
}

/** What stands in `ext` itself is the standard's place, and wins; of the others the later one on the wire. */
function joinExtensions(plain: Raw): void {
  let joined: Raw = {};
  for (const name of Object.keys(plain))
    if (name === 'ext_google' || name === 'ext_iab') joined = { ...joined, ...(plain[name] as Raw) };
  plain.ext = { ...joined, ...(plain.ext as Raw | undefined) };
  delete plain.ext_google;
  delete plain.ext_iab;
}

function readOne(cursor: Cursor, field: FieldShape): unknown {
  if (field.message === undefined) return field.read(cursor);
  const length = cursor.length();
  return readMessage(cursor, cursor.at + length, field.message);
}

function listOf(plain: Raw, field: FieldShape): unknown[] {
  return ((plain[field.name] as unknown[] | undefined) ??= []) as unknown[];
}

/** The numbers of a list in one piece; a list that is empty is none. */
function readPacked(cursor: Cursor, plain: Raw, field: FieldShape): void {
  const length = cursor.length();
  const end = cursor.at + length;
  if (length === 0) return;
  const list = listOf(plain, field);
  while (cursor.at < end) list.push(field.read(cursor));
  if (cursor.at !== end) throw new RangeError(`${field.name} ends within a number`);
}

/** Texts that come again and again, by a hash of their bytes; what a person is known by is longer or comes once. */
const KNOWN_SLOTS = 8192;
const KNOWN_LENGTH_MAX = 40;
const known: (string | undefined)[] = new Array(KNOWN_SLOTS).fill(undefined);

class Cursor {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The lower 32 bits; what is above them is passed over. */
  varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.at++];
    if (byte === undefined) throw new RangeError('cut off');
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      byte = bytes[this.at++];
      if (byte === undefined) throw new RangeError('cut off');
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number of more than ten bytes');
  }

  long(): bigint | number {
    let value = 0n;
    const from = this.at;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new RangeError('cut off');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (this.at - from > 4) return BigInt.asIntN(64, value);
        return Number(value);
      }
    }
    throw new RangeError('a number of more than ten bytes');
  }

  fixedLong(): bigint {
    return this.#bytes.readBigUInt64LE(this.#pass(8));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#pass(8));
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#pass(4));
  }

  /** Of what follows, all of which must be there. */
  length(): number {
    const length = this.varint() >>> 0;
    if (this.at + length > this.#bytes.length) throw new RangeError('cut off');
    return length;
  }

  text(): string {
    const length = this.length();
    const from = this.at;
    const end = (this.at += length);
    const bytes = this.#bytes;
    if (length > KNOWN_LENGTH_MAX) return bytes.toString('utf8', from, end);
    let hash = length;
    for (let place = from; place < end; place++) {
      const byte = bytes[place]!;
      if (byte >= 0x80) return bytes.toString('utf8', from, end);
      hash = Math.imul(hash, 31) + byte;
    }
    const slot = (hash ^ (hash >>> 13)) & (KNOWN_SLOTS - 1);
    const before = known[slot];
    if (before !== undefined && isText(before, bytes, from, length)) return before;
    return (known[slot] = bytes.toString('latin1', from, end));
  }

  /** Passes over what follows a tag; a group, with all that is in it. */
  skip(tag: number): void {
    for (let depth = 0; ; tag = this.varint()) {
      const wireType = tag & 7;
      if (wireType === VARINT) this.varint();
      else if (wireType === FIXED_64) this.#pass(8);
      else if (wireType === BYTES) this.#pass(this.length());
      else if (wireType === FIXED_32) this.#pass(4);
      else if (wireType === GROUP_START) depth++;
      else if (wireType === GROUP_END && depth > 0) depth--;
      else throw new RangeError(`nobody here reads wire type ${wireType}`);
      if (depth === 0) return;
    }
  }

  /** Gives where they begin. */
  #pass(count: number): number {
    const from = this.at;
    this.at += count;
    if (this.at > this.#bytes.length) throw new RangeError('cut off');
    return from;
  }
}

function isText(text: string, bytes: Buffer, from: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let place = 0; place < length; place++)
    if (text.charCodeAt(place) !== bytes[from + place]) return false;
  return true;
}
