/** What changed between two books, for alerts to hold against what happened afterwards. */
import type { Book } from '../../campaign/campaign.ts';
import type { Edit } from './alert.ts';

type Named = { readonly id: string };

/** Undefined where no line item is concerned. */
export function editBetween(before: Book, after: Book, atMs: number): Edit | undefined {
  const changed = (list: 'lineItems' | 'campaigns' | 'creatives'): ReadonlyMap<string, string> => {
    const known = new Map((before[list] as readonly Named[]).map((object) => [object.id, object]));
    const found = new Map<string, string>();
    for (const object of after[list] as readonly Named[]) {
      const was = known.get(object.id);
      if (was === object) continue;
      const keys = keysThatDiffer(was ?? {}, object);
      if (keys.length > 0) found.set(object.id, `${object.id} (${was ? keys.join(', ') : 'new'})`);
    }
    return found;
  };
  const [lines, campaigns, creatives] = [changed('lineItems'), changed('campaigns'), changed('creatives')];
  const lineItemIds = after.lineItems
    .filter(
      (line) =>
        lines.has(line.id) ||
        campaigns.has(line.campaignId) ||
        line.creatives.some(({ id }) => creatives.has(id)),
    )
    .map(({ id }) => id);
  if (lineItemIds.length === 0) return undefined;
  const what = [...lines.values(), ...campaigns.values(), ...creatives.values()];
  return {
    atMs,
    lineItemIds,
    what: what.length > 3 ? `${what.slice(0, 3).join('; ')} and ${what.length - 3} more` : what.join('; '),
  };
}

function keysThatDiffer(before: object, after: object): string[] {
  const [was, is] = [before, after] as [Record<string, unknown>, Record<string, unknown>];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (key) => JSON.stringify(was[key]) !== JSON.stringify(is[key]),
  );
}
