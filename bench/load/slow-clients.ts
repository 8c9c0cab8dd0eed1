/**
 * A process of slow clients for slow.ts: as many sockets as it is told, each with headers or a body without end, opened anew once it is cut.
 * They are opened over the first second, for it is their being slow that is measured and not a thousand handshakes at once.
 */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { PATHS } from './book.ts';

/** What the process is told, and what it tells once the slow clients are gone. */
export type SlowOrder = { readonly open: number; readonly port: number } | 'end';
export interface SlowTold {
  /** `ready` once all are connected. */
  readonly state: 'ready' | 'ended';
  readonly cut: number;
}

const OPEN_OVER_MS = 1000;
const HEAD = `POST ${PATHS[0]} HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\n`;
const BEGINNINGS = [
  HEAD,
  `${HEAD}Content-Length: 1000\r\n\r\n{`,
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
  '',
];

const open = new Set<Socket>();
let isOn = false;
let cut = 0;

function dial(port: number, number: number): void {
  const socket = connect(port, '127.0.0.1');
  open.add(socket);
  socket.on('connect', () => socket.write(BEGINNINGS[number % BEGINNINGS.length]!));
  socket.on('error', () => undefined);
  socket.resume().on('close', () => {
    open.delete(socket);
    if (!isOn) return;
    cut++;
    dial(port, number);
  });
}

function tell(state: SlowTold['state']): void {
  process.send?.({ state, cut } satisfies SlowTold);
}

process.on('message', (order: SlowOrder) => {
  if (order === 'end') {
    isOn = false;
    for (const socket of open) socket.destroy();
    setTimeout(() => tell('ended'), 200);
    return;
  }
  isOn = true;
  cut = 0;
  for (let number = 0; number < order.open; number++)
    setTimeout(() => dial(order.port, number), (OPEN_OVER_MS * number) / order.open);
  setTimeout(() => tell('ready'), OPEN_OVER_MS + 100);
});
process.on('disconnect', () => process.exit(0));
