/** `/api/v1/audiences`: packs as they are written and as they stand. */
import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import { audienceSchema } from '../campaign/audience/kinds.ts';
import { problemSchema } from './api.ts';
import type { AudiencePorts, AudiencesAnswer } from './audience-answers.ts';
import { audiencesAnswer, describedSchema, listSchema, NO_SUCH_PACK } from './audience-answers.ts';
import { estimateRoutes } from './estimate-routes.ts';
import type { Listing } from './list.ts';
import { byKey, listQuerySchema, sendList, TEXT_FILTER } from './list.ts';
import { memberRoutes } from './member-routes.ts';
import { sendProblem } from './problem.ts';

type Described = AudiencesAnswer['items'][number];
const LISTING: Listing<Described> = {
  sorts: {
    id: ({ id }) => id,
    name: byKey('name'),
    size: ({ pack }) => pack?.size ?? -1,
    refreshed: ({ pack }) => pack?.refreshedMs ?? -1,
  },
  filters: {
    text: TEXT_FILTER,
    status: {
      description: 'How the pack stands, as `pack.status` says it.',
      matches: ({ pack }, asked) => pack?.status === asked,
    },
    source: {
      description: 'Where its members come from, as `pack.source` says it.',
      matches: ({ pack }, asked) => pack?.source === asked,
    },
  },
};

/** `root` as /api/v1. */
export function audienceRoutes(app: FastifyInstance, root: string, ports: AudiencePorts): void {
  const answers = (schema: TSchema, summary: string) => ({
    summary,
    response: { 200: schema, '4xx': problemSchema },
  });
  app.get(
    `${root}/audiences`,
    {
      schema: {
        ...answers(listSchema, 'The audiences, and how they stand.'),
        querystring: listQuerySchema(LISTING),
      },
    },
    (request, reply) => {
      const { items, classes } = audiencesAnswer(ports);
      return sendList(request, reply, items, LISTING, { classes });
    },
  );
  app.get<{ Params: { id: string } }>(
    `${root}/audiences/:id`,
    { schema: answers(Type.Union([audienceSchema, describedSchema]), 'One of the audiences.') },
    (request, reply) => {
      const { items, classes } = audiencesAnswer(ports);
      const found = [...items, ...classes].find(({ id }) => id === request.params.id);
      return found ? reply.send(found) : sendProblem(reply, 404, NO_SUCH_PACK);
    },
  );
  memberRoutes(app, root, ports);
  estimateRoutes(app, root, ports);
}
