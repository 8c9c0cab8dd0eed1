/** Columns over all line items, for what a bid can decide of many of them at once. */
import type { Bitset } from '../core/bitset.ts';
import { addBit, bitset } from '../core/bitset.ts';
import type { Media } from '../core/event.ts';
import type { Advertiser, Campaign, LineItem } from './campaign.ts';
import { ceilingOf, packsBidMoreFor } from './ceiling.ts';

/** What is asked of a compiled line item. */
interface Line {
  readonly number: number;
  readonly lineItem: LineItem;
  readonly campaign: Campaign;
  readonly advertiser: Advertiser;
  readonly creatives: readonly { readonly creative: { readonly format: Media } }[];
  readonly wantedDeals: readonly string[];
  readonly needsPerson: boolean;
  readonly readsPerson: boolean;
}

export interface LineColumns {
  /** Line items whose status and whose campaign's and advertiser's status are active. */
  readonly active: Bitset;
  /** The most that a thousand impressions can be worth to line n, CPM micros, but to those of `bidMoreFor`. */
  readonly ceilings: Float64Array;
  /** By pack, the numbers of those that can be worth more than their ceilings where its members are asked for. */
  readonly bidMoreFor: ReadonlyMap<string, readonly number[]>;
  /** Line items with a creative of the format. */
  readonly formats: Readonly<Record<Media, Bitset>>;
  /** Line items that name deals, or buy under any. */
  readonly dealBuyers: Bitset;
  /** Line items that cannot bid for nobody in particular. */
  readonly personNeeders: Bitset;
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
    bidMoreFor: linesByPack(lines),
    formats: {
      banner: linesWhere(lines, shows('banner')),
      video: linesWhere(lines, shows('video')),
      audio: linesWhere(lines, shows('audio')),
      native: linesWhere(lines, shows('native')),
    },
    dealBuyers: linesWhere(lines, ({ lineItem, wantedDeals }) => lineItem.anyDeal || wantedDeals.length > 0),
    personNeeders: linesWhere(lines, ({ needsPerson }) => needsPerson),
    personReaders: linesWhere(lines, ({ readsPerson }) => readsPerson),
  };
}

function linesWhere(lines: readonly Line[], holds: (line: Line) => boolean): Bitset {
  const set = bitset(lines.length);
  for (const line of lines) if (holds(line)) addBit(set, line.number);
  return set;
}

function linesByPack(lines: readonly Line[]): Map<string, number[]> {
  const byPack = new Map<string, number[]>();
  for (const { number, lineItem } of lines)
    for (const pack of packsBidMoreFor(lineItem)) {
      const known = byPack.get(pack);
      if (known) known.push(number);
      else byPack.set(pack, [number]);
    }
  return byPack;
}
