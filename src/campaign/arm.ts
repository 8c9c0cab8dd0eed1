/** What an arm of an experiment makes of a line item. */

import { mergePatch } from '../core/merge-patch.ts';
import type { LineItem } from './campaign.ts';
import { lineItemSchema } from './campaign.ts';
import type { Path } from './issue.ts';
import { checkShape } from './shape.ts';

/** The line item as an arm has it, with the defaults of what the arm brings in; issues lie at `path`, that of the changes. */
export function lineOfArm(lineItem: object, changes: Readonly<Record<string, unknown>>, path: Path = []) {
  const { value, issues } = checkShape(lineItemSchema, mergePatch(lineItem, changes), path);
  return { lineItem: value as LineItem, issues };
}
