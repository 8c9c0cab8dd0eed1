/** `/api/v1/session`: who is asking, so that a page shows what may be done, and the end of a browser's session. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { END_OF_SESSION } from './access.ts';
import { problemSchema } from './api.ts';
import { ROLES } from './roles.ts';
import { actorOf } from './write-routes.ts';

const sessionSchema = Type.Object({
  who: Type.String({ description: 'As it stands in the history of changes.' }),
  role: Type.String({ description: ROLES.join(', ') }),
  advertisers: Type.Optional(Type.Array(Type.String(), { description: 'All where absent.' })),
});

export function sessionRoutes(app: FastifyInstance, api: string): void {
  app.get(
    `${api}/session`,
    {
      schema: {
        summary: 'Who is asking, and as what.',
        response: { 200: sessionSchema, '4xx': problemSchema },
      },
    },
    (request) => {
      const { who, role, advertisers } = actorOf(request);
      return { who, role, ...(advertisers ? { advertisers: [...advertisers] } : {}) };
    },
  );
  app.delete(
    `${api}/session`,
    { schema: { summary: 'Signs this browser out.', response: { '4xx': problemSchema } } },
    (_request, reply) => reply.header('set-cookie', END_OF_SESSION).code(204).send(),
  );
}
