/**
 * The core segment of a TCF 2 consent string, read for one vendor. Written out here because the reference library
 * unfolds vendor ranges into sets: a string of 52 characters costs it 27 ms, one of 600 a quarter of a second, and the
 * string comes from a stranger's browser. Nothing is unfolded here; a test holds both to the same answers.
 */
import type { BitReader } from './bits.ts';
import { bitsOf } from './bits.ts';

export interface TcfGrant {
  /** Purposes 1 and 2 for our vendor. */
  readonly identity: boolean;
  /** Purposes 3 and 4 besides. */
  readonly audiences: boolean;
  /** Special feature 1 besides. */
  readonly preciseGeo: boolean;
}

const TEXT_LENGTH_MAX = 16_384;
const PURPOSES = 24;
const STORE = 1;
const SELECT_BASIC_ADS = 2;
const PROFILE = 3;
const SELECT_PERSONALISED_ADS = 4;
const PRECISE_GEO = 1;

/** What a publisher may write about a vendor's purpose; the numbers of the standard. */
const NOT_ALLOWED = 0;
const REQUIRE_CONSENT = 1;
const REQUIRE_LEGITIMATE_INTEREST = 2;

/** Undefined where the string cannot be read. A string of version 1 cannot: it has been void since 2020. */
export function readTcf(text: string, vendorId: number): TcfGrant | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined;
  const end = text.indexOf('.');
  const bits = bitsOf(end < 0 ? text : text.slice(0, end));
  const core = bits && readCore(bits, vendorId);
  if (!core || bits.isOverrun) return undefined;
  const identity =
    hasConsent(core, STORE) && (hasConsent(core, SELECT_BASIC_ADS) || hasInterest(core, SELECT_BASIC_ADS));
  const audiences = identity && hasConsent(core, PROFILE) && hasConsent(core, SELECT_PERSONALISED_ADS);
  return { identity, audiences, preciseGeo: identity && core.features[PRECISE_GEO] === true };
}

interface Core {
  /** By number, from 1. */
  readonly features: readonly boolean[];
  readonly consents: readonly boolean[];
  readonly interests: readonly boolean[];
  readonly hasVendorConsent: boolean;
  readonly hasVendorInterest: boolean;
  /** What the publisher restricts our vendor to, by purpose. */
  readonly restrictions: ReadonlyMap<number, number>;
}

function hasConsent(core: Core, purpose: number): boolean {
  const restriction = core.restrictions.get(purpose);
  if (restriction === NOT_ALLOWED || restriction === REQUIRE_LEGITIMATE_INTEREST) return false;
  return core.hasVendorConsent && core.consents[purpose] === true;
}

function hasInterest(core: Core, purpose: number): boolean {
  const restriction = core.restrictions.get(purpose);
  if (restriction === NOT_ALLOWED || restriction === REQUIRE_CONSENT) return false;
  return core.hasVendorInterest && core.interests[purpose] === true;
}

function readCore(bits: BitReader, vendorId: number): Core | undefined {
  if (bits.read(6) !== 2) return undefined;
  bits.skip(36 + 36); // created, last updated
  if (bits.read(12) < 2) return undefined; // a consent manager's id; 0 and 1 belong to nobody
  bits.skip(12 + 6 + 12 + 12 + 6 + 1 + 1); // its version, screen, language, list and policy versions, two flags
  const features = readFlags(bits, 12);
  const consents = readFlags(bits, PURPOSES);
  const interests = readFlags(bits, PURPOSES);
  bits.skip(1 + 12); // purpose one treatment, publisher's country
  const hasVendorConsent = readVendor(bits, vendorId);
  const hasVendorInterest = readVendor(bits, vendorId);
  const restrictions = readRestrictions(bits, vendorId);
  if (hasVendorConsent === undefined || hasVendorInterest === undefined || !restrictions) return undefined;
  return { features, consents, interests, hasVendorConsent, hasVendorInterest, restrictions };
}

function readFlags(bits: BitReader, count: number): boolean[] {
  const flags = [false];
  for (let number = 1; number <= count; number++) flags.push(bits.read(1) === 1);
  return flags;
}

/** Whether our vendor is in a list given bit by bit or by ranges. */
function readVendor(bits: BitReader, vendorId: number): boolean | undefined {
  const vendorIdMax = bits.read(16);
  if (bits.read(1) === 1) return readRanges(bits, vendorId);
  const isListed = vendorId <= vendorIdMax && bits.peek(vendorId - 1) === 1;
  bits.skip(vendorIdMax);
  return isListed;
}

function readRanges(bits: BitReader, vendorId: number): boolean | undefined {
  const count = bits.read(12);
  let isListed = false;
  for (let index = 0; index < count && !bits.isOverrun; index++) {
    const isRange = bits.read(1) === 1;
    const first = bits.read(16);
    const last = isRange ? bits.read(16) : first;
    if (first > last) return undefined;
    if (vendorId >= first && vendorId <= last) isListed = true;
  }
  return isListed;
}

/** Where a purpose is restricted twice, the stricter word counts. */
function readRestrictions(bits: BitReader, vendorId: number): ReadonlyMap<number, number> | undefined {
  const restrictions = new Map<number, number>();
  const count = bits.read(12);
  for (let index = 0; index < count && !bits.isOverrun; index++) {
    const purpose = bits.read(6);
    const restriction = bits.read(2);
    const isOurs = readRanges(bits, vendorId);
    if (isOurs === undefined) return undefined;
    if (!isOurs) continue;
    const other = restrictions.get(purpose);
    restrictions.set(purpose, other === undefined || other === restriction ? restriction : NOT_ALLOWED);
  }
  return restrictions;
}
