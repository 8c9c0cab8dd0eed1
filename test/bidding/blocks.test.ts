import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { blocksOf } from '../../src/bidding/blocks.ts';
import type { CatalogCreative } from '../../src/campaign/catalog.ts';
import { OwnDomains } from '../../src/campaign/own-domains.ts';
import { readBidRequest } from '../../src/openrtb/read.ts';

const candidate = (more: Partial<CatalogCreative>): CatalogCreative =>
  ({ creative: {}, domains: ['rye.example'], categories: [], crid: 'c', ...more }) as CatalogCreative;

function refusal(request: object, of: CatalogCreative) {
  const read = readBidRequest({ id: 'r', imp: [{ id: '1', banner: {} }], ...request });
  if (!read.ok) throw new Error(read.message);
  return blocksOf(read.request, new OwnDomains(of.domains)).refusal(of);
}

describe('categories', () => {
  const wine = { categories: ['IAB8-18'] };
  it.each([
    ['its own', { bcat: ['IAB8-18'] }, wine, 'category_blocked'],
    ['the tier above', { bcat: ['IAB8'] }, wine, 'category_blocked'],
    ['its neighbour', { bcat: ['IAB8-1'] }, wine, undefined],
    ['one that begins alike', { bcat: ['IAB80'] }, wine, undefined],
    ['its own, in 2.0', { cattax: 2, bcat: ['211'] }, wine, 'category_blocked'],
    ['what lies above, in 2.2', { cattax: 6, bcat: ['210'] }, wine, 'category_blocked'],
    ['another, in 2.2', { cattax: 6, bcat: ['222', '680'] }, wine, undefined],
    ['anything, where nobody knows what it is', { cattax: 8, bcat: ['1002'] }, wine, 'category_blocked'],
    ['nothing there', { cattax: 8 }, wine, undefined],
    ['anything, of one that declares none', { cattax: 8, bcat: ['1002'] }, {}, undefined],
    [
      'a number, of one that declares numbers',
      { cattax: 7, bcat: ['JLBCU7'] },
      { categories: ['JLBCU7'], categoryTaxonomy: 7 },
      'category_blocked',
    ],
    [
      'a number above, of one that declares 2.0',
      { cattax: 5, bcat: ['210'] },
      { categories: ['211'], categoryTaxonomy: 2 },
      'category_blocked',
    ],
    [
      '1.0, of one that declares 2.0',
      { bcat: ['IAB1'] },
      { categories: ['211'], categoryTaxonomy: 2 },
      'category_blocked',
    ],
  ])('are refused by a list that names %s', (_, request, declared, expected) => {
    expect(refusal(request, candidate(declared))).toBe(expected);
  });

  it.each([
    ['it', { acat: ['IAB8-18'] }, wine, undefined],
    ['the tier above', { acat: ['IAB8'] }, wine, undefined],
    ['it, in 2.1', { cattax: 5, acat: ['211'] }, wine, undefined],
    ['what lies above, in 2.1', { cattax: 5, acat: ['210'] }, wine, 'category_blocked'],
    ['others', { acat: ['IAB9'] }, wine, 'category_blocked'],
    ['something, where it declares nothing', { acat: ['IAB9'] }, {}, 'category_blocked'],
    ['one of two', { acat: ['IAB8'] }, { categories: ['IAB8-18', 'IAB9'] }, 'category_blocked'],
  ])('are allowed by a list that names %s', (_, request, declared, expected) => {
    expect(refusal(request, candidate(declared))).toBe(expected);
  });
});

describe('advertisers', () => {
  const label = fc.constantFrom('a', 'b', 'rye', 'shop');
  const domain = fc
    .array(label, { minLength: 1, maxLength: 4 })
    .map((labels) => `${labels.join('.')}.example`);
  test.prop([fc.array(domain, { minLength: 1, maxLength: 3 }), fc.array(domain, { maxLength: 30 })], {
    seed: 20261123,
  })('are refused exactly where a list names one of their domains, or one above it', (domains, badv) => {
    const plain = domains.some((own) => badv.some((listed) => own === listed || own.endsWith(`.${listed}`)));
    expect(refusal({ badv }, candidate({ domains }))).toBe(plain ? 'advertiser_blocked' : undefined);
  });
});
