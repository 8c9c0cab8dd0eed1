/** What a change of the book makes the bidder learn anew, said before it is made. */
import type { BookObject, ChangedObject } from '../core/change.ts';
import { patchBetween } from './edits.ts';
import type { Path } from './issue.ts';

export interface Relearning {
  readonly path: Path;
  readonly message: string;
}

export function relearningOf({ list, before, after }: ChangedObject): readonly Relearning[] {
  if (before === null || after === null) return [];
  const patch = (patchBetween(before, after) ?? {}) as Readonly<Record<string, unknown>>;
  const found: Relearning[] = [];
  if (list === 'conversionActions' && ('clickWindowHours' in patch || 'viewWindowHours' in patch))
    found.push({
      path: [],
      message:
        'What counts as a conversion changes: rates learned under the old windows fade only with time.',
    });
  if (list === 'lineItems') {
    const bid = patch['bid'] as Readonly<Record<string, unknown>> | undefined;
    if (bid && 'strategy' in bid)
      found.push({
        path: ['bid', 'strategy'],
        message: 'Another strategy steers from its own beginning; the first day or two are less steady.',
      });
    if (bid && 'actions' in bid)
      found.push({
        path: ['bid', 'actions'],
        message: 'Other actions count: rates and creatives are judged anew from what was journaled of these.',
      });
    const fresh = newCreatives(before, after);
    if (fresh.length > 0)
      found.push({
        path: ['creatives'],
        message: `Begins with what is usual for the line item: ${fresh.join(', ')}.`,
      });
  }
  return found;
}

function newCreatives(before: BookObject, after: BookObject): readonly string[] {
  const known = new Set(idsOf(before));
  return known.size === 0 ? [] : idsOf(after).filter((id) => !known.has(id));
}

function idsOf({ creatives }: BookObject): readonly string[] {
  if (!Array.isArray(creatives)) return [];
  return creatives.flatMap((entry: unknown) => {
    const id = (entry as { readonly id?: unknown } | null)?.id;
    return typeof id === 'string' ? [id] : [];
  });
}
