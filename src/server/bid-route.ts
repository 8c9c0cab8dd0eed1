/** `POST /openrtb2/{exchangeId}`: 200 with a bid, 204 without, 400 without content for what is malformed. Never a 5xx. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { mediaTypeOf, pack, packs, unpack } from './wire.ts';

export interface BidAnswered {
  readonly status: 200 | 204 | 400;
  readonly body?: Buffer;
  readonly contentType?: string;
  /** OpenRTB version announced in the answer. */
  readonly version: string;
}

export interface BidRoutePorts {
  /** Media types that the exchange may send; undefined for an exchange that is not configured. */
  mediaTypesOf(exchangeId: string): readonly string[] | undefined;
  /** Undefined for an exchange that is not configured. Must not reject; if it does, that is a 204. */
  answerBid(exchangeId: string, body: Buffer): Promise<BidAnswered | undefined>;
  readonly watch: { fault(route: string, error: unknown): void };
}

type BidCall = FastifyRequest<{ Params: { exchangeId: string } }>;

const ROUTE = '/openrtb2/:exchangeId';
const EMPTY = Buffer.alloc(0);

export function bidRoute(
  app: FastifyInstance,
  ports: BidRoutePorts,
  { bodyLimitBytes }: { readonly bodyLimitBytes: number },
): void {
  app.post(ROUTE, {
    // Before the body is read: an address that nobody configured, and a media type that no dialect of the exchange has.
    onRequest: (request, reply, done) => {
      const { exchangeId } = request.params as BidCall['params'];
      const accepted = ports.mediaTypesOf(exchangeId);
      if (!accepted) return void reply.code(404).send();
      const type = mediaTypeOf(request.headers['content-type']);
      if (type !== undefined && !accepted.includes(type)) return void reply.code(415).send();
      done();
    },
    // What the framework refused before the handler: a body too large, cut off, or of a type that is no type.
    errorHandler: (error: { readonly statusCode?: number }, _request, reply) => {
      const status = error.statusCode ?? 500;
      if (status >= 500) ports.watch.fault(ROUTE, error);
      reply.code(status >= 500 ? 204 : status === 413 || status === 415 ? status : 400).send();
    },
    handler: (request, reply) => answer(request as BidCall, reply, ports, bodyLimitBytes),
  });
}

async function answer(
  request: BidCall,
  reply: FastifyReply,
  ports: BidRoutePorts,
  bodyLimitBytes: number,
): Promise<FastifyReply> {
  const sent = Buffer.isBuffer(request.body) ? request.body : EMPTY;
  const unpacked = unpack(sent, request.headers['content-encoding'], bodyLimitBytes);
  if (!unpacked.ok) return reply.code(unpacked.status).send();
  let answered: BidAnswered | undefined;
  try {
    answered = await ports.answerBid(request.params.exchangeId, unpacked.body);
  } catch (error) {
    ports.watch.fault(ROUTE, error);
    return reply.code(204).send();
  }
  if (!answered) return reply.code(404).send();
  reply.header('x-openrtb-version', answered.version);
  if (answered.status !== 200 || !answered.body) return reply.code(answered.status).send();
  reply.code(200).header('content-type', answered.contentType ?? 'application/json');
  if (!packs(answered.body, request.headers['accept-encoding'])) return reply.send(answered.body);
  return reply.header('content-encoding', 'gzip').send(pack(answered.body));
}
