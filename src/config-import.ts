/** Many objects at once against a configuration: what would be added, changed and removed, and everything that is wrong, before anything is. */
import { createHash } from 'node:crypto';
import type { TSchema } from 'typebox';
import type { BookObjects } from './campaign/edits.ts';
import { addEdits, changedObjects, findObject, objectsOf, patchBetween } from './campaign/edits.ts';
import type { Issue } from './campaign/issue.ts';
import { issue } from './campaign/issue.ts';
import { lintBook } from './campaign/lint.ts';
import { advertiserOf } from './campaign/ownership.ts';
import { relearningOf } from './campaign/relearning.ts';
import type { Configuration } from './config.ts';
import { readObject, withEdits } from './config-edits.ts';
import { listProperties } from './config-join.ts';
import type { BookObject, ChangedObject, EditedList } from './core/change.ts';
import { withSecrets } from './server/object-shown.ts';
import type { Import, Imported, ImportFault } from './server/transfer-routes.ts';

export type PlannedImport =
  | Exclude<Imported, { readonly status: 'done' }>
  | {
      readonly status: 'planned';
      readonly next: Configuration;
      readonly outcome: Omit<Extract<Imported, { readonly status: 'done' }>, 'change'>;
    };

export function planImport(configuration: Configuration, asked: Import, nowMs: number): PlannedImport {
  const objects = objectsOf(configuration.book, configuration.exchanges);
  const faults: ImportFault[] = [];
  const changed = asked.lists.flatMap((list) => changesOf(list, asked, objects, faults));
  if (faults.length > 0) return { status: 'invalid', faults };
  // Before anything is said of what does not fit: that could tell of what others have.
  const campaigns = new Map<string, { readonly id: string }>(
    objects.campaigns.map((each) => [each.id, each]),
  );
  for (const { list, id, after } of changed) if (list === 'campaigns' && after) campaigns.set(id, after);
  const willBe = { campaigns: [...campaigns.values()] };
  const forbidden = changed
    .filter(({ before, after }) => patchBetween(before, after) !== undefined)
    .flatMap((change) => forbiddenIn(change, asked, objects, willBe));
  if (forbidden.length > 0) return { status: 'forbidden', faults: forbidden };
  const next = withEdits(configuration, addEdits(configuration.edits ?? [], changed));
  const rows = new Map(
    asked.lists.flatMap(({ list, rows }) => rows.map(({ row, object }) => [`${list} ${object['id']}`, row])),
  );
  const placed = (found: Issue, all: BookObjects): ImportFault => {
    const [list, place] = found.path as [EditedList, number];
    const id = all[list]?.[place]?.id ?? '';
    return { list, id, row: rows.get(`${list} ${id}`) ?? 0, issue: { ...found, path: found.path.slice(2) } };
  };
  if (!next.ok) return { status: 'invalid', faults: next.issues.map((each) => placed(each, next.objects)) };
  const after = objectsOf(next.configuration.book, next.configuration.exchanges);
  const effective = changedObjects(objects, after);
  const tag = `"${createHash('sha256').update(JSON.stringify(effective)).digest('hex').slice(0, 24)}"`;
  if (asked.ifMatch !== undefined && asked.ifMatch !== '*' && asked.ifMatch !== tag)
    return { status: 'stale', tag };
  const touched = new Set(effective.map(({ list, id }) => `${list} ${id}`));
  const { book, exchanges, feeds } = next.configuration;
  const remarks = lintBook(book, exchanges, nowMs, feeds).map((each) => placed(each, after));
  const outcome = {
    status: 'done' as const,
    tag,
    changed: effective,
    unchanged: asked.lists.flatMap(({ list, rows: all }) =>
      all.filter(({ object }) => !touched.has(`${list} ${object['id']}`)),
    ).length,
    remarks: remarks.filter(({ list, id }) => touched.has(`${list} ${id}`)),
    relearning: effective.flatMap((change) =>
      relearningOf(change).map((each) => ({ list: change.list, id: change.id, ...each })),
    ),
  };
  return { status: 'planned', next: next.configuration, outcome };
}

function changesOf(
  { list, rows }: Import['lists'][number],
  { isWhole, advertisers }: Import,
  objects: BookObjects,
  faults: ImportFault[],
): readonly ChangedObject[] {
  const { items: schema } = listProperties[list] as unknown as { readonly items: TSchema };
  const current = new Map((objects[list] as readonly BookObject[]).map((object) => [object.id, object]));
  const seen = new Map<unknown, number>();
  const changed: ChangedObject[] = [];
  for (const { row, object } of rows) {
    const id = object['id'];
    const known = typeof id === 'string' ? current.get(id) : undefined;
    const former = seen.get(id);
    if (former !== undefined) faults.push({ list, id: String(id), row, issue: twice(former, id) });
    seen.set(id, row);
    const read = readObject(list, known ? withSecrets(object, known, schema) : object);
    if (read.ok) changed.push({ list, id: read.object.id, before: known ?? null, after: read.object });
    else
      faults.push(
        ...read.issues.map((each) => ({ list, id: typeof id === 'string' ? id : '', row, issue: each })),
      );
  }
  if (!isWhole) return changed;
  const gone = [...current.values()].filter((object) => {
    const owner = advertiserOf(list, object, objects);
    return (
      !seen.has(object.id) && (advertisers === undefined || (owner !== undefined && advertisers.has(owner)))
    );
  });
  return [
    ...changed,
    ...gone.map(({ id }) => ({ list, id, before: findObject(objects, list, id), after: null })),
  ];
}

/** Whose it was and whose it would be, both are the asker's; and the list is one that the asker may write. */
function forbiddenIn(
  { list, id, before, after }: ChangedObject,
  { advertisers, lists, mayChange }: Import,
  was: BookObjects,
  willBe: Pick<BookObjects, 'campaigns'>,
): readonly ImportFault[] {
  const isOwn = (object: BookObject | null, objects: Pick<BookObjects, 'campaigns'>): boolean => {
    const owner = object && advertiserOf(list, object, objects);
    return object === null || advertisers === undefined || (owner != null && advertisers.has(owner));
  };
  const row =
    lists.find((each) => each.list === list)?.rows.find(({ object }) => object['id'] === id)?.row ?? 0;
  const told = (code: string, message: string, hint: string): readonly ImportFault[] => [
    { list, id, row, issue: issue(['id'], code, message, { value: id, hint }) },
  ];
  if (!isOwn(before, was) || !isOwn(after, willBe))
    return told(
      'not_yours',
      'belongs to another advertiser or to all',
      'Leave it out, or choose another id.',
    );
  if (!mayChange(list))
    return told('role', 'is of a list that this role may not write', 'Leave it out, or ask one who may.');
  return [];
}

function twice(former: number, id: unknown): Issue {
  return issue(['id'], 'duplicate', `is that of row ${former} too`, {
    value: id,
    hint: 'Every object stands in one row.',
  });
}
