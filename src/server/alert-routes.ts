/** `/api/v1/alerts`: what a buyer should look at now. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { ALERT_KINDS } from '../insight/alert/alerts.ts';
import { problemSchema } from './api.ts';

const alertsSchema = Type.Object(
  {
    nowMs: Type.Number(),
    items: Type.Array(
      Type.Object({
        id: Type.String({ description: 'The same for as long as it lasts.' }),
        kind: Type.String({ description: ALERT_KINDS.join(', ') }),
        objectKind: Type.String(),
        objectId: Type.String(),
        sinceMs: Type.Number({ description: 'Milliseconds since 1970.' }),
        confidence: Type.Number({ description: 'How unlikely it is that nothing has changed, 0 to 1.' }),
        message: Type.String(),
        cause: Type.String({ description: 'As far as the sums show.' }),
        remedy: Type.String(),
        timesInMonth: Type.Integer({
          description: 'How often the same would have been told in the last 30 days, this time included.',
        }),
      }),
    ),
  },
  { description: 'The latest first.' },
);
export type AlertsAnswer = Static<typeof alertsSchema>;

export interface AlertPorts {
  readonly questions: { alerts(): Promise<AlertsAnswer> };
}

export function alertRoutes(app: FastifyInstance, api: string, ports: AlertPorts): void {
  app.get(
    `${api}/alerts`,
    {
      schema: {
        summary: 'What a buyer should look at now.',
        response: { 200: alertsSchema, '4xx': problemSchema },
      },
    },
    () => ports.questions.alerts(),
  );
}
