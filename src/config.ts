/**
 * Reads, checks and joins everything that is configured: YAML files, environment, flags. The one reader of the
 * environment. All faults are told at once, each with its file, line, key, value and a hint.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { relative } from 'node:path';
import type { TProperties } from 'typebox';
import { Type } from 'typebox';
import type { PackFault } from './campaign/audience/directory.ts';
import { buildPackDirectory } from './campaign/audience/directory.ts';
import { holdsAnId } from './campaign/audience/upload.ts';
import type { LooseBook } from './campaign/book.ts';
import { checkBook, LISTS } from './campaign/book.ts';
import type { Audience, Book } from './campaign/campaign.ts';
import {
  accountSchema,
  advertiserSchema,
  audienceSchema,
  campaignSchema,
  conversionActionSchema,
  creativeSchema,
  lineItemSchema,
} from './campaign/campaign.ts';
import type { Issue, Path } from './campaign/issue.ts';
import { issue, warning } from './campaign/issue.ts';
import { lintBook } from './campaign/lint.ts';
import { checkShape } from './campaign/shape.ts';
import type { SourceText } from './config-document.ts';
import type { Fault, Place } from './config-faults.ts';
import { faultAt, fileFault, placeText, sortFaults } from './config-faults.ts';
import { findPackFile, packFileReader, readFolder, stampOf } from './config-read.ts';
import type { Environment, Settings, WrittenSettings } from './config-settings.ts';
import { resolveSettings, settingsSchema } from './config-settings.ts';
import { systemClock } from './core/clock.ts';
import type { ExchangeProfile } from './openrtb/exchange-profile.ts';
import { exchangeSchema } from './openrtb/exchange-profile.ts';

const lists = {
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
} satisfies TProperties;

/** The whole configuration; each file of the folder holds any part of it, and lists of several files are joined. */
export const configurationSchema = Type.Object(
  { settings: Type.Optional(settingsSchema), account: accountSchema, ...lists },
  { additionalProperties: false, description: 'A configuration.' },
);

/** One file: settings are looked at apart, since they come from the environment and flags too. */
const fileSchema = Type.Object(
  { settings: Type.Optional(Type.Unknown()), account: Type.Optional(accountSchema), ...lists },
  { additionalProperties: false },
);

export type { Fault } from './config-faults.ts';
// biome-ignore lint/performance/noBarrelFile: whoever loads a configuration shows its faults; the two come by one door
export { formatFaults } from './config-faults.ts';
export type { Settings } from './config-settings.ts';

export interface Configuration {
  readonly settings: Settings;
  readonly book: Book;
  readonly exchanges: readonly ExchangeProfile[];
  /** The folder that was read; `file` of an uploaded pack is relative to it. */
  readonly folder: string;
  /** First 16 hex digits of the SHA-256 of all files but those of packs, which have versions of their own. */
  readonly hash: string;
}

export interface LoadOptions {
  /** The process's own where absent. */
  readonly environment?: Environment;
  /** By setting name, as `{ publicPort: 9000 }`; undefined values count as absent. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** For what is past and what is expired. */
  readonly nowMs?: number;
  /** Reads the packs whole and tells of every bad row. Otherwise only their beginnings are looked at. */
  readonly readPacks?: boolean;
}

/** What a later look at the disk is compared with. */
export interface Watched {
  /** Every path that had a part in the configuration, with its stamp from just before it was read. */
  readonly watched: ReadonlyMap<string, string>;
  /** Those of them that are files of packs; `hash` does not cover them. */
  readonly packFiles: readonly string[];
}

export type Loaded = Watched &
  (
    | { readonly ok: true; readonly configuration: Configuration; readonly warnings: readonly Fault[] }
    | { readonly ok: false; readonly faults: readonly Fault[]; readonly warnings: readonly Fault[] }
  );

export function loadConfiguration(folder: string, options: LoadOptions = {}): Loaded {
  const { environment = process.env, flags = {}, nowMs = systemClock.now(), readPacks = false } = options;
  const contents = readFolder(folder);
  const joined = joinFiles(contents.sources);
  const resolved = resolveSettings(joined.settings, environment, flags);
  const faults: Fault[] = [...contents.faults, ...joined.faults, ...resolved.faults];
  const report = (found: Issue): void => {
    faults.push(
      faultAt(
        joined.placeOf(found.path, found.onKey),
        found,
        found.related && joined.placeOf(found.related, false),
      ),
    );
  };
  const whole = contents.faults.length === 0;
  if (whole && joined.book.account === undefined && !joined.hasAccount) faults.push(noAccount(folder));
  checkBook(joined.book, { referencesKnown: whole }).forEach(report);
  const packs = placePacks(joined, contents.roots, folder, report);
  const watched = new Map([...contents.looked, ...packs.stamps]);
  const packFiles = [...packs.stamps.keys()];
  if (!faults.some(isError)) {
    const { exchanges, ...book } = { ...joined.book, audiences: packs.audiences } as Book & {
      exchanges: readonly ExchangeProfile[];
    };
    lintBook(book, exchanges, nowMs).forEach(report);
    if (readPacks) faults.push(...readPackFaults(packs.audiences, folder, nowMs, joined));
    else packs.empty.forEach(report);
    const warnings = sortFaults(faults);
    const configuration = { settings: resolved.settings, book, exchanges, folder, hash: contents.hash };
    if (!warnings.some(isError)) return { ok: true, configuration, warnings, watched, packFiles };
  }
  const sorted = sortFaults(faults);
  return {
    ok: false,
    faults: sorted.filter(isError),
    warnings: sorted.filter((fault) => !isError(fault)),
    watched,
    packFiles,
  };
}

function isError(fault: Fault): boolean {
  return fault.severity === 'error';
}

function noAccount(folder: string): Fault {
  const hint = 'Say at least: account: { id: my-account, signalMissing: deny }';
  return {
    ...fileFault(folder, 'missing', 'is missing: currency, time zone and the privacy choice', hint),
    key: 'account',
  };
}

interface Joined {
  readonly book: LooseBook;
  /** An account was written, if perhaps a faulty one. */
  readonly hasAccount: boolean;
  readonly settings: WrittenSettings;
  readonly faults: readonly Fault[];
  placeOf(path: Path, onKey: boolean): Place;
}

/** Checks each file by itself and joins the lists; remembers which entry came from where. */
function joinFiles(sources: readonly SourceText[]): Joined {
  const faults: Fault[] = [];
  const settings = new Map<string, { value: unknown; place: Place }>();
  const origins = new Map<string, { source: SourceText; index: number }[]>(LISTS.map((list) => [list, []]));
  const book: Record<string, unknown[]> = Object.fromEntries(LISTS.map((list) => [list, []]));
  let account: { value: unknown; source: SourceText } | undefined;
  for (const source of sources) {
    const given = withoutEmpty(source.value);
    if (given === null) continue;
    const { value, issues } = checkShape(fileSchema, given);
    faults.push(...issues.map((one) => locate(source, one)));
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

interface PlacedPacks {
  readonly audiences: readonly Audience[];
  readonly stamps: ReadonlyMap<string, string>;
  readonly empty: readonly Issue[];
}

/** Finds the file of each uploaded pack and writes its path relative to the folder, so that a book can be moved as a whole. */
function placePacks(
  joined: Joined,
  roots: readonly string[],
  folder: string,
  report: (found: Issue) => void,
): PlacedPacks {
  const stamps = new Map<string, string>();
  const empty: Issue[] = [];
  const audiences = (joined.book.audiences ?? []).map((audience, index) => {
    if (audience?.source !== 'upload' || audience.file === undefined) return audience;
    const path: Path = ['audiences', index, 'file'];
    const found = findPackFile(joined.placeOf(path, false).file, audience.file, roots);
    stamps.set(found.path, stampOf(found.path));
    if (!found.ok) {
      report(
        issue(path, found.code, found.message, {
          value: audience.file,
          hint: 'Give its path relative to this file.',
        }),
      );
      return audience;
    }
    if (!holdsAnId(firstBytesOf(found.path), audience.file))
      empty.push(
        warning(path, 'empty_pack', 'holds no id', { value: audience.file, hint: 'Nobody is in this pack.' }),
      );
    return { ...audience, file: relative(folder, found.path) };
  });
  return { audiences: audiences as readonly Audience[], stamps, empty };
}

const GLANCE_BYTES = 65_536;

function firstBytesOf(path: string): Uint8Array {
  const bytes = Buffer.alloc(GLANCE_BYTES);
  try {
    const file = openSync(path, 'r');
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, GLANCE_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return bytes.subarray(0, 0);
  }
}

/** Faults of rows stand in the pack's own file; those of the pack as a whole where it is named. */
function readPackFaults(
  audiences: readonly Audience[],
  folder: string,
  nowMs: number,
  joined: Joined,
): Fault[] {
  const { faults } = buildPackDirectory(audiences, packFileReader(folder), nowMs);
  return faults.map((fault: PackFault) => {
    const place = joined.placeOf(
      ['audiences', audiences.findIndex(({ id }) => id === fault.packId), 'file'],
      false,
    );
    const where =
      fault.row === 0
        ? place
        : { file: `${folder}/${fault.file}`, line: fault.row, column: 1, key: fault.packId };
    return {
      ...where,
      code: fault.code,
      severity: fault.severity,
      message: fault.message,
      value: '',
      hint: fault.hint,
    };
  });
}
