/**
 * One YAML or JSON text as a plain value, with the place of every key and value. The library's tree is walked here
 * rather than turned into a value by the library, so that aliases, depth and size stay bounded and no text is thrown on.
 */

import type { Alias, Document, ParsedNode, YAMLMap } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Path } from './campaign/issue.ts';
import { pathText } from './campaign/issue.ts';
import type { Fault, Place } from './config-faults.ts';
import { fileFault } from './config-faults.ts';
import { DEPTH_MAX, JsonPlaces, soundJson, VALUES_MAX } from './config-json.ts';

const FAULTS_MAX = 20;

export interface SourceText {
  readonly file: string;
  readonly value: unknown;
  /** Place of a key or of its value; of the nearest thing around it where the path leads nowhere. */
  placeOf(path: Path, onKey: boolean): Place;
}

/** Positions in the text, in the form of the value. */
interface Marks {
  readonly keyAt: number;
  readonly valueAt: number;
  readonly children: Map<string | number, Marks>;
}

export interface ReadText {
  readonly source?: SourceText;
  readonly faults: readonly Fault[];
}

/** Of JSON that is sound the places are only looked for when somebody asks: without them it is read forty times as fast. */
export function readDocument(file: string, text: string): ReadText {
  const value = file.endsWith('.json') ? soundJson(text) : undefined;
  if (value === undefined) return readTree(file, text);
  let places: JsonPlaces | undefined;
  const placeOf: SourceText['placeOf'] = (path, onKey) => ({
    file,
    ...(places ??= new JsonPlaces(text)).placeOf(path, onKey),
    key: pathText(path),
  });
  return { source: { file, value, placeOf }, faults: [] };
}

function readTree(file: string, text: string): ReadText {
  const lines = new LineCounter();
  const faultAtOffset = (offset: number, code: string, message: string, hint = ''): Fault => {
    const { line, col } = lines.linePos(offset);
    return fileFault(file, code, message, hint, line, col);
  };
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
      strict: true,
    });
  } catch {
    return { faults: [fileFault(file, 'too_deep', 'is nested too deeply to be read')] };
  }
  // The parser recurses, so a text nested some thousand levels deep ends its stack; it reports that as an error of the text.
  if (document.errors.some(({ message }) => /stack/i.test(message))) {
    return { faults: [fileFault(file, 'too_deep', 'is nested too deeply to be read')] };
  }
  const broken = document.errors
    .slice(0, FAULTS_MAX)
    .map((error) => faultAtOffset(error.pos[0], 'syntax', syntaxText(error.message), syntaxHint(error.code)));
  if (broken.length > 0) return { faults: broken };
  const reader = new TreeReader(faultAtOffset);
  const marks = mark(0, document.contents?.range?.[0] ?? 0);
  const value = reader.read(document.contents, marks, 0);
  if (reader.faults.length > 0) return { faults: reader.faults.slice(0, FAULTS_MAX) };
  return {
    source: { file, value, placeOf: (path, onKey) => placeOf(file, lines, marks, path, onKey) },
    faults: [],
  };
}

function placeOf(file: string, lines: LineCounter, root: Marks, path: Path, onKey: boolean): Place {
  let marks = root;
  let whole = true;
  for (const step of path) {
    const next = marks.children.get(step);
    if (!next) {
      whole = false;
      break;
    }
    marks = next;
  }
  const { line, col } = lines.linePos(onKey || !whole ? marks.keyAt : marks.valueAt);
  return { file, line, column: col, key: pathText(path) };
}

function mark(keyAt: number, valueAt: number): Marks {
  return { keyAt, valueAt, children: new Map() };
}

/** Walks the tree once; after a fault that leaves nothing to trust (size, depth) it stops. */
class TreeReader {
  readonly faults: Fault[] = [];
  readonly #faultAt: (offset: number, code: string, message: string, hint?: string) => Fault;
  /** Kept here, for the library looks through the whole document for each alias. */
  readonly #anchors = new Map<string, unknown>();
  readonly #open = new Set<unknown>();
  #values = 0;
  #stopped = false;

  constructor(faultAt: (offset: number, code: string, message: string, hint?: string) => Fault) {
    this.#faultAt = faultAt;
  }

  read(node: unknown, marks: Marks, depth: number): unknown {
    if (this.#stopped) return undefined;
    const at = (node as ParsedNode | null)?.range?.[0] ?? marks.valueAt;
    if (++this.#values > VALUES_MAX)
      return this.#stop(
        at,
        'too_many_values',
        `holds more than ${VALUES_MAX} values`,
        'Aliases count as often as they are used.',
      );
    if (depth > DEPTH_MAX) return this.#stop(at, 'too_deep', `is nested more than ${DEPTH_MAX} levels deep`);
    this.#remember(node);
    if (isAlias(node)) return this.#readAlias(node, marks, depth, at);
    if (isMap(node)) return this.#readMap(node as YAMLMap<unknown, unknown>, marks, depth);
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        const offset = (item as ParsedNode | null)?.range?.[0] ?? at;
        const child = mark(offset, offset);
        marks.children.set(index, child);
        return this.read(item, child, depth + 1);
      });
    }
    return isScalar(node) ? this.#readScalar(node.value, node.tag, at) : null;
  }

  #remember(node: unknown): void {
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined)
      this.#anchors.set(node.anchor, node);
  }

  #readScalar(value: unknown, tag: string | undefined, at: number): unknown {
    if (tag !== undefined && !tag.startsWith('tag:yaml.org,2002:'))
      this.#fault(
        at,
        'unknown_tag',
        'has a tag that is not known',
        'Leave the ! out, or put the text in quotes.',
      );
    return value;
  }

  #readAlias(node: Alias, marks: Marks, depth: number, at: number): unknown {
    const target = this.#anchors.get(node.source);
    if (!target)
      return this.#fault(
        at,
        'unknown_alias',
        `*${node.source} names no anchor before it`,
        'Text that begins with * needs quotes.',
      );
    if (this.#open.has(target)) return this.#fault(at, 'endless_alias', `*${node.source} contains itself`);
    this.#open.add(target);
    const value = this.read(target, marks, depth + 1);
    this.#open.delete(target);
    return value;
  }

  #readMap(map: YAMLMap<unknown, unknown>, marks: Marks, depth: number): unknown {
    const result: Record<string, unknown> = {};
    const merged: Record<string, unknown>[] = [];
    for (const pair of map.items) {
      const keyAt = (pair.key as ParsedNode | null)?.range?.[0] ?? marks.valueAt;
      const valueAt = (pair.value as ParsedNode | null)?.range?.[0] ?? keyAt;
      const key = this.#keyOf(pair.key, keyAt);
      if (key === undefined) continue;
      if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') {
        merged.push(...this.#readMerge(pair.value, mark(keyAt, valueAt), depth));
        continue;
      }
      const first = marks.children.get(key);
      if (first)
        this.#fault(
          keyAt,
          'duplicate_key',
          `${pathText([key])} is in this mapping already`,
          'The second would silently win; keep one.',
        );
      const child = mark(keyAt, valueAt);
      marks.children.set(key, child);
      put(result, key, this.read(pair.value, child, depth + 1));
    }
    for (const source of merged) {
      for (const [key, value] of Object.entries(source))
        if (!Object.hasOwn(result, key)) put(result, key, value);
    }
    return result;
  }

  /** `<<: *base` and `<<: [*a, *b]`: keys of the mapping itself win, then the earlier source. */
  #readMerge(node: unknown, marks: Marks, depth: number): Record<string, unknown>[] {
    const value = this.read(node, marks, depth + 1);
    const sources = Array.isArray(value) ? value : [value];
    if (sources.every((source) => typeof source === 'object' && source !== null && !Array.isArray(source)))
      return sources;
    this.#fault(marks.keyAt, 'wrong_merge', '<< must name a mapping or a list of mappings');
    return [];
  }

  #keyOf(node: unknown, at: number): string | undefined {
    this.#remember(node);
    const target = isAlias(node) ? this.#anchors.get(node.source) : node;
    const value = isScalar(target) ? target.value : target;
    if (value === null || typeof value === 'object')
      return this.#fault(at, 'wrong_key', 'has a key that is not plain text');
    // 1e3 or 01 as a key means the text that was written, not the number it could be read as.
    return isScalar(target) && typeof value !== 'string' && typeof target.source === 'string'
      ? target.source
      : String(value);
  }

  #fault(at: number, code: string, message: string, hint?: string): undefined {
    this.faults.push(this.#faultAt(at, code, message, hint));
  }

  #stop(at: number, code: string, message: string, hint?: string): undefined {
    this.#stopped = true;
    this.#fault(at, code, message, hint);
  }
}

function put(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function syntaxText(message: string): string {
  const first = message.split('\n')[0] ?? message;
  return `is not valid YAML: ${first.charAt(0).toLowerCase()}${first.slice(1)}`.replace(
    /; please use .*$/,
    '',
  );
}

function syntaxHint(code: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'Indent with spaces.';
    case 'MULTIPLE_DOCS':
      return 'Put each part into a file of its own; --- may stand at the top only.';
    case 'BAD_INDENT':
    case 'MULTILINE_IMPLICIT_KEY':
    case 'MISSING_CHAR':
      return 'Look at the indentation and the brackets or quotes of the lines just before.';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'A text that contains ": " needs quotes.';
    default:
      return '';
  }
}
