/** Kind and surroundings of a native placement (`plcmttype` and `context` of Native 1.1 and later). */
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

/** By number; 0 means unknown. */
const PLACEMENTS = ['', 'in_feed', 'atomic', 'outside_content', 'recommendation'] as const;
const CONTEXTS = ['', 'content', 'social', 'product'] as const;

export const nativeLayout = valueDimension({
  name: 'nativeLayout',
  description: 'Kind and surroundings of a native placement.',
  level: 'impression',
  cost: 35,
  item: Type.Union(
    [
      Type.Literal('in_feed'),
      Type.Literal('atomic'),
      Type.Literal('outside_content'),
      Type.Literal('recommendation'),
      Type.Literal('content'),
      Type.Literal('social'),
      Type.Literal('product'),
    ],
    { description: 'Kind of placement, or what stands around it.' },
  ),
  values,
});

function values({ impression: { native } }: Probe): readonly string[] {
  return [PLACEMENTS[native?.placementType ?? 0], CONTEXTS[native?.context ?? 0]].filter(
    (name) => name !== undefined && name !== '',
  ) as string[];
}
