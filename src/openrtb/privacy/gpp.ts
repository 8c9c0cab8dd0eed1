/**
 * A GPP string: a header that names its sections, then the sections, joined by `~`. The header is read here, with
 * bounds, because the reference library unfolds its ranges: ten characters cost it a tenth of a second. The states'
 * sections are short and of fixed length, so the library reads those.
 */
import { GppModel, Sections } from '@iabgpp/cmpapi';
import { LRUCache } from 'lru-cache';
import type { BitReader } from './bits.ts';
import { bitsOf } from './bits.ts';

export const TCF_EU = 2;
export const US_PRIVACY_SECTION = 6;

const TEXT_LENGTH_MAX = 16_384;
const SECTION_LENGTH_MAX = 256;
const SECTION_ID_MAX = 255;
const HEADER_TYPE = 3;
const HEADER_VERSION = 1;
const OPTED_OUT = 1;
const NO_CONSENT = 1;

/** Texts of the sections by their ids; undefined where the string cannot be read. */
export function readSections(text: string): ReadonlyMap<number, string> | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined;
  const [header = '', ...texts] = text.split('~');
  const bits = bitsOf(header);
  const ids = bits && readHeader(bits);
  if (!ids || ids.length !== texts.length || texts.includes('')) return undefined;
  return new Map(ids.map((id, index) => [id, texts[index]!]));
}

function readHeader(bits: BitReader): number[] | undefined {
  if (bits.read(6) !== HEADER_TYPE || bits.read(6) !== HEADER_VERSION) return undefined;
  const count = bits.read(12);
  const ids: number[] = [];
  let last = 0;
  for (let index = 0; index < count; index++) {
    const isRange = bits.read(1) === 1;
    const first = last + readFibonacci(bits);
    last = isRange ? first + readFibonacci(bits) : first;
    if (bits.isOverrun || last > SECTION_ID_MAX) return undefined;
    for (let id = first; id <= last; id++) ids.push(id);
  }
  return bits.isOverrun ? undefined : ids;
}

/** Fibonacci coding: a sum of Fibonacci numbers, ended by two ones in a row. Gives up past the largest section id. */
function readFibonacci(bits: BitReader): number {
  let sum = 0;
  let previousBit = 0;
  for (
    let one = 1, next = 2;
    !bits.isOverrun && one <= 2 * SECTION_ID_MAX;
    [one, next] = [next, one + next]
  ) {
    const bit = bits.read(1);
    if (bit === 1 && previousBit === 1) return sum;
    sum += bit * one;
    previousBit = bit;
  }
  return SECTION_ID_MAX + 1;
}

/**
 * There are few different answers that a person can give, so nearly every section has been read before: 0.1 µs from
 * the cache, 50 µs from the library.
 */
const verdicts = new LRUCache<string, boolean | 'unreadable' | 'no_rule'>({ max: 5_000 });

/**
 * Whether a section of a state of the USA, or of all of them, holds an objection to sale, sharing or targeted
 * advertising, or tells of a child without consent.
 */
export function hasObjected(sectionId: number, text: string): boolean | 'unreadable' | 'no_rule' {
  const key = `${sectionId}~${text.length > SECTION_LENGTH_MAX ? '' : text}`;
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const verdict = judge(sectionId, text);
  verdicts.set(key, verdict);
  return verdict;
}

function judge(sectionId: number, text: string): boolean | 'unreadable' | 'no_rule' {
  const name = Sections.SECTION_ID_NAME_MAP.get(sectionId);
  if (name === undefined || sectionId <= US_PRIVACY_SECTION) return 'no_rule';
  if (text === '' || text.length > SECTION_LENGTH_MAX) return 'unreadable';
  try {
    const model = new GppModel();
    model.decodeSection(name, text);
    // The younger sections call their version after the agreement it belongs to.
    if (!(numberIn(model, name, 'Version') >= 1 || numberIn(model, name, 'MspaVersion') >= 1))
      return 'unreadable';
    const objections = ['SaleOptOut', 'SharingOptOut', 'TargetedAdvertisingOptOut'];
    return (
      objections.some((field) => numberIn(model, name, field) === OPTED_OUT) ||
      valueIn(model, name, 'Gpc') === true ||
      [valueIn(model, name, 'KnownChildSensitiveDataConsents')].flat().includes(NO_CONSENT)
    );
  } catch {
    return 'unreadable';
  }
}

function numberIn(model: GppModel, section: string, field: string): number {
  return Number(valueIn(model, section, field) ?? 0);
}

function valueIn(model: GppModel, section: string, field: string): unknown {
  return model.hasField(section, field) ? model.getFieldValue(section, field) : undefined;
}
