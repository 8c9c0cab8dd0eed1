import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { HandDoor } from './public-ports.ts';
import { BODY_LIMIT_BYTES, handDoor } from './public-ports.ts';

const BID = Buffer.from(JSON.stringify({ id: '1', seatbid: [{ bid: [{ adm: 'x'.repeat(3000) }] }] }));

let door: HandDoor | undefined;
afterEach(async () => {
  await door?.app.close();
});

async function open(more: Parameters<typeof handDoor>[0] = {}): Promise<HandDoor> {
  door = handDoor({
    answerBid: async (_, body) => {
      if (body.includes('fault')) throw new Error('of ours');
      if (body.includes('gone')) return undefined;
      if (body.includes('malformed')) return { status: 400, version: '2.6' };
      const text = body.includes('plain words')
        ? 'plain words'
        : body.includes('münzen')
          ? '["münzen €"]'
          : undefined;
      return text !== undefined
        ? { status: 200, body: text, contentType: 'application/json', version: '2.5' }
        : body.includes('bid')
          ? { status: 200, body: BID, contentType: 'application/json', version: '2.5' }
          : { status: 204, version: '2.6' };
    },
    ...more,
  });
  await door.app.listen({ port: 0, host: '127.0.0.1' });
  return door;
}

interface Asked {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body: string | Buffer;
}

const OF_THE_CONNECTION = ['date', 'connection', 'keep-alive'];
const toCompare = (headers: IncomingHttpHeaders | Record<string, unknown>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)));

const JSON_TYPE = { 'content-type': 'application/json' };

async function overSocket(
  of: HandDoor,
  { url = '/openrtb2/example', method = 'POST', headers = JSON_TYPE, body }: Asked,
) {
  const { port } = of.app.server.address() as AddressInfo;
  const sent = request({ port, method, path: url, headers, host: '127.0.0.1' });
  sent.end(body);
  const [answer] = await once(sent, 'response');
  const bytes = await buffer(answer);
  return {
    status: answer.statusCode as number,
    headers: toCompare(answer.headers),
    body: bytes.toString('hex'),
  };
}

async function throughFramework(
  of: HandDoor,
  { url = '/openrtb2/example', method = 'POST', headers = JSON_TYPE, body }: Asked,
) {
  const answer = await of.app.inject({ method: method as 'POST', url, headers, payload: body });
  return {
    status: answer.statusCode,
    headers: toCompare(answer.headers),
    body: answer.rawPayload.toString('hex'),
  };
}

describe('the bid door', () => {
  it.each<[string, Asked, number]>([
    ['a bid', { body: 'bid' }, 200],
    ['a bid as text', { body: 'plain words' }, 200],
    ['a bid as text beyond ASCII', { body: 'münzen' }, 200],
    ['no bid', { body: 'none' }, 204],
    ['an empty body', { body: '' }, 204],
    ['what is malformed', { body: 'malformed' }, 400],
    ['a fault of ours', { body: 'fault' }, 204],
    ['an exchange that has gone meanwhile', { body: 'gone' }, 404],
    ['an exchange that does not exist', { url: '/openrtb2/nobody', body: 'bid' }, 404],
    ['an id that is none', { url: '/openrtb2/a%20b', body: 'bid' }, 404],
    ['a longer path', { url: '/openrtb2/example/more', body: 'bid' }, 404],
    ['a query', { url: '/openrtb2/example?a=1', body: 'bid' }, 200],
    ['another method', { method: 'GET', body: '' }, 404],
    ['a packed body', { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: gzipSync('bid') }, 200],
    [
      'a packing that nobody knows',
      { headers: { ...JSON_TYPE, 'content-encoding': 'lzw' }, body: 'bid' },
      400,
    ],
    ['a packed answer', { headers: { ...JSON_TYPE, 'accept-encoding': 'gzip' }, body: 'bid' }, 200],
    [
      'a media type that is refused',
      { url: '/openrtb2/only-json', headers: { 'content-type': 'application/x-protobuf' }, body: 'bid' },
      400,
    ],
    ['no media type', { headers: {}, body: 'bid' }, 200],
    ['a body above the bound', { body: 'x'.repeat(BODY_LIMIT_BYTES + 1) }, 400],
    ['a body at the bound', { body: 'bid'.padEnd(BODY_LIMIT_BYTES, 'x') }, 200],
    ['chunks', { headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' }, body: 'bid' }, 200],
    [
      'chunks above the bound',
      { headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' }, body: 'x'.repeat(3 * BODY_LIMIT_BYTES) },
      400,
    ],
  ])('answers as the framework does: %s', async (_, asked, status) => {
    const of = await open();
    const ours = await overSocket(of, asked);
    const twin = await throughFramework(of, asked);
    expect(ours).toEqual(twin);
    expect(ours.status).toBe(status);
    const [first, second] = of.answered;
    expect(first).toBe(second);
  });

  it('asks callers to go elsewhere once it is being drained', async () => {
    const of = await open();
    of.drain.begin();
    const { port } = of.app.server.address() as AddressInfo;
    const sent = request({ port, method: 'POST', path: '/openrtb2/example', headers: JSON_TYPE });
    sent.end('bid');
    const [answer] = await once(sent, 'response');
    expect([answer.statusCode, answer.headers.connection]).toEqual([200, 'close']);
    await buffer(answer);
    await of.drain.idle();
  });

  it('takes bodies that come in pieces, one after the other over one connection', async () => {
    const of = await open();
    const { port } = of.app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').setNoDelay();
    let said = '';
    socket.on('data', (bytes) => {
      said += bytes.toString();
    });
    await once(socket, 'connect');
    const head = 'POST /openrtb2/example HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n';
    // The last two come together, the second before the first is answered.
    for (const piece of [`${head}pl`, 'ain ', 'words', `${head}plain words${head}`, 'plain words']) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    while (said.split('\r\n\r\nplain words').length < 4) await once(socket, 'data');
    expect(said.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    socket.destroy();
    await of.drain.idle();
  });

  it('forgets a sender who goes away in the middle', async () => {
    const of = await open();
    const { port } = of.app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /openrtb2/example HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbid');
    while (of.drain.open === 0) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    await of.drain.idle();
    expect(of.faults).toEqual([]);
    expect(await overSocket(of, { body: 'bid' })).toMatchObject({ status: 200 });
  });
});
