/** What the pages say must be true of the repository. */
import { posix } from 'node:path';
import type { Fault, SourceTree } from './source-tree.ts';
import { dottedName, literalText, walk } from './source-tree.ts';

/** Scripts that npm runs without the word `run`. */
const SHORT_SCRIPT = /\bnpm (start|test)\b/g;
const LONG_SCRIPT = /\bnpm run ([a-z][\w:-]*)/g;
const COMMAND = /\bnpx bidwright ([a-z][\w-]*)/g;
const LINK = /!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g;
const ELSEWHERE = /^(?:[a-z][a-z+.-]*:|#|\/\/)/i;

const WHY = {
  command: 'the first thing a newcomer does is to copy a command from a page; it has to work',
  dependency: 'each dependency is there for a reason, and ARCHITECTURE.md is where the reason stands',
  link: 'a link that leads nowhere makes a reader doubt the rest of the page',
} as const;

/** `npm run X` and `npx bidwright X` in a page, against the scripts and commands there are. */
export function commandFaults(
  path: string,
  text: string,
  scripts: ReadonlySet<string>,
  commands: ReadonlySet<string>,
): Fault[] {
  const missing = (pattern: RegExp, known: ReadonlySet<string>, kind: string): Fault[] =>
    [...text.matchAll(pattern)]
      .filter((match) => !known.has(match[1]!))
      .map((match) =>
        fault(path, text, match.index, `\`${match[0]}\`: there is no such ${kind}`, WHY.command),
      );
  return [
    ...missing(SHORT_SCRIPT, scripts, 'script'),
    ...missing(LONG_SCRIPT, scripts, 'script'),
    ...missing(COMMAND, commands, 'command'),
  ];
}

const COMMAND_LINE = /^src\/(?:main|[a-z]+-commands|cli\/.*)\.ts$/;

/** Names given to commander's `.command('name <argument>')` in main.ts, its parts and cli/. */
export function commandNames(tree: SourceTree): ReadonlySet<string> {
  const names = new Set<string>();
  for (const file of tree.values()) {
    if (!COMMAND_LINE.test(file.path)) continue;
    for (const node of walk(file.program)) {
      const name = commandName(node);
      if (name !== undefined) names.add(name);
    }
  }
  return names;
}

/** Dependencies that the page does not name in backticks. */
export function dependencyFaults(path: string, text: string, dependencies: readonly string[]): Fault[] {
  return dependencies
    .filter((name) => !text.includes(`\`${name}\``))
    .map((name) => fault(path, text, 0, `does not name the dependency \`${name}\``, WHY.dependency));
}

/** Relative links to files and folders that are not there. */
export function linkFaults(path: string, text: string, exists: (path: string) => boolean): Fault[] {
  return [...withoutCode(text).matchAll(LINK)]
    .filter((match) => !ELSEWHERE.test(match[1]!))
    .filter((match) => !exists(posix.join(posix.dirname(path), decodeURI(match[1]!.replace(/#.*$/, '')))))
    .map((match) => fault(path, text, match.index, `links to ${match[1]}, which does not exist`, WHY.link));
}

function commandName(node: Parameters<typeof dottedName>[0]): string | undefined {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined;
  const { callee } = node;
  const isMethod = callee.type === 'MemberExpression' && callee.property.type === 'Identifier';
  const called =
    isMethod && callee.property.type === 'Identifier' ? callee.property.name : dottedName(callee);
  if (called !== 'command' && called !== 'Command') return undefined;
  return literalText(node.arguments[0])?.split(' ')[0];
}

/** Blanks fenced blocks and inline code, in place, so that positions stay true. */
function withoutCode(text: string): string {
  const blank = (code: string): string => code.replace(/[^\n]/g, ' ');
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, blank).replace(/`[^`\n]*`/g, blank);
}

function fault(path: string, text: string, offset: number, what: string, why: string): Fault {
  return { path, line: text.slice(0, offset).split('\n').length, what, why };
}
