/** The files of a configuration as one book: each file checked by itself, its lists joined to those of the others. */
import type { TProperties } from 'typebox';
import { Type } from 'typebox';
import { audienceSchema } from './campaign/audience/kinds.ts';
import { LISTS } from './campaign/book.ts';
import {
  accountSchema,
  advertiserSchema,
  campaignSchema,
  conversionActionSchema,
  lineItemSchema,
} from './campaign/campaign.ts';
import { creativeSchema } from './campaign/creative.ts';
import { experimentSchema } from './campaign/experiment.ts';
import type { Issue, Path } from './campaign/issue.ts';
import { issue } from './campaign/issue.ts';
import type { LooseBook } from './campaign/loose-book.ts';
import { checkShape } from './campaign/shape.ts';
import type { SourceText } from './config-document.ts';
import type { Fault, Place } from './config-faults.ts';
import { faultAt, placeText } from './config-faults.ts';
import { withProfiles } from './config-profiles.ts';
import type { WrittenSettings } from './config-settings.ts';
import { settingsSchema } from './config-settings.ts';
import { exchangeSchema } from './openrtb/exchange-profile.ts';

/** What any file may hold beside `settings` and `account`. */
export const listProperties = {
  include: Type.Optional(
    Type.Array(Type.String({ minLength: 1, description: 'File or folder, relative to this file.' }), {
      description: 'Other files and folders that belong to the configuration.',
    }),
  ),
  exchanges: Type.Optional(Type.Array(exchangeSchema, { description: 'Exchanges that send requests.' })),
  advertisers: Type.Optional(Type.Array(advertiserSchema, { description: 'Advertisers.' })),
  campaigns: Type.Optional(Type.Array(campaignSchema, { description: 'Campaigns.' })),
  lineItems: Type.Optional(Type.Array(lineItemSchema, { description: 'Line items.' })),
  creatives: Type.Optional(Type.Array(creativeSchema, { description: 'Creatives.' })),
  audiences: Type.Optional(Type.Array(audienceSchema, { description: 'Audience packs.' })),
  conversionActions: Type.Optional(
    Type.Array(conversionActionSchema, { description: 'Conversion actions.' }),
  ),
  experiments: Type.Optional(Type.Array(experimentSchema, { description: 'Experiments.' })),
} satisfies TProperties;

/** One file: settings are looked at apart, since they come from the environment and flags too. */
const fileSchema = Type.Object(
  { settings: Type.Optional(Type.Unknown()), account: Type.Optional(accountSchema), ...listProperties },
  { additionalProperties: false },
);

export interface Joined {
  readonly book: LooseBook;
  /** An account was written, if perhaps a faulty one. */
  readonly hasAccount: boolean;
  readonly settings: WrittenSettings;
  readonly faults: readonly Fault[];
  placeOf(path: Path, onKey: boolean): Place;
}

/** Remembers which entry came from where, so that a fault found later still has its place. */
export function joinFiles(sources: readonly SourceText[]): Joined {
  const faults: Fault[] = [];
  const settings = new Map<string, { value: unknown; place: Place }>();
  const origins = new Map<string, { source: SourceText; index: number }[]>(LISTS.map((list) => [list, []]));
  const book: Record<string, unknown[]> = Object.fromEntries(LISTS.map((list) => [list, []]));
  let account: { value: unknown; source: SourceText } | undefined;
  for (const source of sources) {
    const given = withoutEmpty(source.value);
    if (given === null) continue;
    const likened = withProfiles(given);
    const { value, issues } = checkShape(fileSchema, likened.value);
    faults.push(...[...likened.issues, ...issues].map((one) => locate(source, one)));
    const parts = (value ?? {}) as Record<string, unknown>;
    if ('settings' in parts) joinSettings(source, parts['settings'], settings, faults);
    for (const list of LISTS) {
      const entries = (parts[list] ?? []) as unknown[];
      book[list]?.push(...entries);
      origins.get(list)?.push(...entries.map((_, index) => ({ source, index })));
    }
    if (typeof given !== 'object' || !Object.hasOwn(given, 'account')) continue;
    if (!account) account = { value: parts['account'], source };
    else
      faults.push(givenTwice(source.placeOf(['account'], true), account.source.placeOf(['account'], true)));
  }
  const placeOf = (path: Path, onKey: boolean): Place => {
    const [list, index, ...rest] = path;
    const origin = typeof index === 'number' ? origins.get(String(list))?.[index] : undefined;
    if (origin) return origin.source.placeOf([String(list), origin.index, ...rest], onKey);
    return account && list === 'account'
      ? account.source.placeOf(path, onKey)
      : { file: '', line: 0, column: 0, key: '' };
  };
  return {
    book: { ...book, account: account?.value } as LooseBook,
    hasAccount: account !== undefined,
    settings,
    faults,
    placeOf,
  };
}

/** A key whose entries are all commented out counts as absent, and so does a file of nothing but comments. */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null));
}

function joinSettings(
  source: SourceText,
  given: unknown,
  settings: Map<string, { value: unknown; place: Place }>,
  faults: Fault[],
): void {
  const { value, issues } = checkShape(settingsSchema, given, ['settings'], { partial: true });
  faults.push(...issues.map((one) => locate(source, one)));
  for (const [key, part] of Object.entries((value ?? {}) as Record<string, unknown>)) {
    const place = source.placeOf(['settings', key], false);
    const first = settings.get(key);
    if (first) faults.push(givenTwice(place, first.place));
    else settings.set(key, { value: part, place });
  }
}

function locate(source: SourceText, found: Issue): Fault {
  return faultAt(
    source.placeOf(found.path, found.onKey),
    found,
    found.related && source.placeOf(found.related, false),
  );
}

function givenTwice(place: Place, first: Place): Fault {
  return faultAt(
    place,
    issue([], 'given_twice', 'is given in two files', {
      hint: `The other is ${placeText(first)}; keep one of the two.`,
    }),
  );
}
