/** What chance may decide, and what it may not: who takes part and which creative is shown, but neither a price nor what is learned. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const SEED = 61;
let folder: string | undefined;
let engine: TestEngine | undefined;
afterEach(async () => {
  await engine?.close();
  if (folder) rmSync(folder, { recursive: true });
});

async function engineWith(campaign: string, lineItem: string): Promise<TestEngine> {
  folder = mkdtempSync(join(tmpdir(), 'bidwright-chance-'));
  const banner = (id: string): string =>
    `  - { id: ${id}, advertiserId: fir, format: banner, anySize: true, landingPage: "https://fir.example/", imageUrl: "https://cdn.fir.example/${id}.png" }`;
  writeFileSync(
    join(folder, 'book.yaml'),
    [
      'account: { id: chance, currency: USD, timeZone: UTC, signalMissing: allow }',
      'exchanges: [{ id: example }]',
      'advertisers: [{ id: fir, domains: [fir.example] }]',
      `campaigns: [{ id: fir, advertiserId: fir${campaign} }]`,
      'lineItems:',
      `  - { id: fir, campaignId: fir, rotation: thompson, creatives: [{ id: cone }, { id: needle }], ${lineItem} }`,
      'creatives:',
      banner('cone'),
      banner('needle'),
      '',
    ].join('\n'),
  );
  engine = await testEngine(folder, { seed: SEED });
  return engine;
}

let serial = 0;
const requestOn = (domain: string) => ({
  id: `r${serial++}`,
  at: 1,
  imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
  site: { domain },
});
const bidOf = async (on: TestEngine, domain: string) =>
  (await ask(on, requestOn(domain))).json?.seatbid?.[0]?.bid?.[0];

it('a lucky draw picks a creative and never raises a price', async () => {
  const on = await engineWith('', 'bid: { strategy: target_cpc, targetMicros: 0.5e6 }');
  for (let shown = 0; shown < 20; shown++) {
    const bid = await bidOf(on, 'a.example');
    await fire(on, bid.burl, { AUCTION_PRICE: String(bid.price) });
    const click = /https?:\/\/[^"']*\/t\/click[^"']*/.exec(bid.adm)![0].replaceAll('&amp;', '&');
    if (shown % 5 === 0) await fire(on, click);
  }
  on.clock.advance(900_000);
  await on.tick();
  const bids = [];
  for (let asked = 0; asked < 60; asked++) bids.push(await bidOf(on, 'a.example'));
  expect(new Set(bids.map(({ crid }) => crid)), `seed ${SEED}`).toEqual(new Set(['cone', 'needle']));
  expect(new Set(bids.map(({ price }) => price)).size, `seed ${SEED}`).toBe(1);
});

it('requests that are let pass to spread a budget leave what is learned of the others unbiased', async () => {
  const on = await engineWith(
    ', budget: { dailyMicros: 2e6 }',
    'bid: { strategy: fixed_cpm, priceCpmMicros: 4e6 }',
  );
  const random = seededRandom(SEED);
  const clickRates: Record<string, number> = { 'often.example': 0.4, 'seldom.example': 0.1 };
  const asked: Record<string, number> = { 'often.example': 0, 'seldom.example': 0 };
  const bids = { ...asked };
  let clicks = 0;
  for (let minute = 0; minute < 240; minute++) {
    for (let each = 0; each < 8; each++) {
      const domain = random.next() < 0.5 ? 'often.example' : 'seldom.example';
      asked[domain]!++;
      const bid = await bidOf(on, domain);
      if (!bid) continue;
      bids[domain]!++;
      await fire(on, bid.burl, { AUCTION_PRICE: String(bid.price) });
      if (random.next() >= clickRates[domain]!) continue;
      clicks++;
      await fire(on, /https?:\/\/[^"']*\/t\/click[^"']*/.exec(bid.adm)![0].replaceAll('&amp;', '&'));
    }
    on.clock.advance(60_000);
    await on.tick();
  }
  const all = asked['often.example']! + asked['seldom.example']!;
  const made = bids['often.example']! + bids['seldom.example']!;
  // Much was let pass, or the test would say nothing.
  expect(made, `seed ${SEED}`).toBeLessThan(0.7 * all);
  expect(made).toBeGreaterThan(200);
  const share = asked['often.example']! / all;
  const deviation = Math.sqrt((share * (1 - share)) / made);
  expect(Math.abs(bids['often.example']! / made - share), `seed ${SEED}`).toBeLessThan(4 * deviation);
  const rows = await on.report({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, dimensions: ['line_item'] });
  expect(rows[0]).toMatchObject({ impressions: made, clicks });
  const truth = share * 0.4 + (1 - share) * 0.1;
  expect(Math.abs(clicks / made - truth)).toBeLessThan(4 * Math.sqrt((truth * (1 - truth)) / made));
});
