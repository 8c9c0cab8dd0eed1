/**
 * `POST /openrtb2/{exchangeId}`: 200 with a bid (or the reason for none), 204 without, 400 without content for what is
 * malformed, too large, or packed or spelled in a way nobody here reads; 404 for an exchange that does not exist. Nothing
 * else leaves this address, whatever comes.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from '../exchange/dialect.ts';
import { mediaTypeOf, packingFor, unpack } from './wire.ts';

export interface BidAnswered {
  readonly status: 200 | 204 | 400;
  readonly body?: Buffer;
  readonly contentType?: string;
  /** OpenRTB version announced in the answer. */
  readonly version: string;
}

export interface BidRoutePorts {
  /** How a body of this media type is read: undefined for an exchange that is not configured, `refused` where it will not be. */
  dialectOf(exchangeId: string, mediaType: string | undefined): Dialect | 'refused' | undefined;
  /** Undefined for an exchange that is not configured. Must not reject; if it does, that is a 204. */
  answerBid(exchangeId: string, body: Buffer, dialect: Dialect): Promise<BidAnswered | undefined>;
  readonly watch: { fault(route: string, error: unknown): void };
}

interface BidCall extends FastifyRequest {
  readonly params: { readonly exchangeId: string };
  /** Found from the header before the body is read. */
  dialect: Dialect | undefined;
}

const ROUTE = '/openrtb2/:exchangeId';
const EMPTY = Buffer.alloc(0);

export function bidRoute(
  app: FastifyInstance,
  ports: BidRoutePorts,
  { bodyLimitBytes }: { readonly bodyLimitBytes: number },
): void {
  app.decorateRequest('dialect', undefined);
  app.post(ROUTE, {
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
      if (isOurs) ports.watch.fault(ROUTE, error);
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
  const sent = Buffer.isBuffer(call.body) ? call.body : EMPTY;
  const unpacked = unpack(sent, call.headers['content-encoding'], bodyLimitBytes);
  if (!unpacked.ok) return reply.code(400).send();
  let answered: BidAnswered | undefined;
  try {
    answered = await ports.answerBid(call.params.exchangeId, unpacked.body, call.dialect!);
  } catch (error) {
    ports.watch.fault(ROUTE, error);
    return reply.code(204).send();
  }
  if (!answered) return reply.code(404).send();
  reply.header('x-openrtb-version', answered.version);
  if (answered.status !== 200 || !answered.body) return reply.code(answered.status).send();
  reply.code(200).header('content-type', answered.contentType ?? 'application/json');
  const packing = packingFor(answered.body, call.headers['accept-encoding']);
  if (!packing) return reply.send(answered.body);
  return reply.header('content-encoding', packing.name).send(packing.pack(answered.body));
}
