/** Files of uploaded packs: where they lie, and what is wrong with them. */
import { closeSync, openSync, readSync } from 'node:fs';
import { relative } from 'node:path';
import type { Audience } from './campaign/audience/kinds.ts';
import { holdsAnId, UploadReader, UploadRefusedError } from './campaign/audience/upload.ts';
import type { Issue, Path } from './campaign/issue.ts';
import { issue, warning } from './campaign/issue.ts';
import type { Fault } from './config-faults.ts';
import type { Joined } from './config-join.ts';
import { findPackFile, packFileChunks, stampOf } from './config-read.ts';

export interface PlacedPacks {
  readonly audiences: readonly Audience[];
  readonly stamps: ReadonlyMap<string, string>;
  readonly empty: readonly Issue[];
}

/** Finds the file of each uploaded pack and writes its path relative to the folder, so that a book can be moved as a whole. */
export function placePacks(
  joined: Joined,
  roots: readonly string[],
  folder: string,
  report: (found: Issue) => void,
): PlacedPacks {
  const stamps = new Map<string, string>();
  const empty: Issue[] = [];
  const audiences = (joined.book.audiences ?? []).map((audience, index) => {
    if (audience?.source !== 'upload' || audience.file === undefined) return audience;
    const path: Path = ['audiences', index, 'file'];
    const found = findPackFile(joined.placeOf(path, false).file, audience.file, roots);
    stamps.set(found.path, stampOf(found.path));
    if (!found.ok) {
      report(
        issue(path, found.code, found.message, {
          value: audience.file,
          hint: 'Give its path relative to this file.',
        }),
      );
      return audience;
    }
    if (!holdsAnId(firstBytesOf(found.path), audience.file))
      empty.push(
        warning(path, 'empty_pack', 'holds no id', { value: audience.file, hint: 'Nobody is in this pack.' }),
      );
    return { ...audience, file: relative(folder, found.path) };
  });
  return { audiences: audiences as readonly Audience[], stamps, empty };
}

const GLANCE_BYTES = 65_536;

function firstBytesOf(path: string): Uint8Array {
  const bytes = Buffer.alloc(GLANCE_BYTES);
  try {
    const file = openSync(path, 'r');
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, GLANCE_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return bytes.subarray(0, 0);
  }
}

/** Faults of rows stand in the pack's own file; those of the pack as a whole where it is named. */
export function readPackFaults(audiences: readonly Audience[], folder: string, joined: Joined): Fault[] {
  return audiences.flatMap((audience, index) => {
    if (audience.source !== 'upload' || audience.file === undefined) return [];
    const { file } = audience;
    const place = joined.placeOf(['audiences', index, 'file'], false);
    const tell = (
      row: number,
      code: string,
      message: string,
      hint: string,
      severity: Fault['severity'],
    ): Fault => ({
      ...(row === 0 ? place : { file: `${folder}/${file}`, line: row, column: 1, key: audience.id }),
      code,
      message,
      hint,
      severity,
      value: '',
    });
    try {
      const chunks = packFileChunks(folder, file);
      if (!chunks) return [tell(0, 'unreadable_pack', 'cannot be read', '', 'error')];
      const reader = new UploadReader({ ...audience, file }, keyForChecks);
      for (const chunk of chunks) reader.push(chunk);
      const { passedOver, keys, badRows, repeats } = reader.end();
      const faults = passedOver.map(({ row, code, message }) =>
        tell(
          row,
          code,
          message,
          code === 'repeated_id' ? 'Each counts once.' : 'This row is not in the pack.',
          'warning',
        ),
      );
      const told = passedOver.filter(({ code }) => code !== 'repeated_id').length;
      if (badRows > told)
        faults.push(tell(0, 'bad_rows', `has ${badRows - told} more bad rows`, '', 'warning'));
      if (repeats > 1)
        faults.push(
          tell(0, 'repeated_ids', `names ${repeats} ids more than once`, 'Each counts once.', 'warning'),
        );
      if (keys.length === 0)
        faults.push(tell(0, 'empty_pack', 'holds no id', 'Nobody is in this pack.', 'warning'));
      return faults;
    } catch (error) {
      if (!(error instanceof UploadRefusedError)) throw error;
      return [
        tell(
          error.row,
          error.code,
          error.message,
          'Nothing of the list is taken until this is mended.',
          'error',
        ),
      ];
    }
  });
}

/** To check a list, ids need only be told apart; its keys are thrown away. */
function keyForChecks(_idSpace: string, sha256: string): number {
  return Number.parseInt(sha256.slice(0, 12), 16);
}
