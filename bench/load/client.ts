/**
 * HTTP/1.1 senders over bare sockets. In the open loop each request has an intended send time, and its latency counts from
 * there, so that a slow server cannot hide behind a sender that waits for it (coordinated omission). The closed loop keeps
 * every connection busy, which is what CPU per request is measured by: a server that waits between requests pays for waking.
 */

import type { Socket } from 'node:net';
import { connect } from 'node:net';

export interface Sample {
  readonly status: number;
  /** From the intended time to the last byte, microseconds. */
  readonly latencyUs: number;
}

export interface Wire {
  readonly port: number;
  readonly connections: number;
  /** A whole request, head and body. */
  next(): Buffer;
  done(sample: Sample): void;
}

interface Connection {
  readonly socket: Socket;
  busy: boolean;
  intendedMs: number;
  received: Buffer;
}

/**
 * Resolves with how many were not sent when every request was answered, lost or given up. A lost connection counts as status 0 and is
 * opened anew. Whoever finds no free connection within `giveUpMs` is not sent at all, as an exchange that waits for answers does it; without it all wait.
 */
export async function runOpenLoop(
  wire: Wire & { readonly requestsPerSecond: number; readonly seconds: number; readonly giveUpMs?: number },
): Promise<number> {
  const { giveUpMs = Number.POSITIVE_INFINITY } = wire;
  const total = Math.floor(wire.requestsPerSecond * wire.seconds);
  const waiting: number[] = [];
  const free: Connection[] = [];
  let finished = 0;
  let unsent = 0;
  await new Promise<void>((resolve) => {
    const giveUp = (): void => {
      const oldestMs = performance.now() - giveUpMs;
      let late = 0;
      while (late < waiting.length && waiting[late]! < oldestMs) late++;
      if (late === 0) return;
      waiting.splice(0, late);
      unsent += late;
      finished += late;
      if (finished >= total) end();
    };
    const end = (): void => {
      pool.close();
      resolve();
    };
    const pool = dialAll(wire, Math.min(wire.connections, Math.max(1, total)), {
      idle: (connection) => {
        giveUp();
        const intended = waiting.shift();
        if (intended === undefined) free.push(connection);
        else pool.send(connection, intended);
      },
      lost: (connection) => {
        const place = free.indexOf(connection);
        if (place >= 0) free.splice(place, 1);
      },
      answered: () => {
        if (++finished >= total) end();
      },
    });
    const startMs = performance.now();
    let sent = 0;
    const pace = (): void => {
      const due = Math.min(
        total,
        // The first is due at once: number n is meant for n intervals after the start.
        1 + Math.floor(((performance.now() - startMs) / 1000) * wire.requestsPerSecond),
      );
      for (; sent < due; sent++) {
        const intendedMs = startMs + (sent / wire.requestsPerSecond) * 1000;
        // In turn, so that none stays silent: a connection that has not sent anything for 2 s is cut as a slow sender.
        const connection = free.shift();
        if (connection) pool.send(connection, intendedMs);
        else waiting.push(intendedMs);
      }
      giveUp();
      if (sent < total) setTimeout(pace, 1);
    };
    pace();
  });
  return unsent;
}

/** So many requests, as fast as they are answered. */
export async function runClosedLoop(wire: Wire & { readonly requests: number }): Promise<void> {
  let sent = 0;
  let finished = 0;
  await new Promise<void>((resolve) => {
    const pool = dialAll(wire, Math.min(wire.connections, wire.requests), {
      idle: (connection) => {
        if (sent < wire.requests) {
          sent++;
          pool.send(connection, performance.now());
        }
      },
      lost: () => undefined,
      answered: () => {
        if (++finished < wire.requests) return;
        pool.close();
        resolve();
      },
    });
  });
}

interface Pool {
  send(connection: Connection, intendedMs: number): void;
  close(): void;
}

interface PoolEvents {
  /** Open and without a request. */
  idle(connection: Connection): void;
  lost(connection: Connection): void;
  /** Or lost with its connection. */
  answered(): void;
}

function dialAll(wire: Wire, count: number, events: PoolEvents): Pool {
  const all = new Set<Connection>();
  let open = true;
  const finish = (connection: Connection, status: number): void => {
    connection.busy = false;
    wire.done({ status, latencyUs: Math.round((performance.now() - connection.intendedMs) * 1000) });
    events.answered();
  };
  const dial = (): void => {
    const socket = connect({ port: wire.port, host: '127.0.0.1', noDelay: true });
    const connection: Connection = { socket, busy: false, intendedMs: 0, received: Buffer.alloc(0) };
    all.add(connection);
    const lose = (): void => {
      if (!all.delete(connection)) return;
      events.lost(connection);
      if (connection.busy) finish(connection, 0);
      if (open) dial();
    };
    socket.on('connect', () => events.idle(connection));
    socket.on('data', (chunk) => {
      connection.received =
        connection.received.length === 0 ? chunk : Buffer.concat([connection.received, chunk]);
      const answered = readAnswer(connection.received);
      if (!answered || !connection.busy) return;
      connection.received = connection.received.subarray(answered.length);
      finish(connection, answered.status);
      if (open) events.idle(connection);
    });
    socket.on('error', lose);
    socket.on('close', lose);
  };
  for (let dialled = 0; dialled < count; dialled++) dial();
  return {
    send: (connection, intendedMs) => {
      connection.busy = true;
      connection.intendedMs = intendedMs;
      connection.socket.write(wire.next());
    },
    close: () => {
      open = false;
      for (const { socket } of all) socket.destroy();
    },
  };
}

const CONTENT_LENGTH = /\r\ncontent-length: (\d+)/i;

/** Status and whole length of the first answer in the buffer, or undefined while it is incomplete. */
function readAnswer(received: Buffer): { status: number; length: number } | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = received.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const length = CONTENT_LENGTH.exec(head)?.[1];
  const whole = end + 4 + (length === undefined ? 0 : Number(length));
  return received.length >= whole ? { status, length: whole } : undefined;
}
