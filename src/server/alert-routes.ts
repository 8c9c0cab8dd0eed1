/** `/api/v1/alerts`: what a buyer should look at now. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { ALERT_KINDS, isSameEpisode } from '../insight/alert/alert.ts';
import { problemSchema } from './api.ts';
import type { Listing } from './list.ts';
import { keyFilter, listQuerySchema, nextSchema, sendList } from './list.ts';
import { sendProblem } from './problem.ts';

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
        causeKind: Type.Optional(
          Type.String({ description: 'our_edit, exchange, creative or site, where that can be told.' }),
        ),
        explains: Type.Optional(Type.Number({ description: 'Part of the change that the cause explains.' })),
        remedy: Type.String(),
        acknowledged: Type.Optional(
          Type.Object({ atMs: Type.Number(), note: Type.String() }, { description: 'Somebody took note.' }),
        ),
        timesInMonth: Type.Integer({
          description: 'How often the same would have been told in the last 30 days, this time included.',
        }),
      }),
    ),
    next: Type.Optional(nextSchema),
  },
  { description: 'The latest first.' },
);
const acknowledgementSchema = Type.Object(
  {
    id: Type.String({ maxLength: 300, description: 'Of the alert, as the list has it.' }),
    note: Type.String({ maxLength: 500, default: '', description: 'What is done about it.' }),
  },
  { additionalProperties: false },
);
export type AlertsAnswer = Static<typeof alertsSchema>;

type Told = AlertsAnswer['items'][number];
const LISTING: Listing<Told> = {
  latestFirst: true,
  sorts: {
    since: ({ sinceMs }) => sinceMs,
    confidence: ({ confidence }) => confidence,
    kind: ({ kind }) => kind,
  },
  filters: {
    kind: keyFilter('kind', 'Of this kind.'),
    object: keyFilter('objectId', 'About the object of this id.'),
    text: {
      description: 'Part of the message.',
      matches: ({ message }, asked) => message.toLowerCase().includes(asked.toLowerCase()),
    },
    acknowledged: {
      description: 'true or false: whether somebody took note.',
      matches: ({ acknowledged }, asked) => String(acknowledged !== undefined) === asked,
    },
  },
};

export interface AlertPorts {
  readonly questions: { alerts(): Promise<AlertsAnswer> };
  /** Kept durably before it resolves. */
  acknowledgeAlert(id: string, note: string): Promise<void>;
}

export function alertRoutes(app: FastifyInstance, api: string, ports: AlertPorts): void {
  app.get(
    `${api}/alerts`,
    {
      schema: {
        summary: 'What a buyer should look at now.',
        querystring: listQuerySchema(LISTING),
        response: { 200: alertsSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const { items, nowMs } = await ports.questions.alerts();
      return sendList(request, reply, items, LISTING, { nowMs });
    },
  );
  // Ids hold slashes, so they come in the body.
  app.post<{ Body: Static<typeof acknowledgementSchema> }>(
    `${api}/alerts/acknowledge`,
    {
      schema: {
        summary: 'Takes note of an alert; it is told nowhere else from then on.',
        body: acknowledgementSchema,
        response: { '4xx': problemSchema },
      },
    },
    async ({ body: { id, note } }, reply) => {
      const { items } = await ports.questions.alerts();
      if (!items.some((alert) => isSameEpisode(alert.id, id)))
        return sendProblem(reply, 404, 'There is no such alert now');
      await ports.acknowledgeAlert(id, note);
      return reply.code(204).send();
    },
  );
}
