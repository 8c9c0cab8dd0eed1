/** Where artefacts of packs are kept: a file each, the newest and the one before it, replaced by a rename. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artefact, ArtefactFault } from './artefact.ts';
import { readArtefact, writeArtefact } from './artefact.ts';

export interface FoundArtefact {
  /** The newest that can be believed. */
  readonly artefact: Artefact | undefined;
  /** Newer ones that could not. */
  readonly refused: readonly { readonly file: string; readonly fault: ArtefactFault }[];
}

export interface ArtefactStore {
  newest(packId: string, nowMs: number): Promise<FoundArtefact>;
  /** Resolves when it is in place; the one before it stays, older ones go. */
  keep(artefact: Artefact): Promise<void>;
  /** Nothing of the pack is left. */
  drop(packId: string): Promise<void>;
}

const KEPT = 2;
const ENDING = '.pack';

export function artefactFiles(folder: string): ArtefactStore {
  const filesOf = async (packId: string): Promise<string[]> => {
    const names = await readdir(folder).catch(() => []);
    // The time stands first and has a fixed length, so that the order of names is that of time.
    return names
      .filter((name) => name.endsWith(ENDING) && name.slice(0, -ENDING.length - 14) === packId)
      .sort()
      .reverse();
  };
  return {
    newest: async (packId, nowMs) => {
      const refused: { file: string; fault: ArtefactFault }[] = [];
      for (const file of await filesOf(packId)) {
        const bytes = await readFile(join(folder, file)).catch(() => new Uint8Array());
        const read = readArtefact(bytes, packId, nowMs);
        if (read.ok) return { artefact: read.artefact, refused };
        refused.push({ file, fault: read.fault });
      }
      return { artefact: undefined, refused };
    },
    keep: async (artefact) => {
      await mkdir(folder, { recursive: true });
      const { packId, createdMs } = artefact.head;
      const name = `${packId}-${String(createdMs).padStart(13, '0')}${ENDING}`;
      await writeFile(join(folder, `${name}.new`), writeArtefact(artefact), { flush: true });
      await rename(join(folder, `${name}.new`), join(folder, name));
      for (const old of (await filesOf(packId)).slice(KEPT)) await rm(join(folder, old), { force: true });
    },
    drop: async (packId) => {
      for (const file of await filesOf(packId)) await rm(join(folder, file), { force: true });
    },
  };
}

/** Of a process that keeps nothing. */
export function artefactsInMemory(): ArtefactStore {
  const kept = new Map<string, Artefact>();
  return {
    newest: (packId, nowMs) => {
      const artefact = kept.get(packId);
      const ended = artefact?.head.expiresMs !== undefined && artefact.head.expiresMs <= nowMs;
      return Promise.resolve({ artefact: ended ? undefined : artefact, refused: [] });
    },
    keep: (artefact) => {
      kept.set(artefact.head.packId, artefact);
      return Promise.resolve();
    },
    drop: (packId) => {
      kept.delete(packId);
      return Promise.resolve();
    },
  };
}
