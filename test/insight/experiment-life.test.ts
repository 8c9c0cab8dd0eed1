/** Experiments in a whole engine: people ask, are divided, are shown versions, click and buy; then the API is asked what it found. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { HOLDOUT } from '../../src/campaign/experiment.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const LIFE_BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const TOKEN = 'a-token-for-tests-0123456789';
const HOUR_MS = 3_600_000;
const OAT = `
creatives:
  - id: oat
    advertiserId: bakery
    format: banner
    sizes: [{ width: 300, height: 250 }]
    html: '<a href="{clickUrl}">Oat, for breakfast</a>'
    landingPage: https://bakery.example/oat
`;

const folders: string[] = [];
const engines: TestEngine[] = [];
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function bookWith(experiment: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bidwright-experiment-'));
  folders.push(folder);
  cpSync(LIFE_BOOK, folder, { recursive: true });
  writeFileSync(join(folder, 'experiment.yaml'), `${OAT}\nexperiments:\n${experiment}`);
  return folder;
}

async function started(folder: string, dataDir?: string): Promise<TestEngine> {
  const engine = await testEngine(folder, {
    // Who is in which group goes by keyed hashes: a secret by chance would be other people each time.
    settings: { adminToken: TOKEN, signingSecret: 'the secret of an experiment, always one' },
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  engines.push(engine);
  return engine;
}

let serial = 0;
async function bidFor(engine: TestEngine, person: string | undefined) {
  const { status, json } = await ask(engine, {
    id: `request-${++serial}`,
    at: 1,
    imp: [{ id: '1', bidfloor: 0.5, banner: { format: [{ w: 300, h: 250 }] } }],
    site: { domain: 'news.example' },
    ...(person === undefined ? {} : { user: { id: person } }),
  });
  return status === 200 ? json.seatbid[0].bid[0] : undefined;
}

/** Everybody asks once; who is shown something clicks and buys by chance. */
async function live(
  engine: TestEngine,
  people: number,
  seed: number,
  { clicks, buys }: { clicks(creative: string): number; buys(creative: string): number },
) {
  const random = seededRandom(seed);
  for (let number = 0; number < people; number++) {
    const person = `person-${seed}-${number}`;
    const bid = await bidFor(engine, person);
    const [byChance, buysByChance] = [random.next(), random.next()];
    if (bid) {
      await fire(engine, bid.burl, { AUCTION_PRICE: '0.01' });
      const click = /https?:[^"]*\/t\/click[^"]*/.exec(bid.adm)![0].replaceAll('&amp;', '&');
      if (byChance < clicks(bid.crid)) await fire(engine, click);
    }
    engine.clock.set(engine.clock.now() + 1000);
    if (buysByChance < buys(bid?.crid ?? ''))
      await engine.publicApp.inject({
        method: 'POST',
        url: '/conversion',
        headers: { authorization: 'Bearer order-key-0123456789' },
        payload: { action: 'order', user_id: person, order_id: `order-${person}` },
      });
  }
  await engine.tick();
}

async function api(engine: TestEngine, path: string) {
  const answer = await engine.privateApp.inject({
    url: `/api/v1/${path}`,
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  return { status: answer.statusCode, json: answer.json() };
}

const OAT_OR_RYE = `
  - id: oat-or-rye
    lineItemId: autumn-all
    metric: clicks
    arms:
      - id: rye
      - id: oat
        changes: { creatives: [{ id: oat }] }
`;

describe('an experiment in the bidder', () => {
  it('gives everybody one version for good, also after a restart, and names it in the bid', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'bidwright-experiment-data-'));
    folders.push(dataDir);
    const folder = bookWith(OAT_OR_RYE);
    const first = await started(folder, dataDir);
    const shown = new Map<string, string>();
    for (let number = 0; number < 40; number++)
      shown.set(`p${number}`, (await bidFor(first, `p${number}`)).crid);
    expect([...new Set(shown.values())].sort()).toEqual(['oat', 'rye']);
    await first.close();
    engines.length = 0;
    const second = await started(folder, dataDir);
    for (const [person, creative] of shown) expect((await bidFor(second, person)).crid).toBe(creative);
    await second.tick();
    const { json } = await api(second, 'experiments/oat-or-rye/results');
    const count = (creative: string) => [...shown.values()].filter((one) => one === creative).length;
    expect(json.arms.map((arm: { armId: string; people: number }) => [arm.armId, arm.people])).toEqual([
      ['rye', count('rye')],
      ['oat', count('oat')],
    ]);
  });

  it('shows the line item as it is to whoever is not known, and does not count them', async () => {
    const engine = await started(bookWith(OAT_OR_RYE));
    for (let turn = 0; turn < 20; turn++) expect((await bidFor(engine, undefined)).crid).toBe('rye');
    await engine.tick();
    const { json } = await api(engine, 'experiments/oat-or-rye/results');
    expect(json.arms.map(({ people }: { people: number }) => people)).toEqual([0, 0]);
  });

  it('finds a creative that is clicked more, and spends no more than the line item may', async () => {
    const engine = await started(bookWith(OAT_OR_RYE));
    await live(engine, 700, 1, { clicks: (creative) => (creative === 'oat' ? 0.3 : 0.1), buys: () => 0 });
    const { json } = await api(engine, 'experiments/oat-or-rye/results');
    expect(json).toMatchObject({ advice: 'winner', adviceArm: 'oat', sampleRatio: { isSound: true } });
    expect(json.comparisons[0]).toMatchObject({
      armId: 'oat',
      againstId: 'rye',
      alwaysValid: { isReal: true },
    });
    const [rye, oat] = json.arms;
    expect(rye.people + oat.people).toBe(700);
    expect(rye.impressions).toBe(rye.people);
    // 700 showings at a CPM of 0.01.
    expect(rye.spendMicros + oat.spendMicros).toBe(7000);
    const { json: budgets } = await api(engine, 'budgets');
    const spent = budgets.budgets.map(({ spentMicros }: { spentMicros: number }) => spentMicros);
    expect(spent).toEqual([7000, 7000]);
  }, 30_000);

  it('finds nothing where two arms are the same', async () => {
    const engine = await started(
      bookWith(`
  - id: same
    lineItemId: autumn-all
    metric: clicks
    arms: [{ id: a }, { id: b }]
`),
    );
    await live(engine, 500, 2, { clicks: () => 0.2, buys: () => 0 });
    const { json } = await api(engine, 'experiments/same/results');
    expect(json).toMatchObject({ advice: 'wait', sampleRatio: { isSound: true } });
    expect(json.comparisons[0].alwaysValid.p).toBeGreaterThan(0.05);
  }, 30_000);

  it('holds people out, says why there is no bid, and finds what the ads alone brought', async () => {
    const engine = await started(
      bookWith(`
  - id: does-it-work
    campaignId: autumn
    holdoutShare: 0.4
    arms: [{ id: shown }]
`),
    );
    await live(engine, 700, 3, { clicks: () => 0, buys: (creative) => (creative === '' ? 0.1 : 0.3) });
    const { json } = await api(engine, 'experiments/does-it-work/results');
    const [shown, held] = json.arms;
    expect(held).toMatchObject({ armId: HOLDOUT, impressions: 0, spendMicros: 0 });
    expect(held.people / 700).toBeCloseTo(0.4, 1);
    expect(held.converters).toBeGreaterThan(10);
    const [{ incremental }] = json.comparisons;
    // Two in ten more of those who were shown something.
    expect(incremental.low).toBeLessThan(0.2 * shown.people);
    expect(incremental.high).toBeGreaterThan(0.2 * shown.people);
    expect(incremental.low).toBeGreaterThan(0);
    const { json: funnel } = await api(
      engine,
      `funnel?line_item=autumn-all&from=${new Date(engine.clock.now() - 3 * HOUR_MS).toISOString()}&to=${new Date(engine.clock.now() + HOUR_MS).toISOString()}`,
    );
    expect(JSON.stringify(funnel)).toContain('"held_out"');
  }, 30_000);

  it('makes the winner the line item, ends, and is undone by the history', async () => {
    const engine = await started(bookWith(OAT_OR_RYE));
    const headers = { authorization: `Bearer ${TOKEN}` };
    const declare = (arm: string) =>
      engine.privateApp.inject({
        method: 'POST',
        url: '/api/v1/experiments/oat-or-rye/winner',
        headers,
        payload: { arm },
      });
    expect((await declare('spelt')).statusCode).toBe(404);
    const declared = await declare('oat');
    expect([declared.statusCode, declared.json().changes.length]).toEqual([200, 2]);
    for (let number = 0; number < 20; number++) expect((await bidFor(engine, `w${number}`)).crid).toBe('oat');
    expect((await api(engine, 'experiments/oat-or-rye')).json.status).toBe('archived');
    for (const number of declared.json().changes.toReversed())
      await engine.privateApp.inject({ method: 'POST', url: `/api/v1/changes/${number}/undo`, headers });
    const shown = new Set<string>();
    for (let number = 0; number < 30; number++) shown.add((await bidFor(engine, `u${number}`)).crid);
    expect([...shown].sort()).toEqual(['oat', 'rye']);
  });

  it('is refused with its faults where an arm makes no sound line item', async () => {
    const folder = bookWith(`
  - id: wrong
    lineItemId: autumn-all
    arms:
      - id: control
      - id: control
        changes: { creatives: [{ id: spelt }], budget: { dailyMicros: 1 }, bid: { priceCpmMicros: -1 } }
`);
    await expect(started(folder)).rejects.toThrow(/taken/);
    await expect(started(folder)).rejects.toThrow(/spelt/);
    await expect(started(folder)).rejects.toThrow(/cannot differ between arms/);
    await expect(started(folder)).rejects.toThrow(/priceCpmMicros/);
  });
});
