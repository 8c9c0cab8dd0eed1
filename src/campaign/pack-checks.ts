/** Packs of packs must end somewhere; rules must say something; names of the classes are taken. */
import { isClassPack } from './audience/classes.ts';
import { partsOf } from './audience/kinds.ts';
import type { PeopleRule } from './audience/rule.ts';
import { ruleFault } from './audience/rule.ts';
import type { Issue } from './issue.ts';
import { issue } from './issue.ts';
import type { LooseBook } from './loose-book.ts';

export function packFaults({ audiences = [] }: LooseBook): Issue[] {
  const parts = new Map(audiences.map((audience) => [audience?.id ?? '', partsOf(audience)]));
  return audiences.flatMap((audience, index) => {
    const id = audience?.id;
    if (!audience || id === undefined) return [];
    const path = ['audiences', index];
    const found: Issue[] = [];
    if (isClassPack(id))
      found.push(
        issue([...path, 'id'], 'reserved_id', 'is the name of a class that is always there', { value: id }),
      );
    // Shapes were looked at: what is there of a rule is sound.
    const fault =
      audience.source === 'rule' && audience.rule ? ruleFault(audience.rule as PeopleRule) : undefined;
    if (fault !== undefined) found.push(issue([...path, 'rule'], 'empty_rule', fault));
    if (leadsTo(id, id, parts, new Set()))
      found.push(
        issue(
          [...path, audience.source === 'tree' ? 'expression' : 'seed'],
          'made_of_itself',
          'leads back to this pack',
          {
            value: id,
            hint: 'Name a pack that does not rest on this one.',
          },
        ),
      );
    return found;
  });
}

function leadsTo(
  from: string,
  aim: string,
  parts: ReadonlyMap<string, readonly string[]>,
  seen: Set<string>,
): boolean {
  return (parts.get(from) ?? []).some((part) => {
    if (part === aim) return true;
    if (seen.has(part)) return false;
    seen.add(part);
    return leadsTo(part, aim, parts, seen);
  });
}
