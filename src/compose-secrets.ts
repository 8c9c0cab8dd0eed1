/** Secrets that nobody configured: made once, kept in the data folder, readable by its owner alone. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text in `file` of the folder; made with 32 random bytes where it is missing. */
export function keptSecret(directory: string, file: string): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, file);
  try {
    // Two processes that start at once must not both win: the second one's write fails, and it reads the first one's.
    writeFileSync(path, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}

export function passingSecret(): string {
  return randomBytes(32).toString('base64url');
}
