/** `/api/v1/audiences`: packs as they are written and as they stand. */
import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import { audienceSchema } from '../campaign/audience/kinds.ts';
import { problemSchema } from './api.ts';
import type { AudiencePorts } from './audience-answers.ts';
import { audiencesAnswer, describedSchema, listSchema, NO_SUCH_PACK } from './audience-answers.ts';
import { estimateRoutes } from './estimate-routes.ts';
import { memberRoutes } from './member-routes.ts';
import { sendProblem } from './problem.ts';

/** `root` as /api/v1. */
export function audienceRoutes(app: FastifyInstance, root: string, ports: AudiencePorts): void {
  const answers = (schema: TSchema, summary: string) => ({
    summary,
    response: { 200: schema, '4xx': problemSchema },
  });
  app.get(`${root}/audiences`, { schema: answers(listSchema, 'All audiences, and how they stand.') }, () =>
    audiencesAnswer(ports),
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
