/** `POST /api/v1/audiences/{id}/members`: lists of ids, read as they come and taken as a whole or not at all. */
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { UploadPack } from '../campaign/audience/kinds.ts';
import { UploadRefusedError, uploadHint } from '../campaign/audience/upload.ts';
import type { TakenMembers } from '../learning/packs.ts';
import { problemSchema } from './api.ts';
import type { AudiencePorts } from './audience-answers.ts';
import { NO_SUCH_PACK } from './audience-answers.ts';
import { BrokenListError, discarded, LIST_MEDIA_TYPES, listBytes, listForm } from './member-upload.ts';
import type { ProblemError } from './problem.ts';
import { sendProblem } from './problem.ts';
import { mediaTypeOf } from './wire.ts';

const count = (description: string) => Type.Integer({ minimum: 0, description });

const takenSchema = Type.Object(
  {
    audience: Type.String(),
    mode: Type.String(),
    validateOnly: Type.Boolean({ description: 'The list was read and checked, and nothing has changed.' }),
    version: Type.String({ description: 'In force on bids within a second.' }),
    size: count('Members now.'),
    hashed: Type.Enum(['none', 'sha256'], { description: 'What the ids of the list are.' }),
    rows: count('Rows that hold something, without a header.'),
    ids: count('Different ids in it.'),
    repeats: count('Ids that were there before; each counts once.'),
    badRows: count('Rows that were passed over, since they name nobody.'),
    passedOver: Type.Array(
      Type.Object({
        row: count('From 1.'),
        code: Type.String(),
        message: Type.String(),
        value: Type.String({ description: 'How it begins, and how long it is.' }),
        hint: Type.String(),
      }),
      { description: 'The first of them, and the first repeat.' },
    ),
  },
  { description: 'What became of a list.' },
);
export type MembersTaken = Static<typeof takenSchema>;

const membersQuery = Type.Object({
  mode: Type.Enum(['add', 'remove', 'replace'], { description: 'What the list does to the pack.' }),
  validate_only: Type.Optional(Type.Boolean({ description: 'Read and check; change nothing.' })),
});

/** Lists that are read at one time: each may take some hundred megabytes. */
const LISTS_READ_MAX = 2;

/** `root` as /api/v1. */
export function memberRoutes(app: FastifyInstance, root: string, ports: AudiencePorts): void {
  app.register(async (inner) => {
    // The body stays what it is, a stream: neither read nor bounded before the route looks at it.
    inner.removeAllContentTypeParsers();
    inner.addContentTypeParser('*', (_request, body, done) => done(null, body));
    let reading = 0;
    inner.post<MembersCall>(
      `${root}/audiences/:id/members`,
      {
        schema: {
          summary: 'Send a list of ids: CSV, one id a line, or NDJSON; plain or SHA-256.',
          response: { 200: takenSchema, '4xx': problemSchema },
          consumes: LIST_MEDIA_TYPES,
          querystring: membersQuery,
        },
        attachValidation: true,
      },
      async (request, reply) => {
        const body = (request.body as Readable | undefined) ?? request.raw;
        if (request.validationError) {
          await discarded(body);
          throw request.validationError;
        }
        const refused = reading >= LISTS_READ_MAX ? BUSY : refusalOf(request, ports);
        if (refused) {
          await discarded(body);
          if (refused === BUSY) reply.header('retry-after', '5');
          return sendProblem(reply, refused.status, refused.title, refused.errors);
        }
        reading++;
        try {
          return await takeList(request, reply, body, ports);
        } finally {
          reading--;
        }
      },
    );
  });
}

type MembersCall = { Params: { id: string }; Querystring: Static<typeof membersQuery> };

interface Refused {
  readonly status: number;
  readonly title: string;
  readonly errors?: readonly ProblemError[];
}

const BUSY: Refused = { status: 503, title: 'Other lists are being read; send it again' };

/** What can be said before the list is looked at. */
function refusalOf(
  { params: { id }, headers }: FastifyRequest<MembersCall>,
  { book, packs }: AudiencePorts,
): Refused | undefined {
  const audience = book().audiences.find((one) => one.id === id);
  if (!audience) return { status: 404, title: NO_SUCH_PACK };
  if (audience.source !== 'upload')
    return {
      status: 409,
      title: 'This audience takes no list',
      errors: [
        {
          path: 'id',
          code: 'not_an_upload',
          message: `has the source ${audience.source}`,
          hint: 'Its members are worked out; lists are sent to audiences with `source: upload`.',
        },
      ],
    };
  const closed = packs.closedFor();
  if (closed !== undefined) return { status: 409, title: closed };
  const isList = listForm(mediaTypeOf(headers['content-type'])) !== undefined;
  if (isList && ENCODINGS.has(headers['content-encoding'] ?? 'identity')) return undefined;
  return {
    status: 415,
    title: 'A list is CSV, plain lines or NDJSON, packed by gzip or not at all',
    errors: [
      {
        path: isList ? 'content-encoding' : 'content-type',
        code: 'media_type',
        message: 'is not what a list can be',
        hint: `Say which of ${LIST_MEDIA_TYPES.join(', ')} it is, as in: curl -H 'content-type: text/csv' --data-binary @list.csv`,
      },
    ],
  };
}

const ENCODINGS: ReadonlySet<string> = new Set(['identity', 'gzip']);

async function takeList(
  { params: { id }, query, headers }: FastifyRequest<MembersCall>,
  reply: FastifyReply,
  body: Readable,
  { book, packs }: AudiencePorts,
): Promise<FastifyReply | MembersTaken> {
  const { mode, validate_only: isTrial = false } = query;
  const audience = book().audiences.find((one) => one.id === id) as UploadPack;
  const file = listForm(mediaTypeOf(headers['content-type']))!;
  try {
    const bytes = listBytes(body, headers['content-encoding'] === 'gzip');
    const taken = await packs.take(audience, mode, bytes, { file, isTrial });
    return takenAnswer(taken, mode, isTrial);
  } catch (error) {
    if (error instanceof UploadRefusedError)
      return sendProblem(reply, TOO_LARGE.has(error.code) ? 413 : 400, 'Nothing of the list was taken', [
        refusal(error),
      ]);
    if (error instanceof BrokenListError)
      return sendProblem(reply, 400, 'Nothing of the list was taken: its body did not come whole', [
        { path: 'body', code: error.code, message: 'did not come whole', hint: 'Send it again.' },
      ]);
    throw error;
  }
}

const TOO_LARGE: ReadonlySet<string> = new Set(['list_too_large', 'too_many_ids', 'too_many_rows']);

function refusal({ row, code, message, value }: UploadRefusedError) {
  const hint =
    code === 'list_too_large'
      ? 'Send it in parts, the first with mode=replace, the others with mode=add.'
      : uploadHint(code);
  return { path: row > 0 ? `row ${row}` : 'list', row, code, message, value, hint };
}

function takenAnswer({ facts, upload }: TakenMembers, mode: string, isTrial: boolean): MembersTaken {
  const { hashed, rows, keys, repeats, badRows, passedOver } = upload;
  return {
    audience: facts.id,
    mode,
    validateOnly: isTrial,
    version: facts.version,
    size: facts.size,
    hashed,
    rows,
    ids: keys.length,
    repeats,
    badRows,
    passedOver: passedOver.map((bad) => ({ ...bad, hint: uploadHint(bad.code) })),
  };
}
