/**
 * Long lists a page at a time. A cursor says after which object to go on, by its place in the order and not by its number, so that whatever is made
 * or deleted between two pages neither repeats nor hides another. Without `limit` a page is as long as pages may be.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import type { ProblemError } from './problem.ts';
import { sendProblem } from './problem.ts';

interface Listed {
  readonly id: string;
}

/** What a list can be asked for. */
export interface Listing<Item> {
  /** What it may be sorted by; the first where nobody asks, with a `-` in front the other way round. */
  readonly sorts: Readonly<Record<string, (item: Item) => string | number>>;
  /** What it may be narrowed to, by the name in the query. */
  readonly filters: Readonly<Record<string, Filter<Item>>>;
  /** The first sort downwards where nobody asks. */
  readonly latestFirst?: boolean;
}

interface Filter<Item> {
  readonly description: string;
  matches(item: Item, asked: string): boolean;
}

export const PAGE_MAX = 1_000;
const NAMES_CHARACTERS_MAX = 200;
const CURSOR_CHARACTERS_MAX = 2_000;

export const nextSchema = Type.Union([Type.String(), Type.Null()], {
  description: 'As `cursor`, for the page after this one; null on the last.',
});

/** By id or by name, whatever the case of its letters. */
export const TEXT_FILTER: Filter<Listed> = {
  description: 'Part of the id or the name.',
  matches: (item, asked) => {
    const { id, name } = item as { readonly id: string; readonly name?: unknown };
    const wanted = asked.toLowerCase();
    return [id, name].some((text) => typeof text === 'string' && text.toLowerCase().includes(wanted));
  },
};

/** A filter on a key of the objects that says it in full. */
export function keyFilter(key: string, description: string): Filter<object> {
  return { description, matches: (item, asked) => (item as Record<string, unknown>)[key] === asked };
}

/** A sort by a key of the objects; those without it come first. */
export function byKey(key: string): (item: object) => string | number {
  return (item) => {
    const value = (item as Record<string, unknown>)[key];
    return typeof value === 'string' || typeof value === 'number' ? value : '';
  };
}

export function listQuerySchema<Item>({ sorts, filters }: Listing<Item>): TSchema {
  const names = Object.keys(sorts).flatMap((name) => [name, `-${name}`]);
  const narrowed = Object.entries(filters).map(([name, { description }]) => [
    name,
    Type.Optional(Type.String({ maxLength: NAMES_CHARACTERS_MAX, description })),
  ]);
  return Type.Object({
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: PAGE_MAX, description: `At most; ${PAGE_MAX} where absent.` }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: CURSOR_CHARACTERS_MAX, description: 'Where the page before said `next`.' }),
    ),
    sort: Type.Optional(Type.Enum(names, { description: 'With a - in front from the greatest down.' })),
    ...Object.fromEntries(narrowed),
  });
}

/** The page asked for of a list that is as the asker may see it; `more` is answered beside the items. */
export function sendList<Item extends Listed>(
  request: FastifyRequest,
  reply: FastifyReply,
  all: readonly Item[],
  listing: Listing<Item>,
  more: object = {},
): FastifyReply {
  const query = request.query as Readonly<Record<string, string | number | undefined>>;
  const known = ['limit', 'cursor', 'sort', ...Object.keys(listing.filters)];
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    return sendProblem(
      reply,
      400,
      'The question has faults',
      unknown.map((name) => unknownName(name, known)),
    );
  const order = orderOf(listing, query['sort'] as string | undefined);
  const after = query['cursor'] === undefined ? undefined : readCursor(String(query['cursor']), order.name);
  if (after === null) return sendProblem(reply, 400, 'The question has faults', [NOT_A_CURSOR]);
  const wanted = all.filter((item) =>
    Object.entries(listing.filters).every(
      ([name, filter]) => query[name] === undefined || filter.matches(item, String(query[name])),
    ),
  );
  const placed = wanted
    .map((item) => ({ item, place: [order.key(item), item.id] as const }))
    .filter(({ place }) => after === undefined || order.compare(place, after) > 0)
    .sort((one, other) => order.compare(one.place, other.place));
  const limit = Number(query['limit'] ?? PAGE_MAX);
  const page = placed.slice(0, limit);
  const last = placed.length > limit ? page.at(-1) : undefined;
  const next = last ? cursorOf(order.name, last.place) : null;
  const items = page.map(({ item }) => item);
  if (next !== null) linkNext(reply, query, 'cursor', next);
  return sendTagged(request, reply, { items, next }, { ...more, items, next });
}

/** Relative to the list itself, so that it holds behind a proxy too (RFC 8288 section 3.1). */
export function linkNext(reply: FastifyReply, query: object, name: string, next: string | number): void {
  const asked: object = { ...query, [name]: next };
  const told = Object.entries(asked).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, String(value)]],
  );
  const text = new URLSearchParams(told).toString();
  reply.header('link', `<?${text}>; rel="next"`);
}

/** With an ETag of what is looked at, and 304 to who has it already. */
export function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  looked: unknown,
  body: unknown,
): FastifyReply {
  const digest = createHash('sha256').update(JSON.stringify(looked)).digest('hex');
  return sendUnlessKnown(request, reply, `"${digest.slice(0, 24)}"`, body);
}

export function sendUnlessKnown(
  request: FastifyRequest,
  reply: FastifyReply,
  tag: string,
  body: unknown,
): FastifyReply {
  reply.header('etag', tag).header('cache-control', 'private, no-cache');
  const known = (request.headers['if-none-match'] ?? '').split(',').map((each) => each.trim());
  // Compared weakly (RFC 9110 section 13.1.2): a proxy that packs the answer makes the tag weak.
  const isKnown = known.some((each) => each === '*' || each === tag || each === `W/${tag}`);
  return isKnown ? reply.code(304).send() : reply.send(body);
}

type Place = readonly [string | number, string];

function orderOf<Item>(listing: Listing<Item>, asked: string | undefined) {
  const [first = ''] = Object.keys(listing.sorts);
  const name = asked ?? (listing.latestFirst ? `-${first}` : first);
  const isDown = name.startsWith('-');
  const key = listing.sorts[isDown ? name.slice(1) : name]!;
  const compare = (one: Place, other: Place): number =>
    (isDown ? -1 : 1) * (compareValues(one[0], other[0]) || compareValues(one[1], other[1]));
  return { name, key, compare };
}

/** Numbers before texts, and texts by their code units: the same on every machine. */
function compareValues(one: string | number, other: string | number): number {
  if (typeof one !== typeof other) return typeof one === 'number' ? -1 : 1;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function cursorOf(order: string, [value, id]: Place): string {
  return Buffer.from(JSON.stringify([order, value, id])).toString('base64url');
}

/** Null for what we did not write, or wrote for another order. */
function readCursor(text: string, order: string): Place | null {
  try {
    const read: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(read)) return null;
    const [of, value, id] = read as readonly unknown[];
    const isValue = typeof value === 'string' || typeof value === 'number';
    return of === order && isValue && typeof id === 'string' ? [value, id] : null;
  } catch {
    return null;
  }
}

const NOT_A_CURSOR: ProblemError = {
  path: 'cursor',
  code: 'not_a_cursor',
  message: 'is none of this list in this order',
  hint: 'Take `next` of the page before as it is, and ask with the same sort.',
};

function unknownName(name: string, known: readonly string[]): ProblemError {
  return {
    path: name,
    code: 'unknown_parameter',
    message: 'is nothing that this list can be asked for',
    hint: `There are ${known.join(', ')}.`,
  };
}
