/**
 * Signed notice tokens. One body for a bid, and a tag of its own for each kind of notice, so that a click address can
 * never be replayed as a win. All tags are 12-byte slices of one HMAC-SHA-512 over the body (RFC 2104; slices of a
 * PRF's output are independent), so a bid pays for one signature. What few addresses carry beside it has a seal of its own.
 *
 * Layout, before base64url: version 1 | key id 1 | fields | elements and forecast, where there are any | tag 12.
 */
import { timingSafeEqual } from 'node:crypto';
import type { BidFacts, Forecast, NoticeKind } from './event.ts';
import { MEDIA, NOTICE_KINDS } from './event.ts';
import { hmac } from './hmac.ts';
import { cpmMicros } from './units.ts';

export interface SigningKey {
  /** 0..255; written into the token so that keys can be rotated without a gap. */
  readonly id: number;
  /** At least 32 bytes. */
  readonly secret: Buffer;
}

/** The first key signs; all of them verify. */
export interface TokenCodec {
  /** Tokens of one bid, by kind. */
  sign(facts: BidFacts): Readonly<Record<NoticeKind, string>>;
  /** The facts, or undefined for a token that is not ours or belongs to another kind. Never throws. */
  verify(kind: NoticeKind, token: string): BidFacts | undefined;
  /** A tag over text that an address carries beside its token. */
  seal(text: string): string;
  isSealed(text: string, seal: string): boolean;
}

type Mac = ReturnType<typeof hmac>;

const VERSION = 1;
const TAG_BYTES = 12;
const SEAL_DOMAIN = Buffer.from([0]);
/** Beside the media code. */
const TEST_BIT = 0x80;
const FORECAST_BIT = 0x40;
const ELEMENTS_BIT = 0x20;
const CIRCUMSTANCES_BIT = 0x10;
const MEDIA_BITS = 0x0f;
/** Ids, place, elements and features at their longest take 1,300. */
const TOKEN_CHARACTERS_MAX = 2048;
const FEATURE_BYTES = 3;
const ELEMENT_BYTES = 4;

export function tokenCodec(keys: readonly SigningKey[]): TokenCodec {
  const signer = keys[0];
  if (!signer) throw new Error('a token codec needs a key');
  const byId = new Map<number, Mac>(keys.map((key) => [key.id, hmac('sha512', key.secret)]));
  const signing = byId.get(signer.id)!;
  return {
    sign: (facts) => {
      const body = encodeFacts(facts, signer.id);
      const tags = signing(body);
      // Base64 takes three bytes at a time, so what the tokens have in common is written once, up to the last whole three.
      const shared = body.length - (body.length % 3);
      const start = body.toString('base64url', 0, shared);
      const end = Buffer.allocUnsafe(body.length - shared + TAG_BYTES);
      body.copy(end, 0, shared);
      const tokens = {} as Record<NoticeKind, string>;
      for (let index = 0; index < NOTICE_KINDS.length; index++) {
        tags.copy(end, body.length - shared, index * TAG_BYTES, (index + 1) * TAG_BYTES);
        tokens[NOTICE_KINDS[index]!] = start + end.toString('base64url');
      }
      return tokens;
    },
    verify: (kind, token) => {
      if (token.length > TOKEN_CHARACTERS_MAX) return undefined;
      const bytes = Buffer.from(token, 'base64url');
      // One spelling only: base64url decoding forgives padding, foreign characters and spare bits.
      if (bytes.length <= TAG_BYTES + 2 || bytes.toString('base64url') !== token) return undefined;
      const body = bytes.subarray(0, bytes.length - TAG_BYTES);
      const key = body[0] === VERSION ? byId.get(body[1]!) : undefined;
      if (!key) return undefined;
      const tags = key(body);
      if (!timingSafeEqual(tagOf(tags, NOTICE_KINDS.indexOf(kind)), bytes.subarray(bytes.length - TAG_BYTES)))
        return undefined;
      return decodeFacts(body);
    },
    seal: (text) => sealOf(text, signer.id, signing),
    isSealed: (text, seal) => {
      const keyId = Buffer.from(seal.slice(0, 4), 'base64url')[0] ?? -1;
      const key = byId.get(keyId);
      if (!key) return false;
      const expected = Buffer.from(sealOf(text, keyId, key));
      const given = Buffer.from(seal);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}

/** Begins with a byte that no body begins with, so that a seal is never a tag of a token. */
function sealOf(text: string, keyId: number, key: Mac): string {
  const tag = key(Buffer.concat([SEAL_DOMAIN, Buffer.from(text)]));
  return Buffer.concat([Buffer.from([keyId]), tag.subarray(0, TAG_BYTES)]).toString('base64url');
}

function tagOf(tags: Buffer, index: number): Buffer {
  return tags.subarray(index * TAG_BYTES, (index + 1) * TAG_BYTES);
}

/** Epoch day of a civil date, so that the budget day takes three bytes. */
function dayNumber(day: string): number {
  return Math.round(
    Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10))) / 86_400_000,
  );
}

function dayText(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

function encodeFacts(facts: BidFacts, keyId: number): Buffer {
  const texts = [
    facts.exchangeId,
    facts.advertiserId,
    facts.campaignId,
    facts.lineItemId,
    facts.creativeId,
    facts.currency,
    facts.userKey,
    // Last, since a version that does not know it reads over it.
    ...(facts.place === undefined ? [] : [facts.place]),
  ];
  const { forecast, elements, circumstances } = facts;
  const size =
    53 +
    texts.reduce((sum, text) => sum + 1 + Buffer.byteLength(text), 0) +
    elementsSize(elements) +
    circumstancesSize(circumstances) +
    forecastSize(forecast);
  const out = Buffer.allocUnsafe(size);
  let at = out.writeUInt8(VERSION, 0);
  at = out.writeUInt8(keyId, at);
  at += Buffer.from(facts.bidId, 'base64url').copy(out, at, 0, 12);
  at = out.writeUIntBE(facts.bidAtMs, at, 6);
  at = out.writeUIntBE(dayNumber(facts.budgetDay), at, 3);
  at = out.writeUInt8(
    MEDIA.indexOf(facts.media) |
      (facts.test ? TEST_BIT : 0) |
      (forecast ? FORECAST_BIT : 0) |
      (elements ? ELEMENTS_BIT : 0) |
      (circumstances ? CIRCUMSTANCES_BIT : 0),
    at,
  );
  at = out.writeUIntBE(facts.leaseId, at, 6);
  at = out.writeUIntBE(facts.bidCpmMicros, at, 6);
  at = out.writeUIntBE(facts.floorCpmMicros, at, 6);
  at = out.writeUIntBE(facts.rateMicros, at, 6);
  at = out.writeUInt32BE(facts.multiplierMilli, at);
  at = out.writeUInt8(texts.length, at);
  for (const text of texts) {
    const length = out.write(text, at + 1);
    at = out.writeUInt8(length, at) + length;
  }
  if (elements) {
    at = out.writeUInt8(elements.length, at);
    for (const element of elements) at = out.writeUInt32BE(element, at);
  }
  if (circumstances) {
    at = out.writeUInt8(circumstances.length, at);
    for (const circumstance of circumstances) at = out.writeUIntBE(circumstance, at, FEATURE_BYTES);
  }
  if (forecast) encodeForecast(forecast, out, at);
  return out;
}

function elementsSize(elements: readonly number[] | undefined): number {
  return elements ? 1 + ELEMENT_BYTES * elements.length : 0;
}

function circumstancesSize(circumstances: readonly number[] | undefined): number {
  return circumstances ? 1 + FEATURE_BYTES * circumstances.length : 0;
}

function forecastSize(forecast: Forecast | undefined): number {
  return forecast ? 9 + FEATURE_BYTES * forecast.features.length : 0;
}

function encodeForecast(
  { features, pClick, conversionsPerClick }: Forecast,
  out: Buffer,
  from: number,
): void {
  let at = out.writeFloatBE(pClick, from);
  at = out.writeFloatBE(conversionsPerClick, at);
  at = out.writeUInt8(features.length, at);
  for (const feature of features) at = out.writeUIntBE(feature, at, FEATURE_BYTES);
}

function decodeForecast(body: Buffer, at: number): Forecast {
  const features = Array.from({ length: body.readUInt8(at + 8) }, (_, index) =>
    body.readUIntBE(at + 9 + index * FEATURE_BYTES, FEATURE_BYTES),
  );
  return { features, pClick: body.readFloatBE(at), conversionsPerClick: body.readFloatBE(at + 4) };
}

/** The signature has been checked, so the layout is our own; only a version change could make it differ. */
function decodeFacts(body: Buffer): BidFacts {
  const texts: string[] = [];
  let at = 53;
  for (let count = body.readUInt8(52); count > 0; count--) {
    const length = body.readUInt8(at);
    texts.push(body.toString('utf8', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const [
    exchangeId = '',
    advertiserId = '',
    campaignId = '',
    lineItemId = '',
    creativeId = '',
    currency = '',
    userKey = '',
    place,
  ] = texts;
  const marks = body.readUInt8(23);
  let elements: number[] | undefined;
  if (marks & ELEMENTS_BIT) {
    elements = Array.from({ length: body.readUInt8(at) }, (_, index) =>
      body.readUInt32BE(at + 1 + index * ELEMENT_BYTES),
    );
    at += elementsSize(elements);
  }
  let circumstances: number[] | undefined;
  if (marks & CIRCUMSTANCES_BIT) {
    const from = at + 1;
    circumstances = Array.from({ length: body.readUInt8(at) }, (_, index) =>
      body.readUIntBE(from + index * FEATURE_BYTES, FEATURE_BYTES),
    );
    at += circumstancesSize(circumstances);
  }
  return {
    bidId: body.toString('base64url', 2, 14),
    bidAtMs: body.readUIntBE(14, 6),
    budgetDay: dayText(body.readUIntBE(20, 3)),
    media: MEDIA[marks & MEDIA_BITS] ?? 'banner',
    leaseId: body.readUIntBE(24, 6),
    bidCpmMicros: cpmMicros(body.readUIntBE(30, 6)),
    floorCpmMicros: cpmMicros(body.readUIntBE(36, 6)),
    rateMicros: body.readUIntBE(42, 6),
    multiplierMilli: body.readUInt32BE(48),
    exchangeId,
    advertiserId,
    campaignId,
    lineItemId,
    creativeId,
    currency,
    userKey,
    test: (marks & TEST_BIT) !== 0,
    ...(place === undefined ? {} : { place }),
    ...(elements ? { elements } : {}),
    ...(circumstances ? { circumstances } : {}),
    ...(marks & FORECAST_BIT ? { forecast: decodeForecast(body, at) } : {}),
  };
}
