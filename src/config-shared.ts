/**
 * A book as it travels between nodes: JSON, packed, checked on arrival as if it came from a file. Settings are each process's own; lists of ids
 * and sellers are files beside the configuration, which every host has under the same relative name.
 */

import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Type } from 'typebox';
import { checkBook } from './campaign/book.ts';
import type { Book } from './campaign/campaign.ts';
import { accountSchema } from './campaign/campaign.ts';
import type { FeedRow } from './campaign/dynamic/feed.ts';
import type { Edit } from './campaign/edits.ts';
import type { LooseBook } from './campaign/loose-book.ts';
import { checkShape } from './campaign/shape.ts';
import type { Configuration } from './config.ts';
import { listProperties } from './config-join.ts';
import type { ChangeCause } from './core/change.ts';
import type { ExchangeProfile } from './openrtb/exchange-profile.ts';

const BOOK_BYTES_MAX = 268_435_456;
const bookSchema = Type.Object(
  { account: accountSchema, ...listProperties },
  { additionalProperties: false },
);

export interface PackedBook {
  /** SHA-256 of what is packed. */
  readonly checksum: string;
  readonly body: Buffer;
}

export function packBook({ book, exchanges, feeds, edits = [], cause }: Configuration): PackedBook {
  const text = JSON.stringify({ book: { ...book, exchanges }, feeds: [...feeds], edits, cause });
  return { checksum: createHash('sha256').update(text).digest('hex'), body: gzipSync(text) };
}

/** `own` with what was packed in the place of its book; what is wrong with it for bytes that are no sound book. */
export function unpackBook(
  { body }: Pick<PackedBook, 'body'>,
  own: Configuration,
):
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly fault: string } {
  const packed = parsed(body);
  if (!packed) return { ok: false, fault: 'it is no packed book' };
  const shaped = checkShape(bookSchema, packed.book);
  const issues = [...shaped.issues, ...checkBook(shaped.value as LooseBook)].filter(
    ({ severity }) => severity === 'error',
  );
  const first = issues[0];
  if (first) return { ok: false, fault: `${first.path.join('.')} ${first.message}` };
  const { exchanges, ...book } = shaped.value as Book & { readonly exchanges?: readonly ExchangeProfile[] };
  return {
    ok: true,
    configuration: {
      ...own,
      // Books that were packed before there were experiments.
      book: { ...book, experiments: (book as Partial<Book>).experiments ?? [] },
      exchanges: exchanges ?? [],
      feeds: new Map(packed.feeds),
      edits: packed.edits ?? [],
      ...(packed.cause ? { cause: packed.cause } : {}),
    },
  };
}

function parsed(body: Buffer):
  | {
      readonly book: unknown;
      readonly feeds: readonly (readonly [string, readonly FeedRow[]])[];
      readonly edits?: readonly Edit[];
      readonly cause?: ChangeCause;
    }
  | undefined {
  try {
    const packed: unknown = JSON.parse(
      gunzipSync(body, { maxOutputLength: BOOK_BYTES_MAX }).toString('utf8'),
    );
    if (typeof packed !== 'object' || packed === null || !('book' in packed) || !('feeds' in packed))
      return undefined;
    const { book, feeds, edits, cause } = packed as Partial<Record<string, unknown>>;
    if (!Array.isArray(feeds) || !feeds.every(isFeed)) return undefined;
    return {
      book,
      feeds,
      ...(Array.isArray(edits) ? { edits: edits as Edit[] } : {}),
      ...(typeof cause === 'object' && cause !== null ? { cause: cause as ChangeCause } : {}),
    };
  } catch {
    return undefined;
  }
}

function isFeed(feed: unknown): feed is readonly [string, readonly FeedRow[]] {
  return Array.isArray(feed) && typeof feed[0] === 'string' && Array.isArray(feed[1]);
}
