/** Drafts judged on the log of a real engine whose rotation was uniform, where the answer is known. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CatalogLine } from '../../src/campaign/catalog.ts';
import { seededRandom } from '../../src/core/random.ts';
import { judgeRotation } from '../../src/insight/judge-rotation.ts';
import type { ChoiceRecord } from '../../src/state/port.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, fire, testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/choice-book', import.meta.url));
const CLICK = /https?:\/\/[^"']*\/t\/click[^"']*/;
const SEED = 20261123;
const SHOWINGS = 1500;
/** What a showing of each brings; far apart, so that so few showings tell. */
const RATES: Readonly<Record<string, number>> = { rye: 0.3, oat: 0.1, spelt: 0.05 };
const UNIFORM = (0.3 + 0.1 + 0.05) / 3;

let engine: TestEngine;
let cookie: string;
beforeAll(async () => {
  engine = await testEngine(BOOK, { seed: SEED });
  const { pathname, search } = new URL(engine.consoleLink('http://127.0.0.1:8081'));
  cookie = String((await engine.privateApp.inject(pathname + search)).headers['set-cookie']).split(';')[0]!;
  const random = seededRandom(SEED);
  for (let number = 0; number < SHOWINGS; number++) {
    const [bid] = (
      await ask(engine, {
        id: `request-${number}`,
        at: 1,
        imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
        site: { domain: 'news.example' },
      })
    ).json.seatbid[0].bid;
    // One in ten is never shown: what nobody saw says nothing.
    if (number % 10 === 0) continue;
    await fire(engine, bid.burl, { AUCTION_PRICE: '3' });
    if (random.next() < RATES[bid.adid]!)
      await fire(engine, CLICK.exec(bid.adm)![0].replaceAll('&amp;', '&'));
  }
}, 60_000);
afterAll(() => engine.close());

const judge = async (draft: string, line = 'loaves') =>
  engine.privateApp.inject({
    url: `/api/v1/line-items/${line}/creatives/judge?${draft}`,
    headers: { cookie },
  });

describe('a draft rotation', () => {
  it.each(['rye', 'oat', 'spelt'])('of %s alone is worth what it is known to bring', async (only) => {
    const verdict = (await judge(`only=${only}`)).json();
    expect(verdict.choices).toBe(0.9 * SHOWINGS);
    // A third of the log is of this one creative.
    expect(verdict.effectiveSize / verdict.choices).toBeCloseTo(1 / 3, 1);
    for (const name of ['ips', 'snips', 'dr'])
      expect([SEED, name, verdict[name].low <= RATES[only]! && verdict[name].high >= RATES[only]!]).toEqual([
        SEED,
        name,
        true,
      ]);
    expect(verdict.conclusion).toBe(RATES[only]! > UNIFORM ? 'better' : 'worse');
  });

  it('that does what was done is worth what came, to the last digit, and is not told apart from it', async () => {
    const verdict = (await judge('rotation=even')).json();
    expect(verdict.ips.value).toBeCloseTo(verdict.logged.value, 12);
    expect(verdict.effectiveSize).toBeCloseTo(verdict.choices, 6);
    expect([verdict.conclusion, verdict.learnedFrom]).toEqual(['undecided', 0]);
  });

  it('that learns is judged on what it did not learn from, and finds the best creative', async () => {
    const verdict = (await judge('rotation=thompson')).json();
    expect([verdict.learnedFrom, verdict.choices]).toEqual([0.45 * SHOWINGS, 0.45 * SHOWINGS]);
    expect(verdict.conclusion).toBe('better');
    expect(verdict.dr.value).toBeGreaterThan(0.22);
  });

  it('is refused where the log has too little of it, and where there is nothing', async () => {
    const line = { creatives: ['rye', 'oat'].map((id) => ({ creative: { id } })), countedActions: new Set() };
    // The log showed oat once in a hundred.
    const log = Array.from({ length: 3000 }, (_, number) => ({
      clicked: number % 7 === 0,
      conversions: [],
      record: {
        facts: { creativeId: number % 100 === 0 ? 'oat' : 'rye' },
        propensity: number % 100 === 0 ? 0.01 : 0.99,
        offered: ['rye', 'oat'],
      },
    })) as unknown as ChoiceRecord[];
    const concluded = (only: string) =>
      judgeRotation(line as unknown as CatalogLine, { only }, log, 'clicks')?.conclusion;
    expect([concluded('oat'), concluded('rye')]).toEqual(['too_thin', 'undecided']);
    expect((await judge('rotation=thompson', 'cups')).json()).toEqual({
      lineItemId: 'cups',
      draft: 'thompson',
      reward: 'clicks',
      choices: 0,
      learnedFrom: 0,
      effectiveSize: 0,
      conclusion: 'nothing_shown',
    });
    for (const [draft, line, status] of [
      ['', 'loaves', 400],
      ['rotation=thompson&only=rye', 'loaves', 400],
      ['rotation=guess', 'loaves', 400],
      ['rotation=even', 'nothing', 404],
      ['only=cup', 'loaves', 404],
    ] as const)
      expect([draft, (await judge(draft, line)).statusCode]).toEqual([draft, status]);
  });
});
