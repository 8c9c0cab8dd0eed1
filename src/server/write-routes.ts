/**
 * `POST`, `PATCH` (a merge patch, RFC 7396) and `DELETE` of what is configured. Whoever changes says what he saw (`If-Match`), may ask first
 * (`validate_only=true`), and may say why (`reason`). What does not fit changes nothing and is answered 422 with all that is wrong.
 */

import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import type { Issue, Path } from '../campaign/issue.ts';
import { pathText } from '../campaign/issue.ts';
import type { Relearning } from '../campaign/relearning.ts';
import type { BookObject, Change, ChangedObject, EditedList } from '../core/change.ts';
import type { ChangePort } from '../state/change-port.ts';
import type { ObjectList } from './api.ts';
import { OBJECT_LISTS, problemSchema } from './api.ts';
import { withoutSecrets } from './object-shown.ts';
import type { ProblemError } from './problem.ts';
import { sendProblem } from './problem.ts';
import type { Actor } from './roles.ts';

export interface Write {
  readonly list: EditedList;
  readonly id: string;
  readonly action: 'create' | 'patch' | 'delete';
  readonly body?: unknown;
  readonly ifMatch?: string | undefined;
  readonly validateOnly: boolean;
  readonly who: string;
  readonly why: string;
  /** Whose objects it may be about; all where absent. */
  readonly advertisers?: ReadonlySet<string> | undefined;
}

export type Written =
  | { readonly status: 'exists' | 'missing' | 'needs_match' | 'not_yours' }
  | { readonly status: 'stale'; readonly tag: string }
  | { readonly status: 'invalid'; readonly issues: readonly Issue[] }
  | NotTaken
  | {
      readonly status: 'done';
      /** Null where it was deleted. */
      readonly object: BookObject | null;
      readonly tag: string | undefined;
      readonly remarks: readonly Issue[];
      readonly relearning: readonly Relearning[];
      /** Absent where it was only validated. */
      readonly change?: number;
    };

/** Sound, but it could not be kept or handed on; nothing has changed. */
interface NotTaken {
  readonly status: 'not_taken';
  readonly message: string;
}

export type Undone =
  | { readonly status: 'missing' }
  | {
      readonly status: 'changed_since';
      readonly list: EditedList;
      readonly id: string;
      readonly path: Path;
    }
  | { readonly status: 'invalid'; readonly issues: readonly Issue[] }
  | NotTaken
  | { readonly status: 'done'; readonly objects: readonly ChangedObject[]; readonly change?: number };

/** Where changes are made and remembered. */
export interface ChangeDesk {
  read(list: EditedList, id: string): { readonly object: BookObject; readonly tag: string } | undefined;
  write(write: Write): Promise<Written>;
  undo(
    number: number,
    by: { readonly who: string; readonly why: string },
    validateOnly: boolean,
  ): Promise<Undone>;
  history(...asked: Parameters<ChangePort['list']>): Promise<readonly Change[]>;
  change(number: number): Promise<Change | undefined>;
}

export const LIST_OF: Readonly<Record<ObjectList, EditedList>> = {
  exchanges: 'exchanges',
  advertisers: 'advertisers',
  campaigns: 'campaigns',
  'line-items': 'lineItems',
  creatives: 'creatives',
  audiences: 'audiences',
  'conversion-actions': 'conversionActions',
  experiments: 'experiments',
};

export const REASON_CHARACTERS_MAX = 500;
const KEYS_KEPT = 1_000;

export const writeQuerySchema = Type.Object({
  validate_only: Type.Optional(
    Type.Boolean({ description: 'Says what would come of it, and changes nothing.' }),
  ),
  reason: Type.Optional(
    Type.String({ maxLength: REASON_CHARACTERS_MAX, description: 'Why, for the history.' }),
  ),
});
export interface WriteQuery {
  readonly validate_only?: boolean;
  readonly reason?: string;
}

const remarkSchema = Type.Object({
  path: Type.String(),
  code: Type.String(),
  message: Type.String(),
  hint: Type.String(),
});
const writtenSchema = Type.Object({
  object: Type.Unknown({ description: 'As it is now, or would be; null where it is deleted.' }),
  change: Type.Optional(Type.Integer({ description: 'Its number in the history.' })),
  warnings: Type.Array(remarkSchema),
  relearning: Type.Array(Type.Object({ path: Type.String(), message: Type.String() }), {
    description: 'What the bidder would learn anew.',
  }),
});

export function writeRoutes(app: FastifyInstance, api: string, desk: ChangeDesk): void {
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, (request, body, done) =>
    app.getDefaultJsonParser('error', 'error')(request, body as string, done),
  );
  const answered = new Map<string, { readonly digest: string; readonly answer: Promise<Written> }>();
  for (const [name, schema] of Object.entries(OBJECT_LISTS) as [ObjectList, TSchema][]) {
    const list = LIST_OF[name];
    const says = (summary: string) => ({
      summary,
      querystring: writeQuerySchema,
      response: { 200: writtenSchema, 201: writtenSchema, '4xx': problemSchema },
    });
    const shown = (written: Written, reply: FastifyReply, location?: string): FastifyReply =>
      answer(written, reply, schema, location);

    app.post<{ Body: unknown; Querystring: WriteQuery }>(
      `${api}/${name}`,
      {
        schema: says(
          `Makes one of the ${name.replace('-', ' ')}. An Idempotency-Key makes a resend harmless.`,
        ),
      },
      async (request, reply) => {
        const id = (request.body as { readonly id?: unknown } | null)?.id;
        const write = writeOf(request, { list, id: typeof id === 'string' ? id : '', action: 'create' });
        const key = request.headers['idempotency-key'];
        const location = `${api}/${name}/${encodeURIComponent(write.id)}`;
        if (typeof key !== 'string' || write.validateOnly)
          return shown(await desk.write(write), reply, location);
        const digest = createHash('sha256')
          .update(JSON.stringify([name, request.body]))
          .digest('hex');
        let known = answered.get(key);
        if (known && known.digest !== digest)
          return sendProblem(reply, 422, 'This Idempotency-Key came with another body before');
        if (!known) {
          known = { digest, answer: desk.write(write) };
          answered.set(key, known);
          known.answer.catch(() => answered.delete(key));
          const [oldest] = answered.keys();
          if (answered.size > KEYS_KEPT && oldest !== undefined) answered.delete(oldest);
        }
        return shown(await known.answer, reply, location);
      },
    );
    app.patch<{ Params: { id: string }; Body: unknown; Querystring: WriteQuery }>(
      `${api}/${name}/:id`,
      { schema: says(`Changes one of the ${name.replace('-', ' ')} by a merge patch; needs If-Match.`) },
      async (request, reply) =>
        shown(await desk.write(writeOf(request, { list, id: request.params.id, action: 'patch' })), reply),
    );
    app.delete<{ Params: { id: string }; Querystring: WriteQuery }>(
      `${api}/${name}/:id`,
      { schema: says(`Deletes one of the ${name.replace('-', ' ')}; needs If-Match.`) },
      async (request, reply) =>
        shown(await desk.write(writeOf(request, { list, id: request.params.id, action: 'delete' })), reply),
    );
  }
}

/** Who asks, as the door found. */
export function actorOf(request: FastifyRequest): Actor {
  const { actor } = request as { readonly actor?: Actor };
  if (!actor) throw new Error('nobody was let in');
  return actor;
}

function writeOf(
  request: FastifyRequest<{ Body: unknown; Querystring: WriteQuery }>,
  what: Pick<Write, 'list' | 'id' | 'action'>,
): Write {
  const { validate_only: validateOnly = false, reason = '' } = request.query;
  const { who, advertisers } = actorOf(request);
  return {
    ...what,
    body: request.body,
    ifMatch: request.headers['if-match'],
    validateOnly,
    who,
    advertisers,
    why: reason,
  };
}

function answer(written: Written, reply: FastifyReply, schema: TSchema, location?: string): FastifyReply {
  switch (written.status) {
    case 'missing':
      return sendProblem(reply, 404, 'There is no such object');
    case 'not_yours':
      return sendProblem(
        reply,
        403,
        'This token may not make it, for it belongs to another advertiser or to all',
      );
    case 'exists':
      return sendProblem(reply, 409, 'There is an object of this id already', [
        { path: 'id', code: 'exists', message: 'is taken', hint: 'Change that one, or choose another id.' },
      ]);
    case 'needs_match':
      return sendProblem(reply, 428, 'If-Match is needed: the ETag of what you saw, or *');
    case 'stale':
      return sendProblem(reply.header('etag', written.tag), 412, 'Somebody changed it since you saw it');
    case 'invalid':
      return sendProblem(reply, 422, 'It does not fit; nothing was changed', written.issues.map(toProblem));
    case 'not_taken':
      return notTaken(reply, written.message);
    case 'done': {
      const { object, tag, change, remarks, relearning } = written;
      if (tag !== undefined) reply.header('etag', tag);
      const isMade = location !== undefined && change !== undefined;
      if (isMade) reply.header('location', location);
      return reply.code(isMade ? 201 : 200).send({
        object: object && withoutSecrets(object, schema),
        ...(change === undefined ? {} : { change }),
        warnings: remarks.map(toProblem),
        relearning: relearning.map(({ path, message }) => ({ path: pathText(path), message })),
      });
    }
  }
}

export function notTaken(reply: FastifyReply, message: string): FastifyReply {
  return sendProblem(reply, 503, 'It could not be taken; nothing was changed', [
    { path: '', code: 'not_taken', message, hint: 'Try again; the log says more.' },
  ]);
}

export function toProblem({ path, code, message, hint }: Issue): ProblemError {
  return { path: pathText(path), code, message, hint };
}
