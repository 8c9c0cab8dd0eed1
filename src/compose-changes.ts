/**
 * Changes of the book by API, console and undo: checked whole, taken whole by way of `reconfigure`, and remembered with who, when, why, before
 * and after. One at a time. Part of the composition root.
 */

import { createHash } from 'node:crypto';
import type { BookObjects, Edit } from './campaign/edits.ts';
import { addEdits, changedObjects, findObject, objectsOf, undone } from './campaign/edits.ts';
import type { Issue } from './campaign/issue.ts';
import { advertiserOf } from './campaign/ownership.ts';
import { relearningOf } from './campaign/relearning.ts';
import type { Configuration } from './config.ts';
import { readObject, remarksOn, withEdits } from './config-edits.ts';
import { planImport } from './config-import.ts';
import type { BookObject, ChangeCause, ChangedObject, EditedList } from './core/change.ts';
import type { Clock } from './core/clock.ts';
import { mergePatch } from './core/merge-patch.ts';
import type { Log } from './server/log.ts';
import type { Import, Imported } from './server/transfer-routes.ts';
import type { ChangeDesk, Undone, Write, Written } from './server/write-routes.ts';
import type { ChangePort } from './state/change-port.ts';
import type { TablesPort } from './state/port.ts';

export interface ChangeNeeds {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Pick<Log, 'warn'>;
  configuration(): Configuration;
  /** @throws where it cannot be taken; then nothing has changed. */
  reconfigure(next: Configuration): Promise<void>;
  store(): { readonly changes: ChangePort; readonly tables: Pick<TablesPort, 'save'> };
}

const EDITS_TABLE = 'edits';
const BY_FILES: ChangeCause = { source: 'file', who: '', why: '' };

/** @throws Error where what is kept lies no more on what the files say: to start without it could start what was paused. */
export async function withKeptEdits(
  configuration: Configuration,
  tables: Pick<TablesPort, 'load'>,
  log: Pick<Log, 'warn'>,
): Promise<Configuration> {
  const bytes = await tables.load(EDITS_TABLE);
  const edits = bytes ? (JSON.parse(Buffer.from(bytes).toString('utf8')) as readonly Edit[]) : [];
  return edits.length === 0 ? configuration : filesWith(configuration, edits, log);
}

/** New files with the edits that lie on them. */
function filesWith(files: Configuration, edits: readonly Edit[], log: Pick<Log, 'warn'>): Configuration {
  const applied = withEdits(files, edits);
  if (!applied.ok) {
    const [first] = applied.issues;
    throw new Error(
      `the files and what was changed by API do not fit each other: ${first?.path.join('.')} ${first?.message}`,
    );
  }
  for (const { list, id, path } of applied.conflicts)
    log.warn({ list, id, path: path.join('.') }, 'changed by API and then in a file: the file’s is taken');
  return applied.configuration;
}

export class Changes implements ChangeDesk {
  readonly #needs: ChangeNeeds;
  #turn: Promise<unknown> = Promise.resolve();
  #last = 0;

  constructor(needs: ChangeNeeds) {
    this.#needs = needs;
  }

  /** A configuration as it was read from files, with the edits that lie on it. @throws Error where they do not fit. */
  onFiles(next: Configuration): Configuration {
    if (next.cause) return next;
    const { edits = [] } = this.#needs.configuration();
    return { ...(edits.length === 0 ? next : filesWith(next, edits, this.#needs.log)), cause: BY_FILES };
  }

  /** Before it is used. */
  async keep(next: Configuration): Promise<void> {
    const { tables, changes } = this.#needs.store();
    const before = this.#needs.configuration();
    const objects = changedObjects(objectsIn(before), objectsIn(next));
    if (next.edits !== before.edits)
      await tables.save(EDITS_TABLE, Buffer.from(JSON.stringify(next.edits ?? [])));
    if (objects.length === 0) return;
    this.#last = await changes.append({
      ...(next.cause ?? BY_FILES),
      atMs: this.#needs.clock.now(),
      objects,
    });
  }

  read(list: EditedList, id: string): { readonly object: BookObject; readonly tag: string } | undefined {
    const object = findObject(objectsIn(this.#needs.configuration()), list, id);
    return object ? { object, tag: tagOf(object) } : undefined;
  }

  write(write: Write): Promise<Written> {
    return this.#inTurn(() => this.#write(write));
  }

  import(asked: Import): Promise<Imported> {
    return this.#inTurn(async () => {
      const plan = planImport(this.#needs.configuration(), asked, this.#needs.clock.now());
      if (plan.status !== 'planned') return plan;
      if (asked.validateOnly || plan.outcome.changed.length === 0) return plan.outcome;
      const { who, why } = asked;
      const refusal = await this.#take(plan.next, { source: 'api', who, why });
      return refusal === undefined
        ? { ...plan.outcome, change: this.#last }
        : { status: 'not_taken', message: refusal };
    });
  }

  undo(number: number, by: Pick<ChangeCause, 'who' | 'why'>, validateOnly: boolean): Promise<Undone> {
    return this.#inTurn(() => this.#undo(number, by, validateOnly));
  }

  history(...asked: Parameters<ChangePort['list']>): ReturnType<ChangePort['list']> {
    return this.#needs.store().changes.list(...asked);
  }

  change(number: number): ReturnType<ChangePort['get']> {
    return this.#needs.store().changes.get(number);
  }

  async #write(write: Write): Promise<Written> {
    const { list, id, action, body, ifMatch, validateOnly, who, why } = write;
    const configuration = this.#needs.configuration();
    const objects = objectsIn(configuration);
    const isTheirs = (object: BookObject): boolean => {
      const owner = advertiserOf(list, object, objects);
      return write.advertisers === undefined || (owner !== undefined && write.advertisers.has(owner));
    };
    const current = findObject(objects, list, id);
    // Whoever may not see it is not told that it is there.
    if (current && !isTheirs(current)) return { status: action === 'create' ? 'not_yours' : 'missing' };
    if (action === 'create' && current) return { status: 'exists' };
    if (action !== 'create') {
      if (!current) return { status: 'missing' };
      if (ifMatch === undefined) return { status: 'needs_match' };
      if (ifMatch !== '*' && !ifMatch.split(',').some((tag) => tag.trim() === tagOf(current)))
        return { status: 'stale', tag: tagOf(current) };
    }
    let after: BookObject | null = null;
    if (action !== 'delete') {
      const read = readObject(list, action === 'create' ? body : mergePatch(current, body));
      if (!read.ok) return { status: 'invalid', issues: read.issues };
      if (read.object.id !== id) return { status: 'invalid', issues: [idStays(id)] };
      after = read.object;
      if (!isTheirs(after)) return { status: 'not_yours' };
    }
    const changed: ChangedObject = { list, id, before: current, after };
    const next = withEdits(configuration, addEdits(configuration.edits ?? [], [changed]));
    if (!next.ok) return { status: 'invalid', issues: withinObject(next.issues, list) };
    const outcome = {
      object: after,
      tag: after ? tagOf(after) : undefined,
      remarks: after
        ? withinObject(remarksOn(next.configuration, list, id, this.#needs.clock.now()), list)
        : [],
      relearning: relearningOf(changed),
    };
    if (validateOnly) return { status: 'done', ...outcome };
    const refusal = await this.#take(next.configuration, { source: 'api', who, why });
    if (refusal !== undefined) return { status: 'not_taken', message: refusal };
    return { status: 'done', ...outcome, change: this.#last };
  }

  async #undo(
    number: number,
    { who, why }: Pick<ChangeCause, 'who' | 'why'>,
    validateOnly: boolean,
  ): Promise<Undone> {
    const change = await this.change(number);
    if (!change) return { status: 'missing' };
    const configuration = this.#needs.configuration();
    const objects = objectsIn(configuration);
    const changed: ChangedObject[] = [];
    for (const object of change.objects) {
      const current = findObject(objects, object.list, object.id);
      const back = undone(object, current);
      if (!back.ok) return { status: 'changed_since', ...object, path: back.path };
      const step = { list: object.list, id: object.id, before: current, after: back.object };
      changed.push(step);
    }
    const next = withEdits(configuration, addEdits(configuration.edits ?? [], changed));
    if (!next.ok) return { status: 'invalid', issues: next.issues };
    if (validateOnly) return { status: 'done', objects: changed };
    const refusal = await this.#take(next.configuration, { source: 'undo', who, why, undoes: number });
    if (refusal !== undefined) return { status: 'not_taken', message: refusal };
    return { status: 'done', objects: changed, change: this.#last };
  }

  /** Gives why not, where it could not be taken; then nothing has changed. */
  async #take(next: Configuration, cause: ChangeCause): Promise<string | undefined> {
    try {
      await this.#needs.reconfigure({ ...next, cause });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #inTurn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function objectsIn({ book, exchanges }: Configuration): BookObjects {
  return objectsOf(book, exchanges);
}

/** Strong, and quoted as it travels (RFC 9110 section 8.8.3). */
function tagOf(object: BookObject): string {
  return `"${createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 24)}"`;
}

function idStays(id: string): Issue {
  return {
    path: ['id'],
    code: 'id_stays',
    severity: 'error',
    message: 'is what the object is known by, and stays',
    hint: `It is ${id}. Make another object for another id.`,
    value: '',
    onKey: false,
    related: undefined,
  };
}

/** Paths begin at the object where the object is what is at fault. */
function withinObject(issues: readonly Issue[], list: EditedList): readonly Issue[] {
  return issues.map((found) =>
    found.path[0] === list && typeof found.path[1] === 'number'
      ? { ...found, path: found.path.slice(2) }
      : found,
  );
}
