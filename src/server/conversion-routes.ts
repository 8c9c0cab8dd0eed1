/** Reports of conversions: from the advertiser's server with its key, or from a page as a pixel. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ConversionsTaken, Learner } from '../learning/learn.ts';
import { sendPixel } from './notice-routes.ts';
import type { ProblemError } from './problem.ts';
import { sendProblem } from './problem.ts';
import { mediaTypeOf, unpack } from './wire.ts';

export interface ConversionRoutePorts {
  readonly learner: Pick<Learner, 'takeConversions' | 'takePixel'>;
  readonly watch: { fault(route: string, error: unknown): void };
}

const REPORT = '/conversion';
const PIXEL = '/conversion.gif';
/** Servers write JSON; `navigator.sendBeacon` sends text. */
const MEDIA_TYPES: readonly (string | undefined)[] = [undefined, 'application/json', 'text/plain'];

export function conversionRoutes(
  app: FastifyInstance,
  ports: ConversionRoutePorts,
  { bodyLimitBytes }: { readonly bodyLimitBytes: number },
): void {
  app.post(REPORT, {
    onRequest: (call, reply, done) => {
      if (MEDIA_TYPES.includes(mediaTypeOf(call.headers['content-type']))) done();
      else sendProblem(reply, 415, 'Reports are JSON');
    },
    handler: (call, reply) => report(call, reply, ports, bodyLimitBytes),
  });
  app.get(PIXEL, async (call, reply) => {
    const taken = await kept(PIXEL, ports, () =>
      ports.learner.takePixel(call.query as Readonly<Record<string, unknown>>),
    );
    if (!taken) return unavailable(reply);
    if (taken.faults.length > 0) return sendProblem(reply, 400, 'The report has faults', taken.faults);
    return sendPixel(reply);
  });
}

/** Sound reports count even where others of the list are at fault; the answer tells of both. */
async function report(
  call: FastifyRequest,
  reply: FastifyReply,
  ports: ConversionRoutePorts,
  bodyLimitBytes: number,
): Promise<FastifyReply> {
  const sent = Buffer.isBuffer(call.body) ? call.body : Buffer.alloc(0);
  const unpacked = unpack(sent, call.headers['content-encoding'], bodyLimitBytes);
  if (!unpacked.ok) return sendProblem(reply, unpacked.status, 'The body cannot be read');
  const parsed = parse(unpacked.body);
  if (!parsed.ok) return sendProblem(reply, 400, 'The body is not JSON', [NOT_JSON]);
  const taken = await kept(REPORT, ports, () =>
    ports.learner.takeConversions(parsed.value, bearerOf(call.headers.authorization)),
  );
  if (!taken) return unavailable(reply);
  if (taken.unauthorised)
    return sendProblem(reply.header('www-authenticate', 'Bearer'), 401, 'The key is not the action’s');
  const { accepted, duplicates, faults } = taken;
  if (accepted + duplicates === 0) return sendProblem(reply, 400, 'No report is sound', faults);
  return reply.code(200).send({ accepted, duplicates, faults });
}

const NOT_JSON: ProblemError = {
  path: '',
  code: 'not_json',
  message: 'is not JSON',
  hint: 'As {"action": "purchase", "order_id": "A-1", "value": 39.90}.',
};

async function kept(
  route: string,
  { watch }: ConversionRoutePorts,
  take: () => Promise<ConversionsTaken>,
): Promise<ConversionsTaken | undefined> {
  try {
    return await take();
  } catch (error) {
    watch.fault(route, error);
    return undefined;
  }
}

function unavailable(reply: FastifyReply): FastifyReply {
  return sendProblem(reply.header('retry-after', '10'), 503, 'The report could not be kept; send it again');
}

function parse(body: Buffer): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: JSON.parse(body.toString('utf8')) };
  } catch {
    return { ok: false };
  }
}

export function bearerOf(header: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}
