/** A golden bid: a whole story in JSON, read like a page of documentation and told to a whole engine. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Expectations name what matters and leave out the rest; `null` says that a key is not there. */
export interface Story {
  readonly about: string;
  /** When it begins; Monday 23 November 2026, 15:00 UTC where it does not matter. */
  readonly clock?: string;
  /** Name of a book in `books/`. */
  readonly book: string;
  /** Media type that requests are sent under, in protobuf; JSON where absent. */
  readonly wire?: string;
  /** What the requests have in common; each step's `send` is merged into it. */
  readonly request?: Json;
  readonly steps: readonly Step[];
}

export type Json = Readonly<Record<string, unknown>>;

export type Step =
  | SendStep
  | {
      readonly fire: NoticeName;
      readonly bid?: number;
      readonly macros?: Macros;
      readonly expect: FireExpected;
    }
  | { readonly advance: string }
  /** `{click}` in a value is the id that the last click handed on. */
  | { readonly convert: Json; readonly key: string; readonly expect: Json }
  /** Figures by line item, of all time. */
  | { readonly report: Readonly<Record<string, Json>> }
  /** Another configuration takes over while bids go on. */
  | { readonly edit: { readonly campaigns?: Patches; readonly lineItems?: Patches } };

/** `document` is what a wrapper points at. */
export type NoticeName = 'nurl' | 'burl' | 'lurl' | 'impression' | 'click' | 'document';
/** `sealed 2500` is that price as the exchange encrypts it. */
type Macros = Readonly<Record<string, string>>;
type Patches = Readonly<Record<string, Json>>;
interface FireExpected {
  readonly status: number;
  readonly location?: string;
  /** Content type, and what the body holds. */
  readonly type?: string;
  readonly markupHas?: readonly string[];
}

export interface SendStep {
  /** Merged into the story's request as RFC 7396 says: `null` takes a key away. */
  readonly send: Json;
  readonly expect: {
    readonly status: number;
    /** Content-Type of the answer. */
    readonly type?: string;
    readonly body?: Json;
    readonly bids?: readonly ExpectedBid[];
    /** What the trace says of the request as a whole, and of line items by id. */
    readonly reason?: string;
    readonly lines?: Readonly<Record<string, string>>;
    /** Sent that many times in all, under ids of their own; creative ids with the least and greatest share of answers. */
    readonly shares?: {
      readonly times: number;
      readonly of: Readonly<Record<string, readonly [number, number]>>;
    };
  };
}

/** Keys of a bid on the wire, and what its markup holds or, parsed, says. */
export interface ExpectedBid extends Json {
  readonly markupHas?: readonly string[];
  readonly markup?: Json;
}

export interface FoundStory {
  readonly name: string;
  readonly exchange: string;
  readonly story: Story;
  readonly bookFile: string;
}

export function readStories(): FoundStory[] {
  return globSync('*/{exemplary,supplemental}/*.json', { cwd: HERE })
    .sort()
    .map((path) => {
      const story = JSON.parse(readFileSync(join(HERE, path), 'utf8')) as Story;
      const bookFile = join(HERE, 'books', `${story.book}.yaml`);
      if (!existsSync(bookFile)) throw new Error(`${path}: there is no book ${story.book}`);
      return {
        name: path
          .split(sep)
          .join('/')
          .replace(/\.json$/, ''),
        exchange: dirname(dirname(path)),
        story,
        bookFile,
      };
    });
}

/**
 * Where `actual` departs from what is expected of it, as lines to read; none where it is a superset. Lists have to be as
 * long as expected. Numbers are compared as they stand: prices are decimal texts on the wire.
 */
export function departures(actual: unknown, expected: unknown, path = ''): string[] {
  if (expected === null) return actual === undefined ? [] : [`${path} should be absent, is ${shown(actual)}`];
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length)
      return [`${path} should be ${shown(expected)}, is ${shown(actual)}`];
    return expected.flatMap((item, index) => departures(actual[index], item, `${path}[${index}]`));
  }
  if (isObject(expected)) {
    if (!isObject(actual)) return [`${path} should be ${shown(expected)}, is ${shown(actual)}`];
    return Object.entries(expected).flatMap(([key, value]) =>
      departures(actual[key], value, path === '' ? key : `${path}.${key}`),
    );
  }
  return Object.is(actual, expected) ? [] : [`${path} should be ${shown(expected)}, is ${shown(actual)}`];
}

/** Ids and tokens change with every run; stories know them as `{bid}`, `{bid 2}`, … and `{token}`. */
export function withStableNames(text: string, bidIds: readonly string[]): string {
  const named = bidIds.reduce(
    (result, id, index) => result.replaceAll(id, index === 0 ? '{bid}' : `{bid ${index + 1}}`),
    text,
  );
  return named.replace(/([?&][ts]=)[\w.~-]+/g, '$1{token}');
}

/** `90s`, `30m`, `25h` in milliseconds. */
export function millisecondsOf(span: string): number {
  const [, count, unit] = /^(\d+)(s|m|h)$/.exec(span) ?? [];
  if (count === undefined) throw new Error(`${span} is not a span of time`);
  return Number(count) * { s: 1000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h'];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'absent';
}

/** For messages. */
export function placeOf(file: string): string {
  return relative(HERE, file);
}
