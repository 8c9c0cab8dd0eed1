import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExchangeProfile } from '../../src/openrtb/exchange-profile.ts';
import { answerIn, bytesOf } from '../exchange/protobuf-sender.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';

const JSON_TYPE = 'application/json';
const PROTOBUF_TYPE = 'application/x-protobuf';

let engine: TestEngine;
beforeAll(async () => {
  engine = await testEngine('wide-open');
});
afterAll(() => engine.close());

async function withHabits(habits: Partial<ExchangeProfile>): Promise<void> {
  const { configuration } = engine;
  const exchanges = configuration.exchanges.map((exchange) => ({ ...exchange, ...habits }));
  await engine.reconfigure({ ...configuration, exchanges });
}

async function ask(body: object | Buffer, type: string) {
  const payload = Buffer.isBuffer(body)
    ? body
    : type === JSON_TYPE
      ? Buffer.from(JSON.stringify(body))
      : bytesOf(body);
  const answer = await engine.publicApp.inject({
    method: 'POST',
    url: '/openrtb2/example',
    headers: { 'content-type': type },
    payload,
  });
  const isMessage = answer.headers['content-type'] === PROTOBUF_TYPE;
  return {
    status: answer.statusCode,
    type: answer.headers['content-type'],
    version: answer.headers['x-openrtb-version'],
    body: answer.body === '' ? undefined : isMessage ? answerIn(answer.rawPayload) : answer.json(),
  };
}

const refused = { id: 'r', cur: ['XXX'], imp: [{ id: '1', banner: { w: 300, h: 250 } }] };

describe.each([JSON_TYPE, PROTOBUF_TYPE])('an answer to %s', (type) => {
  it('without a bid is 204, or the reason in the same format where the exchange wants it', async () => {
    await withHabits({ noBid: '204' });
    expect(await ask(refused, type)).toEqual({
      status: 204,
      type: undefined,
      version: '2.6',
      body: undefined,
    });
    await withHabits({ noBid: '200_nbr' });
    const answer = await ask(refused, type);
    expect(answer).toMatchObject({ status: 200, type, body: { id: 'r', nbr: expect.any(Number) } });
  });

  it('names the code that was agreed on with the exchange, for the reasons that it was agreed on for', async () => {
    await withHabits({ noBid: '200_nbr', noBidCodes: { currency_not_offered: 504 } });
    expect((await ask(refused, type)).body.nbr).toBe(504);
    await withHabits({ noBid: '200_nbr', noBidCodes: { paced: 504 } });
    expect((await ask({ ...refused, cur: undefined, tmax: 1 }, type)).body.nbr).toBe(15);
    await withHabits({ noBidCodes: {} });
  });

  it('is 400 without content where the request is malformed, whatever the exchange wants', async () => {
    await withHabits({ noBid: '200_nbr' });
    for (const body of [Buffer.from('{'), { id: 'r', imp: [] }, { id: 'r', imp: [{ id: '1' }] }])
      expect(await ask(body, type)).toMatchObject({ status: 400, type: undefined, body: undefined });
  });
});

describe('native markup that is asked for as a message', () => {
  const asked = { ver: '1.2', assets: [{ id: 1, required: true, title: { len: 90 } }] };
  const request = { id: 'r', imp: [{ id: '1', native: { request_native: asked } }] };

  it('is answered as one, or as text where the profile says so', async () => {
    await withHabits({ nativeAnswer: 'as_asked' });
    const [bid] = (await ask(request, PROTOBUF_TYPE)).body.seatbid[0].bid;
    expect(bid.adm).toBeUndefined();
    expect(bid.adm_native).toMatchObject({
      assets: [{ id: 1, title: { text: expect.any(String) } }],
      link: {},
    });
    await withHabits({ nativeAnswer: 'text' });
    const [asText] = (await ask(request, PROTOBUF_TYPE)).body.seatbid[0].bid;
    expect(asText.adm_native).toBeUndefined();
    expect(JSON.parse(asText.adm).assets).toEqual(bid.adm_native.assets);
  });
});
