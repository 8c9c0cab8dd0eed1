/** Words that the schemas of several objects share. */
import type { Static, TSchema } from 'typebox';
import { Type } from 'typebox';

export const id = (what: string) =>
  Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
    description: `${what} 1 to 64 letters, digits, dots, dashes or underscores.`,
  });
export const name = Type.Optional(Type.String({ maxLength: 200, description: 'Name shown to people.' }));
export const status = Type.Union([Type.Literal('active'), Type.Literal('paused'), Type.Literal('archived')], {
  default: 'active',
  description: 'Only active objects deliver.',
});
export const amount = (what: string) =>
  Type.Integer({
    minimum: 0,
    maximum: 1e15,
    description: `${what} In micros of the account currency; 2.5e6 is 2.50.`,
  });
export const cpm = (what: string) =>
  Type.Integer({
    minimum: 1,
    maximum: 1e10,
    description: `${what} Micros for a thousand impressions; 2.5e6 is a CPM of 2.50.`,
  });
export const domain = Type.String({ pattern: '^[a-z0-9.-]{1,253}$', description: 'Lower-case host name.' });
export const url = (what: string) =>
  Type.String({ pattern: '^https?://', maxLength: 2000, description: what });
/** May be the value of a slot, where the creative is a template. */
export const slotUrl = (what: string) =>
  Type.String({ pattern: '^(https?://|\\{\\{)', maxLength: 2000, description: what });
export const side = (what: string) => Type.Integer({ minimum: 1, maximum: 10_000, description: what });
export const closed = <Properties extends Record<string, TSchema>>(
  properties: Properties,
  description: string,
) => Type.Object(properties, { additionalProperties: false, description });

const frequencyCapSchema = closed(
  {
    level: Type.Union(
      [
        Type.Literal('advertiser'),
        Type.Literal('campaign'),
        Type.Literal('line_item'),
        Type.Literal('creative'),
      ],
      {
        description: 'Whose events are counted for one person.',
      },
    ),
    event: Type.Union([Type.Literal('impression'), Type.Literal('click'), Type.Literal('conversion')], {
      default: 'impression',
      description: 'What is counted.',
    }),
    max: Type.Integer({ minimum: 0, maximum: 10_000, description: 'Most events in the window.' }),
    window: Type.String({
      pattern: '^(lifetime|[1-9]\\d{0,3}(m|h|d|w|mo))$',
      description: 'Length: 30m, 12h, 1d, 2w, 1mo or lifetime.',
    }),
    kind: Type.Union([Type.Literal('rolling'), Type.Literal('calendar')], {
      default: 'rolling',
      description:
        'The last such span, or since the last full hour, midnight, Monday or first of the month in the campaign’s zone.',
    }),
  },
  'At most `max` events a person in a window. All caps must pass; bids in flight count.',
);
export type FrequencyCap = Static<typeof frequencyCapSchema>;

export const caps = Type.Array(frequencyCapSchema, {
  default: [],
  maxItems: 20,
  description: 'Frequency caps; all must pass.',
});

/** AdCOM, "Category Taxonomies", less the one of audiences. */
export const categoryTaxonomy = Type.Optional(
  Type.Union(
    [1, 2, 3, 5, 6, 7, 8, 9].map((code) => Type.Literal(code)),
    {
      description:
        'Taxonomy of the categories, as cattax: 1 content 1.0 (where absent), 2, 5 and 6 content 2.x, 7 and 9 content 3.x, 3 and 8 ad product.',
    },
  ),
);
