/**
 * Ids of people as the trade writes them, and the keyed hashes that are all we keep of them. An id belongs to a space: the
 * same text means different people to two exchanges. An id is hashed by SHA-256 first and keyed then, so that an id and its
 * hash, which is all that some senders give, are the same person.
 */
import { hash } from 'node:crypto';
import { hmac } from './hmac.ts';

/** Kinds of id, which are also the names of the spaces that need no other. */
export const ID_SPACES = ['buyeruid', 'user.id', 'ifa', 'eid', 'email', 'phone'] as const;
export type IdSpace = (typeof ID_SPACES)[number];

/** An id as it was given: `space` is `user.id@<exchange>`, `eid:<source>`, or the kind's own name. */
export interface RawId {
  readonly space: string;
  readonly id: string;
}

/** The keyed hash of an id. */
export interface KeyedId {
  readonly key: string;
  readonly space: IdSpace;
}

/** Our own id, which exchanges hand back as `user.buyeruid` and browsers as our cookie. */
export const OWN_SPACE = 'buyeruid';

const SPACE = /^(?:buyeruid|ifa|email|phone|user\.id@[A-Za-z0-9_-]{1,64}|eid:[a-z0-9._-]{1,253})$/;
const ID_LENGTH_MAX = 1024;
const SHA256_HEX = /^[0-9a-f]{64}$/i;
/** What devices send whose owner limits tracking, and what is nobody's address. */
const NOBODY = /^[0-]*$/;

/** Undefined for a text that names no space, or no one person. */
export function rawId(space: string, id: string): RawId | undefined {
  const normal = normalId(space, id);
  return SPACE.test(space) && normal !== '' ? { space, id: normal } : undefined;
}

/** `ifa:6D92…`, `user.id@example:u1`, `eid:uidapi.com:A4b…`: a space, a colon, an id. */
export function parseRawId(text: string): RawId | undefined {
  const end = text.indexOf(':', text.startsWith('eid:') ? 4 : 0);
  return end < 0 ? undefined : rawId(text.slice(0, end), text.slice(end + 1));
}

/** One spelling for what means the same; empty for nobody. A SHA-256 in hexadecimal stands for the id it was made of. */
function normalId(space: string, id: string): string {
  const text = id.trim();
  if (text.length > ID_LENGTH_MAX || NOBODY.test(text)) return '';
  if (SHA256_HEX.test(text)) return text.toLowerCase();
  if (space === 'ifa') return text.toLowerCase();
  if (space === 'email') return text.includes('@') ? text.toLowerCase() : '';
  if (space !== 'phone') return text;
  // E.164: a plus and up to 15 digits, written with or without spaces, dashes and brackets.
  const digits = text.replace(/[\s().-]/g, '');
  return /^\+[1-9]\d{6,14}$/.test(digits) ? digits : '';
}

export function kindOf(space: string): IdSpace {
  const name = space.split(/[@:]/, 1)[0];
  return ID_SPACES.find((kind) => kind === name) ?? 'eid';
}

/** Hashes ids under the present secret first; under former ones for as long as their hashes are still met. */
export interface PersonKeys {
  keyOf(id: RawId): KeyedId;
  formerKeysOf(id: RawId): readonly KeyedId[];
}

/** The first secret is the present one. 12 bytes as base64url: among 100 million ids two are alike once in 10^13 times. */
export function personKeys(secrets: readonly Buffer[]): PersonKeys {
  const [present, ...former] = secrets.map((secret) => hmac('sha256', secret));
  if (!present) throw new Error('keyed hashes need a secret');
  const keyed = (key: typeof present, { space, id }: RawId): KeyedId => {
    const digest = SHA256_HEX.test(id) ? id.toLowerCase() : hash('sha256', id, 'hex');
    const text = key(Buffer.from(`${space}\0${digest}`)).toString('base64url', 0, 12);
    return { key: text, space: kindOf(space) };
  };
  return {
    keyOf: (id) => keyed(present, id),
    formerKeysOf: (id) => former.map((key) => keyed(key, id)),
  };
}
