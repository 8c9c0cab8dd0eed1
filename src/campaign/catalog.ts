/** The book compiled for bidding: dense line numbers, resolved references, columns of bits. Immutable; swapped whole. */
import type { Bitset } from '../core/bitset.ts';
import type { BudgetRef } from '../core/budget.ts';
import type { CapRule } from '../core/history.ts';
import type { Zone } from '../core/zone.ts';
import { goesByResults } from './bid-strategy.ts';
import type { Advertiser, Book, Campaign, LineItem } from './campaign.ts';
import type { Creative } from './creative.ts';
import type { Template } from './dynamic/template.ts';
import type { LineColumns } from './line-columns.ts';
import type { OwnDomains } from './own-domains.ts';
import type { Probe } from './targeting/dimension.ts';
import type { Trial } from './trials.ts';

export interface Catalog extends LineColumns {
  readonly book: Book;
  /** All line items that are not archived, and what arms of experiments make of them, dense, in falling order of their ceilings; `lines[n].number === n`. */
  readonly lines: readonly CatalogLine[];
  /** As they are for whoever takes part in no experiment. */
  readonly lineById: ReadonlyMap<string, CatalogLine>;
  /** Experiments that are active, whatever their days. */
  readonly trials: readonly Trial[];
  readonly targeting: TargetingIndex;
  /** Packs that a line item aims at, leaves out or weighs by: those that prediction looks at. */
  readonly namedPacks: ReadonlySet<string>;
  /** Of all its creatives. */
  readonly ownDomains: OwnDomains;
}

export interface CatalogLine {
  readonly number: number;
  /** Of its id; crosses the features of a showing with the line item. */
  readonly hash: number;
  /** With the changes of the arm, in which all versions of a line item keep its id. */
  readonly lineItem: LineItem;
  readonly campaign: Campaign;
  readonly advertiser: Advertiser;
  readonly zone: Zone;
  /** First instant of the flight, and the first one after it; of campaign and line item together. ±Infinity where no date is given. */
  readonly flightStartMs: number;
  readonly flightEndMs: number;
  /** Those that are active. */
  readonly creatives: readonly CatalogCreative[];
  /** Caps of advertiser, campaign and line item, and the minimum gap; each creative has its own beside. */
  readonly caps: readonly CapRule[];
  /** Caps, a gap, or a pack rule that nobody without an id satisfies: without a person it cannot bid. */
  readonly needsPerson: boolean;
  /** A rule about what the person has seen, or a story to tell them. */
  readonly readsPerson: boolean;
  /** Deals that its targeting names; one that names any buys nothing else. */
  readonly wantedDeals: readonly string[];
  readonly budgets: readonly BudgetRef[];
  /** Ids of the conversion actions that its strategy counts; empty where it does not go by conversions. */
  readonly countedActions: ReadonlySet<string>;
  /** The experiment that it is part of. */
  readonly experimentId?: string;
  /** One that an arm has, and not the line item as it is. */
  readonly isVariant?: boolean;
}

export interface CatalogCreative {
  readonly creative: Creative;
  readonly weight: number;
  /** Limits of its share of the choices it fits. */
  readonly shareMin?: number;
  readonly shareMax?: number;
  readonly caps: readonly CapRule[];
  /** Declared `adomain`, lower case. */
  readonly domains: readonly string[];
  /** Declared `cat`, in `categoryTaxonomy`: content 1.0 where absent. */
  readonly categories: readonly string[];
  readonly categoryTaxonomy?: number;
  /** No http address anywhere in markup, files, pictures or landing page. */
  readonly secure: boolean;
  readonly crid: string;
  /** Of a creative with slots. */
  readonly template?: Template;
}

export interface TargetingIndex {
  /** Clears candidates by all request-level dimensions. */
  narrowByRequest(probe: Probe, candidates: Bitset): boolean;
  /** Clears candidates by all impression-level dimensions. */
  narrowByImpression(probe: Probe, candidates: Bitset): boolean;
  /** Plain twin: the first dimension, in the index's own order, that refuses line n; undefined when all accept. */
  firstRefusal(lineNumber: number, probe: Probe): string | undefined;
  /** Every dimension that refuses line n, for the trace and the counterfactual. */
  refusals(lineNumber: number, probe: Probe): readonly string[];
}

/** A line item as it is, and as arms of an experiment have it. */
export function versionsOf({ lines, lineById }: Catalog, lineItemId: string): readonly CatalogLine[] {
  const line = lineById.get(lineItemId);
  if (!line) return [];
  return line.experimentId === undefined
    ? [line]
    : lines.filter(({ lineItem }) => lineItem.id === lineItemId);
}

/** Each line item once; of its versions one that goes by results, where there is any: controllers are the line item's, not the arm's. */
export function steeredLines(lines: readonly CatalogLine[]): readonly CatalogLine[] {
  const chosen = new Map<string, CatalogLine>();
  for (const line of lines) {
    const known = chosen.get(line.lineItem.id);
    const isBetter =
      !known ||
      (goesByResults(line.lineItem.bid) && !goesByResults(known.lineItem.bid)) ||
      (known.isVariant && goesByResults(line.lineItem.bid) === goesByResults(known.lineItem.bid));
    if (isBetter) chosen.set(line.lineItem.id, line);
  }
  return chosen.size === lines.length ? lines : [...chosen.values()];
}

/** In the order of the book, which is the buyer's. */
export function linesAsWritten({ book, lineById }: Catalog): readonly CatalogLine[] {
  return book.lineItems.flatMap(({ id }) => lineById.get(id) ?? []);
}
