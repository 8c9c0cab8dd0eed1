import { fc, test as property } from '@fast-check/vitest';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { openrtbJson } from '../../src/exchange/openrtb-json.ts';
import { openrtbProtobuf } from '../../src/exchange/openrtb-protobuf.ts';
import type { BidResponse } from '../../src/openrtb/response.ts';
import { ownRequests, sharedFile, sharedRows } from '../openrtb/own-corpus.ts';
import { answerIn, bytesOf, requestType, root } from './protobuf-sender.ts';

describe('the same request over both wires', () => {
  const speakable = ownRequests().filter(({ request }) => isSpeakable(request));

  test('most of our corpus can be said in protobuf', () => {
    expect(speakable.length).toBeGreaterThan(30);
  });

  test.each(speakable)('$name', ({ request }) => {
    expect(modelOf(openrtbProtobuf.decode(bytesOf(stripped(request) as object)))).toEqual(
      modelOf(openrtbJson.decode(jsonOf(request))),
    );
  });

  test('over the collected corpus', ({ skip }) => {
    const rows = sharedRows('openrtb-requests.dev.ndjson');
    if (!rows) return skip('the collected corpus is not beside the checkout');
    const strict = rows.filter((row) => row.kind === 'valid' && !row.departures && isSpeakable(row.request));
    expect(strict.length).toBeGreaterThan(1_500);
    const different = strict.filter(({ request }) => {
      const overProtobuf = modelOf(openrtbProtobuf.decode(bytesOf(stripped(request) as object)));
      return JSON.stringify(overProtobuf) !== JSON.stringify(modelOf(openrtbJson.decode(jsonOf(request))));
    });
    expect(different.map(({ id }) => id)).toEqual([]);
  });

  test('consent in the extensions of 2.5, and transparency', () => {
    const request = ownRequests().find(({ name }) => name === 'dsa-required')!.request;
    const older = {
      ...request,
      user: { ext: { consent: 'CPx' } },
      regs: { ext: { gdpr: 1, gpc: '1', dsa: { dsarequired: 2 } } },
    };
    expect(modelOf(openrtbProtobuf.decode(bytesOf(older)))).toMatchObject({
      user: { consent: 'CPx' },
      regulations: { gdpr: 1, globalPrivacyControl: true },
      digitalServicesAct: { dsarequired: 2 },
    });
  });

  test('native markup as a message', () => {
    const markup = { ver: '1.2', privacy: true, assets: [{ id: 1, required: true, title: { len: 90 } }] };
    const request = { id: '1', imp: [{ id: '1', native: { request_native: markup } }] };
    expect(modelOf(openrtbProtobuf.decode(bytesOf(request)))).toMatchObject({
      impressions: [
        {
          native: {
            privacySupported: true,
            assets: [{ id: 1, required: true, kind: 'title', lengthMax: 90 }],
          },
        },
      ],
    });
  });
});

describe('bytes from a stranger', () => {
  const sound = bytesOf(ownRequests()[0]!.request);

  test.each([
    ['empty', Buffer.alloc(0)],
    ['JSON', Buffer.from('{"id":"1","imp":[]}')],
    ['cut off', sound.subarray(0, sound.length - 7)],
    ['groups in groups', Buffer.alloc(200_000, 0xfb)],
    ['groups in groups, of an unknown field', Buffer.alloc(200_000, Buffer.from([0xa3, 0x06]))],
    ['a length past the end', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
  ])('%s are refused', (_name, body) => {
    expect(openrtbProtobuf.decode(body).ok).toBe(false);
  });

  test('a letter badly coded is read as an unknown letter, as in JSON', () => {
    const body = bytesOf({ id: '1', imp: [{ id: '1', banner: {} }], site: { name: 'caf~' } });
    body[body.indexOf('~')] = 0xe9;
    expect(modelOf(openrtbProtobuf.decode(body))).toMatchObject({ site: { name: 'caf\ufffd' } });
  });

  test('unknown fields are passed over', () => {
    const unknown = Buffer.from([0xa2, 0x06, 0x03, 1, 2, 3, 0xa8, 0x06, 0x2a]);
    expect(openrtbProtobuf.decode(Buffer.concat([unknown, sound, unknown])).ok).toBe(true);
  });

  property.prop([fc.uint8Array({ maxLength: 200 }), fc.nat(sound.length)])(
    'never make it throw',
    (bytes, place) => {
      openrtbProtobuf.decode(Buffer.from(bytes));
      const spliced = Buffer.concat([sound.subarray(0, place), Buffer.from(bytes), sound.subarray(place)]);
      openrtbProtobuf.decode(spliced);
    },
  );
});

test('an answer is written whole, with its price exact', () => {
  const response: BidResponse = {
    id: 'r-ü',
    bidid: 'b',
    cur: 'EUR',
    seatbid: [
      {
        seat: 's',
        bid: [
          {
            id: 'b1',
            impid: '1',
            price: 1.005,
            crid: 'c',
            adm: '<p>ü</p>',
            adomain: ['a.example'],
            cat: ['IAB1'],
            attr: [1, 16],
            w: 300,
            h: 250,
            mtype: 1,
            burl: 'https://b.example',
            dealid: 'd',
            exp: 300,
            ext: { dsa: { behalf: 'x', adrender: 1 } },
          },
        ],
      },
    ],
  };
  const back = answerIn(Buffer.from(openrtbProtobuf.encode(response)));
  expect(back).toEqual({
    ...response,
    seatbid: [
      { seat: 's', bid: [{ ...response.seatbid[0]!.bid[0], ext: { dsa: { behalf: 'x', adrender: true } } }] },
    ],
  });
});

test('every message and field of the IAB’s file is here, with its number and type, and none besides', ({
  skip,
}) => {
  const text = sharedFile('openrtb-2.6-proto-fields.json');
  if (text === undefined) return skip('the official field numbers are not beside the checkout');
  const { messages } = JSON.parse(text) as {
    messages: Record<string, Record<string, [number, string, string]>>;
  };
  const ours = new Map(
    [...typesOf(root.lookup('bidwright.openrtb') as protobuf.Namespace)].map((type) => [
      type.fullName.replace('.bidwright.openrtb.', ''),
      new Map(
        type.fieldsArray.map(({ name, id, type: kind, repeated }) => [
          name,
          [id, kind === 'Extension' ? 'Ext' : kind.split('.').at(-1), repeated ? 'repeated' : 'singular'],
        ]),
      ),
    ]),
  );
  for (const [name, fields] of Object.entries(messages))
    for (const [field, [id, kind, label]] of Object.entries(fields))
      expect([name, field, ours.get(name)?.get(field)]).toEqual([
        name,
        field,
        [id, kind.split('.').at(-1), label],
      ]);
  const added = [...ours].flatMap(([name, fields]) =>
    [...fields.keys()].filter((field) => !messages[name]?.[field]).map((field) => `${name}.${field}`),
  );
  // What Google adds, and the JSON in a message that the IAB's file takes from protobuf's own library.
  expect(added.filter((field) => !/^(Google|Value)\.|\.ext_(google|iab)$/.test(field))).toEqual([]);
});

test('Google’s extensions are read as those of the object', () => {
  const chain = { complete: true, ver: '1.0', nodes: [{ asi: 'a.example', sid: '7', hp: true }] };
  const request = {
    id: '1',
    imp: [
      {
        id: '1',
        banner: {},
        ext: { gpid: '/1/a' },
        ext_google: { billing_id: [46_278, '9007199254740993'], is_rewarded_inventory: true },
      },
    ],
    source: { ext_iab: { schain: chain } },
    user: {
      ext_iab: { consent: 'of the IAB', eids: [{ source: 'id.example', uids: [{ id: 'x', atype: 1 }] }] },
      ext_google: { consented_providers_settings: { consented_providers: [5] } },
    },
    regs: { ext_iab: { us_privacy: '1YNN' }, ext_google: { gdpr: true } },
  };
  const decoded = openrtbProtobuf.decode(bytesOf(request));
  expect(modelOf(decoded)).toMatchObject({
    impressions: [{ rewarded: true }],
    supplyChain: { complete: true, nodes: [{ system: 'a.example', seller: '7' }] },
    user: { consent: 'of the IAB', extendedIds: [{ source: 'id.example', id: 'x' }] },
    regulations: { gdpr: 1, usPrivacy: '1YNN' },
  });
  expect(decoded.ok && decoded.request.impressions[0]!.raw.ext).toEqual({
    gpid: '/1/a',
    billing_id: [46_278, '9007199254740993'],
    is_rewarded_inventory: 1,
  });
});

describe('native markup asked for as a message', () => {
  const asked = { ver: '1.2', assets: [{ id: 1, required: true, title: { len: 90 } }] };
  const bid = { id: 'b', impid: '1', price: 1, crid: 'c', mtype: 4 };
  const markup = {
    ver: '1.2',
    assets: [{ id: 1, title: { text: 'ü', len: 1 } }],
    link: { url: 'https://a.example', clicktrackers: ['https://b.example'] },
    eventtrackers: [{ event: 1, method: 1, url: 'https://c.example' }],
  };
  const answered = (native: object, adm: object, withRequest = true) => {
    const decoded = openrtbProtobuf.decode(bytesOf({ id: 'r', imp: [{ id: '1', native }] }));
    if (!decoded.ok) throw new Error(decoded.message);
    const response = {
      id: 'r',
      cur: 'USD',
      seatbid: [{ bid: [{ ...bid, adm: JSON.stringify(adm) }] }],
    };
    const encoded = openrtbProtobuf.encode(response, withRequest ? decoded.request : undefined);
    return answerIn(Buffer.from(encoded)).seatbid[0].bid[0];
  };

  test('is answered as one', () => {
    expect(answered({ request_native: asked }, markup)).toEqual({ ...bid, adm_native: markup });
    expect(answered({ request_native: asked }, { native: markup })).toEqual({ ...bid, adm_native: markup });
  });

  test('is text where it was asked for as text, or where the profile says so', () => {
    const asText = { ...bid, adm: JSON.stringify(markup) };
    expect(answered({ request: JSON.stringify(asked) }, markup)).toEqual(asText);
    expect(answered({ request_native: asked }, markup, false)).toEqual(asText);
  });
});

function* typesOf(space: protobuf.NamespaceBase): Generator<protobuf.Type> {
  for (const nested of space.nestedArray) {
    if (nested instanceof protobuf.Type) yield nested;
    if (nested instanceof protobuf.Namespace) yield* typesOf(nested);
  }
}

/** Whether protobuf can say the same: fields of the schema only, extensions aside, each of its type. */
function isSpeakable(request: unknown): boolean {
  try {
    const message = requestType.fromObject(stripped(request) as object);
    const back: unknown = requestType.toObject(message);
    return sameWords(stripped(request), back);
  } catch {
    return false;
  }
}

/** Without extensions, which differ between the wires, and without what says nothing. */
function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(
      ([key, entry]) => key !== 'ext' && entry !== null && !(Array.isArray(entry) && entry.length === 0),
    )
    .map(([key, entry]) => [key, stripped(entry)]);
  return Object.fromEntries(entries);
}

/** The schema's reading of an object keeps what the model reads; fields outside of it may be lost. */
function sameWords(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'boolean') return one === Number(other);
  if (typeof one !== 'object' || one === null) return one === other;
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((entry, index) => sameWords(entry, other[index]))
    );
  return Object.entries(other as object).every(([key, entry]) =>
    sameWords((one as Record<string, unknown>)[key], entry),
  );
}

function jsonOf(request: unknown): Buffer {
  return Buffer.from(JSON.stringify(stripped(request)));
}

/** The model without the bodies it was read from. */
function modelOf(decoded: ReturnType<typeof openrtbJson.decode>): unknown {
  if (!decoded.ok) return decoded.message;
  const { raw: _raw, impressions, ...request } = decoded.request;
  const { warnings } = decoded;
  return {
    ...request,
    warnings,
    impressions: impressions.map(({ raw: _body, ...impression }) => impression),
  };
}
