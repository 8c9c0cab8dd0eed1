/** `/api/v1/changes`: who changed what, when and why, what it did to delivery, and the way back. */

import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import { patchBetween } from '../campaign/edits.ts';
import { pathText } from '../campaign/issue.ts';
import type { Change, ChangedObject } from '../core/change.ts';
import type { DeliveryEffect } from '../insight/change-effect.ts';
import type { ObjectList } from './api.ts';
import { OBJECT_LISTS, problemSchema } from './api.ts';
import { linkNext, sendTagged } from './list.ts';
import { withoutSecrets } from './object-shown.ts';
import type { ProblemError } from './problem.ts';
import { sendProblem } from './problem.ts';
import type { ChangeDesk, WriteQuery } from './write-routes.ts';
import { actorOf, LIST_OF, notTaken, toProblem, writeQuerySchema } from './write-routes.ts';

export interface ChangePorts {
  readonly changes: ChangeDesk;
  /** What delivery was like before and after, by object. */
  changeEffect(change: Change): Promise<readonly DeliveryEffect[]>;
}

const sumsSchema = Type.Object({
  impressions: Type.Integer(),
  clicks: Type.Integer(),
  conversions: Type.Integer(),
  spendMicros: Type.Number(),
  cpaMicros: Type.Union([Type.Number(), Type.Null()]),
});
const objectSchema = Type.Object({
  kind: Type.String({ description: Object.keys(OBJECT_LISTS).join(', ') }),
  id: Type.String(),
  before: Type.Unknown({ description: 'Null where it was made.' }),
  after: Type.Unknown({ description: 'Null where it was deleted.' }),
  patch: Type.Unknown({ description: 'The merge patch from one to the other.' }),
});
const changeSchema = Type.Object({
  number: Type.Integer(),
  atMs: Type.Number({ description: 'Milliseconds since 1970.' }),
  source: Type.String({ description: 'file, api, undo or automation' }),
  who: Type.String(),
  why: Type.String(),
  undoes: Type.Optional(Type.Integer()),
  objects: Type.Array(objectSchema),
});
const historySchema = Type.Object({
  items: Type.Array(changeSchema),
  next: Type.Union([Type.Integer(), Type.Null()], {
    description: 'As `before`, for the page after this one.',
  }),
});
const oneSchema = Type.Object({
  ...changeSchema.properties,
  effect: Type.Array(
    Type.Object({
      kind: Type.String(),
      id: Type.String(),
      windowMs: Type.Number({ description: 'As long before the change as after it.' }),
      before: sumsSchema,
      after: sumsSchema,
    }),
  ),
});
const undoneSchema = Type.Object({
  change: Type.Optional(Type.Integer()),
  objects: Type.Array(objectSchema),
});

interface HistoryQuery {
  readonly before?: number;
  readonly limit?: number;
  readonly kind?: ObjectList;
  readonly id?: string;
}

const HALF_NAMED: ProblemError = {
  path: 'kind',
  code: 'half_named',
  message: 'and id name an object together',
  hint: 'As kind=line-items&id=shoes; or neither of them, for all changes.',
};

const PAGE = 50;
const PAGE_MAX = 200;
const KIND_OF = new Map(Object.entries(LIST_OF).map(([kind, list]) => [list, kind as ObjectList]));

export function changeRoutes(app: FastifyInstance, api: string, ports: ChangePorts): void {
  app.get<{ Querystring: HistoryQuery }>(
    `${api}/changes`,
    {
      schema: {
        summary: 'What was changed, the latest first.',
        querystring: Type.Object({
          before: Type.Optional(Type.Integer({ minimum: 1 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX })),
          kind: Type.Optional(Type.Union(Object.keys(OBJECT_LISTS).map((kind) => Type.Literal(kind)))),
          id: Type.Optional(Type.String({ description: 'With `kind`: of this object alone.' })),
        }),
        response: { 200: historySchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const { before = Number.MAX_SAFE_INTEGER, limit = PAGE, kind, id } = request.query;
      if ((kind === undefined) !== (id === undefined))
        return sendProblem(reply, 400, 'The question has faults', [HALF_NAMED]);
      const named = kind !== undefined && id !== undefined ? { list: LIST_OF[kind], id } : {};
      const found = await ports.changes.history({ before, limit, ...named });
      const last = found.length === limit ? found.at(-1) : undefined;
      const next = last ? last.number : null;
      if (next !== null) linkNext(reply, request.query, 'before', next);
      return sendTagged(request, reply, [next, found.map(({ number }) => number)], {
        items: found.map(shown),
        next,
      });
    },
  );
  app.get<{ Params: { number: number } }>(
    `${api}/changes/:number`,
    {
      schema: {
        summary: 'One change, and what it did to delivery.',
        params: Type.Object({ number: Type.Integer({ minimum: 1 }) }),
        response: { 200: oneSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const change = await ports.changes.change(request.params.number);
      if (!change) return sendProblem(reply, 404, 'There is no such change');
      const effect = (await ports.changeEffect(change)).map(({ list, ...rest }) => ({
        kind: KIND_OF.get(list),
        ...rest,
      }));
      return { ...shown(change), effect };
    },
  );
  app.post<{ Params: { number: number }; Querystring: WriteQuery }>(
    `${api}/changes/:number/undo`,
    {
      schema: {
        summary: 'Goes back behind one change, by a change of its own; later changes of other parts stay.',
        params: Type.Object({ number: Type.Integer({ minimum: 1 }) }),
        querystring: writeQuerySchema,
        response: { 200: undoneSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const { validate_only: validateOnly = false, reason = '' } = request.query;
      const by = { who: actorOf(request).who, why: reason };
      const undone = await ports.changes.undo(request.params.number, by, validateOnly);
      switch (undone.status) {
        case 'missing':
          return sendProblem(reply, 404, 'There is no such change');
        case 'changed_since':
          return sendProblem(reply, 409, 'What it changed was changed again since', [
            {
              path: [KIND_OF.get(undone.list), undone.id, pathText(undone.path)].join(' ').trim(),
              code: 'changed_since',
              message: 'is not what that change made it',
              hint: 'Undo the later change first, or set the value itself.',
            },
          ]);
        case 'invalid':
          return sendProblem(
            reply,
            422,
            'What was before does not fit any more; nothing was changed',
            undone.issues.map(toProblem),
          );
        case 'not_taken':
          return notTaken(reply, undone.message);
        case 'done':
          return {
            ...(undone.change === undefined ? {} : { change: undone.change }),
            objects: undone.objects.map(shownObject),
          };
      }
    },
  );
}

function shown({ objects, ...change }: Change) {
  return { ...change, objects: objects.map(shownObject) };
}

function shownObject({ list, id, before, after }: ChangedObject) {
  const kind = KIND_OF.get(list)!;
  const schema = OBJECT_LISTS[kind] as TSchema;
  const [from, to] = [before, after].map((object) => object && withoutSecrets(object, schema));
  return { kind, id, before: from, after: to, patch: from && to ? (patchBetween(from, to) ?? {}) : null };
}
