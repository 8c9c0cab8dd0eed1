import { describe, expect, it } from 'vitest';
import { featuresOf, showingFacts } from '../../src/bidding/features.ts';
import type { DerivedTags } from '../../src/core/profile.ts';
import { ALL_PERMITS } from '../../src/openrtb/consent.ts';
import { readBidRequest } from '../../src/openrtb/read.ts';

const LINE = 77;
const TAGS: DerivedTags = {
  refreshedMs: 0,
  recency: 5,
  frequency: 5,
  monetary: 5,
  rfmClass: 'champion',
  stage: 'active_customer',
  expectedValueMicros: 40e6,
  purchaseChance: 0.4,
  churnRisk: 0.1,
};

function features(derived?: DerivedTags): readonly number[] {
  const read = readBidRequest({
    id: 'r',
    imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
    site: { domain: 'news.example' },
  });
  if (!read.ok) throw new Error('the request cannot be read');
  const { request } = read;
  const impression = request.impressions[0]!;
  const probe = { exchangeId: 'example', request, impression, permits: ALL_PERMITS, packs: [], nowMs: 0 };
  return featuresOf(showingFacts(probe, derived), LINE);
}

describe('what the click model is told', () => {
  it('says who the person is as a customer where that is known, and is the same as ever where it is not', () => {
    const unknown = features();
    const known = features(TAGS);
    expect(known.filter((feature) => !unknown.includes(feature))).toHaveLength(4);
    expect(unknown.every((feature) => known.includes(feature))).toBe(true);
    for (const feature of known) expect(feature).toBeLessThan(2 ** 24);
  });

  it('tells classes and sizes of worth apart, and amounts that are alike not', () => {
    const differing = (tags: Partial<DerivedTags>): number => {
      const known = features(TAGS);
      return features({ ...TAGS, ...tags }).filter((feature) => !known.includes(feature)).length;
    };
    expect(differing({ rfmClass: 'lost' })).toBe(2);
    expect(differing({ expectedValueMicros: 400e6 })).toBe(1);
    expect(differing({ expectedValueMicros: 41e6 })).toBe(0);
    expect(differing({ purchaseChance: 0.004 })).toBe(1);
    expect(differing({ expectedValueMicros: undefined, purchaseChance: undefined })).toBe(2);
  });
});
