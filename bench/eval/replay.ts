/**
 * Recorded auctions shown to a bidder one at a time. The bidder sees a request, answers with a bid, and only then is told
 * what an exchange would have told it; nothing else of the recording is within its reach, so that no later row can
 * influence an earlier decision (test/bench/eval.test.ts changes the tail and compares the head).
 *
 * A recorded market price is the highest competing bid or floor: a bid at or above it wins. In a second-price auction the
 * winner pays it, in a first-price auction the bid.
 */

export interface Recorded<Request> {
  readonly request: Request;
  /** The least bid that would have won. */
  readonly price: number;
  readonly click: boolean;
}

export interface Told<Request> {
  readonly request: Request;
  readonly bid: number;
  readonly won: boolean;
  /** 0 for a loss. */
  readonly paid: number;
  /** The least bid that would have won, where this auction and feedback tell it. */
  readonly minToWin: number | undefined;
}

export interface ReplayBidder<Request> {
  /** What is not above 0 is no bid; nothing is told of it. */
  bid(request: Request): number;
  /** Right after the bid. */
  told(outcome: Told<Request>): void;
  /** A click on what was won, `clickDelay` auctions later. */
  clicked?(request: Request): void;
}

export interface ReplayRule {
  readonly auction: 'first' | 'second';
  /**
   * What is told besides won or lost and the price paid: `binary` nothing more, `loss` the least winning bid of a lost
   * auction, `full` of every auction bid on. In a second-price auction a win tells it in any case: it is what was paid.
   */
  readonly feedback: 'binary' | 'loss' | 'full';
  /** What may be spent in all; a bid above what is left is cut to it. Without limit where absent. */
  readonly budget?: number;
  readonly clickDelay?: number;
}

export interface Replayed {
  readonly auctions: number;
  readonly bids: number;
  readonly wins: number;
  readonly clicks: number;
  readonly spend: number;
}

/** `onWin` is the judge's, not the bidder's: it adds up what the purchase was worth. */
export function replay<Request>(
  recording: Iterable<Recorded<Request>>,
  bidder: ReplayBidder<Request>,
  rule: ReplayRule,
  onWin: (won: Recorded<Request>, paid: number, index: number) => void = () => undefined,
): Replayed {
  const clickDelay = rule.clickDelay ?? 0;
  const budget = rule.budget ?? Number.POSITIVE_INFINITY;
  const waiting: { readonly at: number; readonly request: Request }[] = [];
  let auctions = 0;
  let bids = 0;
  let wins = 0;
  let clicks = 0;
  let spend = 0;
  for (const row of recording) {
    while (waiting.length > 0 && waiting[0]!.at <= auctions) {
      const { request } = waiting.shift()!;
      bidder.clicked?.(request);
    }
    const asked = bidder.bid(row.request);
    const bid = Math.min(asked, budget - spend);
    if (bid > 0) {
      const won = bid >= row.price;
      const paid = won ? (rule.auction === 'first' ? bid : row.price) : 0;
      bids++;
      if (won) {
        wins++;
        spend += paid;
        onWin(row, paid, auctions);
        if (row.click) {
          clicks++;
          waiting.push({ at: auctions + 1 + clickDelay, request: row.request });
        }
      }
      bidder.told({ request: row.request, bid, won, paid, minToWin: minToWin(rule, won, row.price) });
    }
    auctions++;
  }
  return { auctions, bids, wins, clicks, spend };
}

function minToWin({ auction, feedback }: ReplayRule, won: boolean, price: number): number | undefined {
  if (feedback === 'full') return price;
  if (won) return auction === 'second' ? price : undefined;
  return feedback === 'loss' ? price : undefined;
}
