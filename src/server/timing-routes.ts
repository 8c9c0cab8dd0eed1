/** `/api/v1/timing`: whether answers reach exchanges in time, and what is done about it. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { problemSchema } from './api.ts';
import type { TimingState } from './timing.ts';

const timingSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        exchangeId: Type.String(),
        share: Type.Number({
          description: 'Part of its requests that is looked at; below 1 while answers come too late.',
        }),
        marginMs: Type.Number({ description: 'Part of tmax that is kept for the network now.' }),
        configuredMarginMs: Type.Number({
          description: '`deadlineMarginMs` of the exchange, where learning begins.',
        }),
        lateShare: Type.Optional(
          Type.Number({
            description:
              'Of the last few seconds’ answers, those that came too late; absent before there were enough.',
          }),
        ),
        answered: Type.Number({ description: 'Since the start of the process.' }),
        late: Type.Number({ description: 'Since the start of the process.' }),
      }),
    ),
  },
  { description: 'Of several workers, the one that answers this; /metrics has all.' },
);

export interface TimingPorts {
  timings(): readonly TimingState[];
}

export function timingRoutes(app: FastifyInstance, api: string, ports: TimingPorts): void {
  app.get(
    `${api}/timing`,
    {
      schema: {
        summary: 'Whether answers reach each exchange in time: share looked at, and the network’s part.',
        response: { 200: timingSchema, '4xx': problemSchema },
      },
    },
    () => ({ items: ports.timings() }),
  );
}
