/**
 * `/api/v1/export` and `/api/v1/import`: the book as a file, and back. What comes in is shown as a difference first where `validate_only` asks for it,
 * and is taken as one change of the history, whole or not at all. It is one thing: the file's form, out and in, and what is said of it.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import type { Book } from '../campaign/campaign.ts';
import { patchBetween } from '../campaign/edits.ts';
import type { Issue } from '../campaign/issue.ts';
import { pathText } from '../campaign/issue.ts';
import { advertiserOf } from '../campaign/ownership.ts';
import type { Relearning } from '../campaign/relearning.ts';
import { fromSheet, toSheet } from '../campaign/sheet.ts';
import type { BookObject, ChangedObject, EditedList } from '../core/change.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { ObjectList } from './api.ts';
import { OBJECT_LISTS, problemSchema } from './api.ts';
import { sendTagged } from './list.ts';
import { withoutSecrets } from './object-shown.ts';
import { sendProblem } from './problem.ts';
import { mayUse } from './roles.ts';
import type { WriteQuery } from './write-routes.ts';
import { actorOf, LIST_OF, notTaken, writeQuerySchema } from './write-routes.ts';

interface ImportedRow {
  /** Line of a CSV, place in a JSON list from 1. */
  readonly row: number;
  readonly object: Readonly<Record<string, unknown>>;
}

export interface Import {
  readonly lists: readonly { readonly list: EditedList; readonly rows: readonly ImportedRow[] }[];
  /** What the lists leave out is removed. */
  readonly isWhole: boolean;
  /** Of the preview that it must still come to. */
  readonly ifMatch: string | undefined;
  readonly validateOnly: boolean;
  readonly who: string;
  readonly why: string;
  readonly advertisers: ReadonlySet<string> | undefined;
  mayChange(list: EditedList): boolean;
}

export interface ImportFault {
  readonly list: EditedList;
  readonly id: string;
  /** 0 where it is not of the file. */
  readonly row: number;
  /** Its path is within the object. */
  readonly issue: Issue;
}

export type Imported =
  | { readonly status: 'invalid' | 'forbidden'; readonly faults: readonly ImportFault[] }
  | { readonly status: 'stale'; readonly tag: string }
  | { readonly status: 'not_taken'; readonly message: string }
  | {
      readonly status: 'done';
      /** Of the difference. */
      readonly tag: string;
      readonly changed: readonly ChangedObject[];
      readonly unchanged: number;
      readonly remarks: readonly ImportFault[];
      readonly relearning: readonly (Relearning & { readonly list: EditedList; readonly id: string })[];
      /** Absent where it was only looked at, or where nothing differs. */
      readonly change?: number;
    };

export interface TransferPorts {
  book(): Book;
  exchanges(): readonly ExchangeProfile[];
  readonly changes: { import(asked: Import): Promise<Imported> };
}

const BODY_BYTES_MAX = 32 * 1024 * 1024;
const FAULTS_TOLD = 200;
const NAMES = Object.keys(OBJECT_LISTS) as ObjectList[];
const NAME_OF = new Map(Object.entries(LIST_OF).map(([name, list]) => [list, name as ObjectList]));
const HIDDEN = '(hidden)';

const listName = Type.Enum([...NAMES], { description: 'One list; all of them where absent. CSV needs one.' });
const exportQuery = Type.Object({
  list: Type.Optional(listName),
  format: Type.Optional(Type.Enum(['json', 'csv'], { description: 'json where absent.' })),
});
const importQuery = Type.Object({
  ...writeQuerySchema.properties,
  list: Type.Optional(listName),
  mode: Type.Optional(
    Type.Enum(['merge', 'replace'], {
      description:
        'merge, where absent: what the file leaves out stays; replace: it is removed, of the lists that the file has.',
    }),
  ),
});
const bookSchema = Type.Object(
  {
    version: Type.Literal(1),
    lists: Type.Object(
      Object.fromEntries(NAMES.map((name) => [name, Type.Optional(Type.Array(Type.Unknown()))])),
    ),
  },
  { description: 'Objects by list, without secrets; or CSV of one list.' },
);
const named = { kind: Type.String(), id: Type.String() };
const faultSchema = Type.Object({
  ...named,
  row: Type.Integer({
    description: 'Line of a CSV, place in a JSON list from 1; 0 for what is not of the file.',
  }),
  column: Type.String(),
  value: Type.String(),
  path: Type.String(),
  code: Type.String(),
  message: Type.String(),
  hint: Type.String(),
});
const importedSchema = Type.Object({
  added: Type.Array(Type.Object({ ...named, object: Type.Unknown() })),
  changed: Type.Array(
    Type.Object({
      ...named,
      keys: Type.Array(
        Type.Object({
          key: Type.String(),
          before: Type.Unknown({ description: 'null where it was not there.' }),
          after: Type.Unknown({ description: 'null where it is taken away.' }),
        }),
      ),
    }),
  ),
  removed: Type.Array(Type.Object({ ...named, object: Type.Unknown() })),
  unchanged: Type.Integer({ description: 'Objects of the file that are there as they stand in it.' }),
  warnings: Type.Array(faultSchema),
  relearning: Type.Array(Type.Object({ ...named, path: Type.String(), message: Type.String() }), {
    description: 'What the bidder would learn anew.',
  }),
  change: Type.Optional(
    Type.Integer({ description: 'Its number in the history; absent where nothing was changed.' }),
  ),
});

export function transferRoutes(app: FastifyInstance, api: string, ports: TransferPorts): void {
  app.get<{ Querystring: { readonly list?: ObjectList; readonly format?: 'json' | 'csv' } }>(
    `${api}/export`,
    {
      schema: {
        summary: 'The book as a file: JSON of all or one list, or CSV of one.',
        querystring: exportQuery,
        response: { 200: bookSchema, '4xx': problemSchema },
      },
    },
    (request, reply) => {
      const { list, format = 'json' } = request.query;
      if (format === 'csv') {
        if (list === undefined) return sendProblem(reply, 400, 'CSV is of one list', [NEEDS_LIST]);
        const text = toSheet(exported(list, request, ports), OBJECT_LISTS[list] as object);
        reply.header('content-disposition', `attachment; filename="${list}.csv"`);
        return sendTagged(request, reply.type('text/csv; charset=utf-8'), text, text);
      }
      const lists = Object.fromEntries(
        NAMES.filter((name) => list === undefined || name === list).map((name) => [
          name,
          exported(name, request, ports),
        ]),
      );
      const body = { version: 1, lists };
      return sendTagged(request, reply, body, body);
    },
  );
  void app.register(async (inner) => {
    inner.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    inner.post<{ Querystring: ImportQuery; Body: unknown }>(
      `${api}/import`,
      {
        bodyLimit: BODY_BYTES_MAX,
        schema: {
          summary: 'Takes what an export has, as one change; with validate_only it says what would differ.',
          querystring: importQuery,
          consumes: ['application/json', 'text/csv'],
          response: { 200: importedSchema, '4xx': problemSchema },
        },
      },
      async (request, reply) => {
        const read = readBody(request);
        if ('faults' in read) return refuse(reply, 422, read.faults);
        const actor = actorOf(request);
        const { validate_only: validateOnly = false, reason = '', mode } = request.query;
        const imported = await ports.changes.import({
          lists: read.lists,
          isWhole: mode === 'replace',
          ifMatch: request.headers['if-match'],
          validateOnly,
          who: actor.who,
          why: reason,
          advertisers: actor.advertisers,
          mayChange: (list) => mayUse(actor, 'POST', `${api}/${NAME_OF.get(list)}`),
        });
        return answer(imported, reply);
      },
    );
  });
}

interface ImportQuery extends WriteQuery {
  readonly list?: ObjectList;
  readonly mode?: 'merge' | 'replace';
}

function exported(
  name: ObjectList,
  request: FastifyRequest,
  { book, exchanges }: TransferPorts,
): readonly object[] {
  const { advertisers } = actorOf(request);
  const list = LIST_OF[name];
  const all = list === 'exchanges' ? exchanges() : book()[list];
  const schema: TSchema = OBJECT_LISTS[name];
  return (all as readonly { readonly id: string }[])
    .filter(
      (object) => advertisers === undefined || advertisers.has(advertiserOf(list, object, book()) ?? ''),
    )
    .map((object) => withoutSecrets(object, schema));
}

type Told = ReturnType<typeof fault>;

function readBody({
  body,
  query,
}: FastifyRequest<{ Querystring: ImportQuery; Body: unknown }>):
  | { readonly lists: Import['lists'] }
  | { readonly faults: readonly Told[] } {
  const { list: only } = query;
  if (typeof body === 'string') {
    if (only === undefined) return { faults: [fault({ ...NEEDS_LIST, column: 'list' })] };
    const { objects, faults } = fromSheet(body, OBJECT_LISTS[only] as object);
    if (faults.length > 0)
      return { faults: faults.map((each) => fault({ kind: only, code: 'not_csv', ...each })) };
    return { lists: [{ list: LIST_OF[only], rows: objects }] };
  }
  const lists = isMapping(body) && body['version'] === 1 ? body['lists'] : undefined;
  if (!isMapping(lists)) return { faults: [fault(NOT_A_BOOK)] };
  const faults: Told[] = [];
  const read = Object.entries(lists).flatMap(([name, items]) => {
    if (only !== undefined && name !== only) return [];
    const isKnown = (NAMES as readonly string[]).includes(name);
    if (!isKnown || !Array.isArray(items)) {
      faults.push(fault({ ...NOT_A_LIST, path: `lists.${name.slice(0, 64)}` }));
      return [];
    }
    const rows = items.map((object: unknown, place) => ({ row: place + 1, object }));
    for (const { row, object } of rows)
      if (!isMapping(object)) faults.push(fault({ ...NOT_AN_OBJECT, kind: name, row }));
    return [{ list: LIST_OF[name as ObjectList], rows: rows as readonly ImportedRow[] }];
  });
  return faults.length > 0 ? { faults } : { lists: read };
}

function answer(imported: Imported, reply: FastifyReply): FastifyReply {
  switch (imported.status) {
    case 'invalid':
      return refuse(reply, 422, imported.faults.map(toFault));
    case 'forbidden':
      return refuse(reply, 403, imported.faults.map(toFault));
    case 'stale':
      return sendProblem(
        reply.header('etag', imported.tag),
        412,
        'It would come to another difference than the one you saw',
      );
    case 'not_taken':
      return notTaken(reply, imported.message);
    case 'done': {
      const { tag, changed, unchanged, remarks, relearning, change } = imported;
      const by = (wanted: (each: ChangedObject) => boolean) => changed.filter(wanted).map(shown);
      return reply.header('etag', tag).send({
        added: by(({ before }) => before === null).map(({ kind, id, after }) => ({
          kind,
          id,
          object: after,
        })),
        changed: changed
          .filter(({ before, after }) => before !== null && after !== null)
          .map((each) => ({ kind: NAME_OF.get(each.list), id: each.id, keys: keysOf(each) })),
        removed: by(({ after }) => after === null).map(({ kind, id, before }) => ({
          kind,
          id,
          object: before,
        })),
        unchanged,
        warnings: remarks.slice(0, FAULTS_TOLD).map(toFault),
        relearning: relearning.map(({ list, id, path, message }) => ({
          kind: NAME_OF.get(list),
          id,
          path: pathText(path),
          message,
        })),
        ...(change === undefined ? {} : { change }),
      });
    }
  }
}

function shown({ list, id, before, after }: ChangedObject) {
  const kind = NAME_OF.get(list)!;
  const schema: TSchema = OBJECT_LISTS[kind];
  const [from, to] = [before, after].map((object) => object && withoutSecrets(object, schema));
  return { kind, id, before: from, after: to };
}

/** Each key that differs, as deep as both sides have mappings. */
function keysOf(change: ChangedObject) {
  const { before, after } = shown(change);
  const at = (object: unknown, path: readonly string[]): unknown =>
    path.reduce<unknown>((inner, key) => (isMapping(inner) ? inner[key] : undefined), object);
  const keys: { key: string; before: unknown; after: unknown }[] = [];
  const walk = (patch: unknown, path: readonly string[]): void => {
    const [was, is] = [at(change.before, path), at(change.after, path)];
    if (isMapping(patch) && isMapping(was) && isMapping(is))
      for (const [key, part] of Object.entries(patch)) walk(part, [...path, key]);
    else
      keys.push({
        key: pathText(path),
        before: was === undefined ? null : (at(before, path) ?? HIDDEN),
        after: is === undefined ? null : (at(after, path) ?? HIDDEN),
      });
  };
  walk(patchBetween(change.before as BookObject, change.after as BookObject) ?? {}, []);
  return keys;
}

function refuse(reply: FastifyReply, status: number, faults: readonly Told[]): FastifyReply {
  const title = `It does not fit; nothing was changed (${faults.length} ${faults.length === 1 ? 'fault' : 'faults'})`;
  return sendProblem(reply, status, title, faults.slice(0, FAULTS_TOLD));
}

function toFault({ list, id, row, issue }: ImportFault): Told {
  const { path, code, message, hint, value } = issue;
  const text = pathText(path);
  return fault({ kind: NAME_OF.get(list)!, id, row, column: text, value, path: text, code, message, hint });
}

function fault(
  told: { readonly code: string; readonly message: string; readonly hint: string } & Partial<
    Record<'kind' | 'id' | 'column' | 'value' | 'path', string>
  > & { readonly row?: number },
) {
  return { kind: '', id: '', row: 0, column: '', value: '', path: '', ...told };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const NEEDS_LIST = {
  path: 'list',
  code: 'needs_list',
  message: 'says which list the rows are of',
  hint: `One of ${NAMES.join(', ')}.`,
};
const NOT_A_BOOK = {
  code: 'not_a_book',
  message: 'is no export',
  hint: 'JSON as { "version": 1, "lists": { "campaigns": [ … ] } }, or CSV with content-type text/csv and list=.',
};
const NOT_A_LIST = {
  code: 'not_a_list',
  message: 'is no list of objects that there is',
  hint: NEEDS_LIST.hint,
};
const NOT_AN_OBJECT = {
  code: 'wrong_type',
  message: 'is no object',
  hint: 'Each entry is a mapping with an id.',
};
