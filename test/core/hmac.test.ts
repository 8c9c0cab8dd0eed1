import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmac } from '../../src/core/hmac.ts';

describe('HMAC', () => {
  // RFC 4231, test cases 1, 2 and 6.
  it.each([
    [
      Buffer.alloc(20, 0x0b),
      'Hi There',
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
      '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
    ],
    [
      Buffer.from('Jefe'),
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ],
    [
      Buffer.alloc(131, 0xaa),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
      '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
    ],
  ])('gives the tags of RFC 4231: %#', (key, text, of256, of512) => {
    expect(hmac('sha256', key)(Buffer.from(text)).toString('hex')).toBe(of256);
    expect(hmac('sha512', key)(Buffer.from(text)).toString('hex')).toBe(of512);
  });

  it('gives what Node gives, message after message of every length', () => {
    const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
    const messages = fc.array(bytes(1100), { maxLength: 5 });
    fc.assert(
      fc.property(bytes(200), messages, fc.constantFrom('sha256', 'sha512'), (key, texts, algorithm) => {
        const tag = hmac(algorithm, key);
        for (const text of texts) expect(tag(text)).toEqual(createHmac(algorithm, key).update(text).digest());
      }),
    );
  });
});
