import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { testEngine } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const KEY = 'order-key-0123456789';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine(BOOK);
});
afterEach(() => engine.close());

function report(payload: string | Buffer, headers: Record<string, string> = {}) {
  return engine.publicApp.inject({
    method: 'POST',
    url: '/conversion',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}`, ...headers },
    payload,
  });
}

const order = (more: Record<string, unknown> = {}) => ({ action: 'order', order_id: 'A-1', ...more });

describe('the address for conversions', () => {
  it('tells how many counted, how many were known, and what is wrong with the others', async () => {
    const answer = await report(JSON.stringify([order(), order(), order({ order_id: 'A-2', value: 'x' })]));
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      accepted: 1,
      duplicates: 1,
      faults: [
        { path: '[2].value', code: 'not_an_amount', message: expect.any(String), hint: expect.any(String) },
      ],
    });
    expect((await report(JSON.stringify(order()))).json()).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('takes text from a page, and gzip', async () => {
    expect(
      (await report(JSON.stringify(order()), { 'content-type': 'text/plain;charset=UTF-8' })).statusCode,
    ).toBe(200);
    const packed = gzipSync(JSON.stringify(order({ order_id: 'A-3' })));
    expect((await report(packed, { 'content-encoding': 'gzip' })).json()).toMatchObject({ accepted: 1 });
  });

  it.each([
    ['{"action":', {}, 400],
    ['', {}, 400],
    ['[]', {}, 400],
    ['{"action":"nothing"}', {}, 400],
    ['{"__proto__":{"action":"order"}}', {}, 400],
    ['{"action":"order"}', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['{"action":"order"}', { 'content-encoding': 'lz4' }, 415],
    ['{"action":"order"}', { 'content-encoding': 'gzip' }, 400],
    ['{"action":"order"}', { authorization: 'Bearer wrong-key-0123456789' }, 401],
    ['{"action":"order"}', { authorization: `Basic ${KEY}` }, 401],
    ['{"action":"order"}', { authorization: '' }, 401],
  ])('refuses %s %j with %i, as a problem', async (payload, headers, status) => {
    const answer = await report(payload, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ status, title: expect.any(String), errors: expect.any(Array) });
    expect(answer.body).not.toContain(KEY);
  });

  it('is open to pixels without a key', async () => {
    const sent = () => engine.publicApp.inject('/conversion.gif?action=order&order_id=P-1&value=12.5');
    for (const answer of [await sent(), await sent()])
      expect([answer.statusCode, answer.headers['content-type'], answer.headers['cache-control']]).toEqual([
        200,
        'image/gif',
        'no-store',
      ]);
    const wrong = await engine.publicApp.inject('/conversion.gif?action=nothing');
    expect([wrong.statusCode, wrong.json().errors[0].code]).toEqual([400, 'unknown_action']);
  });
});
