import { expect, it } from 'vitest';
import { ceilingOf, packsBidMoreFor } from '../../src/campaign/ceiling.ts';

const plain = { targeting: {} };
const fixed = { strategy: 'fixed_cpm', priceCpmMicros: 2_000_001 } as const;

it.each([
  ['a price', { ...plain, bid: fixed }, 2_000_001],
  [
    'the dearest hour',
    { ...plain, bid: fixed, targeting: { daypart: { slots: [{ multiplier: 0.5 }, { multiplier: 2.5 }] } } },
    5_000_003,
  ],
  [
    'hours that are all cheaper',
    { ...plain, bid: fixed, targeting: { daypart: { slots: [{ multiplier: 0.5 }] } } },
    1_000_001,
  ],
  [
    'a strategy by results, under its maximum',
    { ...plain, bid: { strategy: 'target_cpa', targetMicros: 9, maxCpmMicros: 7 } as const },
    7,
  ],
  [
    'a strategy by results without one',
    { ...plain, bid: { strategy: 'target_cpa', targetMicros: 9 } as const },
    1e10,
  ],
])('the most that a line item can bid: %s', (_, line, ceiling) => {
  expect(ceilingOf(line as Parameters<typeof ceilingOf>[0])).toBe(ceiling);
});

const audienceWeights = [
  { audience: 'a', multiplier: 3 },
  { audience: 'b', multiplier: 0.5 },
  { audience: 'c', multiplier: 1 },
];

it('is exceeded for members of packs that weigh more, where weights make the price', () => {
  expect(packsBidMoreFor({ bid: fixed, audienceWeights })).toEqual(['a']);
  expect(packsBidMoreFor({ bid: { strategy: 'target_cpa', targetMicros: 9 }, audienceWeights })).toEqual([]);
});
