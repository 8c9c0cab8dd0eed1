import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
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
    ['application/json', 'json'],
    ['application/json;charset=utf-8', 'json'],
    ['Application/JSON; charset=UTF-8', 'json'],
    [' application/json ; charset="utf-8"; q=1', 'json'],
    ['application/json, application/json', 'json'],
    ['application/openrtb+json', 'json'],
    ['text/json', 'json'],
    ['application/x-protobuf', 'protobuf'],
    ['application/vnd.google.protobuf; messageType=BidRequest', 'protobuf'],
    ['application/protobuf', 'protobuf'],
    ['application/openrtb+protobuf', 'protobuf'],
    ['application/octet-stream', 'of the profile'],
    ['text/plain', 'of the profile'],
    ['text/plain; charset=utf-8', 'of the profile'],
    ['application/x-www-form-urlencoded', 'of the profile'],
    ['avro/binary', 'of the profile'],
    ['application', 'of the profile'],
    ['*/*', 'of the profile'],
    [';;;', 'of the profile'],
    ['', 'of the profile'],
    [undefined, 'of the profile'],
  ])('reads a body of type %j as %s', async (type, format) => {
    const door = open();
    const headers: Headers = type === undefined ? {} : { 'content-type': type };
    const named = (profile: string): string => `openrtb-${format === 'of the profile' ? profile : format}`;
    for (const exchange of ['example', 'binary', 'only-json', 'only-binary'])
      await post(door, Buffer.from('{}'), headers, exchange);
    const expected = [`example ${named('json')} {}`, `binary ${named('protobuf')} {}`];
    if (format !== 'protobuf') expected.push('only-json openrtb-json {}');
    if (format !== 'json') expected.push('only-binary openrtb-protobuf {}');
    expect(door.decided).toEqual(expected);
  });

  it('refuses the other format where a profile takes one alone', async () => {
    const door = open();
    for (const [exchange, type] of [
      ['only-json', 'application/x-protobuf'],
      ['only-binary', 'application/json'],
    ] as const) {
      const answer = await post(door, '{}', { 'content-type': type }, exchange);
      expect([answer.statusCode, answer.body, door.decided]).toEqual([400, '', []]);
    }
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
    for (const [body, encoding] of [
      [big, 'identity'],
      [gzipSync(big), 'gzip'],
      [bomb.subarray(0, BODY_LIMIT_BYTES), 'gzip'],
    ] as const) {
      const answer = await post(door, body, { ...JSON_TYPE, 'content-encoding': encoding });
      expect([answer.statusCode, answer.body]).toEqual([400, '']);
    }
    expect(door.decided).toEqual([]);
  });

  const PACKED = '{"id":"packed"}';
  it.each([
    ['gzip', gzipSync(PACKED)],
    ['GZIP', gzipSync(PACKED)],
    ['x-gzip', gzipSync(PACKED)],
    [undefined, gzipSync(PACKED)],
    ['identity', gzipSync(PACKED)],
    ['', gzipSync(PACKED)],
    ['identity', Buffer.from(PACKED)],
    ['deflate', deflateSync(PACKED)],
    ['deflate', deflateRawSync(PACKED)],
    ['br', brotliCompressSync(PACKED)],
    ['zstd', zstdCompressSync(PACKED)],
    ['gzip, gzip', gzipSync(gzipSync(PACKED))],
    ['deflate,identity , zstd', zstdCompressSync(deflateSync(PACKED))],
  ])('unpacks a body that is announced as %s', async (encoding, body) => {
    const door = open();
    const headers = encoding === undefined ? JSON_TYPE : { ...JSON_TYPE, 'content-encoding': encoding };
    expect((await post(door, body, headers)).statusCode).toBe(204);
    expect(door.decided).toEqual([`example openrtb-json ${PACKED}`]);
  });

  it.each([
    ['truncated', gzipSync('{"id":"1"}').subarray(0, 15), 'gzip'],
    ['truncated brotli', brotliCompressSync('{"id":"1"}').subarray(0, 9), 'br'],
    ['truncated zstd', zstdCompressSync('{"id":"1"}').subarray(0, 15), 'zstd'],
    ['corrupt', Buffer.concat([gzipSync('{}').subarray(0, 10), Buffer.from('no deflate stream')]), 'gzip'],
    ['not gzip at all', Buffer.from('{"id":"1"}'), 'gzip'],
    ['gzip, though called brotli', gzipSync('{}'), 'br'],
    ['empty, though called zstd', Buffer.alloc(0), 'zstd'],
    ['of a coding nobody knows', Buffer.from('{}'), 'snappy'],
    ['in gzip and something unknown', gzipSync('{}'), 'lz4, gzip'],
    ['packed four times', gzipSync(gzipSync(gzipSync(gzipSync('{}')))), 'gzip, gzip, gzip, gzip'],
    ['of a coding with the name of a property', Buffer.from('{}'), '__proto__'],
  ])('refuses a body that is %s', async (_, body, encoding) => {
    const door = open();
    const answer = await post(door, body, { ...JSON_TYPE, 'content-encoding': encoding });
    expect([answer.statusCode, answer.body, door.decided]).toEqual([400, '', []]);
  });

  it('packs an answer that is worth it, for those who take gzip', async () => {
    const body = Buffer.from(JSON.stringify({ id: 'x'.repeat(2000) }));
    const door = open({
      answerBid: async () => ({ status: 200, body, contentType: 'application/json', version: '2.6' }),
    });
    for (const [accepts, packed] of [
      ['gzip', 'gzip'],
      ['deflate, GZIP;q=0.5', 'gzip'],
      ['*', 'gzip'],
      ['x-gzip', 'gzip'],
      ['gzip, deflate, br, zstd', 'gzip'],
      ['br', 'br'],
      ['zstd', 'zstd'],
      ['br;q=1.0, gzip;q=0.8, *;q=0.1', 'br'],
      ['gzip;q=0.9, zstd', 'zstd'],
      ['zstd;q=0.5, br;q=0.5, gzip;q=0', 'zstd'],
      ['identity;q=0.5, gzip;q=0.5', 'gzip'],
      ['', undefined],
      ['deflate', undefined],
      ['gzip;q=0', undefined],
      ['gzip;q=x', undefined],
      ['identity, *;q=0', undefined],
      ['identity, gzip;q=0.5', undefined],
      ['*;q=0.5, gzip;q=0', undefined],
    ] as const) {
      const answer = await post(door, '{}', { ...JSON_TYPE, 'accept-encoding': accepts });
      expect([accepts, answer.headers['content-encoding']]).toEqual([accepts, packed]);
      const unpacked =
        packed === 'gzip'
          ? gunzipSync(answer.rawPayload)
          : packed === 'br'
            ? brotliDecompressSync(answer.rawPayload)
            : packed === 'zstd'
              ? zstdDecompressSync(answer.rawPayload)
              : answer.rawPayload;
      expect(unpacked).toEqual(body);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json',
        'x-openrtb-version': '2.6',
      });
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
    const names = ['content-type', 'content-encoding', 'accept-encoding', 'x-openrtb-version', 'expect'];
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
      const sent = Object.fromEntries([0, 1].map(() => [pick(names), pick(values)]));
      const body = Buffer.from(Array.from({ length: random.uint32() % 200 }, () => random.uint32() & 255));
      const { statusCode } = await post(door, body, sent);
      expect([204, 400], `seed ${seed}, round ${round}`).toContain(statusCode);
    }
  });
});
