/** What the API says of packs: as they are written, and how they stand. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { CLASS_PACKS } from '../campaign/audience/classes.ts';
import type { UploadPack } from '../campaign/audience/kinds.ts';
import { PACK_SOURCES } from '../campaign/audience/pack.ts';
import type { Book } from '../campaign/campaign.ts';
import type { AudienceUse } from '../insight/audience-use.ts';
import { AUDIENCE_ROLES, audienceUse } from '../insight/audience-use.ts';
import type { LookalikeReport } from '../learning/lookalike.ts';
import type { PackState } from '../learning/pack-state.ts';
import { PACK_STATUSES } from '../learning/pack-state.ts';
import type { MembersMode, TakenMembers, TakeOptions } from '../learning/packs.ts';
import type { OverlapAnswer, ReachAnswer } from './estimate-answers.ts';
import { nextSchema } from './list.ts';

export interface AudiencePorts {
  book(): Pick<Book, 'audiences' | 'lineItems'>;
  readonly packs: {
    states(): readonly PackState[];
    take(
      audience: UploadPack,
      mode: MembersMode,
      chunks: AsyncIterable<Uint8Array>,
      options: TakeOptions,
    ): Promise<TakenMembers>;
    /** Of packs that are there. */
    reach(packIds: readonly string[]): Promise<ReachAnswer>;
    overlap(packIds: readonly string[]): Promise<OverlapAnswer>;
    /** Why no list can be sent here; undefined where one can. */
    closedFor(): string | undefined;
  };
}

export const NO_SUCH_PACK = 'There is no such object in audiences';

const moment = (description: string) =>
  Type.Number({ description: `${description} Milliseconds since 1970.` });
const count = (description: string) => Type.Integer({ minimum: 0, description });

const packSchema = Type.Object(
  {
    version: Type.String({ description: 'First 12 digits of the checksum; bids are recorded with it.' }),
    checksum: Type.String({
      description: 'SHA-256: of the list of an upload, of members or definition of the others.',
    }),
    source: Type.Enum([...PACK_SOURCES], { description: 'Where its members come from.' }),
    createdMs: moment('When this version came to be.'),
    refreshedMs: moment('When it was last worked out, or sent.'),
    expiresMs: Type.Optional(moment('When its last day of use ends.')),
    size: Type.Optional(
      count('Members, exactly; absent for packs that requests decide, whose members nobody can list.'),
    ),
    status: Type.Enum([...PACK_STATUSES], { description: 'How it stands.' }),
    why: Type.String({ description: 'In a sentence; empty where there is nothing to tell.' }),
    usedBy: Type.Object({
      lineItems: Type.Array(Type.Object({ lineItemId: Type.String(), as: Type.Enum([...AUDIENCE_ROLES]) }), {
        description: 'Line items that aim or weigh by it.',
      }),
      packs: Type.Array(Type.String(), { description: 'Packs that are made of it.' }),
    }),
    lookalike: Type.Optional(
      Type.Object(
        {
          seedPeople: count('People of the seed that have a profile.'),
          seedMin: count('Fewer than these are too few to learn from.'),
          everybody: count('People with a profile.'),
          gains: Type.Array(
            Type.Object({
              share: Type.Number({ description: 'The most alike of everybody, 0..1.' }),
              found: Type.Number({ description: 'Of the seed’s kept-back fifth, those among them.' }),
              foundLow: Type.Number({ description: 'Lower end of the interval of 95 %.' }),
              foundHigh: Type.Number({ description: 'Its upper end.' }),
              lift: Type.Number({ description: 'How many times more than by chance.' }),
            }),
            { description: 'How well people of the seed were found whom the model had not seen.' },
          ),
        },
        { description: 'What the model was trained on, and how good it is.' },
      ),
    ),
  },
  { description: 'How the pack stands.' },
);

export const describedSchema = Type.Object(
  { pack: Type.Optional(packSchema) },
  { description: 'A pack as it is written, and how it stands.' },
);
export const listSchema = Type.Object(
  {
    items: Type.Array(describedSchema),
    next: nextSchema,
    classes: Type.Array(
      Type.Object({ id: Type.String(), name: Type.String(), pack: Type.Optional(packSchema) }),
      { description: 'Packs that are always there: classes and stages of customers.' },
    ),
  },
  { description: 'All packs.' },
);
export type AudiencesAnswer = {
  readonly items: readonly (Book['audiences'][number] & { readonly pack?: Static<typeof packSchema> })[];
  readonly classes: Static<typeof listSchema>['classes'];
};

export function audiencesAnswer({ book, packs }: AudiencePorts): AudiencesAnswer {
  const { audiences } = book();
  const states = new Map(packs.states().map((state) => [state.facts.id, state]));
  const packOf = (id: string) => {
    const state = states.get(id);
    return state ? { pack: packAnswer(state, audienceUse(book(), id)) } : {};
  };
  return {
    items: audiences.map((audience) => ({ ...audience, ...packOf(audience.id) })),
    classes: CLASS_PACKS.map(({ id, name }) => ({ id, name, ...packOf(id) })),
  };
}

function packAnswer(
  { facts, isCounted, status, why, refreshedMs, lookalike }: PackState,
  usedBy: AudienceUse,
): Static<typeof packSchema> {
  const { checksum, version, source, createdMs, expiresMs, size } = facts;
  return {
    version,
    checksum,
    source,
    createdMs,
    refreshedMs,
    ...(expiresMs === undefined ? {} : { expiresMs }),
    ...(isCounted ? { size } : {}),
    status,
    why,
    usedBy: { lineItems: [...usedBy.lineItems], packs: [...usedBy.packs] },
    ...(lookalike ? { lookalike: lookalikeAnswer(lookalike) } : {}),
  };
}

function lookalikeAnswer({ seedPeople, seedMin, everybody, gains }: LookalikeReport) {
  return { seedPeople, seedMin, everybody, gains: [...gains] };
}
