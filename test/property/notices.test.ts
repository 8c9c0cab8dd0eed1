/** The notices of a bid come to the same in any order, however often, whatever is called beside them. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';
import type { Addresses, Asked, Told } from '../fixture/noticed-bid.ts';
import { added, call, filled, NOTICE_BOOK, noticedBid, sumsOf, TOLD } from '../fixture/noticed-bid.ts';

const SEED = 20261123;
const HOUR_MS = 3_600_000;
const VALUES = { PRICE: '3', CURRENCY: 'USD', LOSS: '102', MIN_TO_WIN: '2' };

/** Calls that are no event: an audit, a link checker, a browser that looks ahead, a forged token. */
const NOISE = ['audit', 'head', 'prefetch', 'forged'] as const;
type Noise = { readonly noise: (typeof NOISE)[number]; readonly at: Told };
type Turn = Told | Noise;

interface Life {
  readonly billing: 'burl' | 'impression' | 'win';
  readonly told: readonly Told[];
  readonly mixed: readonly Turn[];
  readonly together: boolean;
}

const life: fc.Arbitrary<Life> = fc.subarray([...TOLD], { minLength: 1 }).chain((told) => {
  const noise = fc.record({ noise: fc.constantFrom(...NOISE), at: fc.constantFrom(...TOLD) });
  const more = fc.array(fc.oneof(fc.constantFrom<Turn>(...told), noise), { maxLength: 12 });
  const mixed = more.chain((extra) => {
    const turns: Turn[] = [...told, ...extra];
    return fc.shuffledSubarray(turns, { minLength: turns.length });
  });
  const billing = fc.constantFrom('burl' as const, 'impression' as const, 'win' as const);
  return fc.record({ billing, told: fc.constant(told), mixed, together: fc.boolean() });
});

let engine: TestEngine;
let people = 0;
beforeAll(async () => {
  engine = await testEngine(NOTICE_BOOK);
});
afterAll(() => engine.close());

async function take(turn: Turn, links: Addresses): Promise<void> {
  if (typeof turn === 'string') {
    const url = links[turn];
    // Exchanges of other billing notices are given no burl.
    if (url !== undefined) await call(engine, filled(url, VALUES));
    return;
  }
  const url = links[turn.at];
  if (url === undefined) return;
  const audited = url.replace(/\$\{AUCTION_[A-Z_]+\}/g, 'AUDIT');
  if (turn.noise === 'head') await call(engine, filled(url, VALUES), 'HEAD');
  // What asks for no price cannot be told from the real one, so an audit of it is none.
  else if (turn.noise === 'audit' && turn.at !== 'lurl' && url.includes('AUCTION_PRICE'))
    await call(engine, audited);
  else if (turn.noise === 'prefetch' && turn.at === 'click')
    await call(engine, url, 'GET', { 'sec-purpose': 'prefetch' });
  else if (turn.noise === 'forged') await call(engine, filled(url.replace('?t=', '?t=A'), VALUES));
}

/** What is counted for one bid, and how many more a cap of 2 impressions, and a cap of 1 click, then let through. */
async function lived(turns: readonly Turn[], { billing }: Life, site: string, together: boolean) {
  const asked: Asked = { exchange: `plain-${billing}`, site, person: `person-${++people}` };
  const before = await sumsOf(engine, asked.exchange);
  const links = (await noticedBid(engine, asked))!;
  if (together) await Promise.all(turns.map((turn) => take(turn, links)));
  else for (const turn of turns) await take(turn, links);
  const counts = added(await sumsOf(engine, asked.exchange), before);
  // A win that was called lost in between is held or not by who came first, until the hold falls.
  engine.clock.advance(HOUR_MS);
  await engine.tick();
  let more = 0;
  while (more < 3 && (await noticedBid(engine, asked))) more++;
  return { counts, more };
}

it.each(['capped.example', 'clicked.example'])('as counts, spend and caps, on %s', async (site) => {
  await fc.assert(
    fc.asyncProperty(life, async (one) => {
      const inOrder = await lived(one.told, one, site, false);
      expect(await lived(one.mixed, one, site, one.together)).toEqual(inOrder);
      const isShown =
        one.told.includes('impression') || (one.billing === 'burl' && one.told.includes('burl'));
      if (site === 'capped.example') expect(inOrder.more).toBe(isShown ? 1 : 2);
    }),
    { numRuns: 60, seed: SEED },
  );
  expect(engine.faults()).toBe(0);
});
