import { describe, expect, it } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { Sessions } from '../../src/server/access.ts';

const TOKEN = 'an-admin-token';

function opened() {
  const clock = manualClock(Date.UTC(2026, 10, 23));
  const sessions = new Sessions(TOKEN, clock);
  const code = new URL(sessions.link('http://127.0.0.1:8081')).searchParams.get('t')!;
  return { clock, sessions, code, cookie: sessions.open(code)!.split(';')[0]! };
}

describe('access', () => {
  it('is by the token', () => {
    const { sessions } = opened();
    expect(sessions.bearerKnown(TOKEN)).toBe(true);
    for (const wrong of [undefined, '', 'an-admin-toke', `${TOKEN} `])
      expect(sessions.bearerKnown(wrong)).toBe(false);
  });

  it('is by a link that works once', () => {
    const { sessions, code } = opened();
    expect(sessions.open(code)).toBeUndefined();
    expect(sessions.open('')).toBeUndefined();
    const links = Array.from(
      { length: 101 },
      () => new URL(sessions.link('http://a')).searchParams.get('t')!,
    );
    expect(links.map((link) => sessions.open(link) !== undefined)).toEqual(
      links.map((_, index) => index > 0),
    );
  });

  it('is by a session, for twelve hours, also after a restart', () => {
    const { sessions, cookie, clock } = opened();
    expect(sessions.cookieKnown(`a=b; ${cookie}; c=d`)).toBe(true);
    expect(new Sessions(TOKEN, clock).cookieKnown(cookie)).toBe(true);
    expect(new Sessions('another-token', clock).cookieKnown(cookie)).toBe(false);
    clock.advance(12 * 3_600_000 - 1);
    expect(sessions.cookieKnown(cookie)).toBe(true);
    clock.advance(1);
    expect(sessions.cookieKnown(cookie)).toBe(false);
  });

  it('is not by a session that was made up', () => {
    const { sessions, cookie } = opened();
    const [name, value = ''] = cookie.split('=');
    const [expires, signature] = value.split('.');
    for (const wrong of [
      undefined,
      '',
      `${name}=`,
      `${name}=.`,
      `${name}=${expires}`,
      `${name}=${Number(expires) + 1}.${signature}`,
      `${name}=Infinity.${signature}`,
      `x${cookie}`,
    ])
      expect([wrong, sessions.cookieKnown(wrong)]).toEqual([wrong, false]);
  });
});
