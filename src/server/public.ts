/** The public door: bids, notices, tracking, conversions, first-party events. Transport only; what is decided is decided behind the ports. */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import Fastify from 'fastify';
import type { BidDoorPorts } from './bid-door.ts';
import { bidDoor } from './bid-door.ts';
import { bidRoute } from './bid-route.ts';
import type { CollectRoutePorts } from './collect-routes.ts';
import { collectRoutes } from './collect-routes.ts';
import type { ConversionRoutePorts } from './conversion-routes.ts';
import { conversionRoutes } from './conversion-routes.ts';
import type { Drain } from './drain.ts';
import { Message } from './message.ts';
import type { Neighbours } from './neighbours.ts';
import { passNoticesOn } from './neighbours.ts';
import type { NoticeRoutePorts } from './notice-routes.ts';
import { noticeRoutes } from './notice-routes.ts';
import type { SyncPorts } from './sync-routes.ts';
import { syncRoutes } from './sync-routes.ts';

export type PublicPorts = BidDoorPorts & { readonly sync: SyncPorts } & NoticeRoutePorts &
  ConversionRoutePorts &
  CollectRoutePorts & {
    readonly watch: PublicWatch;
    readonly drain: Drain;
    /** Other workers behind the same port. */
    readonly neighbours?: Neighbours | undefined;
  };

export interface PublicWatch {
  /** `route` is the pattern, `other` where none fits. */
  answered(route: string, method: string, status: number, seconds: number): void;
  fault(route: string, error: unknown): void;
}

export interface PublicOptions {
  /** After decompression. */
  readonly bodyLimitBytes: number;
}

/** Exchanges keep idle connections for up to 150 s and count a close from our side as an error. */
const KEEP_ALIVE_MS = 155_000;
/** Headers and body must have come by then: a slow sender may not hold a socket. */
const REQUEST_TIMEOUT_MS = 2_000;
const CONNECTIONS_CHECK_MS = 50;
const HEADER_BYTES_MAX = 8_192;
const PARAMETER_CHARACTERS_MAX = 64;

export function publicApp(ports: PublicPorts, options: PublicOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: options.bodyLimitBytes,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: {
      IncomingMessage: Message,
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
    },
    // A link checker's HEAD is no click, and a 503 on a connection that is being drained counts as an error of ours.
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
    clientErrorHandler: refuseConnection,
    frameworkErrors: (_error, _request, reply) => {
      (reply as unknown as FastifyReply).code(400).send();
    },
  });
  // Bodies are handed on as bytes: media type and encoding are each route's own, checked in one place.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', (_request, reply, done) => {
    ports.drain.enter();
    if (ports.drain.begun) reply.header('connection', 'close');
    done();
  });
  // Each route has looked at the media type by now. The framework would refuse a notice for one that is spelled wrong.
  app.addHook('preParsing', (request, _reply, _payload, done) => {
    delete request.raw.headers['content-type'];
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    ports.drain.leave();
    const route = request.routeOptions.url ?? 'other';
    ports.watch.answered(route, request.method, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
  app.setNotFoundHandler((_request, reply) => {
    reply.code(404).send();
  });
  // What reaches this was refused by the framework (4xx), or is a fault of a route that has no answer of its own.
  app.setErrorHandler((error: { readonly statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) ports.watch.fault(request.routeOptions.url ?? 'other', error);
    reply.code(status >= 500 ? 503 : status).send();
  });
  // An expectation that is none of HTTP's would be answered 417; it may as well be passed over (RFC 9110 section 10.1.1).
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  if (ports.neighbours) passNoticesOn(app, ports.neighbours, ports.codec, ports.watch.fault);
  bidRoute(app, ports, options);
  passBidsBy(app, ports, options);
  noticeRoutes(app, ports);
  conversionRoutes(app, ports, options);
  collectRoutes(app, ports, options);
  syncRoutes(app, ports.sync);
  // For balancers that reach no other port: they look elsewhere before this door closes.
  app.get('/status', (_request, reply) => {
    reply.code(ports.drain.ready() ? 204 : 503).send();
  });
  return app;
}

/** Requests that come over a socket meet the bid door before the framework. */
function passBidsBy(app: FastifyInstance, ports: PublicPorts, options: PublicOptions): void {
  const [framework] = app.server.listeners('request') as RequestListener[];
  if (!framework) throw new Error('the framework does not listen to its server');
  app.server.removeListener('request', framework);
  app.server.on('request', bidDoor(framework, ports, options));
}

const CONNECTION_ANSWERS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** For what is not HTTP at all, and for senders that were too slow. */
function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = CONNECTION_ANSWERS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}
