/** One auction, by the rules and examples of OpenRTB 2.6 section 4.4.1. Prices are integer CPM micros. */

export interface AuctionBid {
  readonly priceCpmMicros: number;
  readonly floorCpmMicros: number;
  /** 1 first price, 2 second price plus, 3 the floor is the price. */
  readonly auctionType: number;
}

export interface AuctionResult {
  /** Index of the bid that won; undefined when none reached its floor. */
  readonly winner: number | undefined;
  /** What the winner pays. */
  readonly clearingCpmMicros: number;
  /** For each bid what `${AUCTION_MIN_TO_WIN}` tells it. */
  readonly minToWinCpmMicros: readonly number[];
  /** For each bid its loss code: 0 won, 100 and 101 below the floor, 102 outbid. */
  readonly lossCodes: readonly number[];
}

const WON = 0;
const BELOW_FLOOR = 100;
const OUTBID = 102;

/**
 * The highest bid that reaches its floor wins, the first of equals. The winner is told the price that ties with the next
 * bid, or its floor where that is higher; the others the price that ties with the winner: its bid in a first-price
 * auction, the clearing price in the others.
 */
export function runAuction(bids: readonly AuctionBid[], incrementCpmMicros: number): AuctionResult {
  let winner: number | undefined;
  let second = 0;
  bids.forEach((bid, index) => {
    if (bid.priceCpmMicros < bid.floorCpmMicros || bid.priceCpmMicros <= 0) return;
    const best = winner === undefined ? 0 : bids[winner]!.priceCpmMicros;
    if (bid.priceCpmMicros > best) {
      second = best;
      winner = index;
    } else second = Math.max(second, bid.priceCpmMicros);
  });
  if (winner === undefined) {
    return {
      winner,
      clearingCpmMicros: 0,
      minToWinCpmMicros: bids.map((bid) => bid.floorCpmMicros),
      lossCodes: bids.map(() => BELOW_FLOOR),
    };
  }
  const won = bids[winner]!;
  const clearingCpmMicros = priceFor(won, second, incrementCpmMicros);
  const toTie = won.auctionType === 1 ? won.priceCpmMicros : clearingCpmMicros;
  return {
    winner,
    clearingCpmMicros,
    minToWinCpmMicros: bids.map((bid, index) =>
      index === winner ? Math.max(second, won.floorCpmMicros) : Math.max(toTie, bid.floorCpmMicros),
    ),
    lossCodes: bids.map((bid, index) =>
      index === winner ? WON : bid.priceCpmMicros < bid.floorCpmMicros ? BELOW_FLOOR : OUTBID,
    ),
  };
}

function priceFor(won: AuctionBid, second: number, incrementCpmMicros: number): number {
  if (won.auctionType === 1) return won.priceCpmMicros;
  if (won.auctionType === 3) return won.floorCpmMicros > 0 ? won.floorCpmMicros : won.priceCpmMicros;
  const next = second >= won.floorCpmMicros && second > 0 ? second + incrementCpmMicros : won.floorCpmMicros;
  return Math.min(won.priceCpmMicros, Math.max(next, incrementCpmMicros));
}
