/** What makes a creative a template: slots with variants, combinations that are forbidden, rows of a feed. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { closed, id } from '../words.ts';

const approval = (whose: string) =>
  Type.Record(
    Type.String(),
    Type.Union([Type.Literal('approved'), Type.Literal('pending'), Type.Literal('rejected')]),
    {
      default: {},
      description: `State of review of ${whose} by exchange id; as the level above where absent.`,
    },
  );

/** What a value is, and with it where it may land: only a colour or a number stands bare in CSS, only an address begins one. */
const valueType = Type.Union(
  [
    Type.Literal('text'),
    Type.Literal('call_to_action'),
    Type.Literal('image'),
    Type.Literal('url'),
    Type.Literal('colour'),
    Type.Literal('price'),
    Type.Literal('number'),
  ],
  {
    description:
      'What the values are: text, call_to_action, image and url (web addresses), colour (#0a5, green, rgb(…)), price (9.50 USD, shown in the creative’s language), number (12, 12px, 50%).',
  },
);
export type ValueType = Static<typeof valueType>;

const slotName = '^[a-z][a-z0-9_]{0,31}$';

const slotSchema = closed(
  {
    id: Type.String({
      pattern: slotName,
      description: 'Name of the slot; its value stands where {{name}} is written. `item` is the feed’s.',
    }),
    type: valueType,
    approval: approval('all its variants'),
    variants: Type.Array(
      closed(
        {
          id: id('Variant id.'),
          value: Type.String({ minLength: 1, maxLength: 2000, description: 'What is shown.' }),
          weight: Type.Number({
            minimum: 0,
            maximum: 1e6,
            default: 1,
            description: 'How often it is drawn against the others of its slot; 0 never.',
          }),
          approval: approval('this variant'),
        },
        'One value that the slot may take.',
      ),
      { minItems: 1, maxItems: 500, description: 'The values to choose from.' },
    ),
  },
  'A place in the creative, and the values that may stand there.',
);

const feedSchema = closed(
  {
    file: Type.String({
      minLength: 1,
      description:
        'CSV with a header, or a list of objects in JSON (shop.feed.json), relative to this file. Read again when it changes.',
    }),
    id: Type.String({ minLength: 1, default: 'id', description: 'Column with the id of the row.' }),
    columns: Type.Record(Type.String({ pattern: slotName }), valueType, {
      description: 'Columns that the creative shows, by name: {{item.name}} stands for the row’s name.',
    }),
    currency: Type.Optional(
      Type.String({ pattern: '^[A-Z]{3}$', description: 'Currency of prices that name none (9.50).' }),
    ),
    currencyColumn: Type.Optional(
      Type.String({ minLength: 1, description: 'Column with the currency of the row’s prices.' }),
    ),
    stockColumn: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Column with the stock, as a number or as in_stock and out_of_stock. What is gone is never shown.',
      }),
    ),
    approval: approval('all rows'),
  },
  'Products, one a row, in a file of their own.',
);
export type FeedSettings = Static<typeof feedSchema>;

export const dynamicSchema = closed(
  {
    version: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description:
          'Enters the crid, with the elements shown. Where absent, the markup itself does, so that an edit of it is a new look.',
      }),
    ),
    landingPage: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 2000,
        description:
          'Where a click leads, with slots: {{item.link}}. The creative’s own landingPage where a row is gone.',
      }),
    ),
    slots: Type.Array(slotSchema, { default: [], maxItems: 16, description: 'Slots, in any order.' }),
    forbid: Type.Array(
      Type.Record(
        Type.String(),
        Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], {
          description: 'Variant, or several of them.',
        }),
        {
          minProperties: 1,
          description: 'Variants by slot that are never shown together, as { headline: warm, colour: blue }.',
        },
      ),
      { default: [], maxItems: 50, description: 'Combinations that are never shown.' },
    ),
    feed: Type.Optional(feedSchema),
  },
  'Makes the creative a template: {{slot}} in its texts, addresses and markup is filled in for each bid.',
);
export type Dynamic = Static<typeof dynamicSchema>;
