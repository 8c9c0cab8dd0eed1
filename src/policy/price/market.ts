/** How a market is cut into contexts: the widest key first. Bids and notices must cut it alike, so both come here. */

/** What both a bid and the notices of it know of the impression. */
export interface MarketTraits {
  readonly floorCpmMicros: number;
  readonly media: string;
}

/** The keys in order, as data: another trait that notices carry is one line. Floors say most of the price after the exchange. */
const MARKET_KEYS: readonly ((traits: MarketTraits) => string)[] = [
  ({ floorCpmMicros }) => priceBand(floorCpmMicros, 2),
  ({ media }) => media,
];

export function marketContext(traits: MarketTraits): readonly string[] {
  return MARKET_KEYS.map((key) => key(traits));
}

/** Prices within a factor of 2^(1/bandsPerDoubling) share a name; none has one of its own. */
export function priceBand(priceCpmMicros: number, bandsPerDoubling: number): string {
  return priceCpmMicros > 0 ? String(Math.floor(Math.log2(priceCpmMicros) * bandsPerDoubling)) : 'none';
}
