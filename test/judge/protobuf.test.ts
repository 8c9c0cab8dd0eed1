import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, responseType } from '../exchange/protobuf-sender.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';
import { ownRequests } from '../openrtb/own-corpus.ts';
import { judge } from './judge.ts';
import { responseIn } from './protobuf.ts';
import { MEDIA_PROVOCATIONS } from './provocations-media.ts';
import { POD_PROVOCATIONS } from './provocations-pods.ts';
import { TERMS_PROVOCATIONS } from './provocations-terms.ts';
import type { Json } from './reading.ts';
import { isObject } from './reading.ts';
import { KINDS, soundPair } from './sound-pairs.ts';
import { changedPair } from './spoil.ts';

/** Undefined for what protobuf has no way to say, as a text where its schema has a number. */
function bytesOfAnswer(response: unknown): Uint8Array | undefined {
  if (!isObject(response) || !isSayable(response)) return undefined;
  try {
    return responseType.encode(responseType.fromObject(response)).finish();
  } catch {
    return undefined;
  }
}

const FLAGS = ['group', 'adrender'];

/** Only a flag that is 0 or 1 can be said in protobuf, and verify() wants a boolean for it. */
function isSayable(response: Json): boolean {
  const flagged: unknown = JSON.parse(JSON.stringify(response), (name, value) =>
    FLAGS.includes(name) && (value === 0 || value === 1) ? value === 1 : value,
  );
  return responseType.verify(flagged as Json) === null;
}

function codes(request: unknown, response: unknown, options: object = {}): string[] {
  return [...new Set(judge(request, response, options).map(({ code }) => code))].sort();
}

describe('an answer in protobuf', () => {
  it.each(KINDS)('that is sound for a %s is sound', (kind) => {
    const { request, response } = soundPair(kind);
    expect(judge(request, responseIn(bytesOfAnswer(response)!))).toEqual([]);
  });

  it('with a native message is judged by what it holds', () => {
    const { request, response } = soundPair('native');
    const asMessage = (text: string, change: (native: { assets: unknown[] }) => void): unknown =>
      JSON.parse(text, (name, value) => {
        if (name !== 'bid') return value;
        const { adm, ...bid } = value[0];
        const native = JSON.parse(adm);
        change(native);
        return [{ ...bid, adm_native: native }];
      });
    const text = JSON.stringify(response);
    const whole = asMessage(text, () => {});
    expect(judge(request, responseIn(bytesOfAnswer(whole)!))).toEqual([]);
    const short = asMessage(text, ({ assets }) => assets.shift());
    expect(codes(request, responseIn(bytesOfAnswer(short)!))).toEqual(['native_required_asset']);
  });

  it('that cannot be decoded is no answer', () => {
    const { request } = soundPair('banner');
    expect(codes(request, responseIn(Buffer.from([0x0a, 0xff, 0x01])))).toEqual(['not_an_object']);
  });

  it('has the departures that it has in JSON', () => {
    const changes = Object.values({
      ...TERMS_PROVOCATIONS,
      ...MEDIA_PROVOCATIONS,
      ...POD_PROVOCATIONS,
    }).flat();
    let compared = 0;
    const different: string[] = [];
    for (const change of changes) {
      const { request, response } = changedPair(change);
      const bytes = bytesOfAnswer(response);
      if (bytes === undefined) continue;
      compared++;
      const inJson = codes(request, response, change).filter((code) => !UNSAYABLE.has(code));
      const inProtobuf = codes(request, responseIn(bytes), change);
      if (JSON.stringify(inJson) !== JSON.stringify(inProtobuf))
        different.push(`${JSON.stringify(change)}: ${inJson} in JSON, ${inProtobuf} in protobuf`);
    }
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThan(changes.length * 0.8);
  });
});

/** Protobuf leaves out what its schema does not know. */
const UNSAYABLE = new Set(['unknown_field']);

describe('the answers of the book that bids on everything', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await testEngine('wide-open');
  });
  afterAll(() => engine.close());

  it('to requests in protobuf have no departure', async () => {
    const departures: string[] = [];
    let bids = 0;
    for (const { name, request } of ownRequests()) {
      let payload: Buffer;
      try {
        payload = bytesOf(request);
      } catch {
        continue;
      }
      const answer = await engine.publicApp.inject({
        method: 'POST',
        url: '/openrtb2/example',
        headers: { 'content-type': 'application/x-protobuf' },
        payload,
      });
      if (answer.statusCode !== 200) continue;
      bids++;
      for (const { code, path, message } of judge(request, responseIn(answer.rawPayload)))
        departures.push(`${name}: ${code} ${path} ${message}`);
    }
    expect(departures).toEqual([]);
    expect(bids).toBeGreaterThan(20);
  });
});
