/**
 * Reads, checks and joins everything that is configured: YAML files, environment, flags. The one reader of the
 * environment. All faults are told at once, each with its file, line, key, value and a hint.
 */

import { Type } from 'typebox';
import { checkBook } from './campaign/book.ts';
import type { Book } from './campaign/campaign.ts';
import { accountSchema } from './campaign/campaign.ts';
import type { FeedRow } from './campaign/dynamic/feed.ts';
import type { Edit } from './campaign/edits.ts';
import type { Issue } from './campaign/issue.ts';
import { lintBook } from './campaign/lint.ts';
import type { SellerDirectory } from './campaign/sellers.ts';
import type { Fault } from './config-faults.ts';
import { faultAt, fileFault, sortFaults } from './config-faults.ts';
import { placeFeeds } from './config-feeds.ts';
import { joinFiles, listProperties } from './config-join.ts';
import { placePacks, readPackFaults } from './config-packs.ts';
import { readFolder } from './config-read.ts';
import { placeSellers } from './config-sellers.ts';
import type { Environment, Settings } from './config-settings.ts';
import { resolveSettings, settingsSchema } from './config-settings.ts';
import type { ChangeCause } from './core/change.ts';
import { systemClock } from './core/clock.ts';
import type { ExchangeProfile } from './openrtb/exchange-profile.ts';

/** The whole configuration; each file of the folder holds any part of it, and lists of several files are joined. */
export const configurationSchema = Type.Object(
  { settings: Type.Optional(settingsSchema), account: accountSchema, ...listProperties },
  { additionalProperties: false, description: 'A configuration.' },
);

export type { Fault } from './config-faults.ts';
// biome-ignore lint/performance/noBarrelFile: whoever loads a configuration shows its faults; the two come by one door
export { formatFaults } from './config-faults.ts';
export type { Settings } from './config-settings.ts';

export interface Configuration {
  readonly settings: Settings;
  readonly book: Book;
  readonly exchanges: readonly ExchangeProfile[];
  /** Rows in stock of the feeds that templates show, by the id of the creative. */
  readonly feeds: ReadonlyMap<string, readonly FeedRow[]>;
  /** On top of the files; none where absent. */
  readonly edits?: readonly Edit[];
  /** Who made it what it is; the files where absent. */
  readonly cause?: ChangeCause;
  /** What publishers say of their sellers. */
  readonly sellers: SellerDirectory;
  /** The folder that was read; `file` of an uploaded pack is relative to it. */
  readonly folder: string;
  /** First 16 hex digits of the SHA-256 of all files but those beside it, of packs, sellers and feeds. */
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
  /** Those of them that lie beside the configuration, of packs, sellers and feeds; `hash` does not cover them. */
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
  const sellers = placeSellers(joined);
  const feeds = placeFeeds(joined, contents.roots, report);
  faults.push(...sellers.faults, ...feeds.faults);
  const beside = [packs.stamps, sellers.stamps, feeds.stamps].flatMap((stamps) => [...stamps]);
  const watched = new Map([...contents.looked, ...beside]);
  const packFiles = beside.map(([path]) => path);
  if (!faults.some(isError)) {
    const { exchanges, ...book } = { ...joined.book, audiences: packs.audiences } as Book & {
      exchanges: readonly ExchangeProfile[];
    };
    lintBook(book, exchanges, nowMs, feeds.feeds).forEach(report);
    if (readPacks) faults.push(...readPackFaults(packs.audiences, folder, joined));
    else packs.empty.forEach(report);
    const warnings = sortFaults(faults);
    const configuration = {
      settings: resolved.settings,
      book,
      exchanges,
      feeds: feeds.feeds,
      sellers: sellers.sellers,
      folder,
      hash: contents.hash,
    };
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
