import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { costBidder } from '../../bench/eval/cost-bidder.ts';
import { cpa } from '../../bench/eval/cpa.ts';
import { ecpc } from '../../bench/eval/ecpc.ts';
import { replay } from '../../bench/eval/replay.ts';
import { seededRandom } from '../../src/core/random.ts';
import { MULTIPLIERS } from '../../src/policy/control/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'cost-control-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ROWS = 6000;

/** Clicks come as predicted until `changedFrom`, and for everything after it. */
function auctions(changedFrom = ROWS) {
  const random = seededRandom(22);
  return Array.from({ length: ROWS }, (_, index) => {
    const value = 0.02 + random.next() / 10;
    const price = 1 + Math.round(random.next() * 100);
    const click = random.next() < value;
    return { request: { value }, price, click: click || index >= changedFrom };
  });
}

const limits = {
  costPerClick: 300,
  budget: 1e9,
  opportunities: ROWS,
  clickDelay: 200,
};

describe('a target cost in replay', () => {
  for (const { name } of MULTIPLIERS)
    it(`is not decided by clicks that are still to come: ${name}`, () => {
      const bidsOf = (changedFrom: number): number[] => {
        const bids: number[] = [];
        const bidder = costBidder({ ...limits, controller: name });
        const watched = {
          ...bidder,
          bid: (request: { readonly value: number }) => {
            const bid = bidder.bid(request);
            bids.push(bid);
            return bid;
          },
        };
        replay(auctions(changedFrom), watched, { auction: 'second', feedback: 'binary', clickDelay: 200 });
        return bids;
      };
      const [whole, changed] = [bidsOf(ROWS), bidsOf(3000)];
      // A click of auction 3,000 is told before auction 3,201 at the earliest.
      expect(changed.slice(0, 3200)).toEqual(whole.slice(0, 3200));
      expect(changed.slice(3300)).not.toEqual(whole.slice(3300));
    });

  it('is judged on any file of the columns', async () => {
    const path = join(folder, 'any.csv');
    const rows = auctions().map(({ request, price, click }) => `${+click},${price},${request.value}`);
    writeFileSync(path, ['click,market_price,pctr', ...rows].join('\n'));
    const scored = await cpa.run({ files: [path], seed: 1, settings: { controller: 'planned', draws: '3' } });
    expect(scored.figures.scoreMean).toBeGreaterThan(0.8);
    expect(scored.figures.overshootMean).toBeLessThan(0.05);
    expect(scored.figures.luckMean).toBeCloseTo(1, 0);
    const again = await cpa.run({ files: [path], seed: 1, settings: { controller: 'planned', draws: '3' } });
    expect(again).toEqual(scored);
    const settings = { controller: 'planned', target: '400', delay: '0' };
    const real = await ecpc.run({ files: [path], seed: 1, settings });
    expect(real.figures.clicksAtTarget).toBeGreaterThan(0.8 * real.figures.clicksInHindsight!);
  });
});
