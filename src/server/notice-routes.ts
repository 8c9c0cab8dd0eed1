/**
 * Notices and trackers. Authentic ones are answered well, however often they come; forged ones 400; one that the journal cannot
 * keep 503, for OpenRTB tells the caller to send it again (section 7.8). All work by GET and POST, with whatever body.
 * Beside them the markup that is fetched after the bid.
 * HEAD and a browser that looks ahead are answered as far as they ask, and nothing is counted.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { MarkupQuery, Served } from '../bidding/served.ts';
import type { BidFacts, NoticeKind } from '../core/event.ts';
import { DOCUMENT_PATH, NOTICE_PATHS } from '../core/notice-url.ts';
import type { TokenCodec } from '../core/token.ts';
import type { Caller } from '../learning/caller.ts';
import type { Learner } from '../learning/learn.ts';
import type { NoticeQuery } from '../learning/notice.ts';

export interface NoticeRoutePorts {
  readonly learner: Pick<Learner, 'takeNotice'>;
  readonly codec: Pick<TokenCodec, 'verify'>;
  /** The creative's own page; undefined for a creative that is gone. Nothing of the caller's decides where a click leads. */
  landingPageOf(facts: BidFacts): string | undefined;
  /** Markup by what its address carries; undefined for an address that is not ours. */
  readonly markup: Record<'ofWin' | 'ofDocument', (query: MarkupQuery) => Served | undefined>;
  readonly watch: { fault(route: string, error: unknown): void };
}

const BODY_BYTES_MAX = 16_384;
/** One transparent pixel. */
export const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

export function noticeRoutes(app: FastifyInstance, ports: NoticeRoutePorts): void {
  const route = (
    kind: NoticeKind,
    handler: (call: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ) =>
    app.route({
      method: ['GET', 'POST', 'HEAD'],
      url: NOTICE_PATHS[kind],
      bodyLimit: BODY_BYTES_MAX,
      handler,
    });

  for (const kind of ['billing', 'loss'] as const)
    route(kind, async (call, reply) => reply.code(await statusOf(kind, call, ports)).send());
  route('impression', async (call, reply) => {
    const status = await statusOf('impression', call, ports);
    return status === 204 ? sendPixel(reply) : reply.code(status).send();
  });
  route('click', (call, reply) => redirect(call, reply, ports));
  route('win', (call, reply) => win(call, reply, ports));
  app.get(DOCUMENT_PATH, (call, reply) => {
    const served = ports.markup.ofDocument(queryOf(call));
    return served ? sendMarkup(playerHeaders(call, reply), served) : reply.code(400).send();
  });
}

/** Where the bid left its markup to this answer, it is given out once the win is kept, and again to whoever repeats it. */
async function win(
  call: FastifyRequest,
  reply: FastifyReply,
  ports: NoticeRoutePorts,
): Promise<FastifyReply> {
  const query = queryOf(call);
  const isAsked = query.f !== undefined || query.s !== undefined;
  const served = isAsked ? ports.markup.ofWin(query) : undefined;
  if (isAsked && !served) return reply.code(400).send();
  const status = await statusOf('win', call, ports);
  return served && status === 204 ? sendMarkup(reply, served) : reply.code(status).send();
}

function sendMarkup(reply: FastifyReply, { contentType, body }: Served): FastifyReply {
  reply.header('cache-control', 'no-store');
  return body === '' ? reply.code(204).send() : reply.code(200).type(contentType).send(body);
}

/** Players in browsers fetch documents across origins, with credentials; VAST names the two headers they need. */
function playerHeaders(call: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { origin } = call.headers;
  if (origin === undefined) return reply.header('access-control-allow-origin', '*');
  return reply
    .header('access-control-allow-origin', origin)
    .header('access-control-allow-credentials', 'true')
    .header('vary', 'origin');
}

export function sendPixel(reply: FastifyReply): FastifyReply {
  return reply.code(200).type('image/gif').header('cache-control', 'no-store').send(PIXEL);
}

async function statusOf(
  kind: NoticeKind,
  call: FastifyRequest,
  { learner, watch }: NoticeRoutePorts,
): Promise<204 | 400 | 503> {
  try {
    return (await learner.takeNotice(kind, queryOf(call), callerOf(call))).ok ? 204 : 400;
  } catch (error) {
    watch.fault(NOTICE_PATHS[kind], error);
    return 503;
  }
}

/**
 * A person waits behind a click: where it cannot be kept, they are led on all the same, and the loss is counted. A browser that
 * looks ahead is refused: one that was led on would not ask again when the person does click.
 */
async function redirect(
  call: FastifyRequest,
  reply: FastifyReply,
  { learner, codec, landingPageOf, watch }: NoticeRoutePorts,
): Promise<FastifyReply> {
  const query = queryOf(call);
  let facts: BidFacts | undefined;
  try {
    const taken = await learner.takeNotice('click', query, callerOf(call));
    if (taken.ok && taken.status === 'prefetch')
      return reply.code(403).header('cache-control', 'no-store').send();
    if (taken.ok) facts = taken.facts;
  } catch (error) {
    watch.fault(NOTICE_PATHS.click, error);
    facts = codec.verify('click', query.t ?? '');
  }
  if (!facts) return reply.code(400).send();
  const page = landingPageOf(facts);
  const location = page === undefined ? undefined : withClickId(page, facts.bidId);
  if (location === undefined) return reply.code(404).send();
  return reply.code(302).header('location', location).header('cache-control', 'no-store').send();
}

/**
 * The page with `bwclid` at the end of its query; everything else stays as the buyer wrote it. Undefined for what no browser
 * should be sent to.
 */
export function withClickId(page: string, clickId: string): string | undefined {
  const url = URL.parse(page);
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined;
  const [address = '', ...fragment] = url.href.split('#');
  const joint = !address.includes('?') ? '?' : /[?&]$/.test(address) ? '' : '&';
  const hash = fragment.length > 0 ? `#${fragment.join('#')}` : '';
  return `${address}${joint}bwclid=${clickId}${hash}`;
}

/** A name that comes twice counts once, the first time. */
function queryOf(call: FastifyRequest): NoticeQuery & MarkupQuery {
  const query = call.query as Readonly<Record<string, string | string[] | undefined>>;
  const first = (name: string): string | undefined => {
    const value = query[name];
    return Array.isArray(value) ? value[0] : value;
  };
  return {
    t: first('t'),
    p: first('p'),
    c: first('c'),
    l: first('l'),
    m: first('m'),
    x: first('x'),
    w: first('w'),
    f: first('f'),
    s: first('s'),
  };
}

/** `Purpose`, `X-Purpose` and `X-Moz` are what browsers said before `Sec-Purpose`. */
function callerOf({ method, headers }: FastifyRequest): Caller {
  const header = (name: string): string => [headers[name] ?? ''].flat().join(' ');
  return {
    method,
    purpose: ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map(header).join(' '),
    userAgent: header('user-agent'),
    deviceUserAgent: header('x-device-user-agent'),
  };
}
