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
  fatigued: Type.Boolean({ description: 'Its clicks fall faster than the others’, beyond chance.' }),
  fatigue: Type.Optional(
    Type.Object(
      {
        fatigued: Type.Boolean(),
        chance: Type.Number({ description: 'Of so steep a fall where nothing changes.' }),
        lost: Type.Number({
          description: 'Part of its rate lost from first impression to last; below 0, gained.',
        }),
        lostLow: Type.Number(),
        lostHigh: Type.Number(),
        against: Type.Union([Type.Literal('others'), Type.Literal('itself')], {
          description: 'Whether it was told from the times by the other creatives.',
        }),
      },
      { description: 'Absent where too little is known.' },
    ),
  ),
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
                impressions: figures.impressions,
                clicks: figures.clicks,
                conversions: figures.conversions,
                results: count('What the line item is after, as its rotation weighs it.'),
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

const withWhomSchema = Type.Object(
  {
    lineItemId: Type.String(),
    reward: Type.Union([Type.Literal('clicks'), Type.Literal('conversions')]),
    rows: Type.Array(
      Type.Object({
        creativeId: Type.String(),
        slot: Type.Optional(
          Type.String({ description: 'Of an element; absent for the creative as a whole.' }),
        ),
        element: Type.Optional(Type.String()),
        kind: Type.String({ description: 'publication, device or pack.' }),
        value: Type.String({ description: 'Empty where nothing is known of it.' }),
        impressions: figures.impressions,
        clicks: figures.clicks,
        conversions: figures.conversions,
        rate: rate('Results of an impression, shrunk to what creative and circumstance make expect'),
        ownRate: count('Of the creative or element wherever it was shown.'),
        expectedRate: count('Were there nothing between the two: its own, by how all do there.'),
        verdict: Type.Union([Type.Literal('better'), Type.Literal('worse'), Type.Literal('as_elsewhere')], {
          description: 'Whether the interval leaves its own rate out.',
        }),
        particular: Type.Boolean({
          description:
            'The interval leaves the expected rate out too: it is about these two, not about one of them.',
        }),
      }),
      { description: 'What stands out first, then by impressions; the first 500.' },
    ),
    combinations: Type.Integer({ description: 'That were seen at all.' }),
    leftOut: Type.Integer({ description: 'Counts that found no room in a bounded table.' }),
  },
  { description: 'What works with whom: creatives and elements by publication, device and pack.' },
);
export type WithWhomAnswer = Static<typeof withWhomSchema>;

const pairsSchema = Type.Object(
  {
    lineItemId: Type.String(),
    creativeId: Type.String(),
    reward: Type.Union([Type.Literal('clicks'), Type.Literal('conversions')]),
    rows: Type.Array(Type.String(), { description: 'Variants of the first slot.' }),
    columns: Type.Array(Type.String(), { description: 'Variants of the second slot.' }),
    cells: Type.Array(
      Type.Object({
        row: Type.String(),
        column: Type.String(),
        impressions: figures.impressions,
        results: count('What the line item is after.'),
        rate: rate('Results of an impression, shrunk to what the two bring by themselves'),
      }),
    ),
  },
  { description: 'Two slots of a creative against each other.' },
);
export type PairsAnswer = Static<typeof pairsSchema>;

export interface CreativePorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly questions: {
    creatives(
      lineItemId: string,
      period: { readonly fromMs: number; readonly toMs: number },
    ): Promise<CreativesAnswer | undefined>;
    withWhom(lineItemId: string): Promise<WithWhomAnswer | undefined>;
    pairs(
      lineItemId: string,
      creativeId: string,
      slots: readonly [string, string],
    ): Promise<PairsAnswer | undefined>;
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
  app.get<{ Params: { id: string } }>(
    `${api}/line-items/:id/creatives/with-whom`,
    {
      schema: {
        summary: 'Which creatives and elements work better or worse where, on what, and before whom.',
        response: { 200: withWhomSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      return (await ports.questions.withWhom(id)) ?? sendProblem(reply, 404, `There is no line item ${id}`);
    },
  );
  app.get<{
    Params: { id: string; creativeId: string };
    Querystring: { readonly rows: string; readonly columns: string };
  }>(
    `${api}/line-items/:id/creatives/:creativeId/pairs`,
    {
      schema: {
        summary: 'Two slots of a creative against each other.',
        querystring: Type.Object({
          rows: Type.String({ description: 'Slot of the rows.' }),
          columns: Type.String({ description: 'Slot of the columns.' }),
        }),
        response: { 200: pairsSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const { id, creativeId } = request.params;
      const { rows, columns } = request.query;
      return (
        (await ports.questions.pairs(id, creativeId, [rows, columns])) ??
        sendProblem(reply, 404, `The line item ${id} has no creative ${creativeId} with these two slots`)
      );
    },
  );
}
