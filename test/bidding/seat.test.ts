import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { seatFor } from '../../src/bidding/seat.ts';

const request = (allowedSeats: string[] = [], blockedSeats: string[] = []) => ({
  allowedSeats,
  blockedSeats,
});
const deal = (...allowedSeats: string[]) => ({ allowedSeats });
const stranger = { seatsNamedAreOurs: false };
const seated = { seat: 'ours', seatsNamedAreOurs: false };
const agent = { seatsNamedAreOurs: true };
const seatedAgent = { seat: 'ours', seatsNamedAreOurs: true };

describe('the seat a bid is made under', () => {
  it('is our own, or nobody, where no list names seats', () => {
    expect(seatFor(request(), undefined, stranger)).toEqual({ name: undefined });
    expect(seatFor(request(), deal(), agent)).toEqual({ name: undefined });
    expect(seatFor(request(), undefined, seated)).toEqual({ name: 'ours' });
    expect(seatFor(request(), undefined, seatedAgent)).toEqual({ name: 'ours' });
  });

  it('must be on every list, and on no list of the blocked', () => {
    expect(seatFor(request(['other']), undefined, seated)).toBeUndefined();
    expect(seatFor(request(['other', 'ours']), undefined, seated)).toEqual({ name: 'ours' });
    expect(seatFor(request(['ours']), deal('other'), seated)).toBeUndefined();
    expect(seatFor(request(['other']), deal('ours'), seated)).toBeUndefined();
    expect(seatFor(request([], ['ours']), undefined, seated)).toBeUndefined();
    expect(seatFor(request([], ['other']), undefined, seated)).toEqual({ name: 'ours' });
    expect(seatFor(request(['other']), undefined, stranger)).toBeUndefined();
  });

  it('is the first that every list admits where the seats an exchange names are ours', () => {
    expect(seatFor(request(['a', 'b']), undefined, agent)).toEqual({ name: 'a' });
    expect(seatFor(request(), deal('c', 'd'), agent)).toEqual({ name: 'c' });
    expect(seatFor(request(['a', 'd']), deal('c', 'd'), agent)).toEqual({ name: 'd' });
    expect(seatFor(request(['a']), deal('c'), agent)).toBeUndefined();
    expect(seatFor(request([], ['c']), deal('c', 'd'), agent)).toEqual({ name: 'd' });
    expect(seatFor(request([], ['c']), deal('c'), agent)).toBeUndefined();
  });

  it('is our own before others that are ours too', () => {
    expect(seatFor(request(['a', 'ours']), undefined, seatedAgent)).toEqual({ name: 'ours' });
    expect(seatFor(request(['a', 'b']), undefined, seatedAgent)).toEqual({ name: 'a' });
    expect(seatFor(request([], ['ours']), undefined, seatedAgent)).toBeUndefined();
  });

  const seats = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'ours'), { maxLength: 3 });
  test.prop([seats, seats, seats, fc.boolean(), fc.boolean()])(
    'is never one that a list leaves out or blocks, and is found where one of ours is admitted',
    (wseat, bseat, ofDeal, hasOwn, named) => {
      const exchange = { ...(hasOwn ? { seat: 'ours' } : {}), seatsNamedAreOurs: named };
      const found = seatFor(request(wseat, bseat), deal(...ofDeal), exchange);
      const lists = [wseat, ofDeal].filter((list) => list.length > 0);
      const admits = (seat: string) => lists.every((list) => list.includes(seat)) && !bseat.includes(seat);
      const candidates = [...(hasOwn ? ['ours'] : []), ...(named ? lists.flat() : [])].filter(admits);
      if (found?.name !== undefined) expect(candidates).toContain(found.name);
      else if (found) expect([hasOwn, lists.length]).toEqual([false, 0]);
      else expect(candidates).toEqual([]);
    },
  );
});
