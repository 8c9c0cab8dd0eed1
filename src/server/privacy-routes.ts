/** `/api/v1/people` and `/api/v1/privacy`: who asks to be forgotten, and how long what is kept. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { RawId } from '../core/person-id.ts';
import { parseRawId } from '../core/person-id.ts';
import type { ErasedPerson, RetentionState } from '../learning/forgetting.ts';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';

export interface PrivacyQuestions {
  /** Rejects where some part of what is kept could not be reached; the call is to be repeated then. */
  erase(id: RawId): Promise<ErasedPerson>;
  retention(): RetentionState;
}

const count = (description: string) => Type.Number({ description });

const erasedSchema = Type.Object(
  {
    ids: count('Ids that were known to be the person’s; all are suppressed.'),
    histories: count('Rows, or people, taken out of the memory that caps are held by.'),
    profile: Type.Boolean({ description: 'There was a profile.' }),
    touches: count('Impressions, clicks and conversions deleted from the journal.'),
    conversions: count('Conversions that name nobody any more.'),
    bids: count('Records deleted from the log of bids.'),
    scrubbed: Type.Boolean({
      description: 'Overwritten on the disk too; where false, within a day: see /api/v1/privacy.',
    }),
  },
  { description: 'What was removed. Asked again it is all 0.' },
);

const tableOf = (names: readonly string[], description: string) =>
  Type.Object(Object.fromEntries(names.map((name) => [name, Type.Number()])), { description });

const privacySchema = Type.Object(
  {
    days: tableOf(['bidLog', 'notices', 'touches', 'conversions', 'ids'], 'Days that each is kept.'),
    removed: tableOf(
      ['bidLog', 'notices', 'touches', 'conversions', 'ids', 'histories'],
      'Rows removed for their age since the process started.',
    ),
    ranMs: Type.Optional(Type.Number({ description: 'When it was last looked, milliseconds since 1970.' })),
    suppressedIds: count('Ids of people who are never to be known again.'),
    scrubbed: Type.Boolean({ description: 'Nothing that was erased is left in free pages of the file.' }),
  },
  { description: 'Retention and suppression.' },
);

/** `root` as /api/v1. */
export function privacyRoutes(app: FastifyInstance, root: string, questions: PrivacyQuestions): void {
  app.delete<{ Params: { id: string } }>(
    `${root}/people/:id`,
    {
      schema: {
        summary: 'Forget a person, with every id known to be theirs, and never know them again.',
        params: Type.Object({
          id: Type.String({
            description:
              'An id with its space: buyeruid:…, user.id@EXCHANGE:…, ifa:…, eid:SOURCE:…, email:… or phone:…; plain, or as SHA-256 in hexadecimal.',
          }),
        }),
        response: { 200: erasedSchema, '4xx': problemSchema, '5xx': problemSchema },
      },
    },
    async (request, reply) => {
      const id = parseRawId(request.params.id);
      if (!id)
        return sendProblem(reply, 400, 'This is no id of a person', [
          {
            path: 'id',
            code: 'not_an_id',
            message: 'is no id with its space',
            hint: 'As ifa:6d92078a-8246-4ba4-ae5b-76104861e7dc, or user.id@example:u1.',
          },
        ]);
      return questions.erase(id);
    },
  );
  app.get(
    `${root}/privacy`,
    { schema: { summary: 'How long what is kept, and what went.', response: { 200: privacySchema } } },
    () => {
      const { ranMs, ...state } = questions.retention();
      return { ...state, ...(ranMs === undefined ? {} : { ranMs }) };
    },
  );
}
