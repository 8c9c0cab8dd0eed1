/**
 * Several workers behind one port: the system hands a connection to any of them, but what follows a bid belongs to the one that
 * made it, whose journal knows the bid, whose purse holds its price and whose memory learns from it. So notices, trackers and
 * clicks are passed on over loopback to the worker that the bid's id names; reports of conversions are, each to the worker of its click.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request as httpRequest } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { workerOf } from '../core/ids.ts';
import { NOTICE_PATHS } from '../core/notice-url.ts';
import { hash32 } from '../core/random.ts';
import type { TokenCodec } from '../core/token.ts';
import type { ConversionsTaken, Learner } from '../learning/learn.ts';

export interface Neighbours {
  readonly own: number;
  /** How many workers there are; they are numbered from 1. */
  readonly count: number;
  /** Loopback port of another worker; undefined while it is away. */
  portOf(worker: number): number | undefined;
}

const HOST = '127.0.0.1';
const REQUEST_MS_MAX = 2_000;
const KINDS = new Map(
  Object.entries(NOTICE_PATHS).map(([kind, path]) => [path, kind as keyof typeof NOTICE_PATHS]),
);

/**
 * While the worker of a bid is away its notices are answered 503, so that the exchange sends them again. A person who clicked is led
 * on by this worker, which keeps the click: it charges nothing.
 */
export function passNoticesOn(
  app: FastifyInstance,
  neighbours: Neighbours,
  codec: Pick<TokenCodec, 'verify'>,
  fault: (route: string, error: unknown) => void,
): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  app.addHook('onClose', async () => agent.destroy());
  app.addHook('onRequest', (call, reply, done) => {
    const route = call.routeOptions.url ?? '';
    const kind = KINDS.get(route);
    const token = kind && new URLSearchParams(call.url.split('?')[1] ?? '').get('t');
    const home = token ? homeOf(codec.verify(kind, token)?.bidId, neighbours) : undefined;
    if (home === undefined || home === neighbours.own) return done();
    const port = neighbours.portOf(home);
    if (port !== undefined) {
      reply.hijack();
      passOn(call.raw, reply.raw, { agent, port }, (error) => fault(route, error));
    } else if (kind === 'click') done();
    else reply.code(503).send();
  });
}

function homeOf(bidId: string | undefined, { count }: Neighbours): number | undefined {
  const worker = bidId === undefined ? undefined : workerOf(bidId);
  return worker !== undefined && worker >= 1 && worker <= count ? worker : undefined;
}

function passOn(
  from: IncomingMessage,
  to: ServerResponse,
  { agent, port }: { readonly agent: Agent; readonly port: number },
  fault: (error: Error) => void,
): void {
  const { method, url, headers } = from;
  const onward = httpRequest({
    agent,
    host: HOST,
    port,
    method,
    path: url,
    headers,
    timeout: REQUEST_MS_MAX,
  });
  const fail = (error: Error): void => {
    fault(error);
    if (to.headersSent) to.destroy();
    else to.writeHead(503, { 'content-length': '0' }).end();
  };
  onward.once('timeout', () => onward.destroy(new Error('the worker of the bid does not answer')));
  onward.once('error', fail);
  onward.once('response', (answer) => {
    const { connection: _, 'keep-alive': __, ...rest } = answer.headers;
    to.writeHead(answer.statusCode ?? 503, rest);
    answer.pipe(to);
    answer.once('error', fail);
  });
  from.pipe(onward);
}

type Reports = Pick<Learner, 'takeConversions' | 'takePixel'>;

/**
 * A report that names a click goes to the worker of that click; one that names an order or a person only, to the worker that the name
 * falls to, so that what is told twice meets itself. A retraction without a click is told to all, for any may have the order.
 * @throws where a worker that is to take a report does not: then nothing may be acknowledged.
 */
export function sharedReports(own: Reports, neighbours: Neighbours): Reports {
  const takeThere = async (
    home: number,
    list: readonly unknown[],
    bearer: string | undefined,
  ): Promise<ConversionsTaken> => {
    if (home === neighbours.own) return own.takeConversions(list, bearer);
    const port = neighbours.portOf(home);
    if (port === undefined) throw new Error(`worker ${home} is away`);
    return readAnswer(
      await fetch(`http://${HOST}:${port}${INNER_REPORTS}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        },
        body: JSON.stringify(list),
        signal: AbortSignal.timeout(REQUEST_MS_MAX),
      }),
    );
  };
  return {
    takePixel: async (query) => {
      const home = homeOfReport(query, neighbours);
      if (home === neighbours.own || home === 'all') return own.takePixel(query);
      const port = neighbours.portOf(home);
      if (port === undefined) throw new Error(`worker ${home} is away`);
      const asked = new URLSearchParams({ query: JSON.stringify(query) });
      const signal = AbortSignal.timeout(REQUEST_MS_MAX);
      return readAnswer(await fetch(`http://${HOST}:${port}${INNER_PIXEL}?${asked}`, { signal }));
    },
    takeConversions: async (body, bearer) => {
      const list: readonly unknown[] = Array.isArray(body) ? body : [body];
      const homes = list.map((report) => homeOfReport(report, neighbours));
      if (homes.every((home) => home === neighbours.own)) return own.takeConversions(body, bearer);
      const parts: {
        readonly indexes: number[];
        readonly taken: ConversionsTaken;
        readonly counts: boolean;
      }[] = [];
      for (let worker = 1; worker <= neighbours.count; worker++) {
        const indexes = homes.flatMap((home, index) => (home === worker || home === 'all' ? index : []));
        if (indexes.length === 0) continue;
        const taken = await takeThere(
          worker,
          indexes.map((index) => list[index]),
          bearer,
        );
        // Told to all, a retraction counts once in the answer: as the first of them took it.
        const counts = worker === 1 || indexes.some((index) => homes[index] === worker);
        parts.push({ indexes, taken, counts });
      }
      return joined(parts, Array.isArray(body));
    },
  };
}

function homeOfReport(report: unknown, neighbours: Neighbours): number | 'all' {
  if (typeof report !== 'object' || report === null) return neighbours.own;
  const { click_id, order_id, user_id, adjustment } = report as Readonly<Record<string, unknown>>;
  const home = typeof click_id === 'string' ? homeOf(click_id, neighbours) : undefined;
  if (home !== undefined) return home;
  if (adjustment !== undefined) return 'all';
  const name = [order_id, user_id].find((each) => typeof each === 'string');
  return name === undefined ? neighbours.own : 1 + (hash32(name as string, 0) % neighbours.count);
}

function joined(
  parts: readonly {
    readonly indexes: readonly number[];
    readonly taken: ConversionsTaken;
    readonly counts: boolean;
  }[],
  isList: boolean,
): ConversionsTaken {
  const sum = (of: (taken: ConversionsTaken) => number): number =>
    parts.reduce((total, { taken, counts }) => total + (counts ? of(taken) : 0), 0);
  return {
    unauthorised: parts.some(({ taken }) => taken.unauthorised),
    accepted: sum((taken) => taken.accepted),
    duplicates: sum((taken) => taken.duplicates),
    faults: parts.flatMap(({ indexes, taken, counts }) =>
      !counts
        ? []
        : taken.faults.map((fault) => ({
            ...fault,
            path: fault.path.replace(/^\[(\d+)\]\.?/, (_, index: string) =>
              isList ? `[${indexes[Number(index)]}].` : '',
            ),
          })),
    ),
  };
}

const INNER_REPORTS = '/reports';
const INNER_PIXEL = '/pixel';

/** What workers ask each other over loopback, beside the public routes: reports as a learner takes them. */
export async function answerInner(
  call: IncomingMessage,
  reply: ServerResponse,
  own: Reports,
): Promise<boolean> {
  const url = new URL(call.url ?? '/', `http://${HOST}`);
  if (url.pathname !== INNER_REPORTS && url.pathname !== INNER_PIXEL) return false;
  try {
    const taken =
      url.pathname === INNER_PIXEL
        ? await own.takePixel(JSON.parse(url.searchParams.get('query') ?? '{}'))
        : await own.takeConversions(await bodyOf(call), call.headers.authorization?.replace(/^Bearer /, ''));
    reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(taken));
  } catch {
    reply.writeHead(503).end();
  }
  return true;
}

const BODY_BYTES_MAX = 16_777_216;

async function bodyOf(call: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of call as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('too large');
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

async function readAnswer(answer: Response): Promise<ConversionsTaken> {
  if (answer.status !== 200) throw new Error(`another worker answered ${answer.status}`);
  return (await answer.json()) as ConversionsTaken;
}
