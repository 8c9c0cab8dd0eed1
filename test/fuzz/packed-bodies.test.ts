import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { bytesOf } from '../exchange/protobuf-sender.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';
import { record } from '../fixture/record.ts';
import { bodies, bodyCount, bytesHeld, mutate, SEED } from './mutate.ts';

const BODIES = bodyCount(25_000);
const ALLOWED = new Set([200, 204, 400]);

type Pack = (body: Buffer) => Buffer;

const PACKS: readonly (readonly [coding: string, pack: Pack])[] = [
  ['gzip', (body) => gzipSync(body, { level: 1 })],
  ['deflate', (body) => deflateSync(body, { level: 1 })],
  ['deflate', (body) => deflateRawSync(body, { level: 1 })],
  ['br', (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ['zstd', (body) => zstdCompressSync(body)],
];
const CODINGS = [
  '',
  'gzip',
  'x-gzip',
  'deflate',
  'br',
  'zstd',
  'identity',
  'gzip, gzip',
  'br,zstd',
  'lz4',
  'gzip,',
];
const TYPES = [
  'application/json',
  'application/x-protobuf',
  'application/octet-stream',
  'application/vnd.google.protobuf',
  'text/plain; charset=utf-8',
  '',
  ';',
];
const ACCEPTED = ['', 'gzip', 'zstd', 'br', 'gzip;q=0.1, br;q=0.2', '*', 'identity'];

/** Little that unpacks to much: by zeros, in layers, and by a frame that asks for a window of 2 GB. */
function bombs(): readonly (readonly [coding: string, body: Buffer])[] {
  const zeros = Buffer.alloc(40_000_000);
  const spaces = Buffer.alloc(4_000_000, 32);
  const packed = PACKS.flatMap(([coding, pack]) => [
    [coding, pack(zeros)] as const,
    [coding, pack(spaces)] as const,
    [`${coding}, ${coding}`, pack(pack(zeros))] as const,
  ]);
  const greedyWindow = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00]);
  const greedySize = Buffer.from([
    0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 0, 0,
  ]);
  return [...packed, ['zstd', greedyWindow], ['zstd', greedySize]];
}

const at = (limit: number, random: Random): number => Math.floor(random.next() * limit);
const pick = <Item>(list: readonly Item[], random: Random): Item => list[at(list.length, random)]!;

/** One to three changes of bytes: bits flipped, cut off, cut out, doubled, another body spliced in, lengths made absurd. */
function damage(body: Buffer, all: readonly Buffer[], random: Random): Buffer {
  let bytes = Buffer.from(body);
  for (let change = 1 + at(3, random); change > 0; change--) {
    const place = at(bytes.length + 1, random);
    const end = place + at(30, random);
    const before = bytes.subarray(0, place);
    switch (at(7, random)) {
      case 0:
        if (place < bytes.length) bytes[place]! ^= 1 << at(8, random);
        break;
      case 1:
        bytes = Buffer.from(before);
        break;
      case 2:
        bytes = Buffer.concat([before, bytes.subarray(end)]);
        break;
      case 3:
        bytes = Buffer.concat([before, bytes.subarray(place, end), bytes.subarray(place)]);
        break;
      case 4: {
        const other = pick(all, random);
        const from = at(other.length + 1, random);
        bytes = Buffer.concat([before, other.subarray(from, from + at(200, random))]);
        break;
      }
      case 5:
        bytes = Buffer.concat([before, pick(TAGS, random), bytes.subarray(place)]);
        break;
      default:
        bytes = Buffer.concat([bytes, pick(all, random).subarray(0, at(100, random))]);
    }
  }
  return bytes;
}

/** Beginnings of protobuf fields: lengths past the end, numbers without end, groups, field 0, the wire types that are none. */
const TAGS = [
  [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0x38, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x13, 0x14],
  [0x13, 0x13, 0x13, 0x13],
  [0x00, 0x00],
  [0x0e],
  [0x0f],
  [0x9a, 0x06, 0x00],
  [0x41, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f],
].map((bytes) => Buffer.from(bytes));

interface Hostile {
  readonly payload: Buffer;
  readonly headers: Record<string, string>;
}

describe(`${BODIES} packed and binary bodies, mutated (seed ${SEED})`, () => {
  const texts = bodies();
  const messages = texts.flatMap((text) => {
    try {
      return [bytesOf(JSON.parse(text) as object)];
    } catch {
      return [];
    }
  });
  const plain = texts.map((text) => Buffer.from(text));
  const charges = bombs();

  function hostile(random: Random): Hostile {
    if (random.next() < 0.004) {
      const [coding, payload] = pick(charges, random);
      return { payload, headers: { 'content-type': pick(TYPES, random), 'content-encoding': coding } };
    }
    const isBinary = random.next() < 0.6;
    let payload = isBinary ? pick(messages, random) : pick(plain, random);
    if (random.next() < 0.4)
      payload = isBinary ? damage(payload, messages, random) : mutate(payload.toString(), texts, random);
    const codings: string[] = [];
    for (let layer = random.next() < 0.7 ? 1 + at(2, random) : 0; layer > 0; layer--) {
      const [coding, pack] = pick(PACKS, random);
      payload = pack(payload);
      codings.push(coding);
    }
    if (random.next() < 0.35) payload = damage(payload, isBinary ? messages : plain, random);
    const isMislabelled = random.next() < 0.1;
    return {
      payload,
      headers: {
        'content-type': random.next() < 0.1 ? pick(TYPES, random) : TYPES[Number(isBinary)]!,
        'content-encoding': isMislabelled ? pick(CODINGS, random) : codings.join(', '),
        'accept-encoding': pick(ACCEPTED, random),
      },
    };
  }

  let engine: TestEngine;
  beforeAll(async () => {
    engine = await testEngine('wide-open');
  });
  afterAll(() => engine.close());

  it('meet only 200, 204 and 400, without a fault, and leave memory flat', async () => {
    const random = seededRandom(SEED);
    const statuses = new Map<string, number>();
    const held: number[] = [];
    for (let count = 0; count < BODIES; count++) {
      const { payload, headers } = hostile(random);
      const answer = await engine.publicApp.inject({
        method: 'POST',
        url: '/openrtb2/example',
        headers,
        payload,
      });
      const { statusCode: status } = answer;
      const place = `seed ${SEED}, body ${count}: status ${status} for ${JSON.stringify(headers)}`;
      if (!ALLOWED.has(status)) throw new Error(`${place} ${payload.toString('base64').slice(0, 4000)}`);
      if (status !== 200 && answer.rawPayload.length > 0) throw new Error(`${place}, with content`);
      const format = status === 200 ? ` ${answer.headers['content-type']}` : '';
      statuses.set(`${status}${format}`, (statuses.get(`${status}${format}`) ?? 0) + 1);
      if (count % 2000 === 0) {
        engine.clock.advance(60_000);
        await engine.tick();
      }
      if (count % Math.floor(BODIES / 10) === 0) held.push(bytesHeld());
    }
    const early = Math.min(...held.slice(2, 5));
    const late = Math.min(...held.slice(-3));
    record('packed-bodies', SEED, {
      bodies: BODIES,
      statuses: Object.fromEntries([...statuses].sort()),
      faults: engine.faults(),
      memoryGrowthMib: (late - early) / 2 ** 20,
    });
    // Both formats were answered, so the bodies really reached what lies behind unpacking and decoding.
    for (const format of ['json', 'x-protobuf'])
      expect(statuses.get(`200 application/${format}`) ?? 0, format).toBeGreaterThan(BODIES / 20);
    expect(statuses.get('400') ?? 0).toBeGreaterThan(BODIES / 20);
    expect(engine.faults()).toBe(0);
    expect(
      late - early,
      `memory in MiB by tenths: ${held.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(' ')}`,
    ).toBeLessThan(24 * 2 ** 20);
  }, 1_200_000);
});
