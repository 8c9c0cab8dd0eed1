/** The exchange's own book: what it sold and charged, counted on its side of the wire, to hold the bidder's against. */

export interface Tally {
  wins: number;
  /** Won impressions that were shown, which is when the exchange charges. */
  billed: number;
  /** Sum of clearing prices of billed impressions, CPM micros: a thousandth of it is money. */
  billedCpmMicros: number;
  clicks: number;
  /** What the truth expects of the billed impressions: conversions without their chance. */
  expectedConversions: number;
  conversions: number;
  conversionValueMicros: number;
}

/** Requests and answers, beside the tallies. */
export interface Totals extends Tally {
  requests: number;
  /** Bids that were in answers, valid or not. */
  bids: number;
  noBids: number;
  /** Answers neither 200 nor 204, and connections that failed. */
  errors: number;
  /** Answers after tmax: counted as no-bid. */
  timeouts: number;
  /** Bids thrown away, by reason in `invalid`. */
  invalidBids: number;
  losses: number;
  notices: number;
  noticeFailures: number;
  duplicates: number;
}

export class SimulatorBook {
  readonly totals: Totals = {
    ...emptyTally(),
    requests: 0,
    bids: 0,
    noBids: 0,
    errors: 0,
    timeouts: 0,
    invalidBids: 0,
    losses: 0,
    notices: 0,
    noticeFailures: 0,
    duplicates: 0,
  };
  /** By `cid`, and by `crid`. */
  readonly campaigns = new Map<string, Tally>();
  readonly creatives = new Map<string, Tally>();
  /** Why bids were thrown away. */
  readonly invalid = new Map<string, number>();
  /** What was charged for each billed bid, by its id, CPM micros; only where the book was asked to keep them. */
  readonly charges: Map<string, number> | undefined;

  constructor(keepCharges = false) {
    this.charges = keepCharges ? new Map() : undefined;
  }

  /** Whole micros: all that was charged, rounded down once. */
  get spendMicros(): number {
    return Math.floor(this.totals.billedCpmMicros / 1000);
  }

  won(campaignId: string, creativeId: string): void {
    this.#each(campaignId, creativeId, (tally) => {
      tally.wins++;
    });
  }

  expected(campaignId: string, creativeId: string, conversions: number): void {
    this.#each(campaignId, creativeId, (tally) => {
      tally.expectedConversions += conversions;
    });
  }

  billed(bidId: string, campaignId: string, creativeId: string, priceCpmMicros: number): void {
    this.charges?.set(bidId, priceCpmMicros);
    this.#each(campaignId, creativeId, (tally) => {
      tally.billed++;
      tally.billedCpmMicros += priceCpmMicros;
    });
  }

  clicked(campaignId: string, creativeId: string): void {
    this.#each(campaignId, creativeId, (tally) => {
      tally.clicks++;
    });
  }

  converted(campaignId: string, creativeId: string, valueMicros: number): void {
    this.#each(campaignId, creativeId, (tally) => {
      tally.conversions++;
      tally.conversionValueMicros += valueMicros;
    });
  }

  refused(reason: string): void {
    this.totals.invalidBids++;
    this.invalid.set(reason, (this.invalid.get(reason) ?? 0) + 1);
  }

  #each(campaignId: string, creativeId: string, change: (tally: Tally) => void): void {
    change(this.totals);
    change(tallyOf(this.campaigns, campaignId));
    change(tallyOf(this.creatives, creativeId));
  }
}

function tallyOf(tallies: Map<string, Tally>, id: string): Tally {
  let tally = tallies.get(id);
  if (!tally) {
    tally = emptyTally();
    tallies.set(id, tally);
  }
  return tally;
}

function emptyTally(): Tally {
  return {
    wins: 0,
    billed: 0,
    billedCpmMicros: 0,
    clicks: 0,
    expectedConversions: 0,
    conversions: 0,
    conversionValueMicros: 0,
  };
}
