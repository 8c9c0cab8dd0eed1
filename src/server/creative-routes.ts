/** What creatives have shown of themselves, over HTTP. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Clock } from '../core/clock.ts';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';

const count = (description: string) => Type.Number({ minimum: 0, description });
const rate = (description: string) =>
  Type.Object(
    { rate: Type.Number(), low: Type.Number(), high: Type.Number() },
    { description: `${description}, and the interval that holds it with a probability of 95 %.` },
  );

const figures = {
  impressions: count('Impressions.'),
  clicks: count('Clicks.'),
  conversions: count('Conversions.'),
  clickRate: rate('Clicks of an impression'),
  conversionRate: rate('Conversions of an impression'),
  chanceToBeBest: count('Probability that none of the others brings more.'),
  expectedLoss: count('Results of an impression that are lost in the mean by showing it alone.'),
  fatigued: Type.Boolean({ description: 'Clicked less of late than before, beyond chance.' }),
  paused: Type.Boolean({ description: 'By the line item’s own rule for hopeless ones.' }),
};

const creativesSchema = Type.Object(
  {
    lineItemId: Type.String(),
    fromMs: Type.Integer(),
    toMs: Type.Integer(),
    reward: Type.Union([Type.Literal('clicks'), Type.Literal('conversions')], {
      description: 'What the line item is after.',
    }),
    creatives: Type.Array(
      Type.Object({
        creativeId: Type.String(),
        ...figures,
        slots: Type.Array(
          Type.Object({
            slot: Type.String(),
            elements: Type.Array(
              Type.Object({
                element: Type.String(),
                impressions: count('Impressions.'),
                results: count('What the line item is after, as far as it has come.'),
                rate: rate('Results of an impression'),
                chanceToBeBest: figures.chanceToBeBest,
                expectedLoss: figures.expectedLoss,
                paused: figures.paused,
              }),
            ),
          }),
          { description: 'Of a template, side by side within each slot.' },
        ),
      }),
    ),
  },
  { description: 'The creatives of a line item, side by side.' },
);
export type CreativesAnswer = Static<typeof creativesSchema>;

export interface CreativePorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly questions: {
    creatives(
      lineItemId: string,
      period: { readonly fromMs: number; readonly toMs: number },
    ): Promise<CreativesAnswer | undefined>;
  };
}

const DAYS = 30;
const DAY_MS = 86_400_000;

/** Of the last 30 days: what a creative was before says little of what it is now. */
export function creativeRoutes(app: FastifyInstance, api: string, ports: CreativePorts): void {
  app.get<{ Params: { id: string } }>(
    `${api}/line-items/:id/creatives`,
    {
      schema: {
        summary: 'What each creative of a line item has shown of itself.',
        response: { 200: creativesSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const nowMs = ports.clock.now();
      const answer = await ports.questions.creatives(id, {
        fromMs: nowMs - DAYS * DAY_MS,
        toMs: nowMs + DAY_MS,
      });
      return answer ?? sendProblem(reply, 404, `There is no line item ${id}`);
    },
  );
}
