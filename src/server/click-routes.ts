/** Clicks that turned out to be nobody's (robots, fraud, double taps), as a verifier or an exchange tells later. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Learner } from '../learning/learn.ts';
import { problemSchema } from './api.ts';

export interface ClickPorts {
  readonly voidClicks: Learner['voidClicks'];
}

const CLICKS_MAX = 1000;

const voidedSchema = Type.Object(
  {
    voided: Type.Integer({ description: 'Taken back now, with the conversions that were credited to them.' }),
    duplicate: Type.Integer({ description: 'Called invalid before.' }),
    unknown: Type.Integer({ description: 'Not told yet; they will not count when they are.' }),
  },
  { description: 'What became of the clicks. What was charged for them stays charged.' },
);

export function clickRoutes(app: FastifyInstance, api: string, ports: ClickPorts): void {
  app.post<{ Body: { readonly clickIds: string[] } }>(
    `${api}/invalid-clicks`,
    {
      schema: {
        summary: 'Take clicks back that turned out to be nobody’s.',
        body: Type.Object({
          clickIds: Type.Array(Type.String({ pattern: '^[A-Za-z0-9_-]{16}$' }), {
            minItems: 1,
            maxItems: CLICKS_MAX,
            description: 'As they came as bwclid to the landing page.',
          }),
        }),
        response: { 200: voidedSchema, '4xx': problemSchema, '5xx': problemSchema },
      },
    },
    (request) => ports.voidClicks(request.body.clickIds),
  );
}
