/** A bid that tests tell notices of. */

import { checkShape } from '../../src/campaign/shape.ts';
import type { BidFacts, NoticeKind } from '../../src/core/event.ts';
import { bidIdFrom } from '../../src/core/ids.ts';
import { seededRandom } from '../../src/core/random.ts';
import { tokenCodec } from '../../src/core/token.ts';
import { cpmMicros } from '../../src/core/units.ts';
import { readClearingPrice } from '../../src/exchange/clearing-price.ts';
import type { NoticeReading } from '../../src/learning/notice.ts';
import type { ExchangeProfile } from '../../src/openrtb/exchange-profile.ts';
import { exchangeSchema } from '../../src/openrtb/exchange-profile.ts';

/** Monday 23 November 2026, 15:00 UTC. */
export const NOW_MS = Date.UTC(2026, 10, 23, 15);
export const CODEC = tokenCodec([{ id: 1, secret: Buffer.alloc(32, 7) }]);
const ids = seededRandom('bid facts');

export function profileOf(more: Partial<ExchangeProfile> = {}): ExchangeProfile {
  return checkShape(exchangeSchema, { id: 'example', ...more }).value as ExchangeProfile;
}

/** Bid 4.00 CPM over a floor of 0.50, a second ago. */
export function bidFacts(more: Partial<BidFacts> = {}): BidFacts {
  return {
    bidId: bidIdFrom(ids, NOW_MS - 1000),
    bidAtMs: NOW_MS - 1000,
    exchangeId: 'example',
    advertiserId: 'bakery',
    campaignId: 'autumn',
    lineItemId: 'autumn-all',
    creativeId: 'rye',
    media: 'banner',
    budgetDay: '2026-11-23',
    leaseId: 1,
    bidCpmMicros: cpmMicros(4_000_000),
    floorCpmMicros: cpmMicros(500_000),
    currency: 'USD',
    rateMicros: 1_000_000,
    multiplierMilli: 1000,
    userKey: 'person-ann-00000',
    test: false,
    ...more,
  };
}

export function tokenOf(kind: NoticeKind, facts: BidFacts): string {
  return CODEC.sign(facts)[kind];
}

/** One euro is worth 1.25 dollars; of other currencies nothing is known. */
export function rateMicrosOf(currency: string): number | undefined {
  return { USD: 1_000_000, EUR: 1_250_000 }[currency];
}

export function reading(profile: ExchangeProfile | undefined, nowMs = NOW_MS): NoticeReading {
  return {
    codec: CODEC,
    profileOf: (id) => (profile?.id === id ? profile : undefined),
    readPrice: readClearingPrice,
    rateMicrosOf,
    nowMs,
  };
}
