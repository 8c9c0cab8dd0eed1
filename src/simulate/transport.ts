/** The way to the bidder: over HTTP as an exchange calls it, or straight into it without a socket. */

import type { IncomingMessage } from 'node:http';
import { Agent, request as httpRequest } from 'node:http';

export interface Reply {
  /** 0 when no answer came: refused, broken off, or too late. */
  readonly status: number;
  readonly body: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Never rejects: what goes wrong on the way is status 0, with the reason as body (`timeout` for one that came too late). */
export interface Transport {
  post(
    path: string,
    body: string | Buffer,
    headers: Readonly<Record<string, string>>,
    timeoutMs?: number,
  ): Promise<Reply>;
  /** Calls an address as it stood in a bid; only its path and query count, since the bidder is where the transport leads. */
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  close(): void;
}

const BODY_BYTES_MAX = 4_000_000;
const TIMEOUT_MS = 5000;

export function httpTransport(target: string, connections = 128): Transport {
  const base = new URL(target);
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'lifo' });
  const send = (
    method: string,
    path: string,
    body: string | Buffer | undefined,
    headers: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<Reply> =>
    new Promise((resolve) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const options = {
        agent,
        method,
        path,
        host: base.hostname,
        port: base.port,
        headers: { ...headers, ...length },
      };
      const outgoing = httpRequest(options, (answer) => void readReply(answer).then(settle));
      // One timer for the whole exchange of messages: a socket's idle timeout would not see an answer that trickles.
      const timer = setTimeout(() => settle(failed('timeout')), timeoutMs);
      const settle = (reply: Reply): void => {
        clearTimeout(timer);
        if (reply.status === 0) outgoing.destroy();
        resolve(reply);
      };
      outgoing.on('error', (error) => settle(failed(error.message)));
      outgoing.end(body);
    });
  return {
    post: (path, body, headers, timeoutMs = TIMEOUT_MS) => send('POST', path, body, headers, timeoutMs),
    get: (url, headers = {}) => send('GET', pathOf(url), undefined, headers, TIMEOUT_MS),
    close: () => agent.destroy(),
  };
}

/** What a Fastify instance offers for calls without a socket. */
export interface Injectable {
  inject(call: {
    method: 'GET' | 'POST';
    url: string;
    payload?: string | Buffer;
    headers?: Record<string, string>;
  }): Promise<{ statusCode: number; payload: string; headers: Record<string, unknown> }>;
}

/** Time does not pass on the way, so nothing is ever late. */
export function injectTransport(app: Injectable): Transport {
  const reply = async (call: Parameters<Injectable['inject']>[0]): Promise<Reply> => {
    try {
      const { statusCode, payload, headers } = await app.inject(call);
      return { status: statusCode, body: payload, headers: textHeaders(headers) };
    } catch (error) {
      return failed(String(error));
    }
  };
  return {
    post: (path, body, headers) =>
      reply({ method: 'POST', url: path, payload: body, headers: { ...headers } }),
    get: (url, headers = {}) => reply({ method: 'GET', url: pathOf(url), headers: { ...headers } }),
    close: () => undefined,
  };
}

function failed(reason: string): Reply {
  return { status: 0, body: reason, headers: {} };
}

function pathOf(url: string): string {
  if (!URL.canParse(url)) return '/';
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function readReply(answer: IncomingMessage): Promise<Reply> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    answer.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= BODY_BYTES_MAX) chunks.push(chunk);
    });
    answer.on('error', (error) => resolve(failed(error.message)));
    answer.on('end', () => {
      const headers = textHeaders(answer.headers);
      resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8'), headers });
    });
  });
}

function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) texts[name] = String(value);
  return texts;
}
