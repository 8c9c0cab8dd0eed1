import { fc, test as property } from '@fast-check/vitest';
import type { TCModel } from '@iabtcf/core';
import { TCString } from '@iabtcf/core';
import { describe, expect, test } from 'vitest';
import type { TcfGrant } from '../../../src/openrtb/privacy/tcf.ts';
import { readTcf } from '../../../src/openrtb/privacy/tcf.ts';
import type { TcfFacts, Vendors } from './tcf-text.ts';
import { tcfText } from './tcf-text.ts';

const US = 755;
const OURS: Vendors = { ranges: [[700, 800]] };
const ALL = { purposes: [1, 2, 3, 4], features: [1], vendors: OURS };

const CASES: readonly (readonly [string, TcfFacts, TcfGrant])[] = [
  ['everything', ALL, { identity: true, audiences: true, preciseGeo: true }],
  ['no special feature', { ...ALL, features: [] }, { identity: true, audiences: true, preciseGeo: false }],
  ['basic ads only', { ...ALL, purposes: [1, 2] }, { identity: true, audiences: false, preciseGeo: true }],
  [
    'a profile that may not be used',
    { ...ALL, purposes: [1, 2, 3], features: [] },
    { identity: true, audiences: false, preciseGeo: false },
  ],
  ['no storage', { ...ALL, purposes: [2, 3, 4] }, { identity: false, audiences: false, preciseGeo: false }],
  ['no ads', { ...ALL, purposes: [1, 3, 4] }, { identity: false, audiences: false, preciseGeo: false }],
  [
    'another vendor',
    {
      ...ALL,
      vendors: {
        ranges: [
          [1, 754],
          [756, 900],
        ],
      },
    },
    { identity: false, audiences: false, preciseGeo: false },
  ],
  [
    'our vendor by its bit',
    { ...ALL, vendors: { max: 800, ids: [US] } },
    { identity: true, audiences: true, preciseGeo: true },
  ],
  [
    'our vendor without a bit',
    { ...ALL, vendors: { max: 754, ids: [754] } },
    { identity: false, audiences: false, preciseGeo: false },
  ],
  [
    'legitimate interest in basic ads',
    { purposes: [1], interests: [2], vendors: OURS, interestVendors: OURS },
    { identity: true, audiences: false, preciseGeo: false },
  ],
  [
    'legitimate interest objected to for our vendor',
    { purposes: [1], interests: [2], vendors: OURS },
    { identity: false, audiences: false, preciseGeo: false },
  ],
  [
    'legitimate interest is no ground for storage',
    { purposes: [2], interests: [1], vendors: OURS, interestVendors: OURS },
    { identity: false, audiences: false, preciseGeo: false },
  ],
  [
    'the publisher forbids a profile',
    { ...ALL, restrictions: [{ purpose: 3, type: 0, ranges: [[US, US]] }] },
    { identity: true, audiences: false, preciseGeo: true },
  ],
  [
    'the publisher forbids it to others',
    { ...ALL, restrictions: [{ purpose: 1, type: 0, ranges: [[1, 700]] }] },
    { identity: true, audiences: true, preciseGeo: true },
  ],
  [
    'the publisher asks for consent where there is interest',
    {
      purposes: [1],
      interests: [2],
      vendors: OURS,
      interestVendors: OURS,
      restrictions: [{ purpose: 2, type: 1, ranges: [[US, US]] }],
    },
    { identity: false, audiences: false, preciseGeo: false },
  ],
];

describe('a consent string', () => {
  test.each(CASES)('%s', (_name, facts, grant) => {
    expect(readTcf(tcfText(facts), US)).toEqual(grant);
  });

  test('may be followed by other segments', () => {
    expect(readTcf(`${tcfText(ALL)}.IAAA.YAAAAAAAAAAA`, US)?.identity).toBe(true);
  });

  test.each([
    ['empty', ''],
    ['not base64', 'CP!!'],
    ['a word', 'consent'],
    ['version 1', tcfText({ ...ALL, version: 1 })],
    ['version 3', tcfText({ ...ALL, version: 3 })],
    ['of no consent manager', tcfText({ ...ALL, cmpId: 0 })],
    ['cut off', tcfText(ALL).slice(0, 40)],
    ['a range that runs backwards', tcfText({ ...ALL, vendors: { ranges: [[800, 700]] } })],
    ['larger than any', 'C'.repeat(20_000)],
  ])('that is %s cannot be read', (_name, text) => {
    expect(readTcf(text, US)).toBeUndefined();
  });

  test('that unfolds to millions of vendors is read without unfolding', () => {
    const ranges = Array.from({ length: 2_000 }, () => [1, 65_535] as const);
    expect(readTcf(tcfText({ ...ALL, vendors: { ranges } }), US)?.identity).toBe(true);
  });
});

const numbers = (max: number) => fc.uniqueArray(fc.integer({ min: 1, max }), { maxLength: 12 });
const range = fc
  .tuple(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 0, max: 40 }))
  .map(([first, more]) => [first, first + more] as const);
const vendors = fc.oneof(
  fc.integer({ min: 1, max: 1_000 }).chain((max) => numbers(max).map((ids) => ({ max, ids }))),
  fc.array(range, { minLength: 1, maxLength: 5 }).map((ranges) => ({ ranges })),
);
const facts: fc.Arbitrary<TcfFacts> = fc.record({
  purposes: numbers(11),
  interests: numbers(11),
  features: numbers(2),
  vendors,
  interestVendors: vendors,
  restrictions: fc.uniqueArray(
    fc.record({
      purpose: fc.integer({ min: 1, max: 4 }),
      type: fc.integer({ min: 0, max: 2 }),
      ranges: fc.tuple(range),
    }),
    { maxLength: 2, selector: ({ purpose }) => purpose },
  ),
});

property.prop([facts, fc.integer({ min: 1, max: 1_000 })])(
  'agrees with the reference library',
  (written, vendorId) => {
    const text = tcfText(written);
    expect(readTcf(text, vendorId)).toEqual(grantOf(TCString.decode(text), vendorId));
  },
);

property.prop([
  fc.string({ unit: fc.constantFrom(...'ABCPQxyz019-_.') }),
  fc.integer({ min: 1, max: 2_000 }),
])('never throws', (text, vendorId) => {
  readTcf(`C${text}`, vendorId);
});

/** The same rule over the library's reading. */
function grantOf(model: TCModel, vendorId: number): TcfGrant {
  const restrictions = new Map(
    model.publisherRestrictions
      .getRestrictions(vendorId)
      .map((one) => [one.purposeId as number, one.restrictionType as number]),
  );
  const consent = (purpose: number): boolean =>
    ![0, 2].includes(restrictions.get(purpose) ?? -1) &&
    model.vendorConsents.has(vendorId) &&
    model.purposeConsents.has(purpose);
  const interest = (purpose: number): boolean =>
    ![0, 1].includes(restrictions.get(purpose) ?? -1) &&
    model.vendorLegitimateInterests.has(vendorId) &&
    model.purposeLegitimateInterests.has(purpose);
  const identity = consent(1) && (consent(2) || interest(2));
  return {
    identity,
    audiences: identity && consent(3) && consent(4),
    preciseGeo: identity && model.specialFeatureOptins.has(1),
  };
}
