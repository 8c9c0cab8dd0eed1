import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { HandDoor } from './public-ports.ts';
import { handDoor } from './public-ports.ts';

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

  it('stays until whoever asks for its readiness has been told, and no longer than it may', async () => {
    const door = open();
    await door.app.inject('/status');
    door.drain.begin();
    let isDeserted = false;
    const waiting = door.drain.deserted(60_000).then(() => {
      isDeserted = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(isDeserted).toBe(false);
    expect((await door.app.inject('/status')).statusCode).toBe(503);
    await waiting;
    expect(isDeserted).toBe(true);
    const unasked = open();
    unasked.drain.enter();
    await unasked.drain.deserted(1);
    expect(unasked.drain.open).toBe(1);
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
      'a body that says it is larger than the bound',
      'POST /openrtb2/example HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 99999\r\n\r\n{}',
      '400',
    ],
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

  it('passes over an expectation that is none of HTTP’s', async () => {
    const door = open();
    await door.app.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect((door.app.server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /openrtb2/example HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
    );
    expect((await text(socket)).split(' ')[1]).toBe('204');
    expect(door.decided).toHaveLength(1);
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
