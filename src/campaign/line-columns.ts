/** Columns over all line items, for what a bid can decide of many of them at once. */
import type { Bitset } from '../core/bitset.ts';
import { addBit, bitset } from '../core/bitset.ts';
import type { Media } from '../core/event.ts';
import type { Advertiser, Campaign, LineItem } from './campaign.ts';
import { ceilingOf } from './ceiling.ts';

/** What is asked of a compiled line item. */
interface Line {
  readonly number: number;
  readonly lineItem: LineItem;
  readonly campaign: Campaign;
  readonly advertiser: Advertiser;
  readonly creatives: readonly { readonly creative: { readonly format: Media } }[];
  readonly wantedDeals: readonly string[];
  readonly readsPerson: boolean;
}

export interface LineColumns {
  /** Line items whose status and whose campaign's and advertiser's status are active. */
  readonly active: Bitset;
  /** The most that a thousand impressions can be worth to line n, whoever asks: CPM micros. */
  readonly ceilings: Float64Array;
  /** Line items with a creative of the format. */
  readonly formats: Readonly<Record<Media, Bitset>>;
  /** Line items that name deals, or buy under any. */
  readonly dealBuyers: Bitset;
  /** Line items with a rule about what a person has seen. */
  readonly personReaders: Bitset;
}

export function lineColumns(lines: readonly Line[]): LineColumns {
  const shows =
    (media: Media) =>
    ({ creatives }: Line): boolean =>
      creatives.some(({ creative }) => creative.format === media);
  return {
    active: linesWhere(lines, (line) =>
      [line.lineItem, line.campaign, line.advertiser].every(({ status }) => status === 'active'),
    ),
    ceilings: Float64Array.from(lines, ({ lineItem }) => ceilingOf(lineItem)),
    formats: {
      banner: linesWhere(lines, shows('banner')),
      video: linesWhere(lines, shows('video')),
      audio: linesWhere(lines, shows('audio')),
      native: linesWhere(lines, shows('native')),
    },
    dealBuyers: linesWhere(lines, ({ lineItem, wantedDeals }) => lineItem.anyDeal || wantedDeals.length > 0),
    personReaders: linesWhere(lines, ({ readsPerson }) => readsPerson),
  };
}

function linesWhere(lines: readonly Line[], holds: (line: Line) => boolean): Bitset {
  const set = bitset(lines.length);
  for (const line of lines) if (holds(line)) addBit(set, line.number);
  return set;
}
