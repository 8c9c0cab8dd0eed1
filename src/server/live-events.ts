/** `GET /api/v1/events`: the overview every second, as server-sent events. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.ts';

const EVERY_MS = 1000;
const STREAMS_MAX = 50;

/** `read` failing once is no end of a stream: the next second may know better. */
export function liveEvents(
  app: FastifyInstance,
  path: string,
  read: () => Promise<unknown>,
  onFault: (error: unknown) => void,
): void {
  const streams = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | undefined;

  const push = async (targets: Iterable<ServerResponse>): Promise<void> => {
    try {
      const line = `data: ${JSON.stringify(await read())}\n\n`;
      // A reader who has not taken the last one yet gets none on top of it.
      for (const stream of targets) if (stream.writable && !stream.writableNeedDrain) stream.write(line);
    } catch (error) {
      onFault(error);
    }
  };
  const close = (stream: ServerResponse): void => {
    streams.delete(stream);
    if (streams.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  app.get(
    path,
    { schema: { summary: 'The overview every second, as server-sent events.' } },
    (request, reply) => {
      if (streams.size >= STREAMS_MAX) {
        sendProblem(reply, 503, 'Too many are listening');
        return;
      }
      reply.hijack();
      const stream = reply.raw;
      // A hijacked answer takes its headers along, the security headers of the door among them.
      stream.writeHead(200, {
        ...(reply.getHeaders() as OutgoingHttpHeaders),
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      streams.add(stream);
      request.raw.once('close', () => close(stream));
      timer ??= setInterval(() => void push(streams), EVERY_MS);
      void push([stream]);
    },
  );
  // An open stream would keep the door from ever closing.
  app.addHook('preClose', (done) => {
    for (const stream of [...streams]) {
      stream.end();
      close(stream);
    }
    done();
  });
}
