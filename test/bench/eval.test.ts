import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../bench/eval/csv.ts';
import { meets } from '../../bench/eval/evaluation.ts';
import { bestBids, bestMultiplier, fractionalKnapsack } from '../../bench/eval/oracle.ts';
import { replay } from '../../bench/eval/replay.ts';
import type { ShadingRequest } from '../../bench/eval/shading.ts';
import { shadingBidder } from '../../bench/eval/shading.ts';
import { seededRandom } from '../../src/core/random.ts';
import { drawLogNormal } from '../../src/core/sampling.ts';

const SEED = 41;

describe('a recording', () => {
  it('is read by the names of its columns', () => {
    const csv = parseCsv('a.csv', 'click,price,tags\r\n0,1.5,"1,2"\r\n1,2,"say ""no"""\n');
    expect([...csv.numbers('price')]).toEqual([1.5, 2]);
    expect(csv.texts('tags')).toEqual(['1,2', 'say "no"']);
    expect(csv.has('hour')).toBe(false);
  });

  it('that is damaged is refused with the place of the fault', () => {
    expect(() => parseCsv('a.csv', 'click,price\n0,1\n1\n')).toThrow('a.csv:3');
    expect(() => parseCsv('a.csv', 'click,price\n0,\n').numbers('price')).toThrow('a.csv:2 price');
    expect(() => parseCsv('a.csv', 'click\n0\n').numbers('price')).toThrow('no column price');
  });
});

describe('a replay', () => {
  const rows = [10, 20, 30].map((price, request) => ({ request, price, click: true }));
  const told = (rule: Parameters<typeof replay>[2]) => {
    const heard: unknown[] = [];
    const totals = replay(
      rows,
      { bid: () => 20, told: ({ won, paid, minToWin }) => heard.push([won, paid, minToWin]) },
      rule,
    );
    return { heard, totals };
  };

  it('tells a bidder what its auction and feedback tell, and no more', () => {
    expect(told({ auction: 'first', feedback: 'binary' }).heard).toEqual([
      [true, 20, undefined],
      [true, 20, undefined],
      [false, 0, undefined],
    ]);
    expect(told({ auction: 'first', feedback: 'loss' }).heard[2]).toEqual([false, 0, 30]);
    expect(told({ auction: 'first', feedback: 'full' }).heard[0]).toEqual([true, 20, 10]);
    expect(told({ auction: 'second', feedback: 'binary' }).heard).toEqual([
      [true, 10, 10],
      [true, 20, 20],
      [false, 0, undefined],
    ]);
  });

  it('cuts a bid to what is left of the budget', () => {
    const { heard, totals } = told({ auction: 'first', feedback: 'binary', budget: 25 });
    expect(heard).toEqual([
      [true, 20, undefined],
      [false, 0, undefined],
      [false, 0, undefined],
    ]);
    expect(totals).toMatchObject({ auctions: 3, bids: 3, wins: 1, clicks: 1, spend: 20 });
  });

  it('tells of a click as many auctions later as it was asked to', () => {
    const heard: string[] = [];
    replay(
      rows,
      {
        bid: (request) => {
          heard.push(`bid ${request}`);
          return 50;
        },
        told: () => undefined,
        clicked: (request) => heard.push(`click ${request}`),
      },
      { auction: 'first', feedback: 'binary', clickDelay: 1 },
    );
    expect(heard).toEqual(['bid 0', 'bid 1', 'click 0', 'bid 2']);
  });
});

describe('what comes later', () => {
  const auctions = (tail: number) =>
    Array.from({ length: 1200 }, (_, row) => {
      const random = seededRandom(SEED).stream(`row ${row}`);
      const valueCpmMicros = Math.floor(drawLogNormal(1_500_000, 0.5, random));
      const price = drawLogNormal(row < 800 ? 1_000_000 : tail, 0.5, random);
      return { request: { valueCpmMicros, context: ['a'] }, price, click: false };
    });
  const decisions = (tail: number, feedback: 'binary' | 'loss' | 'full') => {
    const bids: number[] = [];
    const bidder = shadingBidder(seededRandom(SEED));
    const watched = {
      bid: (request: ShadingRequest) => {
        bids.push(bidder.bid(request));
        return bids.at(-1)!;
      },
      told: bidder.told,
    };
    replay(auctions(tail), watched, { auction: 'first', feedback });
    return bids;
  };

  it.each(['binary', 'loss', 'full'] as const)('changes no earlier bid (%s feedback)', (feedback) => {
    const one = decisions(1_000_000, feedback);
    const other = decisions(3_000_000, feedback);
    expect(one.slice(0, 801)).toEqual(other.slice(0, 801));
    expect(one.slice(801)).not.toEqual(other.slice(801));
  });
});

const items = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 })), {
  maxLength: 9,
});

describe('the oracle', () => {
  it('of a budget is at least the best whole choice, and spends no more than the budget', () => {
    fc.assert(
      fc.property(items, fc.integer({ min: 0, max: 100 }), (pairs, budget) => {
        const { value, spend } = fractionalKnapsack(
          pairs.map(([v]) => v),
          pairs.map(([, p]) => p),
          budget,
        );
        let best = 0;
        for (let chosen = 0; chosen < 1 << pairs.length; chosen++) {
          const bought = pairs.filter((_, index) => chosen & (1 << index));
          const cost = bought.reduce((sum, [, price]) => sum + price, 0);
          if (cost <= budget)
            best = Math.max(
              best,
              bought.reduce((sum, [worth]) => sum + worth, 0),
            );
        }
        expect(value).toBeGreaterThanOrEqual(best - 1e-9);
        expect(value).toBeLessThanOrEqual(best + 20);
        expect(spend).toBeLessThanOrEqual(budget);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('of shading finds the bid that a look at every price finds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 60 }),
        (prices, value) => {
          const surplus = (bid: number) => (value - bid) * prices.filter((price) => price <= bid).length;
          const [bid] = bestBids(Float64Array.from(prices), [value]);
          const best = Math.max(0, ...Array.from({ length: value + 1 }, (_, price) => surplus(price)));
          expect(surplus(bid!)).toBe(best);
        },
      ),
      { seed: SEED, numRuns: 200 },
    );
  });
});

describe('the oracle of a multiplier', () => {
  it('buys what the highest one buys that the budget lasts for', () => {
    const values = Float64Array.from([1, 2, 4]);
    const prices = Float64Array.from([3, 3, 3]);
    // At 0.75 the dearest is bought for 3; at 1.5 the next as well, for 3 and 6.
    const bought = (budget: number) => bestMultiplier((worth) => worth, values, prices, budget);
    expect(bought(2.9)).toEqual({ value: 0, spend: 0 });
    expect(bought(5).value).toBe(4);
    expect(bought(5).spend).toBeCloseTo(5, 6);
    expect(bought(9.1).value).toBe(6);
    expect(bought(1000).value).toBe(7);
  });
});

describe('a goal', () => {
  it('is a comparison with a number, and missed by what is no number', () => {
    expect(meets(0.95, '>= 0.95')).toBe(true);
    expect(meets(0.94, '>= 0.95')).toBe(false);
    expect(meets(Number.NaN, '<= 1')).toBe(false);
    expect(meets(undefined, '<= 1')).toBe(false);
    expect(() => meets(1, 'about 1')).toThrow('not a goal');
  });
});
