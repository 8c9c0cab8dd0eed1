/** Files of uploaded packs: where they lie, and what is wrong with them. */
import { closeSync, openSync, readSync } from 'node:fs';
import { relative } from 'node:path';
import type { PackFault } from './campaign/audience/directory.ts';
import { buildPackDirectory } from './campaign/audience/directory.ts';
import { holdsAnId } from './campaign/audience/upload.ts';
import type { Audience } from './campaign/campaign.ts';
import type { Issue, Path } from './campaign/issue.ts';
import { issue, warning } from './campaign/issue.ts';
import type { Fault } from './config-faults.ts';
import type { Joined } from './config-join.ts';
import { findPackFile, packFileReader, stampOf } from './config-read.ts';

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
export function readPackFaults(
  audiences: readonly Audience[],
  folder: string,
  nowMs: number,
  joined: Joined,
): Fault[] {
  const { faults } = buildPackDirectory(audiences, packFileReader(folder), nowMs);
  return faults.map((fault: PackFault) => {
    const place = joined.placeOf(
      ['audiences', audiences.findIndex(({ id }) => id === fault.packId), 'file'],
      false,
    );
    const where =
      fault.row === 0
        ? place
        : { file: `${folder}/${fault.file}`, line: fault.row, column: 1, key: fault.packId };
    return {
      ...where,
      code: fault.code,
      severity: fault.severity,
      message: fault.message,
      value: '',
      hint: fault.hint,
    };
  });
}
