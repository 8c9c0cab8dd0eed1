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
  /** The same, and no other of the pack is left: they hold somebody who must be forgotten. */
  keepAlone(artefact: Artefact): Promise<void>;
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
  const nameOf = ({ head: { packId, createdMs } }: Artefact): string =>
    `${packId}-${String(createdMs).padStart(13, '0')}${ENDING}`;
  const write = async (artefact: Artefact): Promise<void> => {
    await mkdir(folder, { recursive: true });
    const path = join(folder, nameOf(artefact));
    await writeFile(`${path}.new`, writeArtefact(artefact), { flush: true });
    await rename(`${path}.new`, path);
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
      await write(artefact);
      const files = await filesOf(artefact.head.packId);
      for (const old of files.slice(KEPT)) await rm(join(folder, old), { force: true });
    },
    keepAlone: async (artefact) => {
      const name = nameOf(artefact);
      // Last the one in force, which is replaced in one step: until then a repeat finds what is still to be done.
      for (const other of (await filesOf(artefact.head.packId)).filter((file) => file !== name))
        if (other < name) await rm(join(folder, other), { force: true });
      await write(artefact);
      for (const other of (await filesOf(artefact.head.packId)).filter((file) => file !== name))
        await rm(join(folder, other), { force: true });
    },
  };
}

/** Of a process that keeps nothing. */
export function artefactsInMemory(): ArtefactStore {
  const kept = new Map<string, Artefact>();
  const keep = (artefact: Artefact): Promise<void> => {
    kept.set(artefact.head.packId, artefact);
    return Promise.resolve();
  };
  return {
    newest: (packId, nowMs) => {
      const artefact = kept.get(packId);
      const ended = artefact?.head.expiresMs !== undefined && artefact.head.expiresMs <= nowMs;
      return Promise.resolve({ artefact: ended ? undefined : artefact, refused: [] });
    },
    keep,
    keepAlone: keep,
  };
}
