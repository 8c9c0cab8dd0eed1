import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { openrtbJson } from '../../src/exchange/openrtb-json.ts';

const BODY = '{"id":"ü1","imp":[{"id":"1","banner":{"w":300,"h":250}}]}';

test('reads a body, also after a byte order mark and with space around it', () => {
  for (const text of [BODY, `\uFEFF${BODY}`, ` \r\n${BODY}\n`]) {
    expect(openrtbJson.decode(Buffer.from(text))).toMatchObject({ ok: true, request: { id: 'ü1' } });
  }
});

test.each([[''], ['{'], ['\uFEFF'], ['{"id":1,}'], ['NaN'], ['\u0000']])('refuses %j', (text) => {
  expect(openrtbJson.decode(Buffer.from(text))).toEqual({ ok: false, message: 'not JSON' });
});

test('takes no account of a repeated key but the last, as JSON.parse does', () => {
  expect(openrtbJson.decode(Buffer.from(BODY.replace('{', '{"id":"first",')))).toMatchObject({
    request: { id: 'ü1' },
  });
});

property.prop([fc.uint8Array({ maxLength: 300 })])('never throws on bytes', (bytes) => {
  expect(openrtbJson.decode(Buffer.from(bytes)).ok).toBe(false);
});

test('writes an answer as it stands', () => {
  const response = {
    id: 'ü1',
    cur: 'USD',
    seatbid: [{ bid: [{ id: 'b', impid: '1', price: 1.23, crid: 'c', adm: '<p>"ü"</p>' }] }],
  };
  expect(JSON.parse(openrtbJson.encode(response).toString('utf8'))).toEqual(response);
});
