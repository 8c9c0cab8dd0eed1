/** Spans of a real bidder over a real socket, by the file that is shipped, into a tracer of the few methods that it takes. */
import { execFileSync } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
// @ts-expect-error: shipped as plain JavaScript, for it is loaded before anything else.
import { recordSpans } from '../../deploy/opentelemetry/spans.mjs';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';

interface Span {
  readonly name: string;
  readonly options: {
    readonly kind: number;
    readonly startTime: number;
    readonly attributes: Record<string, unknown>;
  };
  status?: unknown;
  endMs?: number;
}

function tracer() {
  const spans: Span[] = [];
  return {
    spans,
    startSpan: (name: string, options: Span['options']) => {
      const span: Span = { name, options };
      spans.push(span);
      return {
        setStatus: (status: unknown) => {
          span.status = status;
        },
        end: (endMs: number) => {
          span.endMs = endMs;
        },
      };
    },
  };
}

let engine: TestEngine | undefined;
let stop: (() => void) | undefined;
afterEach(async () => {
  stop?.();
  stop = undefined;
  await engine?.close();
  engine = undefined;
});

async function bidder(): Promise<(body: string, path?: string) => Promise<number>> {
  engine = await testEngine('wide-open');
  await engine.publicApp.listen({ port: 0, host: '127.0.0.1' });
  const { port } = engine.publicApp.server.address() as AddressInfo;
  return async (body, path = '/openrtb2/example') => {
    const headers = { 'content-type': 'application/json', connection: 'close' };
    return (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })).status;
  };
}

const BID = JSON.stringify({
  id: 'canary-request',
  at: 1,
  tmax: 5000,
  imp: [{ id: '1', banner: { w: 300, h: 250 } }],
  user: { id: 'canary-user' },
  device: { ip: '203.0.113.77' },
});

describe('traces', () => {
  it('are spans of what happened, with nobody in them', async () => {
    const send = await bidder();
    // The first request of a process may be answered later than exchanges wait, on a busy machine.
    for (let tries = 0; tries < 100 && (await send(BID)) !== 200; tries++);
    const to = tracer();
    stop = recordSpans(to, { every: 1 });
    expect([await send(BID), await send('{'), await send('', '/conversion')]).toEqual([200, 400, 400]);
    while (to.spans.filter(({ options }) => options.kind === 1).length < 3)
      await new Promise((resolve) => setImmediate(resolve));
    const bids = to.spans.filter(({ name }) => name === 'bid');
    expect(bids.map(({ options: { attributes } }) => attributes)).toEqual([
      { 'bidwright.exchange': 'example', 'bidwright.bids': 1 },
      {
        'bidwright.exchange': 'example',
        'bidwright.bids': 0,
        'bidwright.no_bid_reason': 'malformed_request',
      },
    ]);
    // Told when a response is closed, which may come after the next one's.
    const served = to.spans
      .filter(({ options }) => options.kind === 1)
      .sort((a, b) => Number(a.options.startTime) - Number(b.options.startTime));
    expect(
      served.map(({ name, options }) => [name, options.attributes['http.response.status_code']]),
    ).toEqual([
      ['POST /openrtb2/:exchangeId', 200],
      ['POST /openrtb2/:exchangeId', 400],
      ['POST /conversion', 400],
    ]);
    for (const { options, endMs } of to.spans) expect(endMs).toBeGreaterThanOrEqual(options.startTime);
    for (const secret of ['canary', '203.0.113']) expect(JSON.stringify(to.spans)).not.toContain(secret);
  });

  it('are one in so many, and of what failed all', async () => {
    const to = tracer();
    stop = recordSpans(to, { every: 10 });
    const http = channel('bidwright:http');
    for (let each = 0; each < 100; each++)
      http.publish({ route: '/x', method: 'GET', status: each === 55 ? 503 : 200, startMs: 1, endMs: 2 });
    expect(to.spans).toHaveLength(11);
    expect(to.spans.filter(({ status }) => status !== undefined)).toHaveLength(1);
  });

  it('cost nothing while nobody listens: nothing is published', async () => {
    expect([channel('bidwright:http').hasSubscribers, channel('bidwright:bid').hasSubscribers]).toEqual([
      false,
      false,
    ]);
    const send = await bidder();
    const to = tracer();
    recordSpans(to, { every: 1 })();
    expect(await send(BID)).toBe(200);
    expect(to.spans).toEqual([]);
  });

  it('are taken from before the program begins, by --import', () => {
    const root = join(import.meta.dirname, '../..');
    const hook = `data:text/javascript,${encodeURIComponent(
      `import { recordSpans } from '${new URL('../../deploy/opentelemetry/spans.mjs', import.meta.url)}';
       recordSpans({ startSpan: (name) => ({ setStatus() {}, end() { console.log('span', name); } }) }, { every: 1 });`,
    )}`;
    const program = `import { traceBid } from '${new URL('../../src/server/trace.ts', import.meta.url)}'; traceBid('example', undefined, 1, 0.001);`;
    const said = execFileSync(process.execPath, ['--import', hook, '--input-type=module', '-e', program], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(said.trim()).toBe('span bid');
  });
});
