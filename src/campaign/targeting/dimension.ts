/**
 * A targeting dimension: one file, one line in `index.ts`, and the contract suite covers it. Each dimension has a
 * plain twin (`accepts`, one rule against one impression) and an index over all line items (columns of bits).
 * Both must agree; a property test holds them to it.
 */
import type { TSchema } from 'typebox';
import type { Bitset } from '../../core/bitset.ts';
import type { Zone } from '../../core/zone.ts';
import type { Permits } from '../../openrtb/consent.ts';
import type { BidRequest, Impression } from '../../openrtb/request.ts';

/** What targeting sees of one impression. Nothing else may influence a dimension. */
export interface Probe {
  readonly exchangeId: string;
  readonly request: BidRequest;
  readonly impression: Impression;
  readonly permits: Permits;
  /** Ids of the packs the person is in; empty where no person may be known. */
  readonly packs: readonly string[];
  readonly nowMs: number;
}

/** Facts of the line item, other than its rule, that a dimension may need. */
export interface LineContext {
  /** The campaign's time zone. */
  readonly zone: Zone;
}

export interface Dimension<Rule = never> {
  /** Key under `targeting` of a line item. */
  readonly name: string;
  readonly schema: TSchema;
  /** `request` dimensions look at nothing of the single impression, so they are narrowed once for all of them. */
  readonly level: 'request' | 'impression';
  /** Rank for narrowing, cheapest and most selective first. */
  readonly cost: number;
  /** The plain twin. Unknown values: an include or require rule refuses them, an exclude rule accepts them. */
  accepts(rule: Rule, probe: Probe, line: LineContext): boolean;
  /** `rules[n]` belongs to line item n; undefined means that it does not target by this dimension. */
  index(rules: readonly (Rule | undefined)[], lines: readonly LineContext[]): DimensionIndex;
}

export interface DimensionIndex {
  /** Clears the candidates whose rule refuses the probe. Gives false when none is left. Never adds one. */
  narrow(probe: Probe, candidates: Bitset): boolean;
}
