/**
 * The data folder copied while a bidder goes on writing in it, and put back: databases by the bidder itself, which is one moment of each, and all
 * other files as they lie. A part of the composition root, which alone knows what state is made of. This file is one thing: a backup, there and back.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from './core/clock.ts';
import { COPY_ENDINGS, copyState, endCopy, wantCopy } from './state/sqlite/wanted-copy.ts';

export interface BackupFile {
  /** Below the folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly format: 1;
  readonly madeAt: string;
  readonly files: readonly BackupFile[];
}

const MANIFEST = 'backup.json';
const DATABASE = /\.sqlite$/;
/** They belong to a database that is open; the backup of it has what is in them. */
const COMPANIONS = /\.sqlite-(?:wal|shm|journal)$/;
const PASSING = /(?:^|\/)\.doctor-|\.tmp$/;

/**
 * @throws Error when the target holds something already, the source is no data folder, or a copy is not sound.
 */
export async function backUp(dataDir: string, target: string, clock: Clock): Promise<Manifest> {
  mustBeEmpty(target);
  const databases = filesBelow(dataDir).filter((path) => DATABASE.test(path));
  if (databases.length === 0) throw new Error(`${dataDir} holds no state of a bidder`);
  mkdirSync(target, { recursive: true, mode: 0o700 });
  // Files that a database names are there before it is read; those that came meanwhile are fetched after it.
  copyFiles(dataDir, target);
  for (const path of databases) await copyDatabase(join(dataDir, path), join(target, path), clock);
  copyFiles(dataDir, target);
  const manifest: Manifest = {
    format: 1,
    madeAt: new Date(clock.now()).toISOString(),
    files: filesBelow(target).map((path) => ({ path, ...fingerprint(join(target, path)) })),
  };
  // Last: a folder without it was not finished, and is not put back.
  writeFileSync(join(target, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
  return manifest;
}

/**
 * @throws Error when a file is missing or was changed, a database is not sound, or the data folder holds something already: nothing is put back then.
 */
export function restore(source: string, dataDir: string): Manifest {
  mustBeEmpty(dataDir);
  const manifest = manifestIn(source);
  for (const { path, bytes, sha256 } of manifest.files) {
    const found = existsSync(join(source, path)) ? fingerprint(join(source, path)) : undefined;
    if (found?.bytes !== bytes || found.sha256 !== sha256)
      throw new Error(`${path} is not what was backed up`);
    if (DATABASE.test(path)) mustBeSound(join(source, path));
  }
  // Beside the folder first, so that it is there whole or not at all.
  const beside = `${dataDir}.restoring`;
  mustBeEmpty(beside);
  mkdirSync(beside, { recursive: true, mode: 0o700 });
  for (const { path } of manifest.files) copyTo(join(source, path), join(beside, path));
  renameSync(beside, dataDir);
  return manifest;
}

function manifestIn(folder: string): Manifest {
  const path = join(folder, MANIFEST);
  if (!existsSync(path)) throw new Error(`${folder} holds no finished backup: ${MANIFEST} is missing`);
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  if (manifest.format !== 1) throw new Error(`${path} was written by a newer version`);
  const isInside = manifest.files.every(
    ({ path: file }) => !file.startsWith('/') && !file.split('/').includes('..'),
  );
  if (!isInside) throw new Error(`${path} names files outside the backup`);
  return manifest;
}

async function copyDatabase(from: string, to: string, clock: Pick<Clock, 'monotonic'>): Promise<void> {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  if (isHeld(from)) await fetchCopy(from, to, clock);
  else copyResting(from, to);
  chmodSync(to, 0o600);
  mustBeSound(to);
}

/** A bidder that runs keeps its file for itself. */
function isHeld(path: string): boolean {
  const database = new DatabaseSync(path);
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return true;
    throw error;
  } finally {
    database.close();
  }
}

function copyResting(from: string, to: string): void {
  const database = new DatabaseSync(from);
  try {
    // What a bidder that was killed had written ahead belongs to it.
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    database.close();
  }
}

/** @throws Error when whoever holds the file does not answer, or cannot copy it. */
async function fetchCopy(from: string, to: string, clock: Pick<Clock, 'monotonic'>): Promise<void> {
  const beganMs = clock.monotonic();
  wantCopy(from);
  try {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const { state, path } = copyState(from);
      if (state === 'done') return copyTo(path, to);
      if (state === 'failed') throw new Error(`${from}: ${readFileSync(path, 'utf8')}`);
      if (state === 'waiting' && clock.monotonic() - beganMs > TAKEN_UP_MS)
        throw new Error(`${from} is held open by a program that does not answer`);
      if (clock.monotonic() - beganMs > COPIED_MS) throw new Error(`${from}: the copy takes too long`);
    }
  } finally {
    endCopy(from);
  }
}

const LOOK_MS = 100;
const TAKEN_UP_MS = 30_000;
const COPIED_MS = 3_600_000;
const SQLITE_BUSY = 5;

/** @throws Error when SQLite finds a fault in it. */
function mustBeSound(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const [found] = database.prepare('PRAGMA integrity_check(1)').all() as { integrity_check: string }[];
    if (found?.integrity_check !== 'ok') throw new Error(`${path}: ${found?.integrity_check}`);
  } finally {
    database.close();
  }
}

function copyFiles(from: string, to: string): void {
  for (const path of filesBelow(from)) {
    if (DATABASE.test(path) || existsSync(join(to, path))) continue;
    copyTo(join(from, path), join(to, path));
  }
}

/** One that was there a moment ago and is not now was replaced by another, which is copied in its turn. */
function copyTo(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  try {
    copyFileSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => path !== MANIFEST && !COMPANIONS.test(path) && !PASSING.test(path))
    .filter((path) => !COPY_ENDINGS.some((ending) => path.endsWith(ending)))
    .sort();
}

function fingerprint(path: string): { readonly bytes: number; readonly sha256: string } {
  return {
    bytes: statSync(path).size,
    sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
  };
}

function mustBeEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`${folder} holds something already; name an empty folder`);
}
