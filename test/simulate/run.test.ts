import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpTransport, injectTransport } from '../../src/simulate/transport.ts';

const ENTRY = fileURLToPath(new URL('../../src/simulate/run.ts', import.meta.url));

async function serve(answer: RequestListener): Promise<{ url: string; sockets: () => number }> {
  const server = createServer(answer);
  let sockets = 0;
  server.on('connection', () => sockets++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets: () => sockets };
}

describe('the simulator as a process', () => {
  it('sends traffic, prints its book every second as JSON, and ends when told to', async () => {
    const bodies: string[] = [];
    const { url } = await serve((request, reply) => {
      bodies.push(request.url ?? '');
      request.resume();
      reply.writeHead(204).end();
    });
    const child = spawn(
      process.execPath,
      [
        ENTRY,
        '--target',
        url,
        '--rate',
        '50',
        '--speed',
        '60',
        '--seed',
        '3',
        '--start',
        '1795000000000',
        '--action',
        'a=b',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: Record<string, number>[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(JSON.parse(line));
      if (lines.length === 2) break;
    }
    const [, last] = lines;
    for (const key of [
      'requestsPerSecond',
      'requests',
      'bids',
      'wins',
      'billed',
      'spendMicros',
      'clicks',
      'conversions',
      'errors',
      'latencyP50Ms',
      'latencyP99Ms',
    ])
      expect(last?.[key], key).toBeTypeOf('number');
    expect(last?.requests).toBeGreaterThan(30);
    expect(last?.errors).toBe(0);
    expect(bodies.every((path) => path === '/openrtb2/example')).toBe(true);
    child.kill('SIGTERM');
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect([code, signal]).toEqual([0, null]);
  });

  it('says what is wrong with its arguments', async () => {
    const child = spawn(process.execPath, [ENTRY, '--rate', 'many'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    const [code] = (await once(child, 'close')) as [number];
    expect(code).not.toBe(0);
    expect(complaint).toContain('--rate');
  });
});

describe('transport over HTTP', () => {
  it('keeps its connection, and calls addresses of any host at the bidder', async () => {
    const seen: string[] = [];
    const { url, sockets } = await serve((request, reply) => {
      seen.push(`${request.method} ${request.url}`);
      reply.writeHead(302, { location: 'https://shop.example/?bwclid=1' }).end('x');
    });
    const transport = httpTransport(url);
    onTestFinished(() => transport.close());
    const first = await transport.get('https://bidder.example/t/click?t=1');
    const second = await transport.post('/openrtb2/example', '{}', { 'content-type': 'application/json' });
    expect(first).toMatchObject({
      status: 302,
      body: 'x',
      headers: { location: 'https://shop.example/?bwclid=1' },
    });
    expect(second.status).toBe(302);
    expect(seen).toEqual(['GET /t/click?t=1', 'POST /openrtb2/example']);
    expect(sockets()).toBe(1);
  });

  it('gives status 0 for what is refused and for what is too late', async () => {
    const { url } = await serve(() => undefined);
    const silent = httpTransport(url);
    const nobody = httpTransport('http://127.0.0.1:1');
    onTestFinished(() => {
      silent.close();
      nobody.close();
    });
    expect(await silent.post('/openrtb2/example', '{}', {}, 30)).toMatchObject({
      status: 0,
      body: 'timeout',
    });
    expect((await nobody.get('http://x.example/')).status).toBe(0);
  });
});

describe('transport without a socket', () => {
  it('hands calls over, and makes a failure status 0', async () => {
    const calls: unknown[] = [];
    const transport = injectTransport({
      inject: async (call) => {
        calls.push(call);
        if (call.method === 'GET') throw new Error('closed');
        return { statusCode: 204, payload: '', headers: { 'x-n': 7 } };
      },
    });
    expect(await transport.post('/conversion', '{}', { a: 'b' })).toEqual({
      status: 204,
      body: '',
      headers: { 'x-n': '7' },
    });
    expect((await transport.get('https://bidder.example/t/imp?t=1')).status).toBe(0);
    expect(calls).toEqual([
      { method: 'POST', url: '/conversion', payload: '{}', headers: { a: 'b' } },
      { method: 'GET', url: '/t/imp?t=1', headers: {} },
    ]);
  });
});
