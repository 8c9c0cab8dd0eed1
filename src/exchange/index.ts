/** Wire dialects by name, and which of them a body is in. */
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { Dialect } from './dialect.ts';
import { openrtbJson } from './openrtb-json.ts';
import { openrtbProtobuf } from './openrtb-protobuf.ts';

export const dialects: ReadonlyMap<string, Dialect> = new Map(
  [openrtbJson, openrtbProtobuf].map((dialect) => [dialect.name, dialect]),
);

/** Media types that name a dialect; by the ending of RFC 6839 too: `application/openrtb+json`. */
function dialectNamed(mediaType: string): Dialect | undefined {
  for (const dialect of dialects.values()) {
    if (dialect.contentTypes.includes(mediaType) || mediaType.endsWith(dialect.suffix)) return dialect;
  }
  return undefined;
}

/**
 * How the body of a request is read, and how its answer is written: as the media type says, and where that says nothing
 * (it is missing, `application/octet-stream`, `text/plain`, or unknown) as the exchange’s profile does. `refused` where
 * it names another dialect than the only one the exchange may use.
 */
export function dialectFor(exchange: ExchangeProfile, mediaType: string | undefined): Dialect | 'refused' {
  const usual = usualDialect(exchange);
  if (mediaType === undefined || usual.contentTypes.includes(mediaType)) return usual;
  const named = dialectNamed(mediaType) ?? usual;
  return named !== usual && exchange.dialectOnly ? 'refused' : named;
}

/** The dialect of a body that somebody hands us without a header: JSON begins with a brace, and a message never does. */
export function dialectOfBody(exchange: ExchangeProfile, body: Buffer): Dialect {
  if (body.length === 0) return usualDialect(exchange);
  return looksLikeJson(body) ? openrtbJson : openrtbProtobuf;
}

const BRACES = new Set(['{', '[']);

/** A message may begin with a line feed (the tag of its id), so behind space the end of the body has to agree. */
function looksLikeJson(body: Buffer): boolean {
  const text = body.toString('utf8').trim();
  if (BRACES.has(String.fromCharCode(body[0]!))) return true;
  return BRACES.has(text.charAt(0)) && (text.endsWith('}') || text.endsWith(']'));
}

function usualDialect(exchange: ExchangeProfile): Dialect {
  const dialect = dialects.get(exchange.dialect);
  if (!dialect)
    throw new Error(`exchange ${exchange.id} speaks ${exchange.dialect}, which no dialect here does`);
  return dialect;
}
