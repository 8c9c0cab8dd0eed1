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
