/** `/api/v1/tags` and people's profiles: what the words mean, and what is known of one person. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';

const micros = (description: string) =>
  Type.Number({ description: `${description} Micros of the account’s currency.` });
const moment = (description: string) =>
  Type.Number({ description: `${description} Milliseconds since 1970.` });
const day = (description: string) => Type.String({ description: `${description} yyyy-mm-dd, UTC.` });
const tagValue = Type.Union([Type.String(), Type.Number()]);

export const tagsSchema = Type.Object(
  {
    tags: Type.Array(
      Type.Object({
        name: Type.String(),
        group: Type.Enum(['demographic', 'media', 'environment', 'derived']),
        kind: Type.Enum(['text', 'number']),
        definition: Type.String({ description: 'What it says, and how it comes about.' }),
        values: Type.Optional(
          Type.Array(Type.String(), { description: 'Where the values are a closed list.' }),
        ),
        refreshMs: Type.Number({ description: 'How often it is worked out; 0: with every event.' }),
        expiryMs: Type.Number({ description: 'After so long without news it is not told any more.' }),
      }),
    ),
    refresh: Type.Object(
      {
        refreshedMs: Type.Optional(moment('When the last whole pass began; absent before the first.')),
        running: Type.Boolean({ description: 'A pass is under way.' }),
        people: Type.Number({ description: 'People with a profile.' }),
        customers: Type.Number({ description: 'Of these, those who have bought.' }),
        purchase: Type.String({ description: 'Event that money is counted from.' }),
        model: Type.String({ description: 'Model of what customers are worth.' }),
        parameters: Type.Record(Type.String(), Type.Number(), { description: 'What was fitted.' }),
      },
      { description: 'The last refresh of derived tags.' },
    ),
  },
  { description: 'The dictionary of tags.' },
);
export type TagsAnswer = Static<typeof tagsSchema>;

export const profileSchema = Type.Object(
  {
    lastSeenDay: day('Last day with an event.'),
    exactSinceDay: Type.Optional(
      day('Counts of windows that begin before may be too high; absent where all are exact.'),
    ),
    facts: Type.Array(
      Type.Object({
        fact: Type.String({ description: 'Event, event with its item, or property.' }),
        count: Type.Number(),
        days: Type.Number({ description: 'Days with at least one.' }),
        valueMicros: micros('Worth of these events.'),
        lastDay: day('The last of them.'),
      }),
      { description: 'Most frequent first.' },
    ),
    tags: Type.Array(
      Type.Object({
        name: Type.String(),
        value: tagValue,
        refreshedMs: moment('When it was worked out.'),
        expiresMs: moment('From then on it is not told any more.'),
      }),
    ),
  },
  { description: 'What is known of one person.' },
);
export type ProfileAnswer = Static<typeof profileSchema>;

export interface ProfileQuestions {
  tags(): TagsAnswer;
  /** `id` as space:id, or an id of the account’s own. */
  profile(id: string): ProfileAnswer | undefined;
}

/** `root` as /api/v1. */
export function profileRoutes(app: FastifyInstance, root: string, questions: ProfileQuestions): void {
  app.get(
    `${root}/tags`,
    { schema: { summary: 'What tags mean, and when they were worked out.', response: { 200: tagsSchema } } },
    () => questions.tags(),
  );
  app.get<{ Params: { id: string } }>(
    `${root}/people/:id/profile`,
    {
      schema: {
        summary: 'What is known of one person at first hand.',
        params: Type.Object({
          id: Type.String({
            description:
              'As ifa:6d92…, email:<SHA-256>, eid:uidapi.com:A4b…, user.id@example:u1; without a space it is a user.id.',
          }),
        }),
        response: { 200: profileSchema, '4xx': problemSchema },
      },
    },
    async (request, reply) =>
      questions.profile(request.params.id) ?? sendProblem(reply, 404, 'Nothing is known of this person'),
  );
}
