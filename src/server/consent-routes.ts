/** `/api/v1/consents` and `/api/v1/people/{id}/consent`: consents that people gave outside of requests. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { parseRawId } from '../core/person-id.ts';
import type { GivenConsent } from '../learning/consents.ts';
import { PURPOSES, purposesIn } from '../learning/consents.ts';
import type { ConsentRecord } from '../state/consent-port.ts';
import { problemSchema } from './api.ts';
import type { ProblemError } from './problem.ts';
import { sendProblem } from './problem.ts';

export interface ConsentPorts {
  record(given: readonly GivenConsent[]): Promise<number>;
  recordsOf(id: NonNullable<ReturnType<typeof parseRawId>>): Promise<readonly ConsentRecord[]>;
  nowMs(): number;
}

const ITEMS_MAX = 1000;
/** A clock that is ahead of ours by more than this is wrong. */
const AHEAD_MAX_MS = 300_000;

const personId = Type.String({
  description:
    'An id with its space: buyeruid:…, user.id@EXCHANGE:…, ifa:…, eid:SOURCE:…, email:… or phone:….',
});

const itemSchema = Type.Object(
  {
    id: personId,
    purposes: Type.Array(Type.Union(PURPOSES.map((purpose) => Type.Literal(purpose))), {
      uniqueItems: true,
      description:
        'What for: identity (ids, caps, attribution), audiences (packs, profiles), preciseGeo. Empty takes consent back.',
    }),
    time: Type.Optional(
      Type.String({ format: 'date-time', description: 'When it was given or taken back; now where absent.' }),
    ),
    source: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'What proves it: the form and its version, or a ticket. No personal data.',
    }),
  },
  { additionalProperties: false },
);

const bodySchema = Type.Object(
  { items: Type.Array(itemSchema, { minItems: 1, maxItems: ITEMS_MAX }) },
  { additionalProperties: false },
);

const recordSchema = Type.Object({
  purposes: Type.Array(Type.String()),
  time: Type.String({ format: 'date-time' }),
  source: Type.String(),
});

/** `root` as /api/v1. */
export function consentRoutes(app: FastifyInstance, root: string, ports: ConsentPorts): void {
  app.post<{ Body: Static<typeof bodySchema> }>(
    `${root}/consents`,
    {
      schema: {
        summary: 'Record consents, or that they were taken back; all of them, or none where one is at fault.',
        body: bodySchema,
        response: {
          200: Type.Object({
            recorded: Type.Number({
              description: 'Less than were sent where somebody withdrew from everything.',
            }),
          }),
          '4xx': problemSchema,
          '5xx': problemSchema,
        },
      },
    },
    async ({ body }, reply) => {
      const issues: ProblemError[] = [];
      const given = body.items.flatMap(({ id: text, purposes, time, source }, row): GivenConsent[] => {
        const id = parseRawId(text);
        const atMs = time === undefined ? ports.nowMs() : Date.parse(time);
        if (!id)
          issues.push({
            path: `items[${row}].id`,
            code: 'not_an_id',
            message: 'is no id with its space',
            hint: 'As ifa:6d92078a-8246-4ba4-ae5b-76104861e7dc, or user.id@example:u1.',
          });
        else if (!(atMs >= 0 && atMs <= ports.nowMs() + AHEAD_MAX_MS))
          issues.push({
            path: `items[${row}].time`,
            code: 'not_yet',
            message: 'is still to come',
            hint: 'A time with its zone, as 2026-03-01T08:00:00Z.',
          });
        else return [{ id, purposes, atMs, source }];
        return [];
      });
      if (issues.length > 0) return sendProblem(reply, 400, 'Nothing was recorded', issues);
      return { recorded: await ports.record(given) };
    },
  );
  app.get<{ Params: { id: string } }>(
    `${root}/people/:id/consent`,
    {
      schema: {
        summary: 'What a person consented to, the newest first; the first is in force.',
        params: Type.Object({ id: personId }),
        response: { 200: Type.Object({ items: Type.Array(recordSchema) }), '4xx': problemSchema },
      },
    },
    async (request, reply) => {
      const id = parseRawId(request.params.id);
      if (!id) return sendProblem(reply, 400, 'This is no id of a person');
      const records = await ports.recordsOf(id);
      return {
        items: records.map(({ purposes, atMs, source }) => {
          const granted = purposesIn(purposes);
          return {
            purposes: PURPOSES.filter((purpose) => granted[purpose]),
            time: new Date(atMs).toISOString(),
            source,
          };
        }),
      };
    },
  );
}
