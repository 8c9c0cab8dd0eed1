/** An experiment: people divided into groups by chance, each group with its own version of a line item. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { closed, id, name, status } from './words.ts';

export const experimentSchema = closed(
  {
    id: id('Experiment id. People are divided by it: another id divides them anew.'),
    name,
    status,
    lineItemId: Type.Optional(id('Line item that it is about.')),
    campaignId: Type.Optional(id('Campaign that it is about, with every line item of it.')),
    arms: Type.Array(
      closed(
        {
          id: id('Arm id. `holdout` is taken: it is the name of those who are shown nothing.'),
          share: Type.Number({
            exclusiveMinimum: 0,
            maximum: 1,
            default: 1,
            description: 'Weight among the arms: 1 and 1 are halves.',
          }),
          changes: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), {
            default: {},
            description:
              'What is different in this arm: a merge patch over the line item (RFC 7396). Lists are replaced whole, null takes a key away.',
          }),
        },
        'One version.',
      ),
      { minItems: 1, maxItems: 8, description: 'The first is the control, and changes nothing.' },
    ),
    peopleShare: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
      description: 'Share of people who take part; the others get the line item as it is.',
    }),
    holdoutShare: Type.Number({
      minimum: 0,
      maximum: 0.9,
      default: 0,
      description:
        'Of those who take part, the share who are shown nothing: what comes of them would have come anyway.',
    }),
    start: Type.Optional(
      Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'First day, in the campaign’s zone.' }),
    ),
    end: Type.Optional(
      Type.String({
        pattern: '^\\d{4}-\\d{2}-\\d{2}$',
        description: 'Last day, inclusive. Without one only the always valid test can end it.',
      }),
    ),
    metric: Type.Union([Type.Literal('conversions'), Type.Literal('clicks'), Type.Literal('value')], {
      default: 'conversions',
      description:
        'What decides: the share of people who convert, the share who click, or the conversion value a person.',
    }),
  },
  'People divided by chance into groups that get different versions of a line item, or none.',
);
export type Experiment = Static<typeof experimentSchema>;

export const HOLDOUT = 'holdout';

/** What cannot differ between arms: they are one line item, with one budget that is spread over the day once. */
export const SHARED_KEYS = ['id', 'campaignId', 'name', 'status', 'budget', 'flight', 'pacing'] as const;
