/**
 * How another program gets a copy of a state file that is held open: the file lets no second reader in, so whoever may write beside it asks by a file, and
 * finds the copy beside it too. No port and no token: the rights of the folder are the rights to its contents.
 */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { BatchRunner } from './batch.ts';
import { messageOf } from './batch.ts';

const WANTED = '.copy-wanted';
const UNFINISHED = '.copy-unfinished';
const COPY = '.copy';
const FAULT = '.copy-fault';

export const COPY_LOOK_MS = 500;

/** Files beside a state file that are no state. */
export const COPY_ENDINGS = [WANTED, UNFINISHED, COPY, FAULT] as const;

/** In the thread that has the file open. Never rejects. */
export async function copyIfWanted(file: string, runner: Pick<BatchRunner, 'copyTo'>): Promise<void> {
  if (!existsSync(file + WANTED)) return;
  try {
    rmSync(file + WANTED);
    rmSync(file + UNFINISHED, { force: true });
    await runner.copyTo(file + UNFINISHED);
    renameSync(file + UNFINISHED, file + COPY);
  } catch (error) {
    try {
      writeFileSync(file + FAULT, messageOf(error));
    } catch {
      // The folder takes no files any more; whoever asked gives up by itself.
    }
  }
}

export function wantCopy(file: string): void {
  for (const ending of COPY_ENDINGS) rmSync(file + ending, { force: true });
  writeFileSync(file + WANTED, '');
}

/** What came of it so far: nobody took it up, it is being made, it is there under that path, or it failed. */
export function copyState(file: string): {
  readonly state: 'waiting' | 'copying' | 'done' | 'failed';
  readonly path: string;
} {
  const at = (ending: string): boolean => existsSync(file + ending);
  const state = at(FAULT) ? 'failed' : at(COPY) ? 'done' : at(WANTED) ? 'waiting' : 'copying';
  return { state, path: file + (state === 'failed' ? FAULT : COPY) };
}

export function endCopy(file: string): void {
  for (const ending of COPY_ENDINGS) rmSync(file + ending, { force: true });
}
