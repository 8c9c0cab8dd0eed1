/** What an arm of an experiment makes of a line item. */
import type { LineItem } from './campaign.ts';
import { lineItemSchema } from './campaign.ts';
import type { Path } from './issue.ts';
import { checkShape } from './shape.ts';

/** The line item as an arm has it, with the defaults of what the arm brings in; issues lie at `path`, that of the changes. */
export function lineOfArm(lineItem: object, changes: Readonly<Record<string, unknown>>, path: Path = []) {
  const { value, issues } = checkShape(lineItemSchema, merged(lineItem, changes), path);
  return { lineItem: value as LineItem, issues };
}

/** RFC 7396. Keys that a book cannot have are left to the shape to tell of. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const result = new Map<string, unknown>(Object.entries(base));
  for (const [key, part] of Object.entries(patch)) {
    if (part === null) result.delete(key);
    else result.set(key, merged(result.get(key), part));
  }
  return Object.fromEntries(result);
}
