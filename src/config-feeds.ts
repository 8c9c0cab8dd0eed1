/** Feeds of templates: where their files lie, their rows, and what is wrong with them. A bad row is left out, a bad file refused. */

import type { BadRow, FeedRow } from './campaign/dynamic/feed.ts';
import { readFeed } from './campaign/dynamic/feed.ts';
import { foreignLanding } from './campaign/dynamic/landing.ts';
import type { Dynamic } from './campaign/dynamic/schema.ts';
import type { Issue, Path } from './campaign/issue.ts';
import { issue } from './campaign/issue.ts';
import type { Fault } from './config-faults.ts';
import { fileFault } from './config-faults.ts';
import type { Joined } from './config-join.ts';
import { findPackFile, JSON_FEED_ENDING, packFileReader, stampOf } from './config-read.ts';

export interface PlacedFeeds {
  /** Rows in stock, by the id of the creative. */
  readonly feeds: ReadonlyMap<string, readonly FeedRow[]>;
  readonly stamps: ReadonlyMap<string, string>;
  readonly faults: readonly Fault[];
}

/** Ten thousand rows of a kilobyte, and as much again. */
const FEED_BYTES_MAX = 20_000_000;

export function placeFeeds(
  joined: Joined,
  roots: readonly string[],
  report: (found: Issue) => void,
): PlacedFeeds {
  const feeds = new Map<string, readonly FeedRow[]>();
  const stamps = new Map<string, string>();
  const faults: Fault[] = [];
  joined.book.creatives?.forEach((creative, index) => {
    const dynamic = creative?.dynamic as Dynamic | undefined;
    const settings = dynamic?.feed;
    if (!creative?.id || !dynamic || !settings?.file || !settings.columns) return;
    const path: Path = ['creatives', index, 'dynamic', 'feed', 'file'];
    const refuse = (code: string, message: string, hint: string): void =>
      report(issue(path, code, message, { value: settings.file, hint }));
    // Any other JSON in the folder is read as configuration.
    if (settings.file.endsWith('.json') && !settings.file.endsWith(JSON_FEED_ENDING))
      return refuse('feed_name', 'is named like configuration', `Name it shop${JSON_FEED_ENDING}.`);
    const found = findPackFile(joined.placeOf(path, false).file, settings.file, roots);
    stamps.set(found.path, stampOf(found.path));
    if (!found.ok) return refuse(found.code, found.message, 'Give its path relative to this file.');
    const bytes = packFileReader('')(found.path);
    if (!bytes) return refuse('unreadable', 'names a file that may not be read', '');
    if (bytes.length > FEED_BYTES_MAX)
      return refuse('too_large', `has ${bytes.length} bytes; ${FEED_BYTES_MAX} are the most`, '');
    const feed = readFeed(bytes, settings, creative.language ?? 'en');
    const domains = joined.book.advertisers?.find((one) => one?.id === creative.advertiserId)?.domains ?? [];
    const rows = feed.rows.filter((row) => {
      const foreign = foreignLanding(dynamic, row.values, domains);
      if (foreign === undefined) return true;
      faults.push(
        rowFault(
          found.path,
          { row: 0, message: `${row.id} leads to ${foreign}, which is not the advertiser’s`, hint: '' },
          true,
        ),
      );
      return false;
    });
    feeds.set(creative.id, rows);
    faults.push(...feed.bad.map((bad) => rowFault(found.path, bad, bad.row > 0)));
    if (rows.length === 0 && feed.bad.every(({ row }) => row > 0))
      report({
        ...issue(path, 'empty_feed', 'has no row in stock', {
          value: settings.file,
          hint: 'The creative is not shown until it has.',
        }),
        severity: 'warning',
      });
  });
  return { feeds, stamps, faults };
}

function rowFault(file: string, { row, message, hint }: BadRow, isWarning: boolean): Fault {
  const fault = fileFault(file, 'bad_row', message, hint, row, row > 0 ? 1 : 0);
  return isWarning ? { ...fault, severity: 'warning' } : { ...fault, code: 'bad_feed' };
}
