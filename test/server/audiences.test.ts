/** Lists of ids over real HTTP, well-meant and hostile, and how packs are told to stand. This file is one thing: `/api/v1/audiences` from outside. */
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listBytes } from '../../src/server/member-upload.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/audience-book', import.meta.url));
const TOKEN = 'a-token-for-tests-0123456789';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let engine: TestEngine;
let base: string;
beforeEach(async () => {
  engine = await testEngine(BOOK, { settings: { adminToken: TOKEN } });
  await engine.privateApp.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(engine.privateApp.server.address() as AddressInfo).port}/api/v1/audiences`;
});
afterEach(() => engine.close());

interface Sent {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked at as a buyer's script would, without our types
  readonly json: any;
}

async function send(
  list: string | Buffer,
  { id = 'crm', query = 'mode=replace', type = 'text/csv', ...headers }: Record<string, string> = {},
): Promise<Sent> {
  const answer = await fetch(`${base}/${id}/members?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': type, ...headers },
    body: new Uint8Array(Buffer.from(list)),
  });
  return { status: answer.status, json: await answer.json() };
}

/** Of a body that is made while it is sent. */
function sendPieces(
  id: string,
  pieces: Iterable<Buffer>,
  headers: Record<string, string> = {},
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const url = new URL(`${base}/${id}/members?mode=replace`);
    const call = httpRequest(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'text/csv', ...headers },
    });
    call.on('error', reject);
    call.on('response', (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, json: JSON.parse(Buffer.concat(parts).toString()) }),
      );
    });
    const all = pieces[Symbol.iterator]();
    const write = (): void => {
      for (let next = all.next(); !next.done; next = all.next())
        if (!call.write(next.value)) {
          call.once('drain', write);
          return;
        }
      call.end();
    };
    write();
  });
}

async function get(path = ''): Promise<Sent> {
  const answer = await fetch(base + path, { headers: { authorization: `Bearer ${TOKEN}` } });
  return { status: answer.status, json: await answer.json() };
}

const packOf = async (id: string) => (await get(`/${id}`)).json.pack;

/** Packs that a request of this device is in, as a trace tells them. */
async function packsOf(person: { ifa?: string; buyeruid?: string; segments?: string[] }): Promise<string[]> {
  await engine.tick();
  const request = {
    id: 'one',
    imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
    site: { domain: 'news.example' },
    device: { ifa: person.ifa },
    user: {
      buyeruid: person.buyeruid,
      data: [{ id: 'dmp', segment: (person.segments ?? []).map((id) => ({ id })) }],
    },
  };
  const explained = await engine.explain('example', Buffer.from(JSON.stringify(request)));
  return explained.ok ? [...explained.explanation.identity.packs] : [explained.message];
}

const nextSecond = (): void => void engine.clock.advance(1000);

describe('a list that is sent', () => {
  it('replaces, adds and removes, and is in force on bids within a second', async () => {
    const first = await send('\ufeffDevice ID,Segment\r\nAAA-1,x\r\n"bbb-2",y\r\naaa-1,again\r\n,\r\n');
    expect(first.status).toBe(200);
    expect(first.json).toMatchObject({ mode: 'replace', size: 2, ids: 2, rows: 4, repeats: 1, badRows: 1 });
    expect(first.json.passedOver).toMatchObject([
      { row: 4, code: 'repeated_id', value: 'aa… (5 characters)', hint: 'Each counts once.' },
      { row: 5, code: 'empty_id' },
    ]);
    nextSecond();
    expect(await packsOf({ ifa: 'aaa-1' })).toContain('crm');
    expect(await packsOf({ ifa: 'ccc-3' })).not.toContain('crm');
    await send('ccc-3', { query: 'mode=add', type: 'text/plain' });
    const removed = await send('aaa-1', { query: 'mode=remove' });
    expect(removed.json).toMatchObject({ mode: 'remove', size: 2 });
    nextSecond();
    expect(await packsOf({ ifa: 'ccc-3' })).toContain('crm');
    expect(await packsOf({ ifa: 'aaa-1' })).not.toContain('crm');
    expect(await packOf('crm')).toMatchObject({ version: removed.json.version, size: 2, status: 'fresh' });
  });

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['plain lines', 'AAA-1\nbbb-2', { type: 'text/plain' }],
    ['tab separated', 'ifa\tname\nAAA-1\tAnn\nbbb-2\tBob', { type: 'text/tab-separated-values' }],
    ['NDJSON', '{"name":"Ann","id":"AAA-1"}\n"bbb-2"\n', { type: 'application/x-ndjson' }],
    ['hashes', `${sha256('aaa-1')}\n${sha256('bbb-2').toUpperCase()}`, {}],
    ['packed', gzipSync('AAA-1\nbbb-2'), { 'content-encoding': 'gzip' }],
    ['UTF-16', Buffer.from('\ufeffAAA-1\nbbb-2', 'utf16le'), {}],
    ['charset named', 'AAA-1\nbbb-2', { type: 'text/csv; charset=utf-8' }],
  ])('may be %s', async (_, list, how) => {
    expect(await send(list, how)).toMatchObject({ status: 200, json: { size: 2 } });
    nextSecond();
    expect(await packsOf({ ifa: 'aaa-1' })).toContain('crm');
    expect(await packsOf({ ifa: 'BBB-2' })).toContain('crm');
  });

  it('is only looked at where that is asked', async () => {
    await send('aaa-1');
    const before = await packOf('crm');
    const tried = await send('bbb-2\nccc-3', { query: 'mode=replace&validate_only=true' });
    expect(tried).toMatchObject({ status: 200, json: { validateOnly: true, ids: 2, size: 1 } });
    expect(await packOf('crm')).toEqual(before);
    const bad = await send('bbb-2\n=1', { query: 'mode=replace&validate_only=true' });
    expect(bad).toMatchObject({ status: 400, json: { errors: [{ code: 'formula' }] } });
  });

  it('goes to packs that take one', async () => {
    expect(await send('a', { id: 'nobody' })).toMatchObject({ status: 404 });
    expect(await send('a', { id: 'left-cart' })).toMatchObject({
      status: 409,
      json: { errors: [{ code: 'not_an_upload' }] },
    });
    expect(await send('a', { query: 'mode=append' })).toMatchObject({ status: 400 });
    expect(await send('a', { query: '' })).toMatchObject({ status: 400 });
    expect(await send('a=b', { type: 'application/x-www-form-urlencoded' })).toMatchObject({
      status: 415,
      json: { errors: [{ path: 'content-type', hint: expect.stringContaining('curl') }] },
    });
    expect(await send('a', { 'content-encoding': 'br' })).toMatchObject({ status: 415 });
    const stranger = await fetch(`${base}/crm/members?mode=replace`, { method: 'POST', body: 'a' });
    expect(stranger.status).toBe(401);
  });
});

describe('a hostile list', () => {
  const good = async (): Promise<void> => void (await send('aaa-1\nbbb-2'));
  const stillGood = async (version: string): Promise<void> => {
    expect((await packOf('crm')).version).toBe(version);
    nextSecond();
    expect(await packsOf({ ifa: 'aaa-1' })).toContain('crm');
    expect(await packsOf({ ifa: 'new-1' })).not.toContain('crm');
  };

  it.each<[string, string | Buffer, object, Record<string, string>]>([
    ['plain ids among hashes', `${sha256('a')}\nnew-1`, { row: 2, code: 'mixed_hashes' }, {}],
    ['hashes among plain ids', `new-1\nnew-2\n${sha256('a')}`, { row: 3, code: 'mixed_hashes' }, {}],
    ['a formula', 'new-1\n=HYPERLINK("http://evil.example")', { row: 2, code: 'formula' }, {}],
    ['a formula in quotes', 'new-1\n"=cmd|\' /C calc\'!A0"', { row: 2, code: 'formula' }, {}],
    [
      'a formula in JSON',
      '"new-1"\n{"id":"@SUM(1)"}',
      { row: 2, code: 'formula' },
      { type: 'application/x-ndjson' },
    ],
    ['latin-1', Buffer.from('new-1\nM\xfcller', 'latin1'), { row: 2, code: 'encoding' }, {}],
    ['big-endian UTF-16', Buffer.from('\ufeffnew-1\n', 'utf16le').swap16(), { row: 1, code: 'encoding' }, {}],
    ['zeros as bytes', 'new-1\nx\0y', { row: 2, code: 'not_text' }, {}],
    ['a workbook', Buffer.from('PK\x03\x04\x14\0\x06\0', 'latin1'), { row: 1, code: 'not_text' }, {}],
    ['an id without end', `new-1\n${'x'.repeat(600)}`, { row: 2, code: 'id_too_long' }, {}],
    ['broken JSON', '{"id":"new-1"}\n{"id":', { row: 2, code: 'not_json' }, { type: 'application/x-ndjson' }],
    [
      'numbers for ids',
      '{"id":12345678901234567890}',
      { row: 1, code: 'no_id' },
      { type: 'application/x-ndjson' },
    ],
  ])('%s: is refused by row, with what to do, and nothing of it counts', async (_, list, fault, how) => {
    await good();
    const { version } = await packOf('crm');
    const answer = await send(list, how);
    expect(answer.status).toBe(400);
    expect(answer.json.errors).toMatchObject([fault]);
    const [{ hint, value }] = answer.json.errors;
    expect(hint).not.toBe('');
    expect(value.replace(/ \(\d+ characters\)$/, '').length).toBeLessThanOrEqual(3);
    await stillGood(version);
  });

  it('one line of 100 MB is refused long before its end is in memory, and the caller hears of it', async () => {
    await good();
    const { version } = await packOf('crm');
    const megabyte = Buffer.alloc(1_000_000, 'x');
    const before = process.memoryUsage().rss;
    const answer = await sendPieces('crm', [
      Buffer.from('new-1\n'),
      ...Array.from({ length: 100 }, () => megabyte),
    ]);
    expect(answer).toMatchObject({ status: 400, json: { errors: [{ row: 2, code: 'line_too_long' }] } });
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    await stillGood(version);
  });

  it('a small packed list that never ends ends at the bound', async () => {
    const bomb = Readable.from(
      Array.from({ length: 50 }, () => gzipSync(Buffer.alloc(1_000_000, 'new-1\n'))),
    );
    let bytes = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of listBytes(bomb, true, 2_000_000)) bytes += chunk.length;
    };
    await expect(read()).rejects.toMatchObject({ code: 'list_too_large' });
    expect(bytes).toBeLessThanOrEqual(2_000_000);
  });

  it('what is not packed as it says, or cut off, is not taken', async () => {
    await good();
    const { version } = await packOf('crm');
    const packed = { 'content-encoding': 'gzip' };
    expect(await send('new-1', packed)).toMatchObject({
      status: 400,
      json: { errors: [{ code: 'not_gzip' }] },
    });
    const cut = gzipSync('new-1\n'.repeat(1000)).subarray(0, 30);
    expect(await send(cut, packed)).toMatchObject({ status: 400, json: { errors: [{ code: 'not_gzip' }] } });
    const { port, hostname } = new URL(base);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST /api/v1/audiences/crm/members?mode=replace HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n` +
            'Content-Type: text/csv\r\nContent-Length: 1000\r\n\r\nnew-1\nnew-2\n',
        );
        setTimeout(() => socket.destroy(), 100);
      });
      socket.on('close', () => resolve());
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(engine.faults()).toBe(0);
    await stillGood(version);
  });

  it('does not keep others waiting: two are read at a time, and bids go on', async () => {
    const endless = [0, 1].map(() => {
      const call = httpRequest(new URL(`${base}/crm/members?mode=add`), {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'text/csv' },
      });
      call.on('error', () => undefined);
      call.write('new-1\n');
      return call;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await send('aaa-1')).toMatchObject({ status: 503 });
    const answer = await ask(engine, {
      id: 'one',
      imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
      site: { domain: 'news.example' },
    });
    expect(answer.status).toBe(200);
    for (const call of endless) call.destroy();
    await expect.poll(async () => (await send('aaa-1')).status).toBe(200);
  });
});

describe('the packs of a book', () => {
  it('are told as they are written and as they stand', async () => {
    await send('aaa-1\nbbb-2');
    const { json } = await get();
    expect(json.items.map(({ id }: { id: string }) => id)).toEqual([
      'bought',
      'crm',
      'hashed-crm',
      'left-cart',
      'new-customers',
      'readers',
      'reading-customers',
    ]);
    expect(json.classes.length).toBeGreaterThan(10);
    const [bought, crm, hashed, , tree, readers, undecided] = json.items;
    expect(crm).toMatchObject({
      idSpace: 'ifa',
      pack: {
        checksum: sha256('aaa-1\nbbb-2'),
        version: sha256('aaa-1\nbbb-2').slice(0, 12),
        source: 'upload',
        createdMs: engine.clock.now(),
        size: 2,
        status: 'fresh',
        why: '',
        usedBy: {
          lineItems: [{ lineItemId: 'everybody', as: 'weight' }],
          packs: ['new-customers', 'reading-customers'],
        },
      },
    });
    expect(hashed.pack).toMatchObject({
      status: 'empty',
      size: 0,
      why: expect.stringContaining('none was sent'),
    });
    // Only requests tell who is in them.
    expect(readers.pack).not.toHaveProperty('size');
    expect(undecided.pack).not.toHaveProperty('size');
    expect(bought.pack).toMatchObject({ status: 'empty', size: 0 });
    expect(tree.pack).toMatchObject({ status: 'fresh', size: 2 });
    expect(await get('/bought')).toMatchObject({ status: 200, json: { source: 'rule', pack: { size: 0 } } });
    expect(await get('/rfm.champion')).toMatchObject({ status: 200, json: { pack: { source: 'class' } } });
    expect(await get('/nobody')).toMatchObject({ status: 404 });
  });
});
