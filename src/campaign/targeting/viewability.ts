/** Least predicted viewability (`imp.metric` of type viewability). */

import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Bitset } from '../../core/bitset.ts';
import { addBit, andInto, bitset, orInto } from '../../core/bitset.ts';
import type { Dimension, DimensionIndex, LineContext, Probe } from './dimension.ts';
import { residualIndex } from './residual.ts';

const schema = Type.Object(
  {
    minimum: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Least share of impressions seen, 0 to 1; an unknown share is refused.',
    }),
  },
  { additionalProperties: false, description: 'Predicted viewability.' },
);
type ViewabilityRule = Static<typeof schema>;

export const viewability = {
  name: 'viewability',
  schema,
  level: 'impression',
  cost: 40,
  accepts,
  index,
} as const satisfies Dimension<ViewabilityRule>;

function accepts(rule: ViewabilityRule, { impression }: Probe): boolean {
  return impression.viewability !== undefined && impression.viewability >= rule.minimum;
}

/** More thresholds than this are not worth a column each. */
const COLUMNS_MAX = 128;

/** Column n accepts what reaches the n-th threshold, so it holds all lines with that one or a lower one. */
function index(
  rules: readonly (ViewabilityRule | undefined)[],
  lines: readonly LineContext[],
): DimensionIndex {
  const thresholds = [...new Set(rules.flatMap((rule) => rule?.minimum ?? []))].sort((a, b) => a - b);
  if (thresholds.length > COLUMNS_MAX) return residualIndex(accepts, rules, lines);
  const columns = [undefined, ...thresholds].map((threshold): Bitset => {
    const column = bitset(rules.length);
    rules.forEach((rule, number) => {
      if (rule?.minimum === threshold) addBit(column, number);
    });
    return column;
  });
  for (let at = 1; at < columns.length; at++) orInto(columns[at]!, columns[at - 1]!);
  return {
    narrow: ({ impression: { viewability: share } }, candidates) => {
      let reached = 0;
      while (share !== undefined && reached < thresholds.length && share >= thresholds[reached]!) reached++;
      return andInto(candidates, columns[reached]!);
    },
  };
}
