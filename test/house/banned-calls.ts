/** Calls and words that have one home, or none. */
import type { ESTree } from 'vite';
import type { Fault, SourceFile, SourceTree } from './source-tree.ts';
import { dottedName, walk } from './source-tree.ts';

interface Rule {
  readonly why: string;
  /** Which files the rule looks at. */
  readonly where: (path: string) => boolean;
  /** What is wrong with a node, if anything. */
  readonly finds: (node: ESTree.Node) => string | undefined;
}

/** Rooms that open no socket or file and write no log. */
const PURE_ROOMS = ['core', 'openrtb', 'campaign', 'policy', 'bidding'];

/** Files of a pure room that read or write all the same: [path, why]. None so far. */
export const FILES_WITH_IO: readonly (readonly [path: string, why: string])[] = [];

const IO_MODULES =
  /^(?:node:)?(?:fs|fs\/promises|net|tls|http|http2|https|dgram|dns|child_process|worker_threads|cluster|sqlite)$|^(?:pino|ioredis|fastify)$/;

const CLOCKS = ['src/core/clock.ts', 'src/console/clock.ts'];
const CLOCK_READERS = new Set([
  'Date.now',
  'performance.now',
  'process.hrtime',
  'process.hrtime.bigint',
  'process.uptime',
]);

const inSource = (path: string): boolean => path.startsWith('src/');
const inRooms = (path: string, rooms: readonly string[]): boolean => rooms.includes(path.split('/')[1] ?? '');
const isCommandLine = (path: string): boolean => path === 'src/main.ts' || path.startsWith('src/cli/');
const isToolConfig = (path: string): boolean => path.endsWith('.config.ts');

const RULES: readonly Rule[] = [
  {
    why: 'time comes in as a Clock, so that a test can hold it and the same inputs give the same bid',
    where: (path) => inSource(path) && !CLOCKS.includes(path),
    finds: (node) => mention(node, CLOCK_READERS) ?? dateOfNow(node),
  },
  {
    why: 'chance comes from a seeded stream of core/random.ts, so that a bid can be repeated',
    where: inSource,
    finds: (node) => mention(node, new Set(['Math.random'])),
  },
  {
    why: 'config.ts alone reads the environment, so that every setting has a schema, a description and one order of precedence',
    where: (path) => inSource(path) && path !== 'src/config.ts',
    finds: (node) => mention(node, new Set(['process.env'])) ?? namedImport(node, 'process', 'env'),
  },
  {
    why: 'only main.ts ends the process; anywhere else it would cut off the drain and lose events that wait to be written',
    where: (path) => inSource(path) && path !== 'src/main.ts',
    finds: (node) =>
      mention(node, new Set(['process.exit', 'process.abort'])) ?? namedImport(node, 'process', 'exit'),
  },
  {
    why: 'this room returns values; whoever calls it owns sockets, files and the log',
    where: (path) =>
      inRooms(path, PURE_ROOMS) && inSource(path) && !FILES_WITH_IO.some(([file]) => file === path),
    finds: (node) => importFrom(node, IO_MODULES),
  },
  {
    why: 'a bid awaits once, in hydrate; all after it is synchronous, so no other work can slip in between two of its steps',
    where: (path) => path.startsWith('src/bidding/') && !/^src\/bidding\/(?:bid|hydrate)\.ts$/.test(path),
    finds: asynchrony,
  },
  {
    why: 'the log is structured and goes where the operator says; only the command line talks to a terminal',
    where: (path) => inSource(path) && !isCommandLine(path),
    finds: (node) => (node.type === 'CallExpression' ? mention(node.callee, CONSOLE_METHODS) : undefined),
  },
  {
    why: 'any switches the compiler off where it is needed most',
    where: () => true,
    finds: castToAny,
  },
  {
    why: 'named exports keep one name for one thing through the whole house',
    where: (path) => inSource(path) && !isToolConfig(path),
    finds: defaultExport,
  },
  {
    why: 'the console runs in a browser; Node exists only while it is built',
    where: (path) => path.startsWith('src/console/') && !isToolConfig(path),
    finds: (node) =>
      importFrom(node, /^node:/) ??
      (node.type === 'MemberExpression' ? mention(node.object, NODE_GLOBALS) : undefined),
  },
];

const CONSOLE_METHODS = new Set(
  ['log', 'info', 'warn', 'error', 'debug', 'trace', 'table', 'dir'].map((method) => `console.${method}`),
);
const NODE_GLOBALS = new Set(['process', 'Buffer']);

const SUPPRESSIONS = /@ts-(?:ignore|nocheck)/;
const VAGUE_NAME = /(?:^|\/)(?:utils?|helpers?|types?|common|misc)(?:\/|\.[a-z]+$)/;

export function bannedFaults(tree: SourceTree): Fault[] {
  return [...tree.values()].flatMap((file) => [
    ...nameFaults(file),
    ...suppressionFaults(file),
    ...syntaxFaults(file),
  ]);
}

function syntaxFaults(file: SourceFile): Fault[] {
  const rules = RULES.filter((rule) => rule.where(file.path));
  const faults: Fault[] = [];
  for (const node of walk(file.program)) {
    for (const rule of rules) {
      const what = rule.finds(node);
      if (what !== undefined)
        faults.push({ path: file.path, line: file.lineAt(node.start), what, why: rule.why });
    }
  }
  return faults;
}

function nameFaults({ path }: SourceFile): Fault[] {
  if (!VAGUE_NAME.test(path)) return [];
  const why = 'such a name says nothing, so everything ends up in it; name the file for what it does';
  return [{ path, line: 1, what: 'has a name for a drawer, not for a thing', why }];
}

function suppressionFaults(file: SourceFile): Fault[] {
  const why =
    'a silenced error comes back as a fault at run time; mend the type, or expect the error and say why';
  return file.comments
    .filter((comment) => SUPPRESSIONS.test(comment.value))
    .map((comment) => ({
      path: file.path,
      line: file.lineAt(comment.start),
      what: 'silences the compiler',
      why,
    }));
}

function mention(node: ESTree.Node, names: ReadonlySet<string>): string | undefined {
  const name = dottedName(node);
  return name !== undefined && names.has(name) ? `uses ${name}` : undefined;
}

/** `new Date()` and `Date()`: the present moment by another name. */
function dateOfNow(node: ESTree.Node): string | undefined {
  if (node.type === 'CallExpression' && dottedName(node.callee) === 'Date') return 'uses Date()';
  if (node.type !== 'NewExpression' || dottedName(node.callee) !== 'Date') return undefined;
  return node.arguments.length === 0 ? 'uses new Date() without a time' : undefined;
}

function importFrom(node: ESTree.Node, modules: RegExp): string | undefined {
  const source = 'source' in node ? node.source : undefined;
  if (!source || typeof source !== 'object' || !('type' in source)) return undefined;
  const name = source.type === 'Literal' ? source.value : undefined;
  return typeof name === 'string' && modules.test(name) ? `imports ${name}` : undefined;
}

/** `import { env } from 'node:process'`: the same thing by the back door. */
function namedImport(node: ESTree.Node, module: string, name: string): string | undefined {
  if (node.type !== 'ImportDeclaration' || node.source.value.replace('node:', '') !== module)
    return undefined;
  const named = node.specifiers.some(
    (one) =>
      one.type === 'ImportSpecifier' && one.imported.type === 'Identifier' && one.imported.name === name,
  );
  return named ? `imports ${name} from ${module}` : undefined;
}

function asynchrony(node: ESTree.Node): string | undefined {
  if (node.type === 'AwaitExpression') return 'awaits';
  if (node.type === 'ForOfStatement' && node.await) return 'awaits in a loop';
  return 'async' in node && node.async === true ? 'has an async function' : undefined;
}

function castToAny(node: ESTree.Node): string | undefined {
  if (node.type !== 'TSAsExpression' && node.type !== 'TSTypeAssertion') return undefined;
  return node.typeAnnotation.type === 'TSAnyKeyword' ? 'casts to any' : undefined;
}

function defaultExport(node: ESTree.Node): string | undefined {
  if (node.type === 'ExportDefaultDeclaration') return 'has a default export';
  if (node.type !== 'ExportSpecifier') return undefined;
  const { exported } = node;
  return exported.type === 'Identifier' && exported.name === 'default' ? 'has a default export' : undefined;
}
