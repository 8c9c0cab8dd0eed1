import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finalist } from '../../src/bidding/offer.ts';
import { rivalsAmong } from '../../src/bidding/ranking.ts';
import { fullBitset } from '../../src/core/bitset.ts';
import { hash32, seededRandom } from '../../src/core/random.ts';
import { openrtbJson } from '../../src/exchange/openrtb-json.ts';
import type { Funnel } from '../../src/insight/funnel.ts';
import { makeTraffic } from '../../src/simulate/traffic.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';

const SEED = 7;
const TOKEN = 'ranking-test-token-of-32-characters';
const LINES = 240;
const NOON_MS = Date.UTC(2026, 10, 23, 17);
const EXCHANGES = new URL('../golden/books/exchanges.yaml', import.meta.url).pathname;

/** Line items of every strategy, some at hours of more worth, some under caps, some for deals, in every format. */
function book(): Record<string, unknown> {
  const random = seededRandom(SEED).stream('book');
  const oneIn = (n: number): boolean => random.next() < 1 / n;
  const amount = (): number => Math.round(500_000 * (1 + 11 * random.next()));
  const creatives: Record<string, unknown>[] = [];
  const lineItems = Array.from({ length: LINES }, (_, n) => {
    const common = { advertiserId: 'mill', landingPage: 'https://mill.example/' };
    const kind = n % 6;
    if (kind === 0)
      creatives.push({
        ...common,
        id: `c${n}`,
        format: 'video',
        durationSeconds: 15,
        mediaFiles: [
          {
            url: 'https://cdn.mill.example/15.mp4',
            mime: 'video/mp4',
            width: 640,
            height: 360,
            bitrateKbps: 900,
          },
        ],
      });
    else
      creatives.push({
        ...common,
        id: `c${n}`,
        format: 'banner',
        sizes: [oneIn(2) ? { width: 300, height: 250 } : { width: 728, height: 90 }],
        imageUrl: 'https://cdn.mill.example/flour.png',
      });
    const bid = [
      { strategy: 'fixed_cpm', priceCpmMicros: amount() },
      { strategy: 'max_cpm', maxCpmMicros: amount() },
      { strategy: 'target_cpc', targetMicros: 100 * amount(), maxCpmMicros: amount() },
      { strategy: 'target_cpc', targetMicros: Math.round(amount() / 50) },
    ][Math.floor(random.next() * 4)];
    return {
      id: `l${n}`,
      campaignId: oneIn(2) ? 'wheat' : 'rye',
      bid,
      pacing: 'asap',
      anyDeal: oneIn(5),
      targeting: {
        ...(oneIn(2) ? { os: { include: [{ name: oneIn(2) ? 'ios' : 'windows' }] } } : {}),
        ...(oneIn(8) ? { deal: { include: ['front', 'back'] } } : {}),
        ...(oneIn(4)
          ? {
              daypart: {
                slots: [
                  { multiplier: 1 + Math.floor(9 * random.next()) },
                  { hours: '17-18', multiplier: 0.5 },
                ],
              },
            }
          : {}),
      },
      audienceWeights: oneIn(5)
        ? [{ audience: oneIn(2) ? 'tea' : 'oats', multiplier: oneIn(3) ? 0.5 : 1 + 4 * random.next() }]
        : [],
      frequencyCaps: oneIn(3) ? [{ level: 'line_item', max: 3, window: '1d' }] : [],
      creatives: [{ id: `c${n}` }],
    };
  });
  return {
    include: [EXCHANGES],
    account: { id: 'mill', currency: 'USD', timeZone: 'UTC', signalMissing: 'allow' },
    advertisers: [{ id: 'mill', domains: ['mill.example'] }],
    campaigns: [
      { id: 'wheat', advertiserId: 'mill' },
      { id: 'rye', advertiserId: 'mill' },
    ],
    lineItems,
    creatives,
    audiences: ['tea', 'oats'].map((id) => ({ id, source: 'exchange_segments', segments: [`dmp:${id}`] })),
  };
}

let folder: string;
let engine: TestEngine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bidwright-ranking-'));
  writeFileSync(join(folder, 'book.json'), JSON.stringify(book()));
  engine = await testEngine(folder, { settings: { adminToken: TOKEN } });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

/** With deals at some, in a private auction at others, now and then a floor that few reach, and people in packs. */
function requests(): Record<string, unknown>[] {
  const traffic = makeTraffic(SEED);
  const random = seededRandom(SEED).stream('requests');
  return Array.from({ length: 300 }, (_, n) => {
    const { imp, user, ...rest } = structuredClone(traffic.request(n, NOON_MS).json) as {
      imp: Record<string, unknown>[];
      user?: object;
    };
    const segment = ['tea', 'oats'].filter(() => random.next() < 0.3).map((id) => ({ id }));
    const offered = imp.map((each) => {
      const deals = ['front', 'back', 'side'].filter(() => random.next() < 0.3);
      return {
        ...each,
        ...(random.next() < 0.3 ? { bidfloor: 6 * random.next() } : {}),
        ...(deals.length > 0
          ? {
              pmp: {
                private_auction: random.next() < 0.5 ? 1 : 0,
                deals: deals.map((id) => ({ id, bidfloor: 4 * random.next(), at: 1 })),
              },
            }
          : { pmp: undefined }),
      };
    });
    return { ...rest, imp: offered, user: { ...user, data: [{ id: 'dmp', segment }] } };
  });
}

interface Said {
  readonly seatbid: readonly { readonly bid: readonly Record<string, unknown>[] }[];
}
const offers = (said: Said | undefined) =>
  (said?.seatbid ?? []).flatMap(({ bid }) =>
    bid.map(({ impid, cid, crid, price, dealid }) => ({ impid, cid, crid, price, dealid })),
  );

/** Line items with worths at most their ceilings but for those that bid more, some refused. */
const worths = fc.array(
  fc.record({
    ceiling: fc.nat(40),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    refused: fc.boolean(),
    bidsMore: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
  }),
  { maxLength: 80 },
);

describe('a ranking', () => {
  test.prop([worths, fc.nat(6), fc.nat()])(
    'finds what a sort of all finds, and judges none that could not come before it',
    (lines, wanted, salt) => {
      const sorted = lines.toSorted((a, b) => b.ceiling - a.ceiling);
      const ceilings = Float64Array.from(sorted, ({ ceiling }) => ceiling);
      const bidMore = sorted.flatMap(({ bidsMore }, number) => (bidsMore ? [number, number] : []));
      const finalists = sorted.map(({ ceiling, share, refused, bidsMore }, number) =>
        refused
          ? undefined
          : ({
              valueCpmMicros: Math.floor(ceiling * share * (bidsMore ? 3 : 1)),
              tie: hash32(String(number), salt),
            } as unknown as Finalist),
      );
      const judged: number[] = [];
      const rivals = rivalsAmong(
        fullBitset(lines.length),
        { ceilings, dealBuyers: fullBitset(lines.length) },
        false,
        bidMore,
        (number) => {
          judged.push(number);
          return finalists[number];
        },
      );
      let asked = 0;
      const found = rivals.open.find(() => asked++ === wanted);
      const byWorth = finalists
        .filter((finalist) => finalist !== undefined)
        .sort((a, b) => b.valueCpmMicros - a.valueCpmMicros || a.tie - b.tie);
      expect(found).toBe(byWorth[wanted]);
      expect(new Set(judged).size).toBe(judged.length);
      const least = found?.valueCpmMicros ?? 0;
      const first = sorted.flatMap(({ bidsMore }, number) => (bidsMore ? number : []));
      const others = [...ceilings.keys()].filter((number) => !sorted[number]!.bidsMore);
      expect(judged).toEqual([...first, ...others.filter((number) => ceilings[number]! >= least)]);
      expect(rivals.open.all()).toEqual(byWorth);
    },
  );
});

describe('judging no more candidates than decide the answer', () => {
  it(`bids as judging all of them does (seed ${SEED})`, async () => {
    let bids = 0;
    for (const request of requests()) {
      const body = Buffer.from(JSON.stringify(request));
      const all = await engine.explain('example', body);
      if (!all.ok) throw new Error(all.message);
      const answered = await engine.answerBid('example', body, openrtbJson);
      const said = answered?.body === undefined ? undefined : (JSON.parse(answered.body.toString()) as Said);
      expect(offers(said)).toEqual(offers(all.explanation.response as Said | undefined));
      bids += offers(said).length;
    }
    expect(bids).toBeGreaterThan(150);
  });

  it('leaves no candidate without a verdict', async () => {
    engine.clock.advance(60_000);
    await engine.tick();
    const headers = { authorization: `Bearer ${TOKEN}` };
    for (let n = 0; n < LINES; n += 7) {
      const answered = await engine.privateApp.inject({ url: `/api/v1/funnel?line_item=l${n}`, headers });
      const { steps, bids, requests } = answered.json() as Funnel;
      const lost = steps.reduce((sum, step) => sum + step.lost, 0);
      expect([steps[0]?.stage, steps[0]?.lost]).toEqual(['requests', 0]);
      expect(lost, 'what was not won counts as lost in the auction').toBe(requests);
      expect(bids).toBeLessThan(requests);
    }
  });
});
