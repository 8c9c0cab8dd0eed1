import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';
import { judge } from '../judge/judge.ts';

/** Spots of three bakeries, from 6 to 30 s; the third has one alone and shows it once a day to a person. */
const BOOK = `
include: [${new URL('../golden/books/exchanges.yaml', import.meta.url).pathname}]
account: { id: high-street, currency: USD, timeZone: UTC, signalMissing: allow }
advertisers:
  - { id: rye, domains: [rye.example] }
  - { id: spelt, domains: [spelt.example] }
  - { id: oat, domains: [oat.example] }
campaigns:
  - { id: rye, advertiserId: rye, budget: { dailyMicros: 40000 } }
  - { id: spelt, advertiserId: spelt }
  - { id: oat, advertiserId: oat }
lineItems:
  - { id: rye, campaignId: rye, bid: { strategy: fixed_cpm, priceCpmMicros: 12e6 }, pacing: asap, anyDeal: true,
      creatives: [{ id: rye-15 }, { id: rye-30 }, { id: rye-picture }] }
  - { id: spelt, campaignId: spelt, bid: { strategy: fixed_cpm, priceCpmMicros: 9e6 }, pacing: asap, anyDeal: true,
      creatives: [{ id: spelt-6 }, { id: spelt-15 }, { id: spelt-picture }] }
  - { id: oat, campaignId: oat, bid: { strategy: fixed_cpm, priceCpmMicros: 20e6 }, pacing: asap,
      frequencyCaps: [{ level: line_item, event: impression, max: 1, window: 1d }],
      creatives: [{ id: oat-15 }, { id: oat-20 }, { id: oat-picture }] }
  - { id: oat-deal, campaignId: oat, bid: { strategy: max_cpm, maxCpmMicros: 20e6 }, pacing: asap,
      targeting: { deal: { include: [agreed] } }, creatives: [{ id: oat-picture }] }
creatives:
${['rye 15', 'rye 30', 'spelt 6', 'spelt 15', 'oat 15', 'oat 20']
  .map((name) => {
    const [id, seconds] = name.split(' ');
    return `  - { id: ${id}-${seconds}, advertiserId: ${id}, format: video, landingPage: "https://${id}.example/", durationSeconds: ${seconds}, mediaFiles: [{ url: "https://cdn.${id}.example/${seconds}.mp4", mime: video/mp4, width: 640, height: 360 }] }`;
  })
  .join('\n')}
${['rye', 'spelt', 'oat'].map((id) => `  - { id: ${id}-picture, advertiserId: ${id}, format: banner, landingPage: "https://${id}.example/", sizes: [{ width: 300, height: 250 }], imageUrl: "https://cdn.${id}.example/loaf.png" }`).join('\n')}
`;

let folder: string;
let engine: TestEngine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bidwright-contest-'));
  writeFileSync(join(folder, 'book.yaml'), BOOK);
  engine = await testEngine(folder);
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

let asked = 0;
async function bidsFor(imp: readonly object[], user = `p${++asked}`): Promise<Record<string, unknown>[]> {
  const request = { id: `r${++asked}`, at: 1, imp, site: { domain: 'news.example' }, user: { id: user } };
  const answer = await ask(engine, request);
  if (answer.status === 204) return [];
  expect(answer.status).toBe(200);
  expect(judge(request, answer.json)).toEqual([]);
  const bids = answer.json.seatbid.flatMap((seat: { bid: object[] }) => seat.bid);
  // What was not bought is given back, so that each story begins with a full purse.
  for (const bid of bids) await fire(engine, bid.lurl, { AUCTION_LOSS: '102' });
  return bids;
}

const banner = { banner: { format: [{ w: 300, h: 250 }] } };
const video = { mimes: ['video/mp4'], protocols: [2, 3, 7] };

describe('bids for one impression', () => {
  it('are one in the open auction', async () => {
    const bids = await bidsFor([{ id: '1', ...banner }]);
    expect(bids.map(({ crid, price }) => [crid, price])).toEqual([['oat-picture', 20]]);
  });

  it('are one under each deal that somebody buys, and the best of the others in the open', async () => {
    const deals = [
      { id: 'a', bidfloor: 2, at: 1 },
      { id: 'b', bidfloor: 3, at: 1 },
      { id: 'agreed', bidfloor: 4, at: 3 },
    ];
    const bids = await bidsFor([{ id: '1', ...banner, pmp: { deals } }]);
    expect(bids.map(({ dealid, crid, price }) => [dealid, crid, price])).toEqual([
      ['a', 'rye-picture', 12],
      ['b', 'rye-picture', 12],
      // oat would pay 20 and pays what was agreed on.
      ['agreed', 'oat-picture', 4],
      [undefined, 'oat-picture', 20],
    ]);
  });

  it('are under deals alone where the auction is private', async () => {
    const bids = await bidsFor([{ id: '1', ...banner, pmp: { private_auction: 1, deals: [{ id: 'a' }] } }]);
    expect(bids.map(({ dealid }) => dealid)).toEqual(['a']);
  });

  it('leave a deal whose price nobody meets, and still bid in the open', async () => {
    const bids = await bidsFor([{ id: '1', ...banner, pmp: { deals: [{ id: 'a', bidfloor: 50 }] } }]);
    expect(bids.map(({ dealid }) => dealid)).toEqual([undefined]);
  });

  it('put what is guaranteed first', async () => {
    const bids = await bidsFor([{ id: '1', ...banner, pmp: { deals: [{ id: 'a' }, { id: 'b', guar: 1 }] } }]);
    expect(bids.map(({ dealid }) => dealid)).toEqual(['b', 'a', undefined]);
  });
});

describe('an ad break', () => {
  it('is filled within its seconds and places, no creative twice, each bid with its length', async () => {
    const bids = await bidsFor([{ id: '1', video: { ...video, podid: 'p', poddur: 60, maxseq: 4 } }]);
    expect(bids.length).toBe(4);
    expect(bids.reduce((sum, { dur }) => sum + Number(dur), 0)).toBeLessThanOrEqual(60);
    expect(new Set(bids.map(({ crid }) => crid)).size).toBe(4);
    expect(bids.every(({ slotinpod, mtype }) => slotinpod === 0 && mtype === 2)).toBe(true);
  });

  it('counts its own promises for a cap: one spot of a line item that is shown once a day', async () => {
    const bids = await bidsFor([{ id: '1', video: { ...video, poddur: 90, maxseq: 6 } }]);
    expect(bids.filter(({ crid }) => String(crid).startsWith('oat')).length).toBe(1);
  });

  it('takes one spot an advertiser where the seller asks for that', async () => {
    const bids = await bidsFor([
      { id: '1', video: { ...video, podid: 'p', poddur: 120, maxseq: 6, poddedupe: [1] } },
    ]);
    expect(bids.flatMap(({ adomain }) => adomain).sort()).toEqual([
      'oat.example',
      'rye.example',
      'spelt.example',
    ]);
  });

  it('is one break over all its slots', async () => {
    const slot = (id: string) => ({
      id,
      video: { ...video, podid: 'p', slotinpod: 1, maxduration: 30, poddedupe: [1] },
    });
    const bids = await bidsFor([slot('1'), slot('2'), slot('3'), slot('4')]);
    expect(bids.map(({ impid }) => impid)).toEqual(['1', '2', '3']);
    expect(new Set(bids.map(({ adomain }) => String(adomain))).size).toBe(3);
    expect(bids.every(({ slotinpod }) => slotinpod === undefined)).toBe(true);
  });

  it('repeats a creative where the seller says that nothing is counted as the same', async () => {
    const slot = (id: string) => ({ id, video: { ...video, podid: 'p', rqddurs: [20], poddedupe: [5] } });
    const bids = await bidsFor([slot('1'), slot('2')], 'somebody');
    // The cap of oat still holds.
    expect(bids.map(({ crid }) => crid)).toEqual(['oat-20']);
    const six = (id: string) => ({ id, video: { ...video, podid: 'p', rqddurs: [6], poddedupe: [5] } });
    expect((await bidsFor([six('1'), six('2')])).map(({ crid }) => crid)).toEqual(['spelt-6', 'spelt-6']);
  });

  it('spends no more than the budget allows, however many places there are', async () => {
    const bids = await bidsFor([
      { id: '1', video: { ...video, podid: 'p', poddur: 120, maxseq: 6 } },
      { id: '2', video: { ...video, podid: 'q', poddur: 120, maxseq: 6 } },
      { id: '3', video: { ...video, podid: 'r', poddur: 120, maxseq: 6 } },
    ]);
    const rye = bids.filter(({ crid }) => String(crid).startsWith('rye'));
    expect(rye.length).toBe(3);
  });

  test.prop(
    [
      fc.record({
        poddur: fc.integer({ min: 1, max: 150 }),
        maxseq: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
        rqddurs: fc.option(fc.uniqueArray(fc.constantFrom(6, 15, 20, 30), { minLength: 1 }), {
          nil: undefined,
        }),
        poddedupe: fc.option(fc.uniqueArray(fc.constantFrom(1, 2, 3, 4), { minLength: 1 }), {
          nil: undefined,
        }),
      }),
    ],
    { seed: 20261123, numRuns: 60 },
  )('holds whatever the terms', async (terms) => {
    const bids = await bidsFor([{ id: '1', video: { ...video, podid: 'p', ...terms } }]);
    expect(bids.reduce((sum, { dur }) => sum + Number(dur), 0)).toBeLessThanOrEqual(terms.poddur);
    expect(bids.length).toBeLessThanOrEqual(terms.maxseq ?? 10);
    expect(new Set(bids.map(({ crid }) => crid)).size).toBe(bids.length);
    for (const { dur } of bids) expect(terms.rqddurs ?? [dur]).toContain(dur);
    if (terms.poddedupe?.includes(1))
      expect(new Set(bids.map(({ adomain }) => String(adomain))).size).toBe(bids.length);
  });
});
