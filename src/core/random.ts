/**
 * Seeded chance. sfc32 (Chris Doty-Humphrey, PractRand) seeded through splitmix32; one named stream for each purpose,
 * so that a new draw in one place does not shift the draws of another.
 */
import { randomBytes } from 'node:crypto';

export interface Random {
  /** A float in [0, 1) with 32 random bits. */
  next(): number;
  /** An integer in 0..2^32-1. */
  uint32(): number;
  /** An independent generator that depends on this seed and the name alone, not on how many draws were made. */
  stream(name: string): Random;
}

export function seededRandom(seed: number | string): Random {
  return fromHash(typeof seed === 'number' ? seed >>> 0 : hash32(seed, 0));
}

/** FNV-1a over UTF-16 units, mixed by the start value. For seeds and buckets, not for security. */
export function hash32(text: string, start: number): number {
  return finished(0x811c9dc5 ^ start, text);
}

/** `hash32` of texts that begin alike: the beginning is gone through once. */
export function hash32After(beginning: string): (rest: string) => number {
  let begun = 0x811c9dc5;
  for (let index = 0; index < beginning.length; index++)
    begun = Math.imul(begun ^ beginning.charCodeAt(index), 0x01000193);
  return (rest) => finished(begun, rest);
}

function finished(begun: number, text: string): number {
  let hash = begun;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function fromHash(seed: number): Random {
  let state = seed;
  const split = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  let a = split();
  let b = split();
  let c = split();
  let counter = 1;
  const uint32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) uint32();
  return {
    uint32,
    next: () => uint32() / 4294967296,
    stream: (name) => fromHash(hash32(name, seed)),
  };
}

/** A seed that nobody can guess, for a process that was given none. */
export function entropySeed(): string {
  return randomBytes(16).toString('hex');
}
