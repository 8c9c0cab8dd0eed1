import { describe, expect, it } from 'vitest';
import { formats, NONE, plain, words } from '../../src/console/format.ts';

const { compact, count, exact, money, rate, share, time } = formats('USD', 'America/New_York', 'en-US');

describe('amounts', () => {
  it('are micros of the account currency', () => {
    expect(money(1_234_560_000)).toBe('$1,234.56');
    expect(formats('EUR', 'UTC', 'de-DE').money(2_500_000)).toBe('2,50\u00a0€');
    expect(formats('JPY', 'UTC', 'en-US').money(250_000_000)).toBe('¥250');
    expect(formats('KWD', 'UTC', 'en-US').money(2_500_000)).toBe('KWD\u00a02.500');
  });

  it('stand in columns with the digits of the currency, and never as nothing where there is something', () => {
    expect(money(0)).toBe('$0.00');
    expect(money(28_300)).toBe('$0.03');
    expect(money(9_999)).toBe('<$0.01');
    expect(money(250_000_000_000)).toBe('$250,000');
  });

  it('keep two more digits where a price or a bound is small', () => {
    expect(exact(0)).toBe('$0.00');
    expect(exact(12_400)).toBe('$0.0124');
    expect(exact(100_000)).toBe('$0.10');
    expect(exact(undefined)).toBe(NONE);
  });

  it('are a dash where there is nothing to divide by', () => {
    expect(money(undefined)).toBe(NONE);
  });

  it('are written with the bare code where the browser does not take the currency', () => {
    expect(formats('no', 'UTC', 'en-US').money(1_500_000)).toBe('1.50 no');
  });
});

describe('numbers', () => {
  it('are grouped, and shortened in tight places', () => {
    expect(count(1_234_567)).toBe('1,234,567');
    expect(compact(9_999)).toBe('9,999');
    expect(compact(12_345)).toBe('12.3K');
    expect(rate(7.25)).toBe('7.3');
    expect(rate(199.6)).toBe('200');
    expect(rate(undefined)).toBe(NONE);
  });

  it('tell a small share from none and from all', () => {
    expect(share(0, 0)).toBe(NONE);
    expect(share(0, 10)).toBe('0%');
    expect(share(1, 1_000_000)).toBe('<0.01%');
    expect(share(1, 1_000)).toBe('0.10%');
    expect(share(1, 3)).toBe('33.3%');
    expect(share(3, 3)).toBe('100%');
  });
});

describe('time', () => {
  it('is shown in the account’s zone', () => {
    expect(time(Date.UTC(2026, 2, 12, 13, 41, 7))).toBe('Thu, Mar 12, 09:41:07 EDT');
  });

  it('falls back to UTC for a zone that the browser does not know', () => {
    const { time: shown } = formats('USD', 'Mars/Olympus', 'en-US');
    expect(shown(Date.UTC(2026, 2, 12, 13, 41, 7))).toBe('Thu, Mar 12, 13:41:07 UTC');
  });
});

describe('text from outside', () => {
  it('shows what is invisible or turns the direction of writing', () => {
    expect(plain('a\u202eb\u0000c\u200bd\ne')).toBe('a□b□c□d□e');
  });

  it('is cut, and stays as it is otherwise', () => {
    expect(plain('<b>é 日本</b>')).toBe('<b>é 日本</b>');
    expect(plain('x'.repeat(200), 10)).toBe(`${'x'.repeat(9)}…`);
  });

  it('names of the closed lists read as words', () => {
    expect(words('limited_by_budget')).toBe('Limited by budget');
    expect(words('')).toBe('');
  });
});
