/** Writes TCF 2 consent strings for tests, bit by bit after the standard's table, so that any case can be made. */

export interface TcfFacts {
  readonly version?: number;
  readonly cmpId?: number;
  /** Numbers from 1. */
  readonly purposes?: readonly number[];
  readonly interests?: readonly number[];
  readonly features?: readonly number[];
  readonly vendors?: Vendors;
  readonly interestVendors?: Vendors;
  readonly restrictions?: readonly { purpose: number; type: number; ranges: readonly Range[] }[];
}

type Range = readonly [first: number, last: number];
/** Bit by bit up to a vendor, or as ranges. */
export type Vendors =
  | { readonly max: number; readonly ids: readonly number[] }
  | { readonly ranges: readonly Range[] };

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CREATED_DECISECONDS = 17_720_640_000;

export function tcfText(facts: TcfFacts): string {
  const bits = [
    integer(6, facts.version ?? 2),
    integer(36, CREATED_DECISECONDS),
    integer(36, CREATED_DECISECONDS),
    integer(12, facts.cmpId ?? 300),
    integer(12, 3),
    integer(6, 1),
    letters('EN'),
    integer(12, 142),
    integer(6, 5),
    '1',
    '0',
    flags(12, facts.features ?? []),
    flags(24, facts.purposes ?? []),
    flags(24, facts.interests ?? []),
    '0',
    letters('DE'),
    vendors(facts.vendors ?? { max: 0, ids: [] }),
    vendors(facts.interestVendors ?? { max: 0, ids: [] }),
    integer(12, facts.restrictions?.length ?? 0),
    ...(facts.restrictions ?? []).map(
      ({ purpose, type, ranges: of }) => integer(6, purpose) + integer(2, type) + ranges(of),
    ),
  ].join('');
  return base64(bits);
}

/** Any bits as base64url, filled up to whole bytes. */
export function base64(bits: string): string {
  const filled = bits.padEnd(Math.ceil(bits.length / 24) * 24, '0');
  return filled.replace(/.{6}/g, (six) => ALPHABET[Number.parseInt(six, 2)]!);
}

function integer(width: number, value: number): string {
  return value.toString(2).padStart(width, '0');
}

function letters(word: string): string {
  return [...word].map((letter) => integer(6, letter.charCodeAt(0) - 65)).join('');
}

function flags(width: number, on: readonly number[]): string {
  return Array.from({ length: width }, (_, index) => (on.includes(index + 1) ? '1' : '0')).join('');
}

function vendors(list: Vendors): string {
  if ('ranges' in list) {
    const max = Math.max(0, ...list.ranges.map(([, last]) => last));
    return `${integer(16, max)}1${ranges(list.ranges)}`;
  }
  return `${integer(16, list.max)}0${flags(list.max, list.ids)}`;
}

function ranges(list: readonly Range[]): string {
  const entries = list.map(([first, last]) =>
    first === last ? `0${integer(16, first)}` : `1${integer(16, first)}${integer(16, last)}`,
  );
  return integer(12, list.length) + entries.join('');
}
