/** What a bidder with hindsight could have had: the limits that figures are shares of. */

export interface Knapsack {
  readonly value: number;
  readonly spend: number;
  /** Value per price at which it stopped buying; 0 where the budget bought everything. */
  readonly ratioMin: number;
}

/**
 * The most value that `budget` buys at the recorded prices, with a part of the last item: the upper bound for both auction
 * rules, since one who knows the price pays no more than it.
 */
export function fractionalKnapsack(
  values: ArrayLike<number>,
  prices: ArrayLike<number>,
  budget: number,
): Knapsack {
  let value = 0;
  let spend = 0;
  for (const index of byValuePerPrice(values, prices)) {
    const left = budget - spend;
    const price = prices[index]!;
    if (price > left) {
      const ratioMin = values[index]! / price;
      return { value: value + ratioMin * left, spend: budget, ratioMin };
    }
    value += values[index]!;
    spend += price;
  }
  return { value, spend, ratioMin: 0 };
}

/** Indexes of all items of some value, the best bargain first; what costs nothing comes before all else. */
export function byValuePerPrice(values: ArrayLike<number>, prices: ArrayLike<number>): Uint32Array {
  const ratios = Float64Array.from(values, (value, index) =>
    prices[index]! > 0 ? value / prices[index]! : Number.MAX_VALUE,
  );
  const worthwhile = Uint32Array.from({ length: values.length }, (_, index) => index).filter(
    (index) => values[index]! > 0,
  );
  return worthwhile.sort((a, b) => ratios[b]! - ratios[a]! || a - b);
}

/** For each value the bid of the greatest (value − bid) · F(bid), where F is the share of all recorded prices up to the bid. */
export function bestBids(prices: Float64Array, values: ArrayLike<number>): Float64Array {
  const rule = bestBidRule(prices);
  return Float64Array.from(values, rule);
}

/**
 * Of the value each candidate's surplus is a line, value · F − bid · F, and the best bid is on their upper envelope: found by halving
 * once it is made.
 */
export function bestBidRule(prices: Float64Array): (value: number) => number {
  const sorted = prices.slice().sort();
  const envelope: { readonly bid: number; readonly share: number; readonly from: number }[] = [];
  for (let index = 0; index < sorted.length; index++) {
    if (sorted[index] === sorted[index + 1]) continue;
    const bid = sorted[index]!;
    const share = (index + 1) / sorted.length;
    // The value from which this line is above the last one; a last one that it passes before it began never leads.
    let from = bid;
    while (envelope.length > 0) {
      const last = envelope.at(-1)!;
      from = (bid * share - last.bid * last.share) / (share - last.share);
      if (from > last.from) break;
      envelope.pop();
      from = bid;
    }
    envelope.push({ bid, share, from });
  }
  return (value) => {
    let low = 0;
    let high = envelope.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (envelope[middle]!.from < value) low = middle + 1;
      else high = middle;
    }
    return envelope[low - 1]?.bid ?? 0;
  };
}

export interface Bought {
  readonly value: number;
  readonly spend: number;
}

/**
 * What the highest multiplier buys that a budget lasts for, chosen in hindsight and the same for all rows: first price, bids
 * by `bidOf(multiplier × value)`.
 */
export function bestMultiplier(
  bidOf: (worth: number) => number,
  values: Float64Array,
  prices: Float64Array,
  budget: number,
): Bought {
  let best: Bought = { value: 0, spend: 0 };
  let low = -20;
  let high = 20;
  for (let halving = 0; halving < 40; halving++) {
    const middle = (low + high) / 2;
    const bought = boughtAt(2 ** middle, bidOf, values, prices);
    if (bought.spend > budget) high = middle;
    else {
      low = middle;
      best = bought;
    }
  }
  return best;
}

function boughtAt(
  multiplier: number,
  bidOf: (worth: number) => number,
  values: Float64Array,
  prices: Float64Array,
): Bought {
  let value = 0;
  let spend = 0;
  for (let row = 0; row < values.length; row++) {
    const bid = bidOf(multiplier * values[row]!);
    if (bid > 0 && bid >= prices[row]!) {
      value += values[row]!;
      spend += bid;
    }
  }
  return { value, spend };
}
