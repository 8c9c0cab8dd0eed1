/** Pseudonyms of 12 bytes (`core/person-id.ts`) as three words, so that millions lie in typed arrays. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const KEY_CHARACTERS = 16;
const WORD_CHARACTERS = 32;
/** Value of a character, 64 for none of the alphabet. */
const VALUES = new Uint8Array(128).fill(64);
for (let index = 0; index < ALPHABET.length; index++) VALUES[ALPHABET.charCodeAt(index)] = index;

/** Writes the words of a pseudonym; false for text that is none. Written out, for `Buffer.from` costs an allocation a lookup. */
export function readKey(key: string, words: Uint32Array): boolean {
  if (key.length !== KEY_CHARACTERS) return false;
  let bits = 0;
  let word = 0;
  let at = 0;
  for (let index = 0; index < KEY_CHARACTERS; index++) {
    const value = VALUES[key.charCodeAt(index)] ?? 64;
    if (value === 64) return false;
    const room = WORD_CHARACTERS - bits;
    if (room > 6) {
      word = (word << 6) | value;
      bits += 6;
    } else {
      // The character fills this word, and what is left of it begins the next.
      words[at++] = (word << room) | (value >>> (6 - room));
      bits = 6 - room;
      word = value & ((1 << bits) - 1);
    }
  }
  return true;
}

export function keyText(words: Uint32Array): string {
  const bytes = Buffer.allocUnsafe(12);
  for (let index = 0; index < 3; index++) bytes.writeUInt32BE(words[index]!, index * 4);
  return bytes.toString('base64url');
}
