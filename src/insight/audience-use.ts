/** What each pack is there for: line items that aim or weigh by it, and packs that are made of it. */
import { partsOf } from '../campaign/audience/kinds.ts';
import { leavesOf } from '../campaign/audience/tree.ts';
import type { Book } from '../campaign/campaign.ts';

export const AUDIENCE_ROLES = ['include', 'require', 'exclude', 'expression', 'weight'] as const;
export type AudienceRole = (typeof AUDIENCE_ROLES)[number];

export interface AudienceUse {
  readonly lineItems: readonly { readonly lineItemId: string; readonly as: AudienceRole }[];
  /** Trees and look-alikes. */
  readonly packs: readonly string[];
}

export function audienceUse(
  { lineItems, audiences }: Pick<Book, 'lineItems' | 'audiences'>,
  packId: string,
): AudienceUse {
  return {
    lineItems: lineItems.flatMap(({ id, targeting: { audience }, audienceWeights }) => {
      const named: Record<AudienceRole, readonly string[]> = {
        include: audience?.include ?? [],
        require: audience?.require ?? [],
        exclude: audience?.exclude ?? [],
        expression: audience?.expression === undefined ? [] : leavesOf(audience.expression),
        weight: audienceWeights.map((weight) => weight.audience),
      };
      return AUDIENCE_ROLES.filter((role) => named[role].includes(packId)).map((as) => ({
        lineItemId: id,
        as,
      }));
    }),
    packs: audiences.filter((audience) => partsOf(audience).includes(packId)).map(({ id }) => id),
  };
}
