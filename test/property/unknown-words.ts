/** Strews over a request what its reader cannot know: keys, list values and list entries of other versions and exchanges. */
import type protobuf from 'protobufjs';
import type { Random } from '../../src/core/random.ts';
import { requestType } from '../exchange/protobuf-sender.ts';
import { isObject } from './wire-twins.ts';

const LONG = 'x'.repeat(3_000);

/** Names that are in no version of OpenRTB; some are those of an object's own machinery. */
export const UNKNOWN_NAMES = [
  'x_new',
  'fieldOf2031',
  '',
  '0',
  '-1',
  'é 文',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'toJSON',
  'then',
  'length',
  '$ref',
  'imp[0].id',
  LONG,
];

const UNKNOWN_VALUES: readonly unknown[] = [
  null,
  '',
  0,
  -1.5,
  true,
  1e300,
  2 ** 60 + 1,
  LONG,
  '${AUCTION_PRICE}',
  [],
  {},
  [[1], [null]],
  { id: 'x', gdpr: 1, bidfloor: 99, w: 1, nested: [{ deeper: { '': null } }] },
  { constructor: { prototype: { polluted: 1 } } },
];

/** Lists of codes and words: one more that nobody knows says nothing about the others. */
const CODES = new Set(
  'api battr btype expdir delivery playbackmethod protocols companiontype methods dsaparams poddedupe'.split(
    ' ',
  ),
);
const WORDS = new Map([
  ['mimes', 'application/x-of-2031'],
  ['bcat', 'IAB99-99'],
  ['badv', 'nobody-at-all.example'],
  ['bapp', 'app.nobody.has'],
  ['bseat', 'seat-of-nobody'],
  ['cat', 'IAB99-98'],
  ['sectioncat', 'IAB99-98'],
  ['pagecat', 'IAB99-98'],
]);
const UNKNOWN_CODE = 49_999;

/** Lists whose entries require nothing (OpenRTB 2.6): one of unknown fields alone is no entry. */
const ENTRIES = new Set([
  'format',
  'companionad',
  'durfloors',
  'eids',
  'uids',
  'data',
  'segment',
  'eventtrackers',
]);

/** A key that is set as a key, whatever its name: `__proto__` assigned would be something else. */
export function setKey(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** A copy of a request with unknown words at every level, each place with a chance of its own. */
export function strewn<Value>(value: Value, random: Random, name = ''): Value {
  if (Array.isArray(value)) return strewnList(value, random, name) as Value;
  if (name === 'request' && typeof value === 'string') return strewnText(value, random) as Value;
  if (!isObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) setKey(copy, key, strewn(entry, random, key));
  for (let more = Math.floor(random.next() * 4); more > 0; more--) {
    const key = pick(UNKNOWN_NAMES, random);
    if (!Object.hasOwn(copy, key)) setKey(copy, key, pick(UNKNOWN_VALUES, random));
  }
  return copy as Value;
}

function strewnList(list: readonly unknown[], random: Random, name: string): unknown[] {
  const copy = list.map((entry) => strewn(entry, random));
  // An empty list says that nothing is given, and one more would be a rule.
  if (copy.length === 0) return copy;
  const place = Math.floor(random.next() * (copy.length + 1));
  if (CODES.has(name) && copy.every((entry) => typeof entry === 'number'))
    copy.splice(place, 0, UNKNOWN_CODE);
  const word = WORDS.get(name);
  if (word !== undefined && copy.every((entry) => typeof entry === 'string')) copy.splice(place, 0, word);
  if (ENTRIES.has(name) && copy.every(isObject))
    copy.splice(place, 0, { x_new: pick(UNKNOWN_VALUES, random) });
  return copy;
}

/** Native markup is JSON in a string, and has levels of its own. */
function strewnText(text: string, random: Random): string {
  try {
    const markup: unknown = JSON.parse(text);
    return isObject(markup) ? JSON.stringify(strewn(markup, random)) : text;
  } catch {
    return text;
  }
}

/** A request with some of its fields taken away; and the same with null in their place, and in that of others it never had. */
export function bareAndNulled(request: unknown, random: Random): readonly [unknown, unknown] {
  return thinned(request, requestType, random);
}

function thinned(value: unknown, type: protobuf.Type, random: Random): readonly [unknown, unknown] {
  if (Array.isArray(value)) {
    const pairs = value.map((entry) => thinned(entry, type, random));
    return [pairs.map(([bare]) => bare), pairs.map(([, nulled]) => nulled)];
  }
  if (!isObject(value)) return [value, value];
  const bare: Record<string, unknown> = {};
  const nulled: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(value), ...Object.keys(type.fields)])) {
    const isGiven = Object.hasOwn(value, name);
    if (!isGiven || random.next() < 0.03) {
      if (isGiven || random.next() < 0.2) nulled[name] = null;
      continue;
    }
    const inside = type.fields[name]?.resolve().resolvedType as protobuf.Type | null | undefined;
    [bare[name], nulled[name]] = inside ? thinned(value[name], inside, random) : [value[name], value[name]];
  }
  return [bare, nulled];
}

function pick<Item>(list: readonly Item[], random: Random): Item {
  return list[Math.floor(random.next() * list.length)]!;
}
