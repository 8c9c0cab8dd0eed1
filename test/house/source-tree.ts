/**
 * The source as a tree of parsed files, read from disk or made up for a test. The rules of the house look at syntax,
 * not at text, so that a word in a comment or a string never trips them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { ESTree, ParseResult } from 'vite';
import { parseSync } from 'vite';

export interface Edge {
  /** What the file wrote: './clock.ts', 'pino', 'node:fs'. */
  readonly specifier: string;
  /** The path of a relative specifier from the root of the repository; undefined for a package. */
  readonly target: string | undefined;
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface SourceFile {
  /** From the root of the repository, with forward slashes: 'src/core/clock.ts'. */
  readonly path: string;
  readonly text: string;
  /** Empty for a file that is not TypeScript. */
  readonly edges: readonly Edge[];
  readonly comments: ParseResult['comments'];
  readonly program: ESTree.Program | undefined;
  lineAt(offset: number): number;
}

export type SourceTree = ReadonlyMap<string, SourceFile>;

/** One breach. `why` is the reason the rule exists, so that a red test teaches instead of only forbidding. */
export interface Fault {
  readonly path: string;
  readonly line: number;
  readonly what: string;
  readonly why: string;
}

export const ROOT = posix.resolve(import.meta.dirname, '../..');

const TYPESCRIPT = /\.tsx?$/;
const NEVER_READ = new Set(['node_modules', '.git', 'dist', 'coverage']);

/** All files below the given folders of the repository. */
export function readSourceTree(folders: readonly string[]): SourceTree {
  return treeOf(Object.fromEntries(filesBelow(folders).map((path) => [path, readText(path)])));
}

/** A tree from texts by path: the made-up source that shows a rule can fail. */
export function treeOf(texts: Readonly<Record<string, string>>): SourceTree {
  return new Map(Object.entries(texts).map(([path, text]) => [path, parseFile(path, text)]));
}

export function filesBelow(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    const entries = readdirSync(posix.join(ROOT, folder), { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => posix.relative(ROOT, posix.join(entry.parentPath, entry.name)))
      .filter((path) => !path.split('/').some((part) => NEVER_READ.has(part)))
      .sort();
  });
}

export function readText(path: string): string {
  return readFileSync(posix.join(ROOT, path), 'utf8');
}

/** Every node of a program, parents before children. */
export function* walk(program: ESTree.Program | undefined): Generator<ESTree.Node> {
  const pending: unknown[] = [program];
  while (pending.length > 0) {
    const next = pending.pop();
    if (next === null || typeof next !== 'object') continue;
    if (isNode(next)) yield next;
    const children = Array.isArray(next) ? next : Object.values(next);
    for (let index = children.length - 1; index >= 0; index--) pending.push(children[index]);
  }
}

/** The value of a string literal, or of a template without holes. */
export function literalText(node: ESTree.Node | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) {
    return node.quasis[0]?.value.cooked ?? undefined;
  }
  return undefined;
}

/** 'process.env' for `process.env`, `process['env']` and `globalThis.process.env`; undefined for what is not a plain chain. */
export function dottedName(node: ESTree.Node): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'MetaProperty') return `${node.meta.name}.${node.property.name}`;
  if (node.type === 'ChainExpression') return dottedName(node.expression);
  if (node.type !== 'MemberExpression') return undefined;
  const object = dottedName(node.object);
  const property =
    node.property.type === 'Identifier' && !node.computed ? node.property.name : literalText(node.property);
  if (object === undefined || property === undefined) return undefined;
  return object === 'globalThis' ? property : `${object}.${property}`;
}

/** Throws one readable list of all breaches. */
export function expectNoFaults(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const lines = faults.map((fault) => `${fault.path}:${fault.line} ${fault.what}\n    why: ${fault.why}`);
  throw new Error(`${faults.length} breach(es) of the house's rules\n${lines.join('\n')}`);
}

function parseFile(path: string, text: string): SourceFile {
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  if (!TYPESCRIPT.test(path)) return { path, text, edges: [], comments: [], program: undefined, lineAt };
  const { program, comments, errors } = parseSync(path, text, { sourceType: 'module' });
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
  return { path, text, edges: [...edgesOf(path, program, lineAt)], comments, program, lineAt };
}

/** Imports of every kind: static, re-exported, dynamic, `import('…')` as a type, and files that a worker starts from. */
function* edgesOf(
  path: string,
  program: ESTree.Program,
  lineAt: (offset: number) => number,
): Generator<Edge> {
  for (const node of walk(program)) {
    const found = referenceOf(node);
    if (!found) continue;
    const relative = found.specifier.startsWith('.');
    yield {
      ...found,
      target: relative ? posix.join(posix.dirname(path), found.specifier.replace(/[?#].*$/, '')) : undefined,
      line: lineAt(node.start),
    };
  }
}

function referenceOf(node: ESTree.Node): { specifier: string; typeOnly: boolean } | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return { specifier: node.source.value, typeOnly: isTypeImport(node) };
    case 'ExportNamedDeclaration':
      return node.source ? { specifier: node.source.value, typeOnly: node.exportKind === 'type' } : undefined;
    case 'ExportAllDeclaration':
      return { specifier: node.source.value, typeOnly: node.exportKind === 'type' };
    case 'TSImportType':
      return { specifier: node.source.value, typeOnly: true };
    case 'ImportExpression':
      return runtimeReference(literalText(node.source));
    case 'NewExpression':
      return isFileUrl(node) ? runtimeReference(literalText(node.arguments[0])) : undefined;
    case 'CallExpression':
      return dottedName(node.callee) === 'import.meta.resolve'
        ? runtimeReference(literalText(node.arguments[0]))
        : undefined;
    default:
      return undefined;
  }
}

function isTypeImport(node: ESTree.ImportDeclaration): boolean {
  if (node.importKind === 'type') return true;
  const named = node.specifiers;
  return (
    named.length > 0 && named.every((one) => one.type === 'ImportSpecifier' && one.importKind === 'type')
  );
}

/** `new URL('./worker.ts', import.meta.url)`. */
function isFileUrl(node: ESTree.NewExpression): boolean {
  const base = node.arguments[1];
  return dottedName(node.callee) === 'URL' && base !== undefined && dottedName(base) === 'import.meta.url';
}

function runtimeReference(
  specifier: string | undefined,
): { specifier: string; typeOnly: boolean } | undefined {
  return specifier === undefined ? undefined : { specifier, typeOnly: false };
}

function isNode(value: object): value is ESTree.Node {
  return 'type' in value && typeof value.type === 'string' && 'start' in value;
}
