import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import type { HandDoor } from './public-ports.ts';
import { BODY_LIMIT_BYTES, handDoor } from './public-ports.ts';

const doors: HandDoor[] = [];
function open(more: Parameters<typeof handDoor>[0] = {}): HandDoor {
  const door = handDoor(more);
  doors.push(door);
  return door;
}
afterEach(async () => {
  for (const { app } of doors.splice(0)) await app.close();
});

type Headers = Record<string, string>;

function post(door: HandDoor, payload: string | Buffer, headers: Headers = {}, exchange = 'example') {
  return door.app.inject({ method: 'POST', url: `/openrtb2/${exchange}`, headers, payload });
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('the bid address', () => {
  it.each([
    ['application/json', 204],
    ['application/json;charset=utf-8', 204],
    ['Application/JSON; charset=UTF-8', 204],
    [' application/json ; charset="utf-8"; q=1', 204],
    ['text/plain', 415],
    ['application/x-protobuf', 415],
    ['application/json, application/json', 415],
    ['application/jsonx', 415],
    ['application', 415],
    ['*/*', 415],
  ])('takes %j with %i', async (type, status) => {
    const door = open();
    const answer = await post(door, '{"id":"1"}', { 'content-type': type });
    expect([answer.statusCode, answer.body]).toEqual([status, '']);
    expect(door.decided).toEqual(status === 204 ? ['example {"id":"1"}'] : []);
  });

  it('takes a body without a media type for the exchange’s own', async () => {
    const door = open();
    expect((await post(door, Buffer.from('{}'))).statusCode).toBe(204);
    expect((await post(door, Buffer.from('{}'), { 'content-type': '' })).statusCode).toBe(204);
    expect((await post(door, Buffer.from([8, 1]), {}, 'binary')).statusCode).toBe(204);
    expect(
      (await post(door, Buffer.from([8, 1]), { 'content-type': 'application/x-protobuf' }, 'binary'))
        .statusCode,
    ).toBe(204);
    expect(door.decided).toHaveLength(4);
  });

  it('of an exchange that is not configured is 404 without content', async () => {
    const door = open();
    for (const [exchange, status] of [
      ['nobody', 404],
      ['..%2f..%2fetc', 404],
      ['x'.repeat(100), 400],
      ['%ff', 400],
    ] as const) {
      const answer = await post(door, '{}', JSON_TYPE, exchange);
      expect([exchange, answer.statusCode, answer.body]).toEqual([exchange, status, '']);
    }
    expect(door.decided).toEqual([]);
  });

  it('hands on an empty body, for the dialect to refuse', async () => {
    const door = open({
      answerBid: async (_, body) => ({ status: body.length === 0 ? 400 : 204, version: '2.6' }),
    });
    const answer = await door.app.inject({ method: 'POST', url: '/openrtb2/example' });
    expect([answer.statusCode, answer.body, answer.headers['x-openrtb-version']]).toEqual([400, '', '2.6']);
  });

  it('refuses what is too large, before and after unpacking', async () => {
    const door = open();
    const big = Buffer.alloc(BODY_LIMIT_BYTES + 1, 32);
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect((await post(door, big, JSON_TYPE)).statusCode).toBe(413);
    expect((await post(door, gzipSync(big), { ...JSON_TYPE, 'content-encoding': 'gzip' })).statusCode).toBe(
      413,
    );
    expect(
      (await post(door, bomb.subarray(0, BODY_LIMIT_BYTES), { ...JSON_TYPE, 'content-encoding': 'gzip' }))
        .statusCode,
    ).toBe(413);
    expect(door.decided).toEqual([]);
  });

  it.each(['gzip', 'GZIP', 'x-gzip', undefined])('unpacks gzip that is announced as %s', async (encoding) => {
    const door = open();
    const headers = encoding === undefined ? JSON_TYPE : { ...JSON_TYPE, 'content-encoding': encoding };
    expect((await post(door, gzipSync('{"id":"packed"}'), headers)).statusCode).toBe(204);
    expect(door.decided).toEqual(['example {"id":"packed"}']);
  });

  it.each([
    ['truncated', gzipSync('{"id":"1"}').subarray(0, 15), 'gzip', 400],
    [
      'corrupt',
      Buffer.concat([gzipSync('{}').subarray(0, 10), Buffer.from('no deflate stream')]),
      'gzip',
      400,
    ],
    ['not gzip at all', Buffer.from('{"id":"1"}'), 'gzip', 400],
    ['deflate', deflateSync('{}'), 'deflate', 415],
    ['brotli', Buffer.from('{}'), 'br', 415],
    ['zstd', Buffer.from('{}'), 'zstd', 415],
    ['gzip in gzip', gzipSync(gzipSync('{}')), 'gzip, gzip', 415],
  ])('refuses a body that is %s', async (_, body, encoding, status) => {
    const door = open();
    const answer = await post(door, body, { ...JSON_TYPE, 'content-encoding': encoding });
    expect([answer.statusCode, answer.body, door.decided]).toEqual([status, '', []]);
  });

  it('packs an answer that is worth it, for those who take gzip', async () => {
    const body = Buffer.from(JSON.stringify({ id: 'x'.repeat(2000) }));
    const door = open({
      answerBid: async () => ({ status: 200, body, contentType: 'application/json', version: '2.6' }),
    });
    for (const accepts of ['gzip', 'deflate, GZIP;q=0.5', '*', 'br;q=1.0, gzip;q=0.8, *;q=0.1']) {
      const answer = await post(door, '{}', { ...JSON_TYPE, 'accept-encoding': accepts });
      expect([accepts, answer.headers['content-encoding']]).toEqual([accepts, 'gzip']);
      expect(gunzipSync(answer.rawPayload)).toEqual(body);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json',
        'x-openrtb-version': '2.6',
      });
    }
    for (const accepts of ['', 'br', 'gzip;q=0', 'identity, *;q=0', '*;q=0.5, gzip;q=0']) {
      const answer = await post(door, '{}', { ...JSON_TYPE, 'accept-encoding': accepts });
      expect([accepts, answer.headers['content-encoding'], answer.rawPayload.equals(body)]).toEqual([
        accepts,
        undefined,
        true,
      ]);
    }
    const small = open({ answerBid: async () => ({ status: 200, body: Buffer.from('{}'), version: '2.5' }) });
    const answer = await post(small, '{}', { ...JSON_TYPE, 'accept-encoding': 'gzip' });
    expect([answer.headers['content-encoding'], answer.headers['x-openrtb-version'], answer.body]).toEqual([
      undefined,
      '2.5',
      '{}',
    ]);
  });

  it('answers trouble of ours with 204, counted', async () => {
    const door = open({ answerBid: () => Promise.reject(new Error('broken')) });
    const answer = await post(door, '{}', JSON_TYPE);
    expect([answer.statusCode, answer.body, door.faults]).toEqual([204, '', ['/openrtb2/:exchangeId']]);
  });

  it('is for POST alone, and answers no 5xx whatever comes', async () => {
    const door = open();
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'] as const)
      expect((await door.app.inject({ method, url: '/openrtb2/example' })).statusCode).toBe(404);
    const seed = 20261123;
    const random = seededRandom(seed);
    const headers = ['content-type', 'content-encoding', 'accept-encoding', 'x-openrtb-version', 'expect'];
    const values = [
      '',
      'gzip',
      'application/json',
      '\u00ff',
      ';;;',
      'a/b;c',
      'x'.repeat(3000),
      '\t',
      'identity',
      '*/*',
      '__proto__',
    ];
    for (let round = 0; round < 300; round++) {
      const pick = <Item>(list: readonly Item[]): Item => list[Math.floor(random.next() * list.length)]!;
      const sent = Object.fromEntries([0, 1].map(() => [pick(headers), pick(values)]));
      const body = Buffer.from(Array.from({ length: random.uint32() % 200 }, () => random.uint32() & 255));
      const { statusCode } = await post(door, body, sent);
      expect([200, 204, 400, 404, 413, 415], `seed ${seed}, round ${round}`).toContain(statusCode);
    }
  });
});

describe('the public door', () => {
  it('answers an exchange’s probe', async () => {
    expect((await open().app.inject('/status')).statusCode).toBe(204);
  });

  it('asks callers to connect elsewhere once it is drained, and counts those inside', async () => {
    const door = open();
    expect((await post(door, '{}', JSON_TYPE)).headers.connection).not.toBe('close');
    door.drain.begin();
    expect((await post(door, '{}', JSON_TYPE)).headers.connection).toBe('close');
    expect(door.drain.open).toBe(0);
    await door.drain.idle();
  });

  it('tells the watch the route, not the address', async () => {
    const door = open();
    await post(door, '{}', JSON_TYPE);
    await door.app.inject('/secret/path');
    expect(door.answered).toEqual(['POST /openrtb2/:exchangeId 204', 'GET other 404']);
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', '400'],
    [
      'two lengths',
      'POST /openrtb2/example HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
      '400',
    ],
    [
      'length and chunks',
      'POST /openrtb2/example HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}',
      '400',
    ],
    ['headers without end', `GET /status HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(9000)}\r\n\r\n`, '431'],
    [
      'a bad address',
      'POST /openrtb2/%E0%A4%A HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
      '400',
    ],
  ])('refuses %s on the wire, without content', async (_, sent, status) => {
    const door = open();
    await door.app.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect((door.app.server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(sent);
    const answer = await text(socket);
    expect(answer.split(' ')[1]).toBe(status);
    expect(answer.split('\r\n\r\n')[1]).toBe('');
    expect(door.decided).toEqual([]);
  });

  it('keeps a connection through many requests, macros of the address untouched', async () => {
    const door = open();
    await door.app.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect((door.app.server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    const notice = 'GET /n/bill?t=a&p=${AUCTION_PRICE} HTTP/1.1\r\nHost: a\r\n\r\n';
    socket.write(notice.repeat(2) + notice.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect((await text(socket)).match(/HTTP\/1.1 204/g)).toHaveLength(3);
    expect(door.app.server.keepAliveTimeout).toBeGreaterThanOrEqual(150_000);
    expect(door.app.server.maxRequestsPerSocket ?? 0).toBe(0);
  });
});
