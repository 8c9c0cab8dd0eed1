/** `/api/v1/tokens`: who else may use the API, as what, for whom and until when. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';
import { ROLES } from './roles.ts';
import type { NewToken, Tokens } from './tokens.ts';
import { TOKENS_MAX } from './tokens.ts';

const factsSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Type.String({ description: ROLES.join(', ') }),
  advertisers: Type.Optional(Type.Array(Type.String())),
  createdMs: Type.Number({ description: 'Milliseconds since 1970.' }),
  expiresMs: Type.Optional(Type.Number()),
});
const newSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, description: 'Stands in the history of changes.' }),
    role: Type.Union(
      ROLES.map((role) => Type.Literal(role)),
      { description: 'Each may do what those before it may.' },
    ),
    advertisers: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
        minItems: 1,
        maxItems: 200,
        description: 'Sees and changes what belongs to these alone.',
      }),
    ),
    expiresMs: Type.Optional(Type.Number({ minimum: 0 })),
  },
  { additionalProperties: false },
);
const madeSchema = Type.Object({
  token: Type.String({ description: 'Shown this once; only its hash is kept.' }),
  ...factsSchema.properties,
});

export interface TokenPorts {
  readonly tokens: Pick<Tokens, 'create' | 'revoke' | 'list'>;
}

export function tokenRoutes(app: FastifyInstance, api: string, { tokens }: TokenPorts): void {
  app.get(
    `${api}/tokens`,
    {
      schema: {
        summary: 'Tokens, without what opens the door.',
        response: { 200: Type.Object({ items: Type.Array(factsSchema) }), '4xx': problemSchema },
      },
    },
    () => ({ items: tokens.list() }),
  );
  app.post<{ Body: NewToken }>(
    `${api}/tokens`,
    {
      schema: {
        summary: 'Makes a token.',
        body: newSchema,
        response: { 201: madeSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const made = await tokens.create(request.body);
      if (!made)
        return sendProblem(reply, 409, `There are ${TOKENS_MAX} tokens; revoke those that nobody uses`);
      return reply.code(201).send({ token: made.token, ...made.facts });
    },
  );
  app.delete<{ Params: { id: string } }>(
    `${api}/tokens/:id`,
    { schema: { summary: 'Revokes a token, at once.', response: { '4xx': problemSchema } } },
    async (request, reply) =>
      (await tokens.revoke(request.params.id))
        ? reply.code(204).send()
        : sendProblem(reply, 404, 'There is no such token'),
  );
}
