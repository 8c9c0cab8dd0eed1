import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BidFacts } from '../../src/core/event.ts';
import { NOTICE_KINDS } from '../../src/core/event.ts';
import { tokenCodec } from '../../src/core/token.ts';
import { cpmMicros } from '../../src/core/units.ts';

const FACTS: BidFacts = {
  bidId: 'AAECAwQFBgcICQoL',
  bidAtMs: 1_795_000_000_123,
  exchangeId: 'example',
  advertiserId: 'bakery',
  campaignId: 'autumn',
  lineItemId: 'autumn-prospecting',
  creativeId: 'rye-300x250',
  media: 'native',
  budgetDay: '2026-11-23',
  leaseId: 7,
  bidCpmMicros: cpmMicros(2_345_678),
  floorCpmMicros: cpmMicros(100_000),
  currency: 'EUR',
  rateMicros: 1_083_000,
  multiplierMilli: 1000,
  userKey: 'c29tZWJvZHkxMjM0',
  test: false,
};
const KEY = { id: 1, secret: Buffer.alloc(32, 7) };
const codec = tokenCodec([KEY]);

describe('notice token', () => {
  it('carries the facts of its bid back, for each kind', () => {
    const tokens = codec.sign(FACTS);
    for (const kind of NOTICE_KINDS) expect(codec.verify(kind, tokens[kind])).toEqual(FACTS);
    const test = codec.sign({ ...FACTS, test: true, media: 'video' });
    expect(codec.verify('win', test.win)).toEqual({ ...FACTS, test: true, media: 'video' });
  });

  it('carries what was expected of the bid, where something was', () => {
    const forecast = {
      features: [0, 1, 16_777_215, 70_000],
      pClick: 0.001953125,
      conversionsPerClick: 0.0625,
    };
    const tokens = codec.sign({ ...FACTS, forecast });
    expect(codec.verify('impression', tokens.impression)).toEqual({ ...FACTS, forecast });
    expect(tokens.impression.length).toBeLessThan(300);
  });

  it('carries the elements of a template, beside a forecast or without one', () => {
    const elements = [0, 4_294_967_295, 123_456_789];
    const withElements = { ...FACTS, elements };
    expect(codec.verify('click', codec.sign(withElements).click)).toEqual(withElements);
    const both = {
      ...withElements,
      forecast: { features: [7, 16_777_215], pClick: 0.25, conversionsPerClick: 0.5 },
    };
    expect(codec.verify('click', codec.sign(both).click)).toEqual(both);
    // Thirteen bytes for three elements, in base64.
    expect(codec.sign(withElements).click.length - codec.sign(FACTS).click.length).toBeLessThan(20);
  });

  it('carries the circumstances of a choice, beside elements and a forecast', () => {
    const circumstances = [0, 16_777_215, 77];
    const alone = { ...FACTS, circumstances };
    expect(codec.verify('click', codec.sign(alone).click)).toEqual(alone);
    const all = {
      ...alone,
      elements: [4_294_967_295],
      forecast: { features: [7, 16_777_215], pClick: 0.25, conversionsPerClick: 0.5 },
    };
    expect(codec.verify('impression', codec.sign(all).impression)).toEqual(all);
  });

  it('is read back with everything at its longest', () => {
    const id = 'a'.repeat(64);
    const longest: BidFacts = {
      ...FACTS,
      exchangeId: id,
      advertiserId: id,
      campaignId: id,
      lineItemId: id,
      creativeId: id,
      place: 'p'.repeat(255),
      elements: Array.from({ length: 16 }, (_, n) => 4_294_967_295 - n),
      circumstances: Array.from({ length: 10 }, (_, n) => 16_777_215 - n),
      forecast: {
        features: Array.from({ length: 60 }, (_, n) => 16_777_215 - n),
        pClick: 0.25,
        conversionsPerClick: 0.5,
      },
    };
    const tokens = codec.sign(longest);
    for (const kind of NOTICE_KINDS) expect(codec.verify(kind, tokens[kind])).toEqual(longest);
  });

  it('is read as it was written before there were elements', () => {
    const written =
      'AQEAAQIDBAUGBwgJCgsBoe5WXnsAUSwDAAAAAAAHAAAAI8rOAAAAAYagAAAAEIZ4AAAD6AcHZXhhbXBsZQZiYWtlcnkGYXV0dW1uEmF1dHVtbi1wcm9zcGVjdGluZwtyeWUtMzAweDI1MANFVVIQYzI5dFpXSnZaSGt4TWpNMBIWCVAhsrQgMYfz9A';
    expect(codec.verify('click', written)).toEqual(FACTS);
  });

  it('of one kind is no token of another', () => {
    const tokens = codec.sign(FACTS);
    for (const own of NOTICE_KINDS)
      for (const other of NOTICE_KINDS)
        if (own !== other) expect(codec.verify(other, tokens[own])).toBeUndefined();
  });

  it('is refused after any change of a character, and in any other spelling', () => {
    const token = codec.sign(FACTS).billing;
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'ABCxyz019-_=+/. %'), (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        return changed === token || codec.verify('billing', changed) === undefined;
      }),
      { numRuns: 2000 },
    );
    for (const other of [
      `${token}=`,
      `${token} `,
      ` ${token}`,
      token.slice(0, -1),
      `${token}A`,
      '',
      'A',
      token.repeat(9),
    ])
      expect(codec.verify('billing', other)).toBeUndefined();
  });

  it('survives a change of keys while the old one is kept, and not after', () => {
    const token = codec.sign(FACTS).click;
    const next = { id: 2, secret: Buffer.alloc(32, 9) };
    expect(tokenCodec([next, KEY]).verify('click', token)).toEqual(FACTS);
    expect(tokenCodec([next]).verify('click', token)).toBeUndefined();
    expect(tokenCodec([{ id: 1, secret: Buffer.alloc(32, 8) }]).verify('click', token)).toBeUndefined();
  });
});

describe('a seal', () => {
  const other = tokenCodec([{ id: 2, secret: Buffer.alloc(32, 9) }, KEY]);

  it('is known by its key, also after another one signs', () => {
    const seal = codec.seal('w640-h360');
    expect(seal).toMatch(/^[\w-]{18}$/);
    expect(codec.isSealed('w640-h360', seal)).toBe(true);
    expect(other.isSealed('w640-h360', seal)).toBe(true);
    expect(codec.isSealed('w640-h360', other.seal('w640-h360'))).toBe(false);
  });

  it('of another text, changed, cut or made up is none', () => {
    const seal = codec.seal('w640-h360');
    expect(codec.isSealed('w640-h361', seal)).toBe(false);
    for (let index = 0; index < seal.length; index++) {
      const changed = seal.slice(0, index) + (seal[index] === 'A' ? 'B' : 'A') + seal.slice(index + 1);
      expect(codec.isSealed('w640-h360', changed), `at ${index}`).toBe(false);
    }
    fc.assert(fc.property(fc.string(), (text) => !codec.isSealed('w640-h360', text)));
    expect(codec.isSealed('w640-h360', seal.slice(0, -1))).toBe(false);
  });
});
