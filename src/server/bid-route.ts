/**
 * `POST /openrtb2/{exchangeId}`: 200 with a bid (or the reason for none), 204 without, 400 without content for what is
 * malformed, too large, or packed or spelled in a way nobody here reads; 404 for an exchange that does not exist. Nothing
 * else leaves this address, whatever comes.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from '../exchange/dialect.ts';
import { mediaTypeOf, packingFor, unpack } from './wire.ts';

export interface BidAnswered {
  readonly status: 200 | 204 | 400;
  readonly body?: Buffer | string;
  readonly contentType?: string;
  /** OpenRTB version announced in the answer. */
  readonly version: string;
  /** How long the caller waits, where the request was read. */
  readonly tmaxMs?: number;
}

export interface BidRoutePorts {
  /** How a body of this media type is read: undefined for an exchange that is not configured, `refused` where it will not be. */
  dialectOf(exchangeId: string, mediaType: string | undefined): Dialect | 'refused' | undefined;
  /**
   * Undefined for an exchange that is not configured. Must not reject; if it does, that is a 204. `waitedMs`: how long ago it came, about.
   */
  answerBid(
    exchangeId: string,
    body: Buffer,
    dialect: Dialect,
    waitedMs: number,
  ): Promise<BidAnswered | undefined>;
  readonly watch: { fault(route: string, error: unknown): void };
}

interface BidCall extends FastifyRequest {
  readonly params: { readonly exchangeId: string };
  /** Found from the header before the body is read. */
  dialect: Dialect | undefined;
}

export const BID_ROUTE = '/openrtb2/:exchangeId';
const EMPTY = Buffer.alloc(0);

export function bidRoute(
  app: FastifyInstance,
  ports: BidRoutePorts,
  { bodyLimitBytes }: { readonly bodyLimitBytes: number },
): void {
  app.decorateRequest('dialect', undefined);
  app.post(BID_ROUTE, {
    // Before the body is read: an address that nobody configured, and a wire format that the exchange does not use.
    onRequest: (request, reply, done) => {
      const call = request as unknown as BidCall;
      const mediaType = mediaTypeOf(request.headers['content-type']);
      const dialect = ports.dialectOf(call.params.exchangeId, mediaType);
      if (dialect === undefined) return void reply.code(404).send();
      if (dialect === 'refused') return void reply.code(400).send();
      call.dialect = dialect;
      done();
    },
    // What the framework refused before the handler: a body too large, or cut off.
    errorHandler: (error: { readonly statusCode?: number }, _request, reply) => {
      const isOurs = (error.statusCode ?? 500) >= 500;
      if (isOurs) ports.watch.fault(BID_ROUTE, error);
      reply.code(isOurs ? 204 : 400).send();
    },
    handler: (request, reply) => answer(request as unknown as BidCall, reply, ports, bodyLimitBytes),
  });
}

async function answer(
  call: BidCall,
  reply: FastifyReply,
  ports: BidRoutePorts,
  bodyLimitBytes: number,
): Promise<FastifyReply> {
  const body = Buffer.isBuffer(call.body) ? call.body : EMPTY;
  const { exchangeId } = call.params;
  const said = await answerBid(
    { exchangeId, dialect: call.dialect!, body, headers: call.headers, waitedMs: 0 },
    ports,
    bodyLimitBytes,
  );
  if (said.headers) reply.headers(said.headers);
  // The framework has its own mind about text.
  return reply.code(said.status).send(typeof said.body === 'string' ? Buffer.from(said.body) : said.body);
}

export interface BidAsked {
  readonly exchangeId: string;
  readonly dialect: Dialect;
  /** As it travelled. */
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
  readonly waitedMs: number;
}

export interface BidSaid {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly tmaxMs?: number | undefined;
}

const MALFORMED: BidSaid = { status: 400 };
const UNKNOWN: BidSaid = { status: 404 };
const NOTHING: BidSaid = { status: 204 };

/** Never rejects. */
export async function answerBid(
  { exchangeId, dialect, body, headers, waitedMs }: BidAsked,
  ports: BidRoutePorts,
  bodyLimitBytes: number,
): Promise<BidSaid> {
  const unpacked = unpack(body, headers['content-encoding'], bodyLimitBytes);
  if (!unpacked.ok) return MALFORMED;
  let answered: BidAnswered | undefined;
  try {
    answered = await ports.answerBid(exchangeId, unpacked.body, dialect, waitedMs);
  } catch (error) {
    ports.watch.fault(BID_ROUTE, error);
    return NOTHING;
  }
  if (!answered) return UNKNOWN;
  const { status, version, tmaxMs } = answered;
  if (status !== 200 || !answered.body) return { status, headers: { 'x-openrtb-version': version }, tmaxMs };
  const contentType = answered.contentType ?? 'application/json';
  const packing = packingFor(answered.body, headers['accept-encoding']);
  if (!packing)
    return {
      status,
      headers: { 'x-openrtb-version': version, 'content-type': contentType },
      body: answered.body,
      tmaxMs,
    };
  return {
    status,
    tmaxMs,
    headers: {
      'x-openrtb-version': version,
      'content-type': contentType,
      'content-encoding': packing.name,
    },
    body: packing.pack(Buffer.from(answered.body)),
  };
}
