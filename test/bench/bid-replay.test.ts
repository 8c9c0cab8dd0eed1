import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bidReplay } from '../../bench/eval/bid-replay.ts';
import { budgetBidder } from '../../bench/eval/budget-bidder.ts';
import { replay } from '../../bench/eval/replay.ts';
import { seededRandom } from '../../src/core/random.ts';
import { MULTIPLIERS } from '../../src/policy/control/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'bid-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Prices and values of no particular relation, at first as they come, from `changedFrom` on three times as dear. */
function auctions(count: number, changedFrom = count) {
  const random = seededRandom(21);
  return Array.from({ length: count }, (_, index) => ({
    request: { value: random.next() / 100 },
    price: Math.round(random.next() * 100) * (index < changedFrom ? 1 : 3),
    click: random.next() < 0.1,
  }));
}

describe('a budget in replay', () => {
  for (const { name } of MULTIPLIERS)
    it(`is not decided by what comes later: ${name}`, () => {
      const bidsOf = (changedFrom: number): number[] => {
        const bids: number[] = [];
        const bidder = budgetBidder(name);
        bidder.begin(3000, 5000);
        const watched = {
          ...bidder,
          bid: (request: { readonly value: number }) => {
            const bid = bidder.bid(request);
            bids.push(bid);
            return bid;
          },
        };
        replay(auctions(3000, changedFrom), watched, { auction: 'second', feedback: 'binary', budget: 5000 });
        return bids;
      };
      const [whole, changed] = [bidsOf(3000), bidsOf(1500)];
      expect(changed.slice(0, 1500)).toEqual(whole.slice(0, 1500));
      expect(changed.slice(1500)).not.toEqual(whole.slice(1500));
    });

  it('is judged on any file of the columns', async () => {
    const path = join(folder, 'any.csv');
    const rows = auctions(4000).map(({ request, price, click }) => `${+click},${price},${request.value}`);
    writeFileSync(path, ['click,market_price,pctr', ...rows].join('\n'));
    for (const protocol of ['whole', 'episodes']) {
      const settings = { protocol, controller: 'planned', budgets: '8,2' };
      const { figures } = await bidReplay.run({ files: [path], seed: 1, settings });
      expect(figures.valueShareMean, protocol).toBeGreaterThan(0.9);
      expect(figures.valueShareMean, protocol).toBeLessThanOrEqual(1);
      expect(figures.budgetUsedMean, protocol).toBeGreaterThan(0.95);
      expect(figures.budgetUsedMean, protocol).toBeLessThanOrEqual(1);
    }
  });
});
