import { describe, expect, it } from 'vitest';
import { featuresOf, showingFacts } from '../../src/bidding/features.ts';
import type { DerivedTags } from '../../src/core/profile.ts';
import { seededRandom } from '../../src/core/random.ts';
import { ClickLearner } from '../../src/learning/clicks.ts';
import { ALL_PERMITS } from '../../src/openrtb/consent.ts';
import { readBidRequest } from '../../src/openrtb/read.ts';
import { bidFacts } from '../learning/bid-facts.ts';

const LINE = 77;
const SEED = 29;
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

function features(
  derived?: DerivedTags,
  packs: readonly string[] = [],
  named: readonly string[] = [],
): readonly number[] {
  const read = readBidRequest({
    id: 'r',
    imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
    site: { domain: 'news.example' },
  });
  if (!read.ok) throw new Error('the request cannot be read');
  const { request } = read;
  const impression = request.impressions[0]!;
  const probe = { exchangeId: 'example', request, impression, permits: ALL_PERMITS, packs, nowMs: 0 };
  return featuresOf(showingFacts(probe, derived, new Set(named)), LINE);
}

/** Thirty thousand showings to people in random packs, of whom fans click four times as often. */
function taught(): (packs: readonly string[]) => number {
  const random = seededRandom(SEED);
  const others = ['cats', 'dogs', 'birds', 'fish'];
  const named = ['fans', ...others];
  const learner = new ClickLearner();
  const nowMs = Date.UTC(2026, 10, 23);
  for (let showing = 0; showing < 30_000; showing++) {
    const atMs = nowMs + showing * 1000;
    const isFan = random.next() < 0.3;
    // Fans never come with all of the others, so that this company is new.
    const packs = [...(isFan ? ['fans'] : []), ...others.filter(() => random.next() < 0.4)].sort();
    if (packs.length === named.length) continue;
    const known = features(undefined, packs, named);
    const facts = bidFacts({
      bidId: `bid-${showing}`,
      bidAtMs: atMs,
      forecast: { features: known, pClick: 0.02, conversionsPerClick: 0 },
    });
    learner.impression(facts, atMs);
    if (random.next() < (isFan ? 0.08 : 0.02)) learner.click(facts, atMs + 10_000, () => 0.03);
    learner.step(atMs, () => 0.03);
  }
  const model = learner.publish();
  return (packs) => model.pClick('line', features(undefined, packs, named), 0.03);
}

describe('what the click model is told', () => {
  it('names packs that line items name, few of them, whole numbers of three bytes', () => {
    const none = features();
    const fresh = (packs: readonly string[], named: readonly string[]): number =>
      features(undefined, packs, named).filter((feature) => !none.includes(feature)).length;
    // The set of all packs, crossed with the line item, is one feature whoever names them.
    expect(fresh(['a', 'b'], [])).toBe(1);
    expect(fresh(['a', 'b'], ['b'])).toBe(3);
    expect(fresh(['a', 'b'], ['a', 'b'])).toBe(5);
    const many = Array.from({ length: 50 }, (_, index) => `pack-${index}`);
    expect(fresh(many, many)).toBe(9);
    for (const feature of features(undefined, many, many)) expect(feature).toBeLessThan(2 ** 24);
  });

  it('lets a pack that does better be learned as better, also in company that is new', () => {
    const chance = taught();
    const withFans = chance(['birds', 'cats', 'dogs', 'fans', 'fish']);
    const without = chance(['birds', 'cats', 'dogs', 'fish']);
    expect(withFans / without, `seed ${SEED}`).toBeGreaterThan(2);
    expect(chance(['fans']) / chance([]), `seed ${SEED}`).toBeGreaterThan(2.5);
  });

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
