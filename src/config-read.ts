/**
 * The files of a configuration: a folder with all below it, and what its files include. Whatever is on the disk, this
 * ends, within bounds, and says what it could not read.
 */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import type { SourceText } from './config-document.ts';
import { readDocument } from './config-document.ts';
import type { Fault } from './config-faults.ts';
import { fileFault } from './config-faults.ts';

const FILE_BYTES_MAX = 10_000_000;
const TOTAL_BYTES_MAX = 256_000_000;
const FILES_MAX = 5_000;
const FOLDER_DEPTH_MAX = 16;
const PACK_BYTES_MAX = 1_000_000_000;
/** Lists of products beside the configuration, which templates name. */
export const JSON_FEED_ENDING = '.feed.json';
const ENDINGS = new Set(['.yaml', '.yml', '.json']);

export interface FolderContents {
  readonly sources: readonly SourceText[];
  readonly faults: readonly Fault[];
  /** Folders that were read; files named by the configuration must lie in one of them. */
  readonly roots: readonly string[];
  /** Every file and folder that was looked at, with its stamp from just before: how a change is noticed. */
  readonly looked: ReadonlyMap<string, string>;
  /** First 16 hex digits of the SHA-256 of all names and contents. */
  readonly hash: string;
}

/** Reads a folder, or a single file, with all that it includes; each file once. */
export function readFolder(path: string): FolderContents {
  const reader = new FolderReader(path);
  reader.visit(path, { file: path, line: 0, column: 0, key: '' }, 0, true);
  return reader.contents();
}

/** What stands for a file's state without reading it: size, times and identity. Empty for what is not there. */
export function stampOf(path: string): string {
  try {
    const stats = lstatSync(path);
    const target = stats.isSymbolicLink() ? statSync(path) : stats;
    return [stats, target]
      .map(({ size, mtimeMs, ctimeMs, ino }) => `${size}:${mtimeMs}:${ctimeMs}:${ino}`)
      .join();
  } catch {
    return '';
  }
}

interface Asked {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly key: string;
}

class FolderReader {
  readonly #top: string;
  readonly #sources: SourceText[] = [];
  readonly #faults: Fault[] = [];
  readonly #roots: string[] = [];
  readonly #looked = new Map<string, string>();
  readonly #seen = new Set<string>();
  readonly #digest = createHash('sha256');
  #bytes = 0;
  #full = false;

  constructor(top: string) {
    this.#top = top;
  }

  contents(): FolderContents {
    const hash = this.#digest.digest('hex').slice(0, 16);
    return { sources: this.#sources, faults: this.#faults, roots: this.#roots, looked: this.#looked, hash };
  }

  /** `asked` is who wants it: a fault about a path that is not there belongs to that line. */
  visit(path: string, asked: Asked, depth: number, isRoot: boolean): void {
    if (this.#full) return;
    this.#looked.set(path, stampOf(path));
    const real = realPath(path);
    const stats = real === undefined ? undefined : statOf(real);
    if (real === undefined || !stats)
      return this.#refuse(asked, 'not_found', `${path} is not there, or may not be read`);
    // A folder that links to one above it is met again here, and a file that two includes name.
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    if (isRoot) this.#roots.push(stats.isDirectory() ? real : dirname(real));
    if (stats.isDirectory()) return this.#visitFolder(path, asked, depth);
    if (!stats.isFile()) return this.#refuse(asked, 'not_a_file', `${path} is neither a file nor a folder`);
    this.#readFile(path, stats, asked);
  }

  #visitFolder(path: string, asked: Asked, depth: number): void {
    if (depth > FOLDER_DEPTH_MAX)
      return this.#refuse(asked, 'too_deep', `${path} lies more than ${FOLDER_DEPTH_MAX} folders deep`);
    const names = namesIn(path);
    if (!names) return this.#refuse(asked, 'unreadable', `${path} may not be listed`);
    for (const name of names) {
      if (name.startsWith('.') || name === 'node_modules' || name.endsWith(JSON_FEED_ENDING)) continue;
      const child = join(path, name);
      const isFolder = statOf(child)?.isDirectory() ?? false;
      if (isFolder || ENDINGS.has(extname(name).toLowerCase()))
        this.visit(child, { file: child, line: 0, column: 0, key: '' }, depth + 1, false);
    }
  }

  #readFile(path: string, stats: Stats, asked: Asked): void {
    if (stats.size > FILE_BYTES_MAX)
      return this.#refuse(
        asked,
        'too_large',
        `${path} has ${stats.size} bytes; ${FILE_BYTES_MAX} are the most`,
      );
    this.#bytes += stats.size;
    if (this.#bytes > TOTAL_BYTES_MAX || this.#seen.size > FILES_MAX) {
      this.#full = true;
      return this.#refuse(
        asked,
        'too_large',
        `the configuration has more than ${FILES_MAX} files or ${TOTAL_BYTES_MAX} bytes`,
      );
    }
    const text = this.#textOf(path, asked);
    if (text === undefined) return;
    const { source, faults } = readDocument(path, text);
    this.#faults.push(...faults);
    if (!source) return;
    this.#sources.push(source);
    this.#followIncludes(source);
  }

  #textOf(path: string, asked: Asked): string | undefined {
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch {
      return this.#refuse(asked, 'unreadable', `${path} may not be read`);
    }
    this.#digest.update(`${relative(this.#top, path).split(sep).join('/')}\0${bytes.length}\0`).update(bytes);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return this.#refuse(asked, 'encoding', `${path} is not UTF-8 text`);
    }
  }

  /** The form of `include` is checked with the rest of the file; here only what is well formed is followed. */
  #followIncludes(source: SourceText): void {
    const include =
      typeof source.value === 'object' && source.value !== null && 'include' in source.value
        ? source.value.include
        : undefined;
    if (!Array.isArray(include)) return;
    include.forEach((target: unknown, index) => {
      if (typeof target !== 'string' || target === '' || target.includes('\0')) return;
      const path = join(dirname(source.file), target);
      this.visit(
        resolve(target) === target ? target : path,
        source.placeOf(['include', index], false),
        0,
        true,
      );
    });
  }

  #refuse(asked: Asked, code: string, message: string): undefined {
    this.#faults.push({
      ...fileFault(asked.file, code, message, '', asked.line, asked.column),
      key: asked.key,
    });
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder).sort();
  } catch {
    return undefined;
  }
}

export type PackFile = { readonly path: string } & (
  | { readonly ok: true }
  | { readonly ok: false; readonly code: string; readonly message: string }
);

/** Finds the file of an uploaded pack, beside the file that names it and inside a folder that was read. */
export function findPackFile(namedIn: string, file: string, roots: readonly string[]): PackFile {
  const path = join(dirname(namedIn), file.replaceAll('\0', ''));
  const refuse = (code: string, message: string): PackFile => ({ ok: false, path, code, message });
  const real = realPath(path);
  const stats = real === undefined ? undefined : statOf(real);
  if (real === undefined || !stats) return refuse('not_found', 'names a file that is not there');
  // By its real path, so that a link cannot lead out of the folder.
  if (!roots.some((root) => real.startsWith(root + sep)))
    return refuse('outside_folder', 'lies outside the folders of the configuration');
  if (!stats.isFile()) return refuse('not_a_file', 'is not a file');
  if (stats.size > PACK_BYTES_MAX)
    return refuse('too_large', `has ${stats.size} bytes; ${PACK_BYTES_MAX} are the most`);
  return { ok: true, path };
}

/** Reads pack files by the paths that a configuration keeps: relative to its folder. Undefined where one cannot be read. */
export function packFileReader(folder: string): (file: string) => Uint8Array | undefined {
  return (file) => {
    try {
      return readFileSync(resolve(folder, file));
    } catch {
      return undefined;
    }
  };
}

/** A pack's file piece by piece, by the path that a configuration keeps: relative to its folder. Undefined where it cannot be opened. */
export function packFileChunks(folder: string, file: string): Iterable<Uint8Array> | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(resolve(folder, file), 'r');
  } catch {
    return undefined;
  }
  return chunksOf(descriptor);
}

const CHUNK_BYTES = 65_536;

function* chunksOf(descriptor: number): Generator<Uint8Array> {
  try {
    for (;;) {
      const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
      const read = readSync(descriptor, bytes, 0, CHUNK_BYTES, null);
      if (read === 0) return;
      yield bytes.subarray(0, read);
    }
  } finally {
    closeSync(descriptor);
  }
}
