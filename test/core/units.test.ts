import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chargeWithCarry,
  cpmMicros,
  formatMicros,
  impressionCostCeiling,
  parseDecimalMicros,
} from '../../src/core/units.ts';

describe('decimal amounts', () => {
  it('reads by digits, where a float would be off by one', () => {
    expect(1.005 * 1e6).not.toBe(1_005_000);
    expect(parseDecimalMicros('1.005')).toBe(1_005_000);
    expect(parseDecimalMicros('0')).toBe(0);
    expect(parseDecimalMicros('12')).toBe(12_000_000);
    expect(parseDecimalMicros('0.0000019')).toBe(1);
    expect(parseDecimalMicros('2.5e-3')).toBe(2_500);
    expect(parseDecimalMicros('1.5E2')).toBe(150_000_000);
  });

  it.each([
    '',
    '-1',
    '+1',
    '1e400',
    'NaN',
    'Infinity',
    '0x10',
    '1,5',
    ' 1',
    '1 ',
    '１',
    '1.2.3',
    '${AUCTION_PRICE}',
    'AUDIT',
    '1e',
    '.5',
    '9999999999',
  ])('refuses %j', (text) => {
    expect(parseDecimalMicros(text)).toBeUndefined();
  });

  it('gives back what it wrote', () => {
    fc.assert(
      fc.property(fc.nat(999_999_999_999), (value) => parseDecimalMicros(formatMicros(value)) === value),
    );
  });
});

describe('charging', () => {
  it('adds up exactly, whatever the order, against a whole-number oracle', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50_000_000), { maxLength: 200 }), (prices) => {
        let carry = 0;
        let charged = 0n;
        for (const price of prices) {
          const charge = chargeWithCarry(cpmMicros(price), carry);
          carry = charge.carry;
          charged += BigInt(charge.chargeMicros);
        }
        const oracle = prices.reduce((sum, price) => sum + BigInt(price), 0n);
        return charged * 1000n + BigInt(carry) === oracle;
      }),
    );
  });

  it('never charges more than was reserved', () => {
    fc.assert(
      fc.property(
        fc.nat(50_000_000),
        fc.nat(999),
        (price, carry) =>
          chargeWithCarry(cpmMicros(price), carry).chargeMicros <= impressionCostCeiling(cpmMicros(price)),
      ),
    );
  });
});
