import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { readClearingPrice } from '../../src/exchange/clearing-price.ts';
import { priceCodecs } from '../../src/exchange/price/index.ts';
import type { ExchangeProfile } from '../../src/openrtb/exchange-profile.ts';
import { sharedFile } from '../openrtb/own-corpus.ts';
import { sealPrice } from './seal.ts';

type Habits = Pick<ExchangeProfile, 'priceCodec' | 'priceUnit'> & Partial<ExchangeProfile>;

function read(text: string | undefined, habits: Partial<Habits> = {}) {
  const profile = { priceCodec: 'plain', priceUnit: 'cpm', ...habits } as ExchangeProfile;
  return readClearingPrice(text, profile);
}

describe('a plain price', () => {
  test.each([
    ['1.5', 1_500_000],
    ['0', 0],
    ['0.00', 0],
    ['1.005', 1_005_000],
    ['2.6749999', 2_674_999],
    ['12', 12_000_000],
    ['1e-3', 1_000],
    [' 0.91 ', 910_000],
    ['1.', 1_000_000],
    ['.5', 500_000],
    ['1%2E5', 1_500_000],
    ['1%252E5', 1_500_000],
    ['%201.5', 1_500_000],
  ])('%j is %i millionths', (text, cpmMicros) => {
    expect(read(text)).toEqual({ cpmMicros, flag: '' });
  });

  test.each([
    ['', 'missing'],
    [undefined, 'missing'],
    ['  ', 'missing'],
    ['UNKNOWN', 'missing'],
    ['AUDIT', 'audit'],
    ['audit', 'audit'],
    ['Audit ', 'audit'],
    ['${AUCTION_PRICE}', 'unexpanded'],
    ['${AUCTION_PRICE', 'unexpanded'],
    ['%%WINNING_PRICE%%', 'unexpanded'],
    ['%24%7BAUCTION_PRICE%7D', 'unexpanded'],
    ['%2524%257BAUCTION_PRICE%257D', 'unexpanded'],
    ['%', 'unreadable'],
    ['%zz', 'unreadable'],
    ['%ff', 'unreadable'],
    ['-1', 'unreadable'],
    ['+1', 'unreadable'],
    ['NaN', 'unreadable'],
    ['Infinity', 'unreadable'],
    ['1e99', 'unreadable'],
    ['1,5', 'unreadable'],
    ['1.5.0', 'unreadable'],
    ['.', 'unreadable'],
    ['..5', 'unreadable'],
    ['0x10', 'unreadable'],
    ['١٢', 'unreadable'],
    ['１.５', 'unreadable'],
    ['1 USD', 'unreadable'],
    ['9'.repeat(40), 'unreadable'],
    ['9'.repeat(5_000), 'unreadable'],
  ])('%j is %s', (text, flag) => {
    expect(read(text)).toEqual({ flag });
  });

  property.prop([fc.integer({ min: 0, max: 999_999_999_999 })])(
    'is read to the last millionth',
    (cpmMicros) => {
      const text = `${Math.floor(cpmMicros / 1e6)}.${String(cpmMicros % 1e6).padStart(6, '0')}`;
      expect(read(text)).toEqual({ cpmMicros, flag: '' });
    },
  );
});

test('the unit is the profile’s and never guessed', () => {
  expect(read('5000', { priceUnit: 'cpi_micros' })).toEqual({ cpmMicros: 5_000_000, flag: '' });
  expect(read('12.5', { priceUnit: 'cpi_micros' })).toEqual({ cpmMicros: 12_500, flag: '' });
  expect(read('5000', { priceUnit: 'cpm_micros' })).toEqual({ cpmMicros: 5_000, flag: '' });
  expect(read('5000')).toEqual({ cpmMicros: 5_000_000_000, flag: '' });
});

describe('a price in base64', () => {
  const habits = { priceCodec: 'base64' } as const;

  test.each(['MS41', 'MS41MA==', 'MS41MA', 'MS41MA%3D%3D', 'MS41MA%253D%253D'])('%s is 1.5', (text) => {
    expect(read(text, habits)).toEqual({ cpmMicros: 1_500_000, flag: '' });
  });

  test.each([
    ['1.5', 'unreadable'],
    ['!!!', 'unreadable'],
    ['150', 'unreadable'],
    ['${AUCTION_PRICE:B64}', 'unexpanded'],
    [Buffer.from('UNKNOWN').toString('base64'), 'missing'],
    [Buffer.from('${AUCTION_PRICE}').toString('base64'), 'unexpanded'],
    [Buffer.from('AUDIT').toString('base64'), 'audit'],
    ['AUDIT', 'audit'],
    ['', 'missing'],
  ])('%s is %s', (text, flag) => {
    expect(read(text, habits)).toEqual({ flag });
  });
});

/** A vector of our own making, so that the scheme is tested where the collected ones are absent. */
const KEYS = {
  encryption: Buffer.from('bidwright encryption key, for te').toString('base64url'),
  integrity: Buffer.from('bidwright integrity key, for tes').toString('base64url'),
};
const SEALED = 'ABEiM0RVZneImaq7zN3u_3u-VP1o9q6z51u08A';
const SEALED_PRICE = 1_234_567;

describe('an encrypted price', () => {
  const habits = { priceCodec: 'google-hmac-sha1', priceUnit: 'cpi_micros', priceKeys: KEYS } as const;

  test('is opened', () => {
    for (const text of [SEALED, `${SEALED}==`, `${SEALED}%3D%3D`])
      expect(read(text, habits)).toEqual({
        cpmMicros: SEALED_PRICE * 1000,
        flag: '',
        sealedAtMs: 0x00112233 * 1000 + Math.floor(0x44556677 / 1000),
      });
  });

  test('is opened in the other alphabet, where its plus signs became spaces', () => {
    const random = seededRandom('plus signs');
    const plus = Array.from({ length: 200 }, () => {
      const vector = Buffer.from(Array.from({ length: 16 }, () => Math.floor(random.next() * 256)));
      return Buffer.from(seal(1200n, vector), 'base64').toString('base64');
    }).filter((text) => text.includes('+'));
    expect(plus.length).toBeGreaterThan(50);
    expect(plus.some((text) => text.startsWith('+'))).toBe(true);
    for (const text of plus)
      for (const written of [text, text.replaceAll('+', ' ').replace(/=+$/, '')])
        expect([written, read(written, habits)]).toMatchObject([written, { cpmMicros: 1_200_000, flag: '' }]);
  });

  test('is opened by whichever pair of keys fits, while keys are being changed', () => {
    const next = { encryption: KEYS.integrity, integrity: KEYS.encryption };
    expect(read(SEALED, { ...habits, priceKeys: next }).flag).toBe('unreadable');
    for (const priceKeysOther of [[KEYS], [next, KEYS]])
      expect(read(SEALED, { ...habits, priceKeys: next, priceKeysOther })).toMatchObject({
        cpmMicros: SEALED_PRICE * 1000,
        flag: '',
      });
  });

  property.prop([fc.bigInt({ min: 0n, max: 900_000_000n }), fc.uint8Array({ minLength: 16, maxLength: 16 })])(
    'is opened as it was sealed',
    (price, vector) => {
      expect(read(seal(price, Buffer.from(vector)), habits)).toMatchObject({
        cpmMicros: Number(price) * 1000,
        flag: '',
      });
    },
  );

  property.prop([fc.nat(27), fc.integer({ min: 1, max: 255 })])(
    'with any byte changed is not',
    (place, mask) => {
      const bytes = Buffer.from(SEALED, 'base64url');
      bytes[place]! ^= mask;
      expect(read(bytes.toString('base64url'), habits)).toEqual({ flag: 'unreadable' });
    },
  );

  test.each([
    ['a negative price', seal(-5n, Buffer.alloc(16))],
    ['too short', SEALED.slice(4)],
    ['too long', `${SEALED}AAAA`],
    ['plain', '1.5'],
  ])('%s is unreadable', (_name, text) => {
    expect(read(text, habits)).toEqual({ flag: 'unreadable' });
  });

  test('is unreadable without keys or with the wrong ones', () => {
    expect(read(SEALED, { priceCodec: 'google-hmac-sha1' })).toEqual({ flag: 'unreadable' });
    const swapped = { encryption: KEYS.integrity, integrity: KEYS.encryption };
    expect(read(SEALED, { ...habits, priceKeys: swapped })).toEqual({ flag: 'unreadable' });
  });

  test('agrees with the collected vectors', ({ skip }) => {
    const text = sharedFile('winning-price-vectors.json');
    if (text === undefined) return skip('the collected vectors are not beside the checkout');
    const { vectors, must_fail: mustFail } = JSON.parse(text) as { vectors: Vector[]; must_fail: Vector[] };
    expect(vectors.map((vector) => openVector(vector, vectors[0]!))).toEqual(
      vectors.map((vector) => ({
        cpmMicros: vector.price_micros! * 1000,
        flag: '',
        sealedAtMs: vector.iv_time_ms ?? expect.any(Number),
      })),
    );
    for (const vector of mustFail) expect(openVector(vector, vectors[0]!).flag).not.toBe('');
  });

  function openVector(vector: Vector, fallback: Vector) {
    const priceKeys = {
      encryption: vector.e_key ?? fallback.e_key!,
      integrity: vector.i_key ?? fallback.i_key!,
    };
    return read(vector.cipher, { ...habits, priceKeys });
  }
});

interface Vector {
  readonly cipher: string;
  readonly e_key?: string;
  readonly i_key?: string;
  readonly price_micros?: number;
  readonly iv_time_ms?: number;
}

property.prop([fc.constantFrom(...priceCodecs.keys()), fc.string()])(
  'no codec throws on any text',
  (name, text) => {
    read(text, { priceCodec: name as ExchangeProfile['priceCodec'], priceKeys: KEYS });
  },
);

function seal(price: bigint, vector: Buffer): string {
  return sealPrice(price, vector, KEYS);
}
