/** What no exchange sends and somebody will: each is refused or passed over within bounds, and the next honest request is answered as ever. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpack } from '../../src/server/wire.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';

let engine: TestEngine;
let port: number;
const sockets: Socket[] = [];
beforeAll(async () => {
  engine = await testEngine('wide-open');
  await engine.publicApp.listen({ port: 0, host: '127.0.0.1' });
  port = (engine.publicApp.server.address() as AddressInfo).port;
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await engine.close();
});

const HONEST = { id: 'r', at: 1, tmax: 1000, imp: [{ id: '1', banner: { w: 300, h: 250 } }] };

function post(payload: string | Buffer, headers: Record<string, string> = {}) {
  return engine.publicApp.inject({
    method: 'POST',
    url: '/openrtb2/example',
    headers: { 'content-type': 'application/json', ...headers },
    payload,
  });
}

async function dial(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes back until the server closes. */
async function onTheWire(sent: string): Promise<string> {
  const socket = await dial();
  socket.write(sent);
  return text(socket).catch(() => '');
}

async function isAsEver(): Promise<void> {
  expect((await post(JSON.stringify(HONEST))).statusCode).toBe(200);
  expect(engine.faults()).toBe(0);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
}

describe('a slow client is cut off, and takes nobody with it:', () => {
  const HEAD = 'POST /openrtb2/example HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
  it.each([
    ['one that never ends its headers', HEAD],
    ['one that never sends its body', `${HEAD}Content-Length: 100\r\n\r\n{`],
    ['one that never ends its chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`],
  ])('%s', async (_, sent) => {
    const told = onTheWire(sent);
    await isAsEver();
    expect(await told).toMatch(/^HTTP\/1\.1 408 |^$/);
  });

  it('one that sends its headers a byte at a time', async () => {
    const socket = await dial();
    const closed = once(socket, 'close');
    socket.resume().write('GET /status HTTP/1.1\r\nx: ');
    const drip = setInterval(() => socket.write('y'), 200);
    await closed;
    clearInterval(drip);
    await isAsEver();
  });

  it('one that asks and asks and never reads', async () => {
    const socket = await dial();
    socket.pause();
    const body = JSON.stringify(HONEST);
    const asked = `POST /openrtb2/example HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    socket.write(asked.repeat(200));
    await isAsEver();
    socket.destroy();
  });
});

describe('a request that two servers would read differently is read by none:', () => {
  const head = (lines: string, target = '/openrtb2/example'): string =>
    `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${lines}`;
  const INSIDE = 'GET /status HTTP/1.1\r\nHost: b\r\n\r\n';
  it.each([
    [
      'chunks and a length',
      head(`Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${INSIDE}`),
    ],
    [
      'a length and chunks',
      head(`Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${INSIDE}`),
    ],
    ['two lengths', head(`Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}${INSIDE}`)],
    ['a list of lengths', head(`Content-Length: 2, 9\r\n\r\n{}${INSIDE}`)],
    ['a length with a sign', head(`Content-Length: +2\r\n\r\n{}${INSIDE}`)],
    ['a length in hexadecimal', head(`Content-Length: 0x2\r\n\r\n{}${INSIDE}`)],
    ['a space before the colon', head(`Content-Length : 2\r\n\r\n{}${INSIDE}`)],
    ['a folded header', head(`Transfer-Encoding:\r\n chunked\r\nContent-Length: 2\r\n\r\n{}${INSIDE}`)],
    ['chunks that are none', head(`Transfer-Encoding: xchunked\r\n\r\n{}${INSIDE}`)],
    ['chunks that are not last', head(`Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${INSIDE}`)],
    ['a chunk length that overflows', head('Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}')],
    ['lines ended by LF alone', `GET /status HTTP/1.1\nHost: a\n\n${INSIDE}`],
    ['a header with a NUL', head(`X: a\0b\r\nContent-Length: 2\r\n\r\n{}${INSIDE}`)],
  ])('%s', async (_, sent) => {
    const told = await onTheWire(sent);
    // One refusal at the most, and what was hidden behind is not answered.
    expect(told.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    await isAsEver();
  });
});

describe('a body that is small and becomes large is refused, packed', () => {
  const ZEROS = Buffer.alloc(64 * 2 ** 20);
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])(
    'by %s, once and twice',
    async (coding, pack) => {
      const once = pack(ZEROS);
      // 64 MB of zeros are no JSON either; that they were not unpacked first shows here alone.
      expect(unpack(once, coding, 128 * 2 ** 20).ok).toBe(false);
      for (const [payload, codings] of [
        [once, coding],
        [pack(once), `${coding}, ${coding}`],
      ] as const)
        expect((await post(payload, { 'content-encoding': codings })).statusCode).toBe(400);
      expect((await post(once, { 'content-encoding': Array(9).fill(coding).join(',') })).statusCode).toBe(
        400,
      );
      await isAsEver();
    },
    60_000,
  );
});

describe('a body of strange shape meets 200, 204 or 400, and changes nothing behind it:', () => {
  const within = (member: string): string => JSON.stringify(HONEST).replace(/}$/, `,${member}}`);
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  it.each([
    ['deep lists', nested(50_000)],
    ['deep lists in ext', within(`"ext":${nested(20_000)}`)],
    ['deep objects in ext', within(`"ext":${'{"a":'.repeat(8000)}1${'}'.repeat(8000)}`)],
    ['__proto__ on top', within('"__proto__":{"polluted":1}')],
    ['__proto__ in ext', within('"ext":{"__proto__":{"polluted":1}}')],
    ['__proto__ spelled with escapes', within('"ext":{"\\u005f_proto__":{"polluted":1}}')],
    ['constructor.prototype', within('"constructor":{"prototype":{"polluted":1}}')],
    [
      'hasOwnProperty and toString as values',
      within('"hasOwnProperty":1,"toString":{},"user":{"valueOf":1}'),
    ],
    ['numbers beyond all bounds', within('"tmax":1e999,"at":-1e308')],
    ['a number of 10,000 digits', within(`"tmax":${'9'.repeat(10_000)}`)],
    [
      'a thousand impressions',
      JSON.stringify({
        ...HONEST,
        imp: Array.from({ length: 1000 }, (_, n) => ({ ...HONEST.imp[0], id: String(n) })),
      }),
    ],
    ['the same key twice', within('"imp":[],"imp":[{"id":"1","banner":{"w":300,"h":250}}]')],
    ['lone surrogates and NUL in ids', within('"site":{"domain":"\\u0000\\ud800"}')],
    [
      'keys that fall on one place',
      within(`"ext":{${Array.from({ length: 5000 }, (_, n) => `"${n * 65_537}":1`).join()}}`),
    ],
  ])('%s', async (_, body) => {
    const answer = await post(body);
    expect([200, 204, 400]).toContain(answer.statusCode);
    await isAsEver();
  });
});

describe('the media type cannot be spelled around the decoder:', () => {
  it.each([
    'application/json\t',
    'APPLICATION/JSON; charset=utf-7',
    'application/json;;',
    'application/json, text/html',
    'application/json\u0020;a=b',
    'multipart/form-data; boundary=x',
    ' ',
    '__proto__',
  ])('%j', async (type) => {
    const bad = await post('{"id":', { 'content-type': type });
    expect(bad.statusCode).toBe(400);
    const answer = await post('{"id":"r","imp":"none"}', { 'content-type': type });
    expect(answer.statusCode).toBe(400);
    await isAsEver();
  });
});
