/** Under which of our seats a bid is made (OpenRTB 2.6 sections 3.2.1, 3.2.12 and 4.2.2), request-wide or under a deal. */
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { BidRequest, Deal } from '../openrtb/request.ts';

/** `name` goes into the answer's `seat`; undefined where we have none and nobody asks for one. */
export interface Seat {
  readonly name: string | undefined;
}

/**
 * Undefined where no seat of ours may buy. The lists of the request and of the deal hold together, and a blocked seat
 * never buys. Our own seat goes before others; where the exchange's profile says that the seats it names are ours, the
 * first that every list admits is taken, the deal's order before the request's.
 */
export function seatFor(
  request: Pick<BidRequest, 'allowedSeats' | 'blockedSeats'>,
  deal: Pick<Deal, 'allowedSeats'> | undefined,
  { seat: own, seatsNamedAreOurs }: Pick<ExchangeProfile, 'seat' | 'seatsNamedAreOurs'>,
): Seat | undefined {
  const ofRequest = request.allowedSeats;
  const ofDeal = deal?.allowedSeats ?? NONE;
  const admitted = (seat: string): boolean =>
    (ofRequest.length === 0 || ofRequest.includes(seat)) &&
    (ofDeal.length === 0 || ofDeal.includes(seat)) &&
    !request.blockedSeats.includes(seat);
  if (own !== undefined && admitted(own)) return { name: own };
  const named = ofDeal.length > 0 ? ofDeal : ofRequest;
  if (named.length === 0) return own === undefined ? NAMELESS : undefined;
  const first = seatsNamedAreOurs ? named.find(admitted) : undefined;
  return first === undefined ? undefined : { name: first };
}

const NONE: readonly string[] = [];
const NAMELESS: Seat = { name: undefined };
