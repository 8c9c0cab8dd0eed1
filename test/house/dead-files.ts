/** What nothing leads to. */
import { posix } from 'node:path';
import type { Fault, SourceTree } from './source-tree.ts';
import { literalText, walk } from './source-tree.ts';

const SERVER_ENTRY = 'src/main.ts';
const CONSOLE_ENTRY = 'src/console/index.html';

/** What runs in `npm run eval` before it runs in the server: [a file, or a family's list, why]. */
const EVALUATED: readonly (readonly [path: string, why: string])[] = [
  [
    'src/policy/control/index.ts',
    'the planned multiplier learns from second-price wins, and the facts of a bid do not yet tell its auction type',
  ],
  [
    'src/policy/predict/quality.ts',
    'judges predictions of recordings; nothing of the server keeps single outcomes',
  ],
];

/** Files that a tool reads by their place or ending. */
const READ_BY_TOOLS = /(?:\.config\.ts|\.d\.ts|tsconfig\.json)$/;
const CODE = /\.(?:tsx?|css)$/;
const SCRIPT = /\.(?:lua|sql)$/;

const WHY = {
  dead: 'code that nothing runs still has to be read, and looks as if it worked; wire it in or delete it',
  script: 'a script that no code names is never sent to the store; load it or delete it',
} as const;

export function deadFaults(tree: SourceTree): Fault[] {
  const alive = reachable(tree, [SERVER_ENTRY, CONSOLE_ENTRY, ...EVALUATED.map(([path]) => path)]);
  const named = stringsOf(tree);
  const faults: Fault[] = [];
  for (const path of tree.keys()) {
    if (!path.startsWith('src/') || READ_BY_TOOLS.test(path)) continue;
    if (CODE.test(path) && !alive.has(path)) faults.push(fault(path, 'is reached from no entry', WHY.dead));
    if (SCRIPT.test(path) && !isNamed(path, named)) faults.push(fault(path, 'is named nowhere', WHY.script));
  }
  return faults;
}

function fault(path: string, what: string, why: string): Fault {
  return { path, line: 1, what, why };
}

function reachable(tree: SourceTree, entries: readonly string[]): ReadonlySet<string> {
  const seen = new Set(entries.filter((entry) => tree.has(entry)));
  for (const path of seen) for (const next of leadsTo(tree, path)) if (tree.has(next)) seen.add(next);
  return seen;
}

function leadsTo(tree: SourceTree, path: string): string[] {
  const file = tree.get(path);
  if (!file) return [];
  if (path.endsWith('.html')) return pageLinks(path, file.text);
  if (path.endsWith('.css')) return styleLinks(path, file.text);
  return file.edges.flatMap((edge) => edge.target ?? []);
}

/** Scripts and style sheets of a page; an address from the root means the page's own folder, as it does for Vite. */
function pageLinks(path: string, text: string): string[] {
  return [...text.matchAll(/(?:src|href)="([^"#?:]+)"/g)].map((match) =>
    posix.join(posix.dirname(path), match[1]!.replace(/^\//, './')),
  );
}

function styleLinks(path: string, text: string): string[] {
  return [...text.matchAll(/@import\s+(?:url\()?['"]([^'"]+)['"]/g)].map((match) =>
    posix.join(posix.dirname(path), match[1]!),
  );
}

/** Every string in the code: literals and the fixed parts of templates. */
function stringsOf(tree: SourceTree): ReadonlySet<string> {
  const strings = new Set<string>();
  for (const file of tree.values()) {
    for (const node of walk(file.program)) {
      const text = literalText(node);
      if (text !== undefined) strings.add(text);
    }
  }
  return strings;
}

/** By its name with or without the ending, with or without folders before it. */
function isNamed(path: string, strings: ReadonlySet<string>): boolean {
  const name = posix.basename(path);
  const stem = name.slice(0, name.lastIndexOf('.'));
  for (const text of strings) if (text === stem || text === name || text.endsWith(`/${name}`)) return true;
  return false;
}
