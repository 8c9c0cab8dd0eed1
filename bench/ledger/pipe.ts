/** Requests one after the other on one connection, without waiting for answers in between: a sender that costs little. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

export interface Answered {
  readonly status: number;
  readonly body: string;
}

export class Pipe {
  readonly #socket: Socket;
  readonly #waiting: ((answer: Answered) => void)[] = [];
  #bytes: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#hear(bytes));
  }

  static async open(port: number): Promise<Pipe> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Pipe(socket);
  }

  send(method: string, path: string, body = ''): Promise<Answered> {
    const type =
      body === '' ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${type}\r\n${body}`);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = this.#bytes.toString('latin1', 0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (this.#bytes.length < end + 4 + length) return;
      const body = this.#bytes.toString('utf8', end + 4, end + 4 + length);
      this.#bytes = this.#bytes.subarray(end + 4 + length);
      this.#waiting.shift()?.({ status: Number(head.slice(9, 12)), body });
    }
  }
}
