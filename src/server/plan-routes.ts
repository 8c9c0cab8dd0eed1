/** `/api/v1/plan`: where the money should go, shown before it is applied, and applied through the history. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Plan, PlanQuestion } from '../insight/plan/plan.ts';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';
import type { ChangeDesk } from './write-routes.ts';
import { actorOf, notTaken } from './write-routes.ts';

const metric = Type.Union([Type.Literal('conversions'), Type.Literal('clicks'), Type.Literal('value')], {
  default: 'conversions',
  description: 'What is to be most: conversions, clicks, or the value of conversions.',
});
const minTimes = Type.Number({
  minimum: 0,
  maximum: 1,
  default: 0.5,
  description: 'No line item gets less than so many times what it spends now.',
});
const maxTimes = Type.Number({
  minimum: 1,
  maximum: 10,
  default: 2,
  description: 'Nor more. Further away from what was seen, curves say little.',
});
const budget = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 1e15,
    description: 'A day, over all; what is spent now where absent.',
  }),
);

const planQuery = Type.Object({ campaign: Type.Optional(Type.String()), budget_micros: budget, metric });
const planBody = Type.Object(
  {
    campaignId: Type.Optional(Type.String({ description: 'Line items of one campaign alone.' })),
    budgetMicros: budget,
    metric,
    minTimes,
    maxTimes,
    limits: Type.Record(
      Type.String({ maxLength: 64 }),
      Type.Object(
        {
          minMicros: Type.Optional(Type.Integer({ minimum: 0 })),
          maxMicros: Type.Optional(Type.Integer({ minimum: 0 })),
        },
        { additionalProperties: false },
      ),
      { default: {}, description: 'Least and most a day, by line item.' },
    ),
    apply: Type.Boolean({
      default: false,
      description: 'Sets the daily budgets of line items, one change each in the history.',
    }),
    reason: Type.String({ maxLength: 500, default: '' }),
  },
  { additionalProperties: false },
);

const planSchema = Type.Object({
  metric: Type.String(),
  budgetMicros: Type.Integer(),
  lines: Type.Array(
    Type.Object({
      lineItemId: Type.String(),
      spendMicros: Type.Integer({ description: 'A day, in the mean of the last 28 with any spend.' }),
      plannedMicros: Type.Integer(),
      results: Type.Number({ description: 'A day, now.' }),
      expectedResults: Type.Number({
        description: 'A day, with the plan; of nine in ten days between low and high.',
      }),
      low: Type.Number(),
      high: Type.Number(),
      elasticity: Type.Number({ description: 'Percent more results for one percent more spend.' }),
      marginalCostMicros: Type.Optional(Type.Integer({ description: 'Of one more result, at the plan.' })),
      why: Type.String(),
    }),
  ),
  gain: Type.Object(
    { results: Type.Number(), low: Type.Number(), high: Type.Number() },
    { description: 'Results a day more than now; nine in ten times within.' },
  ),
  leftOut: Type.Array(Type.String(), {
    description: 'Too little is known of them; they keep what they have.',
  }),
  changes: Type.Optional(
    Type.Array(Type.Integer(), { description: 'In the history, where it was applied.' }),
  ),
});

export interface PlanPorts {
  /** Why there is none, where there is none. */
  plan(question: PlanQuestion): Promise<Plan | string>;
  readonly changes: ChangeDesk;
}

export function planRoutes(app: FastifyInstance, api: string, ports: PlanPorts): void {
  app.get<{ Querystring: Static<typeof planQuery> }>(
    `${api}/plan`,
    {
      schema: {
        summary: 'Where the money of line items should go.',
        querystring: planQuery,
        response: { 200: planSchema, '4xx': problemSchema },
      },
    },
    async ({ query }, reply) => {
      const plan = await ports.plan({
        campaignId: query.campaign,
        budgetMicros: query.budget_micros,
        metric: query.metric,
        minTimes: 0.5,
        maxTimes: 2,
        limits: new Map(),
      });
      return typeof plan === 'string' ? sendProblem(reply, 409, plan) : shown(plan);
    },
  );
  app.post<{ Body: Static<typeof planBody> }>(
    `${api}/plan`,
    {
      schema: {
        summary: 'The same within limits of your own; applied where that is asked for.',
        body: planBody,
        response: { 200: planSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const { limits, apply, reason, ...question } = request.body;
      const plan = await ports.plan({
        campaignId: undefined,
        budgetMicros: undefined,
        ...question,
        limits: new Map(Object.entries(limits)),
      });
      if (typeof plan === 'string') return sendProblem(reply, 409, plan);
      if (!apply) return shown(plan);
      return applied(plan, reply, ports.changes, {
        who: actorOf(request).who,
        why: reason || 'the budget plan',
      });
    },
  );
}

/** All or, where one is refused before the first is taken, none. */
async function applied(
  plan: Plan,
  reply: FastifyReply,
  changes: Pick<ChangeDesk, 'write'>,
  by: { readonly who: string; readonly why: string },
): Promise<unknown> {
  const writes = plan.lines.map(({ lineItemId, plannedMicros }) => ({
    ...by,
    list: 'lineItems' as const,
    id: lineItemId,
    action: 'patch' as const,
    body: { budget: { dailyMicros: plannedMicros } },
    ifMatch: '*',
  }));
  for (const write of writes) {
    const tried = await changes.write({ ...write, validateOnly: true });
    if (tried.status !== 'done') return notTaken(reply, `${write.id}: ${tried.status}`);
  }
  const numbers: number[] = [];
  for (const write of writes) {
    const written = await changes.write({ ...write, validateOnly: false });
    if (written.status !== 'done')
      return notTaken(reply, `${write.id}: ${written.status}; those before it were changed`);
    if (written.change !== undefined) numbers.push(written.change);
  }
  return { ...shown(plan), changes: numbers };
}

function shown({ lines, leftOut, ...plan }: Plan) {
  return {
    ...plan,
    leftOut: [...leftOut],
    lines: lines.map(({ marginalCostMicros, ...line }) => ({
      ...line,
      ...(marginalCostMicros === undefined ? {} : { marginalCostMicros }),
    })),
  };
}
