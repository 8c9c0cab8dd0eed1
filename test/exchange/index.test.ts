import { Value } from 'typebox/value';
import { expect, test } from 'vitest';
import { dialectOfBody, dialects } from '../../src/exchange/index.ts';
import { exchangeSchema } from '../../src/openrtb/exchange-profile.ts';
import { ownRequests } from '../openrtb/own-corpus.ts';
import { bytesOf } from './protobuf-sender.ts';

const profiles = (['openrtb-json', 'openrtb-protobuf'] as const).map((dialect) =>
  Value.Decode(exchangeSchema, Value.Default(exchangeSchema, { id: 'x', dialect })),
);

test('every dialect stands in the list under its own name', () => {
  for (const [name, dialect] of dialects) {
    expect(dialect.name).toBe(name);
    expect(dialect.contentTypes.length).toBeGreaterThan(0);
  }
});

test('a body without a header shows what it is, whatever the exchange speaks', () => {
  for (const profile of profiles) {
    const told = (body: string | Buffer) => dialectOfBody(profile, Buffer.from(body)).name;
    for (const { request } of ownRequests()) {
      const text = JSON.stringify(request);
      for (const body of [text, ` \r\n${text}\n`, `\uFEFF${text}`, JSON.stringify(request, undefined, 2)])
        expect(told(body)).toBe('openrtb-json');
    }
    expect(told(bytesOf({ id: 'r', imp: [{ id: '1', banner: { w: 300 } }] }))).toBe('openrtb-protobuf');
    expect(told('{"cut off')).toBe('openrtb-json');
    expect(told(Buffer.alloc(0))).toBe(profile.dialect);
    // A line feed, and an id of 123 characters: the length is the byte of a brace.
    expect(told(bytesOf({ id: 'i'.repeat(123), imp: [{ id: '1' }] }))).toBe('openrtb-protobuf');
  }
});
