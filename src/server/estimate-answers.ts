/** What the API says of whom packs reach, and of what they share. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { ID_SPACES } from '../core/person-id.ts';

const people = (description: string) => Type.Number({ minimum: 0, description });
const estimate = {
  people: people('How many, as far as is known.'),
  low: people('Lower end of the interval that holds it at 95 %; the number itself where all were counted.'),
  high: people('Upper end of that interval.'),
};
const share = Type.Optional(
  Type.Number({ minimum: 0, description: 'Of the members; absent where these cannot be counted.' }),
);

const reachSchema = Type.Object(
  {
    id: Type.String({ description: 'Pack id.' }),
    size: Type.Optional(people('Members; absent where only requests tell of them.')),
    ...estimate,
    share,
    matches: Type.Array(
      Type.Object({
        exchangeId: Type.String(),
        idSpace: Type.Enum([...ID_SPACES], { description: 'Kind of id that they were met by.' }),
        ...estimate,
        share,
      }),
      { description: 'The same by exchange and kind of id, most first: the match rate is the share.' },
    ),
  },
  { description: 'Members that requests of the last seven days showed.' },
);

const sinceMs = Type.Optional(
  Type.Number({
    description: 'Since when requests are counted, milliseconds since 1970; absent before the first of them.',
  }),
);
const sampleRate = Type.Number({
  description: 'Share of all ids that are counted; 1 where all are, and numbers are exact then.',
});

export const reachAnswerSchema = Type.Object({ sinceMs, sampleRate, items: Type.Array(reachSchema) });
export type ReachAnswer = Static<typeof reachAnswerSchema>;

export const overlapAnswerSchema = Type.Object(
  {
    sinceMs,
    items: Type.Array(Type.Object({ id: Type.String(), size: Type.Optional(people('Members.')) })),
    pairs: Type.Array(
      Type.Object({
        first: Type.String(),
        second: Type.String(),
        ...estimate,
        basis: Type.Enum(['ids', 'seen'], {
          description:
            'ids: counted in both lists. seen: people of the last seven days of requests, where a list is not known or goes by other ids.',
        }),
      }),
    ),
  },
  { description: 'How many are in two packs at once, for each two of them.' },
);
export type OverlapAnswer = Static<typeof overlapAnswerSchema>;

export const reachOfOneSchema = Type.Object({ sinceMs, sampleRate, ...reachSchema.properties });
