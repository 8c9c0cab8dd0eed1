/** `/api/v1/forecast` and `/api/v1/what-if`: sampled requests against a configuration that is not in use. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Issue } from '../campaign/issue.ts';
import type { EditedList } from '../core/change.ts';
import type { LineForecast, Sampled } from '../insight/forecast/forecast.ts';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';
import { toProblem } from './write-routes.ts';

export interface WhatIfChange {
  readonly list: EditedList;
  readonly id: string;
  /** A merge patch (RFC 7396). */
  readonly patch: unknown;
}

export type WhatIf =
  | { readonly ok: false; readonly issues: readonly Issue[] }
  | {
      readonly ok: true;
      readonly sampled: Sampled;
      readonly before: readonly LineForecast[];
      readonly after: readonly LineForecast[];
    };

export interface ForecastPorts {
  whatIf(changes: readonly WhatIfChange[]): Promise<WhatIf>;
}

const LISTS = { lineItems: 'lineItems', campaigns: 'campaigns', creatives: 'creatives' } as const;
const patches = (what: string) =>
  Type.Record(Type.String({ maxLength: 64 }), Type.Record(Type.String(), Type.Unknown()), {
    default: {},
    description: `Merge patches by the id of the ${what}.`,
  });
const whatIfBody = Type.Object(
  { lineItems: patches('line item'), campaigns: patches('campaign'), creatives: patches('creative') },
  { additionalProperties: false },
);
const forecastBody = Type.Object(
  {
    lineItemId: Type.String({ maxLength: 64 }),
    changes: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: 'A merge patch over the line item; as it is where empty.',
    }),
  },
  { additionalProperties: false },
);
const range = Type.Object({ mean: Type.Number(), low: Type.Number(), high: Type.Number() });
const lineSchema = Type.Object({
  lineItemId: Type.String(),
  bids: Type.Object(range.properties, { description: 'That it could make while it has money.' }),
  impressions: range,
  spendMicros: range,
  clicks: range,
  conversions: range,
  winRate: Type.Number(),
  cpaMicros: Type.Optional(Type.Integer()),
  budgetShare: Type.Number({ description: 'Of what it could spend, what its budgets let it.' }),
  pricesKnown: Type.Number({ description: 'Of its bids, the share whose price to win was learned.' }),
});
const sampledSchema = Type.Object({
  requests: Type.Integer(),
  fromMs: Type.Number(),
  toMs: Type.Number(),
});
const forecastSchema = Type.Object(
  { sampled: sampledSchema, now: Type.Optional(lineSchema), changed: lineSchema },
  { description: 'A day each, with intervals of nine in ten.' },
);
const whatIfSchema = Type.Object({
  sampled: sampledSchema,
  lines: Type.Array(
    Type.Object({
      lineItemId: Type.String(),
      isChanged: Type.Boolean({ description: 'Anything comes out differently.' }),
      before: Type.Optional(lineSchema),
      after: Type.Optional(lineSchema),
    }),
  ),
});

export function forecastRoutes(app: FastifyInstance, api: string, ports: ForecastPorts): void {
  app.post<{ Body: Static<typeof forecastBody> }>(
    `${api}/forecast`,
    {
      schema: {
        summary: 'What a line item would reach, win, spend and bring a day, as it is and changed.',
        body: forecastBody,
        response: { 200: forecastSchema, '4xx': problemSchema },
      },
    },
    async ({ body: { lineItemId, changes } }, reply) => {
      const answer = await ports.whatIf([{ list: 'lineItems', id: lineItemId, patch: changes }]);
      if (!answer.ok) return refuse(reply, answer.issues);
      const of = (lines: readonly LineForecast[]) => lines.find((line) => line.lineItemId === lineItemId);
      const [now, changed] = [of(answer.before), of(answer.after)];
      if (!changed) return sendProblem(reply, 404, 'There is no such line item, or it is archived');
      return { sampled: answer.sampled, ...(now ? { now } : {}), changed };
    },
  );
  app.post<{ Body: Static<typeof whatIfBody> }>(
    `${api}/what-if`,
    {
      schema: {
        summary: 'Sampled requests against an edited configuration: what changes, line item by line item.',
        body: whatIfBody,
        response: { 200: whatIfSchema, '4xx': problemSchema },
      },
    },
    async ({ body }, reply) => {
      const changes = (Object.keys(LISTS) as (keyof typeof LISTS)[]).flatMap((list) =>
        Object.entries(body[list]).map(([id, patch]): WhatIfChange => ({ list: LISTS[list], id, patch })),
      );
      const answer = await ports.whatIf(changes);
      if (!answer.ok) return refuse(reply, answer.issues);
      const [before, after] = [answer.before, answer.after].map(
        (lines) => new Map(lines.map((line) => [line.lineItemId, line])),
      ) as [Map<string, LineForecast>, Map<string, LineForecast>];
      const ids = [...new Set([...before.keys(), ...after.keys()])];
      return {
        sampled: answer.sampled,
        lines: ids.map((id) => {
          const [was, is] = [before.get(id), after.get(id)];
          return {
            lineItemId: id,
            isChanged: JSON.stringify(was) !== JSON.stringify(is),
            ...(was ? { before: was } : {}),
            ...(is ? { after: is } : {}),
          };
        }),
      };
    },
  );
}

function refuse(reply: FastifyReply, issues: readonly Issue[]): FastifyReply {
  return sendProblem(reply, 422, 'It does not fit', issues.map(toProblem));
}
