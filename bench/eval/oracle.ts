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
  const sorted = prices.slice().sort();
  const knots: number[] = [];
  const shares: number[] = [];
  for (let index = 0; index < sorted.length; index++) {
    if (sorted[index] === sorted[index + 1]) continue;
    knots.push(sorted[index]!);
    shares.push((index + 1) / sorted.length);
  }
  return Float64Array.from(values, (value) => {
    let best = 0;
    let bestSurplus = 0;
    for (let knot = 0; knot < knots.length && knots[knot]! < value; knot++) {
      const surplus = (value - knots[knot]!) * shares[knot]!;
      if (surplus > bestSurplus) {
        bestSurplus = surplus;
        best = knots[knot]!;
      }
    }
    return best;
  });
}
