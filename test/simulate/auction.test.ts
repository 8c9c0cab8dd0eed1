import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runAuction } from '../../src/simulate/auction.ts';
import { auditMacros, fillMacros } from '../../src/simulate/macros.ts';

const bids = (auctionType: number) =>
  [1_000_000, 900_000, 800_000].map((priceCpmMicros) => ({
    priceCpmMicros,
    floorCpmMicros: 850_000,
    auctionType,
  }));

describe('the examples of OpenRTB 2.6 section 4.4.1', () => {
  it('first price: the winner pays 1.00, needed 0.90; the others needed 1.00', () => {
    const result = runAuction(bids(1), 10_000);
    expect(result.winner).toBe(0);
    expect(result.clearingCpmMicros).toBe(1_000_000);
    expect(result.minToWinCpmMicros).toEqual([900_000, 1_000_000, 1_000_000]);
    expect(result.lossCodes).toEqual([0, 102, 100]);
  });

  it('second price plus a cent: the winner pays 0.91, needed 0.90; the others needed 0.91', () => {
    const result = runAuction(bids(2), 10_000);
    expect(result.winner).toBe(0);
    expect(result.clearingCpmMicros).toBe(910_000);
    expect(result.minToWinCpmMicros).toEqual([900_000, 910_000, 910_000]);
  });
});

describe('an auction', () => {
  const one = (priceCpmMicros: number, floorCpmMicros: number, auctionType: number) => ({
    priceCpmMicros,
    floorCpmMicros,
    auctionType,
  });

  it('without another bid costs the floor in a second-price auction, the bid in a first-price one', () => {
    expect(runAuction([one(3_000_000, 1_000_000, 2)], 10_000).clearingCpmMicros).toBe(1_000_000);
    expect(runAuction([one(3_000_000, 1_000_000, 1)], 10_000).clearingCpmMicros).toBe(3_000_000);
    expect(runAuction([one(3_000_000, 1_000_000, 2)], 10_000).minToWinCpmMicros).toEqual([1_000_000]);
  });

  it('costs the agreed price where the floor is the price', () => {
    const result = runAuction([one(9_000_000, 6_000_000, 3), one(7_000_000, 0, 1)], 10_000);
    expect(result.winner).toBe(0);
    expect(result.clearingCpmMicros).toBe(6_000_000);
  });

  it('has no winner where no bid reaches its floor', () => {
    const result = runAuction([one(900_000, 1_000_000, 1)], 10_000);
    expect(result.winner).toBeUndefined();
    expect(result.lossCodes).toEqual([100]);
    expect(result.minToWinCpmMicros).toEqual([1_000_000]);
  });

  it('never charges more than the bid or less than the floor, and ties lead nowhere new', () => {
    const bid = fc.record({
      priceCpmMicros: fc.integer({ min: 1, max: 5_000_000 }),
      floorCpmMicros: fc.integer({ min: 0, max: 3_000_000 }),
      auctionType: fc.constantFrom(1, 2),
    });
    fc.assert(
      fc.property(fc.array(bid, { minLength: 1, maxLength: 8 }), (list) => {
        const { winner, clearingCpmMicros, minToWinCpmMicros } = runAuction(list, 10_000);
        if (winner === undefined) {
          expect(list.every((each) => each.priceCpmMicros < each.floorCpmMicros)).toBe(true);
          return;
        }
        const won = list[winner]!;
        expect(clearingCpmMicros).toBeLessThanOrEqual(won.priceCpmMicros);
        expect(clearingCpmMicros).toBeGreaterThanOrEqual(won.floorCpmMicros);
        expect(minToWinCpmMicros[winner]).toBeLessThanOrEqual(won.priceCpmMicros);
        for (const [index, each] of list.entries())
          if (index !== winner && each.priceCpmMicros >= each.floorCpmMicros)
            expect(each.priceCpmMicros).toBeLessThanOrEqual(won.priceCpmMicros);
      }),
      { seed: 41, numRuns: 300 },
    );
  });
});

describe('macros', () => {
  const url =
    'https://b.example/n?p=${AUCTION_PRICE}&x=${AUCTION_PRICE:B64}&m=${AUCTION_MBR}&i=${AUCTION_ID}';

  it('are filled where the value is known, and empty elsewhere', () => {
    expect(fillMacros(url, { AUCTION_PRICE: '0.91', AUCTION_ID: 'r1' })).toBe(
      'https://b.example/n?p=0.91&x=0.91&m=&i=r1',
    );
  });

  it('all say AUDIT in an audit', () => {
    expect(auditMacros(url)).toBe('https://b.example/n?p=AUDIT&x=AUDIT&m=AUDIT&i=AUDIT');
  });
});
