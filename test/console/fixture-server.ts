/** A made-up bidder behind the built console: enough answers to look at the page without an engine. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { audiencesAt, overlap, reachAt } from './fixture-audiences.ts';
import { budgetsAt, explanation, funnelAt, HOSTILE, overviewAt } from './fixture-book.ts';
import { creativesOf, pairs, withWhom } from './fixture-creatives.ts';
import { ALERTS, CHANGES, editable } from './fixture-news.ts';

const EDITABLE = /^\/api\/v1\/(?:campaigns|line-items)\/[^/]+$/;
const PAGES = join(import.meta.dirname, '../../dist/console');
const KINDS: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
export const STRICT_POLICY = "default-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'";

export interface Fixture {
  readonly url: string;
  /** Breaks off every open stream, as a restart does. */
  breakStreams(): void;
  /** Answers 401 from now on. */
  endSession(): void;
  close(): Promise<void>;
}

/** `stepMs`: how often the figures move on. */
export async function startFixture(port = 0, firstStep = 0, stepMs = 1000): Promise<Fixture> {
  let step = firstStep;
  let signedIn = true;
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', STRICT_POLICY);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fixture');
    if (!pathname.startsWith('/api/')) return sendPage(pathname, response);
    if (!signedIn) return sendJson(response, { title: 'No session', status: 401 }, 401);
    switch (pathname) {
      case '/api/v1/overview':
        return sendJson(response, overviewAt(step));
      case '/api/v1/session':
        return sendJson(response, { who: HOSTILE, role: 'admin' });
      case '/api/v1/funnel':
        return sendJson(response, funnelAt(step, searchParams.get('line_item') ?? ''));
      case '/api/v1/audiences':
        return sendJson(response, audiencesAt(overviewAt(step).now));
      case '/api/v1/audiences/reach':
        return sendJson(response, reachAt(overviewAt(step).now));
      case '/api/v1/audiences/overlap':
        return sendJson(response, overlap());
      case '/api/v1/steering':
        return sendJson(response, { lineItems: [] });
      case '/api/v1/budgets':
        return sendJson(response, budgetsAt(step));
      case '/api/v1/explain':
        return void explain(request, response);
      case '/api/v1/what-if':
        return sendJson(response, { sampled: { requests: 0 }, lines: [] });
      case '/api/v1/events':
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
        streams.add(response);
        request.on('close', () => streams.delete(response));
        return undefined;
      case '/api/v1/alerts':
        return sendJson(response, { nowMs: 0, items: ALERTS });
      case '/api/v1/changes':
        return sendJson(response, { items: CHANGES, next: null });
      default:
        if (EDITABLE.test(pathname)) return sendJson(response, editable(pathname.split('/').at(-1)!));
        return sendCreatives(pathname, response);
    }
  });
  const heart = setInterval(() => {
    step += 1;
    const text = `data: ${JSON.stringify(overviewAt(step))}\n\n`;
    for (const stream of streams) stream.write(text);
  }, stepMs);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    breakStreams: () => {
      for (const stream of streams) stream.destroy();
    },
    endSession: () => {
      signedIn = false;
    },
    close: () => {
      clearInterval(heart);
      return closed(server);
    },
  };
}

function sendCreatives(pathname: string, response: ServerResponse): void {
  const [lineItemId, part] = pathname.replace('/api/v1/line-items/', '').split('/creatives');
  if (part === '') return sendJson(response, creativesOf(decodeURIComponent(lineItemId ?? '')));
  if (part === '/with-whom') return sendJson(response, withWhom());
  if (part?.endsWith('/pairs')) return sendJson(response, pairs());
  return sendJson(response, { title: 'Not found', status: 404 }, 404);
}

async function explain(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const asked = JSON.parse(Buffer.concat(chunks).toString()) as {
    exchange: string;
    request: { id?: string };
  };
  if (asked.exchange !== 'example') {
    const problem = {
      title: 'Unknown exchange',
      status: 404,
      detail: `There is no exchange ${asked.exchange}.`,
    };
    return sendJson(response, problem, 404);
  }
  sendJson(response, explanation(asked.request.id ?? ''));
}

function sendPage(pathname: string, response: ServerResponse): void {
  const path = join(PAGES, normalize(pathname === '/' ? '/index.html' : pathname));
  try {
    const bytes = readFileSync(path);
    response.writeHead(200, { 'content-type': KINDS[extname(path)] ?? 'application/octet-stream' });
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
