/** Every reason to refuse a bid is given somewhere, and says what to do about it. */
import type { Fault, SourceTree } from './source-tree.ts';
import { literalText, walk } from './source-tree.ts';

const HOME = 'src/core/reason.ts';

interface ReasonText {
  readonly remedy: string;
}

export function reasonFaults(tree: SourceTree, reasons: Readonly<Record<string, ReasonText>>): Fault[] {
  const given = wordsOutsideHome(tree);
  return Object.entries(reasons).flatMap(([reason, { remedy }]) => [
    ...(given.has(reason)
      ? []
      : [
          fault(
            `${reason} is given nowhere`,
            'a funnel with a line that cannot count hides where bids are lost',
          ),
        ]),
    ...(remedy.trim() === ''
      ? [fault(`${reason} has no remedy`, 'a buyer who is told no is told what would turn it into yes')]
      : []),
  ]);
}

function fault(what: string, why: string): Fault {
  return { path: HOME, line: 1, what, why };
}

/** String literals and object keys of all other files in src. */
function wordsOutsideHome(tree: SourceTree): ReadonlySet<string> {
  const words = new Set<string>();
  for (const file of tree.values()) {
    if (!file.path.startsWith('src/') || file.path === HOME || file.path.startsWith('src/console/')) continue;
    for (const node of walk(file.program)) {
      const word =
        node.type === 'Property' && node.key.type === 'Identifier' ? node.key.name : literalText(node);
      if (word !== undefined) words.add(word);
    }
  }
  return words;
}
