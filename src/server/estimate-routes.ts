/** `/api/v1/audiences/…/reach` and `/overlap`: what a buyer is told of packs before they are used. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { CLASS_PACKS } from '../campaign/audience/classes.ts';
import { problemSchema } from './api.ts';
import type { AudiencePorts } from './audience-answers.ts';
import { NO_SUCH_PACK } from './audience-answers.ts';
import { overlapAnswerSchema, reachAnswerSchema, reachOfOneSchema } from './estimate-answers.ts';
import { sendProblem } from './problem.ts';

/** A matrix of more cannot be read, and each pair takes a look at two lists. */
const PACKS_MAX = 30;

const idsQuery = Type.Object({
  ids: Type.Optional(
    Type.String({
      maxLength: 2_000,
      description: `Pack ids with commas between, at most ${PACKS_MAX}; all of the book where absent.`,
    }),
  ),
});

/** `root` as /api/v1. */
export function estimateRoutes(app: FastifyInstance, root: string, { book, packs }: AudiencePorts): void {
  const known = (): ReadonlySet<string> => new Set([...book().audiences, ...CLASS_PACKS].map(({ id }) => id));
  const asked = (ids: string | undefined): readonly string[] =>
    ids === undefined
      ? book()
          .audiences.slice(0, PACKS_MAX)
          .map(({ id }) => id)
      : [...new Set(ids.split(',').map((id) => id.trim()))].filter((id) => id !== '');
  const faultOf = (ids: readonly string[]) => {
    const unknown = ids.filter((id) => !known().has(id));
    if (unknown.length === 0 && ids.length <= PACKS_MAX) return undefined;
    return unknown.length > 0
      ? { path: 'ids', code: 'unknown_audience', message: `has no ${unknown.join(', ')}`, hint: '' }
      : { path: 'ids', code: 'too_many', message: `names more than ${PACKS_MAX}`, hint: 'Ask in parts.' };
  };

  app.get<{ Querystring: Static<typeof idsQuery> }>(
    `${root}/audiences/overlap`,
    {
      schema: {
        summary: 'How many people two packs share.',
        querystring: idsQuery,
        response: { 200: overlapAnswerSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const ids = asked(request.query.ids);
      const fault = faultOf(ids);
      return fault ? sendProblem(reply, 400, 'The question has faults', [fault]) : packs.overlap(ids);
    },
  );
  app.get<{ Querystring: Static<typeof idsQuery> }>(
    `${root}/audiences/reach`,
    {
      schema: {
        summary: 'Whom of packs the last seven days of requests showed, and where.',
        querystring: idsQuery,
        response: { 200: reachAnswerSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const ids = asked(request.query.ids);
      const fault = faultOf(ids);
      return fault ? sendProblem(reply, 400, 'The question has faults', [fault]) : packs.reach(ids);
    },
  );
  app.get<{ Params: { id: string } }>(
    `${root}/audiences/:id/reach`,
    {
      schema: {
        summary: 'Whom of one pack the last seven days of requests showed, and where.',
        response: { 200: reachOfOneSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!known().has(id)) return sendProblem(reply, 404, NO_SUCH_PACK);
      const { items, ...counted } = await packs.reach([id]);
      return { ...counted, ...items[0] };
    },
  );
}
