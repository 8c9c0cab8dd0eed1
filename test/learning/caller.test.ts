import { expect, it } from 'vitest';
import { NOTICE_KINDS } from '../../src/core/event.ts';
import type { Caller } from '../../src/learning/caller.ts';
import { setAside } from '../../src/learning/caller.ts';

const BROWSER =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36';
const caller = (more: Partial<Caller>): Caller => ({
  method: 'GET',
  purpose: '',
  userAgent: BROWSER,
  deviceUserAgent: '',
  ...more,
});

it.each([
  [
    'a browser’s click through a server that is believed',
    { userAgent: 'Go-http-client/1.1', deviceUserAgent: BROWSER },
    true,
    undefined,
  ],
  [
    'a robot’s through one',
    { userAgent: 'Go-http-client/1.1', deviceUserAgent: 'bingbot/2.0' },
    true,
    'robot',
  ],
  [
    'a robot’s through one that is not',
    { userAgent: 'Go-http-client/1.1', deviceUserAgent: 'bingbot/2.0' },
    false,
    undefined,
  ],
  [
    'a robot that calls itself a person',
    { userAgent: 'bingbot/2.0', deviceUserAgent: BROWSER },
    false,
    'robot',
  ],
  ['a server that is believed and names nobody', { userAgent: 'bingbot/2.0' }, true, 'robot'],
  ['no user agent at all', { userAgent: '' }, false, undefined],
  [
    'a telephone of Cubot',
    { userAgent: 'Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG 9)' },
    false,
    undefined,
  ],
  [
    'a crawler',
    { userAgent: 'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)' },
    false,
    'robot',
  ],
  ['a word in a purpose that is another', { purpose: 'prefetching-is-off' }, false, undefined],
] as const)('%s is judged by who clicks', (_what, more, trustsForwarded, reason) => {
  expect(setAside('click', caller(more), { trustsForwarded })).toBe(reason);
});

it('what is owed is counted whoever calls, but for HEAD', () => {
  for (const kind of NOTICE_KINDS) {
    if (kind !== 'click')
      expect(
        setAside(kind, caller({ userAgent: 'Googlebot/2.1', purpose: 'prefetch' }), {
          trustsForwarded: true,
        }),
      ).toBe(undefined);
    expect(setAside(kind, caller({ method: 'HEAD' }), { trustsForwarded: false })).toBe('head');
  }
});
