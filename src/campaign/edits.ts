/**
 * Edits of a book on top of its files. Each is an object as the files had it when it was first edited, and as it is to be instead. When the files
 * change afterwards they win, but only in what they changed: the rest of the edit stays on.
 */
import type { BookObject, ChangedObject, EditedList } from '../core/change.ts';
import { EDITED_LISTS } from '../core/change.ts';
import { mergePatch } from '../core/merge-patch.ts';
import type { Book } from './campaign.ts';
import type { Path } from './issue.ts';

/** All objects of a book, exchanges among them. */
export type BookObjects = { readonly [List in EditedList]: readonly { readonly id: string }[] };

export interface Edit {
  readonly list: EditedList;
  readonly id: string;
  /** What the files say; null where they have no such object. */
  readonly base: BookObject | null;
  /** Null where it is deleted. */
  readonly edited: BookObject | null;
}

/** Where files and an edit both changed the same thing; the files' is taken. */
export interface EditConflict {
  readonly list: EditedList;
  readonly id: string;
  /** Within the object; empty for all of it. */
  readonly path: Path;
}

export interface Reapplied {
  readonly objects: BookObjects;
  /** On top of the files as they are now; what says the same as these is gone. */
  readonly edits: readonly Edit[];
  readonly conflicts: readonly EditConflict[];
}

export function objectsOf(book: Book, exchanges: readonly { readonly id: string }[]): BookObjects {
  const { advertisers, campaigns, lineItems, creatives, audiences, conversionActions, experiments } = book;
  return {
    exchanges,
    advertisers,
    campaigns,
    lineItems,
    creatives,
    audiences,
    conversionActions,
    experiments,
  };
}

export function findObject(objects: BookObjects, list: EditedList, id: string): BookObject | null {
  return (objects[list].find((object) => object.id === id) as BookObject | undefined) ?? null;
}

/** `objects` are the files'. */
export function reapply(objects: BookObjects, edits: readonly Edit[]): Reapplied {
  const kept: Edit[] = [];
  const conflicts: EditConflict[] = [];
  for (const edit of edits) {
    const current = findObject(objects, edit.list, edit.id);
    const rebased = rebase(edit, current, conflicts);
    if (rebased) kept.push(rebased);
  }
  return { objects: withEach(objects, kept), edits: kept, conflicts };
}

function rebase(edit: Edit, current: BookObject | null, conflicts: EditConflict[]): Edit | undefined {
  const { list, id, base, edited } = edit;
  const isAsItWas =
    current === null ? base === null : base !== null && patchBetween(base, current) === undefined;
  if (isAsItWas) return isSame(current, edited) ? undefined : edit;
  // The files have it no more, have it now, or say something else of what was deleted.
  if (base === null || current === null || edited === null) {
    if (!isSame(current, edited)) conflicts.push({ list, id, path: [] });
    return undefined;
  }
  const theirs = patchBetween(base, current);
  const own = patchBetween(base, edited);
  const rest = without(own, theirs, [], (path) => conflicts.push({ list, id, path }));
  const next = rest === undefined ? current : (mergePatch(current, rest) as BookObject);
  return isSame(current, next) ? undefined : { list, id, base: current, edited: next };
}

/** The objects as the files have them, from those that lie on top. */
export function beneath(objects: BookObjects, edits: readonly Edit[]): BookObjects {
  return withEach(
    objects,
    edits.map((edit) => ({ ...edit, edited: edit.base })),
  );
}

function withEach(objects: BookObjects, edits: readonly Edit[]): BookObjects {
  const lists: Partial<Record<EditedList, readonly BookObject[]>> = {};
  for (const list of new Set(edits.map((edit) => edit.list))) {
    const byId = new Map((objects[list] as readonly BookObject[]).map((object) => [object.id, object]));
    for (const { list: of, id, edited } of edits) {
      if (of !== list) continue;
      if (edited === null) byId.delete(id);
      else byId.set(id, edited);
    }
    lists[list] = [...byId.values()];
  }
  return { ...objects, ...lists };
}

/** The edits with more, of objects as they stand on top of these edits. */
export function addEdits(edits: readonly Edit[], changed: readonly ChangedObject[]): readonly Edit[] {
  const all = new Map(edits.map((edit) => [`${edit.list} ${edit.id}`, edit]));
  for (const { list, id, before, after } of changed) {
    const key = `${list} ${id}`;
    const known = all.get(key);
    const base = known ? known.base : before;
    all.delete(key);
    if (!isSame(base, after)) all.set(key, { list, id, base, edited: after });
  }
  return [...all.values()];
}

/** What is not the same in two books, by list and in the order of the later one. */
export function changedObjects(before: BookObjects, after: BookObjects): readonly ChangedObject[] {
  return EDITED_LISTS.flatMap((list) => {
    if (before[list] === after[list]) return [];
    const known = new Map((before[list] as readonly BookObject[]).map((object) => [object.id, object]));
    const changed: ChangedObject[] = [];
    for (const object of after[list] as readonly BookObject[]) {
      const former = known.get(object.id) ?? null;
      known.delete(object.id);
      if (!isSame(former, object)) changed.push({ list, id: object.id, before: former, after: object });
    }
    for (const [id, former] of known) changed.push({ list, id, before: former, after: null });
    return changed;
  });
}

/**
 * What came of going back: the object as it is now without what one change did to it.
 *
 * `path` names a part that has been changed again since, which is not to be undone silently.
 */
export function undone(
  { before, after }: ChangedObject,
  current: BookObject | null,
): { readonly ok: true; readonly object: BookObject | null } | { readonly ok: false; readonly path: Path } {
  if (isSame(current, after)) return { ok: true, object: before };
  if (before === null || after === null || current === null) return { ok: false, path: [] };
  const did = patchBetween(before, after);
  const since = patchBetween(after, current);
  let again: Path | undefined;
  without(did, since, [], (path) => {
    again ??= path;
  });
  if (again) return { ok: false, path: again };
  return { ok: true, object: mergePatch(current, patchBetween(after, before)) as BookObject };
}

/** The merge patch that leads from one to the other; undefined where they are the same. */
export function patchBetween(from: unknown, to: unknown): unknown {
  if (from === to) return undefined;
  if (!isMapping(from) || !isMapping(to)) return isSame(from, to) ? undefined : to;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from))
    if (from[key] !== undefined && to[key] === undefined) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined) continue;
    const part = patchBetween(from[key], value);
    if (part !== undefined) patch[key] = part;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** A patch without what another one says too; `clash` hears of each such place, unless both say the same. */
function without(patch: unknown, other: unknown, path: Path, clash: (path: Path) => void): unknown {
  if (patch === undefined || other === undefined) return patch;
  if (!isMapping(patch) || !isMapping(other)) {
    if (!isSame(patch, other)) clash(path);
    return undefined;
  }
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(patch)) {
    const part = without(value, other[key], [...path, key], clash);
    if (part !== undefined) rest[key] = part;
  }
  return Object.keys(rest).length === 0 ? undefined : rest;
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, place) => isSame(item, other[place]));
  if (!isMapping(one) || !isMapping(other)) return false;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const key of keys) if (!isSame(one[key], other[key])) return false;
  return true;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
