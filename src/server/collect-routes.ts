/** First-party events: from the advertiser's server with the account's key, or from a page as a pixel. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Collector, EventsTaken } from '../learning/profile-collector.ts';
import { bearerOf } from './conversion-routes.ts';
import { sendPixel } from './notice-routes.ts';
import type { ProblemError } from './problem.ts';
import { sendProblem } from './problem.ts';
import { mediaTypeOf, unpack } from './wire.ts';

export interface CollectRoutePorts {
  readonly collector: Collector;
  readonly watch: { fault(route: string, error: unknown): void };
}

const COLLECT = '/collect';
const PIXEL = '/collect.gif';
const MEDIA_TYPES: readonly (string | undefined)[] = [
  undefined,
  'application/json',
  'application/x-ndjson',
  'application/ndjson',
  'text/plain',
];

export function collectRoutes(
  app: FastifyInstance,
  ports: CollectRoutePorts,
  { bodyLimitBytes }: { readonly bodyLimitBytes: number },
): void {
  app.post(COLLECT, {
    onRequest: (call, reply, done) => {
      if (MEDIA_TYPES.includes(mediaTypeOf(call.headers['content-type']))) done();
      else sendProblem(reply, 415, 'Events are JSON or NDJSON');
    },
    handler: (call, reply) => collect(call, reply, ports, bodyLimitBytes),
  });
  app.get(PIXEL, async (call, reply) => {
    const taken = await kept(PIXEL, ports, () => ports.collector.takeEventPixel(withHeaders(call)));
    if (taken?.outcome === 'unauthorised')
      return sendProblem(reply, 403, 'The account takes no event pixels');
    // Whoever may not be known gets the same picture: what was not kept is nobody's business but the counters'.
    return taken?.outcome === 'kept' ? sendPixel(reply) : answer(reply, taken);
  });
}

async function collect(
  call: FastifyRequest,
  reply: FastifyReply,
  ports: CollectRoutePorts,
  bodyLimitBytes: number,
): Promise<FastifyReply> {
  const sent = Buffer.isBuffer(call.body) ? call.body : Buffer.alloc(0);
  const unpacked = unpack(sent, call.headers['content-encoding'], bodyLimitBytes);
  if (!unpacked.ok) return sendProblem(reply, unpacked.status, 'The body cannot be read');
  const read = readBody(unpacked.body);
  if (!read.ok) return sendProblem(reply, 400, 'The body is not JSON', [read.fault]);
  const taken = await kept(COLLECT, ports, () =>
    ports.collector.takeEvents(read.events, read.places, bearerOf(call.headers.authorization), call.query),
  );
  return answer(reply, taken);
}

function answer(reply: FastifyReply, taken: EventsTaken | undefined): FastifyReply {
  if (!taken)
    return sendProblem(
      reply.header('retry-after', '10'),
      503,
      'The events could not be kept; send them again',
    );
  if (taken.outcome === 'unauthorised')
    return sendProblem(reply.header('www-authenticate', 'Bearer'), 401, 'The key is not the account’s');
  if (taken.outcome === 'faulty')
    return sendProblem(reply, 400, 'Nothing was kept: events have faults', taken.faults);
  const { accepted, duplicates, refused } = taken;
  return reply.code(200).send({ accepted, duplicates, refused });
}

/** A browser that objects says so in headers, whatever the page wrote into the address. */
function withHeaders(call: FastifyRequest): Readonly<Record<string, unknown>> {
  const { dnt, 'sec-gpc': gpc } = call.headers;
  return {
    ...(call.query as Readonly<Record<string, unknown>>),
    ...(dnt === '1' ? { dnt } : {}),
    ...(gpc === '1' ? { gpc } : {}),
  };
}

type Body =
  | { readonly ok: true; readonly events: readonly unknown[]; readonly places: readonly string[] }
  | { readonly ok: false; readonly fault: ProblemError };

/** One event, a list of them, or one a line. */
function readBody(body: Buffer): Body {
  const text = body.toString('utf8');
  const whole = parsed(text);
  if (whole !== undefined) {
    const events: readonly unknown[] = Array.isArray(whole.value) ? whole.value : [whole.value];
    return {
      ok: true,
      events,
      places: events.map((_, index) => (Array.isArray(whole.value) ? `[${index}]` : '')),
    };
  }
  const events: unknown[] = [];
  const places: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const one = parsed(line);
    if (!one) return { ok: false, fault: notJson(events.length === 0 ? '' : `line ${index + 1}`) };
    events.push(one.value);
    places.push(`line ${index + 1}`);
  }
  return events.length > 0 ? { ok: true, events, places } : { ok: false, fault: notJson('') };
}

function notJson(path: string): ProblemError {
  return {
    path,
    code: 'not_json',
    message: 'is not JSON',
    hint: 'As {"event": "purchase", "event_id": "e1", "user_id": "u1", "value": 39.90}, in a list, or one a line.',
  };
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

async function kept(
  route: string,
  { watch }: CollectRoutePorts,
  take: () => Promise<EventsTaken>,
): Promise<EventsTaken | undefined> {
  try {
    return await take();
  } catch (error) {
    watch.fault(route, error);
    return undefined;
  }
}
