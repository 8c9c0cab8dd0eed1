/** Alerts told to a real receiver on loopback: signed, tried again, and never into a private network. */
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isOurs, signatureOf, Webhook } from '../../src/server/webhook.ts';

const SECRET = 'a secret of sixteen';
const NOW_MS = Date.UTC(2026, 10, 23, 15);

interface Taken {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let answers: number[];
let taken: Taken[];
let url: string;
const server = createServer((call, reply) => {
  let body = '';
  call.on('data', (part: Buffer) => {
    body += part.toString();
  });
  call.on('end', () => {
    taken.push({ headers: call.headers, body });
    const status = answers.shift() ?? 204;
    reply.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
  });
});

beforeEach(async () => {
  answers = [];
  taken = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

describe('the webhook of alerts', () => {
  it('sends an event once, signed over time and body', async () => {
    const webhook = new Webhook({ url, secret: SECRET, mayBePrivate: true });
    webhook.add('no_delivery/rye', { kind: 'no_delivery' }, NOW_MS);
    await webhook.tend(NOW_MS);
    await webhook.tend(NOW_MS + 1e9);
    expect(taken).toHaveLength(1);
    const [{ headers, body }] = taken as [Taken];
    expect(JSON.parse(body)).toEqual({ kind: 'no_delivery' });
    expect(headers['x-bidwright-delivery']).toBe('no_delivery/rye');
    expect(headers['x-bidwright-signature']).toBe(signatureOf(SECRET, NOW_MS, body));
    expect(headers['x-bidwright-signature']).not.toBe(signatureOf('another secret', NOW_MS, body));
    expect(webhook.health()).toEqual({ waiting: 0, failed: 0, sent: 1 });
  });

  it('tries again, later each time, and gives up in the end', async () => {
    const webhook = new Webhook({ url, secret: SECRET, mayBePrivate: true });
    answers = [500, 302, 404, 500, 500, 500, 500];
    webhook.add('a', {}, NOW_MS);
    await webhook.tend(NOW_MS);
    await webhook.tend(NOW_MS + 29_000);
    expect(taken).toHaveLength(1);
    for (const afterMs of [30_000, 150_000, 750_000, 4_350_000]) await webhook.tend(NOW_MS + afterMs);
    expect([taken.length, webhook.health().waiting]).toEqual([5, 1]);
    await webhook.tend(NOW_MS + 25_950_000);
    expect([taken.length, webhook.health()]).toEqual([6, { waiting: 0, failed: 1, sent: 0 }]);
  });

  it('takes the status, however long the answer behind it would be', async () => {
    const endless = createServer((_call, reply) => {
      reply.writeHead(200);
      const more = setInterval(() => reply.write('x'.repeat(60_000)), 1);
      reply.on('close', () => clearInterval(more));
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    const closed = new Promise((resolve) =>
      endless.once('connection', (socket) => socket.once('close', resolve)),
    );
    const webhook = new Webhook({
      url: `http://127.0.0.1:${(endless.address() as AddressInfo).port}/`,
      secret: SECRET,
      mayBePrivate: true,
    });
    webhook.add('a', {}, NOW_MS);
    await webhook.tend(NOW_MS);
    expect(webhook.health()).toEqual({ waiting: 0, failed: 0, sent: 1 });
    await closed;
    await new Promise((resolve) => endless.close(resolve));
  });

  it('does not go where nobody outside could go', async () => {
    const { port } = server.address() as AddressInfo;
    for (const target of [
      url,
      `http://localhost:${port}/`,
      `https://localhost:${port}/`,
      `https://[::1]:${port}/`,
    ]) {
      const webhook = new Webhook({ url: target, secret: SECRET, mayBePrivate: false });
      webhook.add('a', {}, NOW_MS);
      await webhook.tend(NOW_MS);
      expect([target, webhook.health().sent]).toEqual([target, 0]);
    }
    // A name that leads out of our network and into it leads nowhere; and it is asked anew for each attempt.
    let asked = 0;
    const webhook = new Webhook({
      url: `https://rebinds.example:${port}/`,
      secret: SECRET,
      mayBePrivate: false,
      resolve: (_host, _options, found) => {
        const inside = {
          address: ++asked === 1 ? '::ffff:7f00:1' : '127.0.0.1',
          family: asked === 1 ? 6 : 4,
        };
        found(null, [{ address: '93.184.215.14', family: 4 }, inside]);
      },
    });
    webhook.add('a', {}, NOW_MS);
    await webhook.tend(NOW_MS);
    await webhook.tend(NOW_MS + 30_000);
    expect([asked, webhook.health().sent, webhook.health().waiting]).toEqual([2, 0, 1]);
    for (const host of ['2130706433', '0x7f000001', '0177.0.0.1', '127.1', '[::ffff:127.0.0.1]']) {
      const spelled = new Webhook({ url: `https://${host}:${port}/`, secret: SECRET, mayBePrivate: false });
      spelled.add('a', {}, NOW_MS);
      await spelled.tend(NOW_MS);
      expect([host, spelled.health().sent]).toEqual([host, 0]);
    }
    expect(taken).toEqual([]);
    const ours = [
      '10.1.2.3',
      '169.254.169.254',
      '::ffff:127.0.0.1',
      'fd00::1',
      'fe80::1%eth0',
      '0.0.0.0',
      '100.64.0.1',
    ];
    expect(ours.map(isOurs)).toEqual(ours.map(() => true));
    expect(['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'].map(isOurs)).toEqual([false, false]);
  });
});
