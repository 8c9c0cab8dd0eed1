/** `/api/v1/reports/attribution`: who gets the credit for conversions, model beside model. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Clock } from '../core/clock.ts';
import type { PathQuestion } from '../insight/attribution/own-paths.ts';
import type { AttributionReport } from '../insight/attribution/report.ts';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';
import { readPeriod } from './questions.ts';

const querySchema = Type.Object({
  from: Type.Optional(Type.String({ maxLength: 40, description: 'Day or time; 30 days ago where absent.' })),
  to: Type.Optional(
    Type.String({ maxLength: 40, description: 'Day or time, the last day included; now where absent.' }),
  ),
  by: Type.Optional(
    Type.Union([Type.Literal('campaign'), Type.Literal('line_item'), Type.Literal('creative')], {
      default: 'line_item',
      description: 'What is credited.',
    }),
  ),
  date: Type.Optional(
    Type.Union([Type.Literal('conversion'), Type.Literal('touch')], {
      default: 'conversion',
      description:
        'Conversions of the period; or what showings and clicks of the period brought, whenever it came.',
    }),
  ),
  models: Type.Optional(
    Type.String({ maxLength: 200, description: 'Names of models, with commas; all of them where absent.' }),
  ),
  window_days: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 90, default: 30, description: 'Touches so long before count.' }),
  ),
});

const answerSchema = Type.Object(
  {
    models: Type.Array(Type.Object({ name: Type.String(), about: Type.String() })),
    conversions: Type.Integer({ description: 'Credited conversions of people whose touches are known.' }),
    misses: Type.Integer({ description: 'Ways that have led to no conversion.' }),
    isCutOff: Type.Boolean({ description: 'There were more touches than are read at once.' }),
    rows: Type.Array(
      Type.Object({
        channel: Type.String(),
        credits: Type.Record(Type.String(), Type.Number(), { description: 'Conversions by model.' }),
      }),
    ),
  },
  { description: 'Each model shares out the same conversions.' },
);

export interface AttributionPorts {
  readonly clock: Pick<Clock, 'now'>;
  attribution(question: PathQuestion, models: readonly string[]): Promise<AttributionReport>;
}

const MONTH_MS = 30 * 86_400_000;

export function attributionRoutes(app: FastifyInstance, api: string, ports: AttributionPorts): void {
  app.get<{ Querystring: Static<typeof querySchema> }>(
    `${api}/reports/attribution`,
    {
      schema: {
        summary: 'Who gets the credit for conversions, model beside model.',
        querystring: querySchema,
        response: { 200: answerSchema, '4xx': problemSchema },
      },
    },
    async ({ query }, reply) => {
      const nowMs = ports.clock.now();
      const period = readPeriod(query, { fromMs: nowMs - MONTH_MS, toMs: nowMs });
      if (!period) return sendProblem(reply, 400, 'from and to are no period');
      const { by = 'line_item', date = 'conversion', window_days: windowDays = 30 } = query;
      const models = (query.models ?? '').split(',').filter((name) => name !== '');
      return ports.attribution({ ...period, by, date, windowDays }, models);
    },
  );
}
