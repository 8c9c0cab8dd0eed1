import { expect, it } from 'vitest';
import { declaredDomains } from '../../src/bidding/terms.ts';
import type { Deal } from '../../src/openrtb/request.ts';

const deal = (...allowedAdvertisers: string[]) => ({ id: 'd', allowedAdvertisers }) as unknown as Deal;
const declared = (of: Deal | undefined, testBidder: boolean, blocked: readonly string[] = []) =>
  declaredDomains(['rye.example'], of, { testBidder }, blocked);

it('declares the creative’s own domains, where the deal admits them or there is none', () => {
  for (const of of [undefined, deal(), deal('rye.example', 'oat.example')])
    for (const testBidder of [true, false]) expect(declared(of, testBidder)).toEqual(['rye.example']);
});

it('bids under no deal that is for others', () => {
  expect(declared(deal('oat.example'), false)).toBeUndefined();
});

it('poses as one of them as a test bidder, but not as one that the publisher blocks', () => {
  expect(declared(deal('oat.example', 'corn.example'), true)).toEqual(['oat.example']);
  expect(declared(deal('oat.example', 'corn.example'), true, ['oat.example'])).toEqual(['corn.example']);
  expect(declared(deal('oat.example'), true, ['oat.example'])).toBeUndefined();
});
