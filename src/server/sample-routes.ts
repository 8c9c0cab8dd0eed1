/** What screens draw beside figures: requests that were sampled of late, and how long conversions of a line item take. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Book } from '../campaign/campaign.ts';
import type { DelayCurve } from '../policy/predict/delay.ts';
import { PUBLISHED_DELAYS, SPAN_ENDS_MS } from '../policy/predict/delay.ts';
import type { RequestSample } from '../state/sample-port.ts';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';

const SHOWN = 20;

const sampledSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        atMs: Type.Number({ description: 'Milliseconds since 1970.' }),
        exchangeId: Type.String(),
        request: Type.Unknown({ description: 'Without ids, addresses and consent of anybody.' }),
      }),
    ),
  },
  { description: 'The latest first; as `request` of POST explain.' },
);

const delaysSchema = Type.Object({
  learned: Type.Boolean({ description: 'False: a published curve stands in until conversions were seen.' }),
  points: Type.Array(
    Type.Object({
      untilMs: Type.Number({ description: 'Since the click.' }),
      share: Type.Number({ description: 'Of all conversions, those that have come by then.' }),
    }),
  ),
});

export interface SamplePorts {
  book(): Pick<Book, 'lineItems'>;
  /** Oldest first. */
  samples(): Promise<readonly RequestSample[]>;
  delaysOf(lineItemId: string): DelayCurve | undefined;
}

export function sampleRoutes(app: FastifyInstance, api: string, ports: SamplePorts): void {
  app.get(
    `${api}/requests`,
    {
      schema: {
        summary: 'Requests that were sampled of late.',
        response: { 200: sampledSchema, '4xx': problemSchema },
      },
    },
    async () => ({
      items: (await ports.samples())
        .slice(-SHOWN)
        .reverse()
        .flatMap(({ atMs, exchangeId, text }) => {
          const request = parsed(text);
          return request === undefined ? [] : [{ atMs, exchangeId, request }];
        }),
    }),
  );
  app.get<{ Params: { id: string } }>(
    `${api}/line-items/:id/delays`,
    {
      schema: {
        summary: 'How long conversions of a line item take after their click.',
        response: { 200: delaysSchema, '4xx': problemSchema },
      },
    },
    ({ params: { id } }, reply) => {
      if (!ports.book().lineItems.some((line) => line.id === id))
        return sendProblem(reply, 404, 'There is no such line item');
      const learned = ports.delaysOf(id);
      const curve = learned ?? PUBLISHED_DELAYS;
      return {
        learned: learned !== undefined,
        points: SPAN_ENDS_MS.map((untilMs, span) => ({ untilMs, share: curve[span]! })),
      };
    },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
