/**
 * An open-loop HTTP/1.1 sender over bare sockets: each request has an intended send time, and its latency counts from
 * there, so that a slow server cannot hide behind a sender that waits for it (coordinated omission).
 */

import type { Socket } from 'node:net';
import { connect } from 'node:net';

export interface Sample {
  readonly status: number;
  /** From the intended time to the last byte, microseconds. */
  readonly latencyUs: number;
}

export interface OpenLoop {
  readonly port: number;
  readonly path: string;
  readonly requestsPerSecond: number;
  readonly seconds: number;
  readonly connections: number;
  nextBody(): Buffer;
  done(sample: Sample): void;
}

interface Connection {
  readonly socket: Socket;
  busy: boolean;
  intendedMs: number;
  received: Buffer;
}

/** Resolves when every request was answered or lost. A lost connection counts as status 0 and is opened anew. */
export async function runOpenLoop(plan: OpenLoop): Promise<void> {
  const waiting: number[] = [];
  const free: Connection[] = [];
  let open = true;
  const total = Math.floor(plan.requestsPerSecond * plan.seconds);
  let finished = 0;
  await new Promise<void>((resolve) => {
    const finish = (connection: Connection, status: number): void => {
      plan.done({ status, latencyUs: Math.round((performance.now() - connection.intendedMs) * 1000) });
      connection.busy = false;
      finished++;
      if (finished === total) {
        open = false;
        resolve();
      }
    };
    const send = (connection: Connection, intendedMs: number): void => {
      connection.busy = true;
      connection.intendedMs = intendedMs;
      const body = plan.nextBody();
      connection.socket.write(
        `POST ${plan.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nx-openrtb-version: 2.6\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      connection.socket.write(body);
    };
    const release = (connection: Connection): void => {
      const intended = waiting.shift();
      if (intended === undefined) free.push(connection);
      else send(connection, intended);
    };
    const dial = (): void => {
      const socket = connect({ port: plan.port, host: '127.0.0.1', noDelay: true });
      const connection: Connection = { socket, busy: false, intendedMs: 0, received: Buffer.alloc(0) };
      let gone = false;
      const lose = (): void => {
        if (gone) return;
        gone = true;
        const place = free.indexOf(connection);
        if (place >= 0) free.splice(place, 1);
        if (connection.busy) finish(connection, 0);
        if (open) dial();
      };
      socket.on('connect', () => release(connection));
      socket.on('data', (chunk) => {
        connection.received =
          connection.received.length === 0 ? chunk : Buffer.concat([connection.received, chunk]);
        const answered = readAnswer(connection.received);
        if (!answered || !connection.busy) return;
        connection.received = connection.received.subarray(answered.length);
        finish(connection, answered.status);
        release(connection);
      });
      socket.on('error', lose);
      socket.on('close', lose);
    };
    const dialled = Math.min(plan.connections, Math.max(1, total));
    for (let count = 0; count < dialled; count++) dial();
    const startMs = performance.now();
    let sent = 0;
    const pace = (): void => {
      const due = Math.min(
        total,
        Math.floor(((performance.now() - startMs) / 1000) * plan.requestsPerSecond),
      );
      for (; sent < due; sent++) {
        const intendedMs = startMs + (sent / plan.requestsPerSecond) * 1000;
        // In turn, so that none stays silent: a connection that has not sent anything for 2 s is cut as a slow sender.
        const connection = free.shift();
        if (connection) send(connection, intendedMs);
        else waiting.push(intendedMs);
      }
      if (sent < total) setTimeout(pace, 1);
    };
    pace();
  });
  for (const connection of free) connection.socket.destroy();
}

/** Status and whole length of the first answer in the buffer, or undefined while it is incomplete. */
function readAnswer(received: Buffer): { status: number; length: number } | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = received.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  const whole = end + 4 + (length === undefined ? 0 : Number(length));
  return received.length >= whole ? { status, length: whole } : undefined;
}
