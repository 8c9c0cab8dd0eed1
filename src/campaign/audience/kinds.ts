/** The kinds of packs as a buyer writes them: where each gets its members from. One schema a kind. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { closed, id, name } from '../words.ts';
import type { PeopleRule } from './rule.ts';
import { ruleSchema } from './rule.ts';
import type { PackTree } from './tree.ts';
import { packId, treeSchema } from './tree.ts';

const head = { id: id('Pack id.'), name };

const expires = Type.Optional(
  Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Last day of use.' }),
);

const uploadSchema = closed(
  {
    ...head,
    source: Type.Literal('upload', { description: 'A list of ids, from a file or by the API.' }),
    file: Type.Optional(
      Type.String({
        description:
          'CSV or text beside this file, one id a line. Without it the list comes by the API alone.',
      }),
    ),
    idSpace: Type.String({
      pattern: '^(ifa|user\\.id|buyeruid|eid:.+)$',
      description: 'What the ids are: ifa, user.id, buyeruid, or eid:SOURCE.',
    }),
    hashed: Type.Optional(
      Type.Union([Type.Literal('none'), Type.Literal('sha256')], {
        description:
          'Form that the ids must have; where absent, the list itself shows it. Never both in one list.',
      }),
    ),
    expires,
  },
  'An uploaded list.',
);

const segmentsSchema = closed(
  {
    ...head,
    source: Type.Literal('exchange_segments', {
      description: 'Segments that exchanges send in user.data, or in eids.',
    }),
    segments: Type.Array(Type.String(), {
      minItems: 1,
      description:
        'provider:segment; any one of them makes a member. `eid:SOURCE:ID` for what comes as an eid.',
    }),
  },
  'Segments of an exchange.',
);

const packTreeSchema = closed(
  {
    ...head,
    source: Type.Literal('tree', { description: 'Other packs joined by and, or, not.' }),
    expression: Type.Unsafe<PackTree>(treeSchema()),
    expires,
  },
  'A tree of packs.',
);

const rulePackSchema = closed(
  {
    ...head,
    source: Type.Literal('rule', { description: 'People by what they did and what is known of them.' }),
    rule: Type.Unsafe<PeopleRule>(ruleSchema()),
    expires,
  },
  'A rule over events and tags.',
);

const lookalikeSchema = closed(
  {
    ...head,
    source: Type.Literal('lookalike', {
      description: 'People like those of another pack, by a model trained on it.',
    }),
    seed: packId,
    share: Type.Number({
      minimum: 0.001,
      maximum: 0.5,
      default: 0.05,
      description:
        'Share of all people with a profile that it takes in, the most alike first: smaller is more alike.',
    }),
    includeSeed: Type.Boolean({ default: false, description: 'Keep the people of the seed in it.' }),
    expires,
  },
  'A look-alike.',
);

export const audienceSchema = Type.Union(
  [uploadSchema, segmentsSchema, packTreeSchema, rulePackSchema, lookalikeSchema],
  {
    description: 'A named set of people.',
  },
);

export type UploadPack = Static<typeof uploadSchema>;
export type SegmentPack = Static<typeof segmentsSchema>;
export type RulePack = Static<typeof rulePackSchema>;
export type LookalikePack = Static<typeof lookalikeSchema>;
export type TreePack = Static<typeof packTreeSchema>;
export type Audience = Static<typeof audienceSchema>;

/** Ids of the packs that a pack is made of; also of one that may lack parts, since they were at fault. */
export function partsOf(audience: unknown): readonly string[] {
  if (typeof audience !== 'object' || audience === null || !('source' in audience)) return [];
  if (audience.source === 'tree' && 'expression' in audience) return [...textsIn(audience.expression)];
  return audience.source === 'lookalike' && 'seed' in audience ? [...textsIn(audience.seed)] : [];
}

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) yield* textsIn(inner);
}
