import { describe, expect, it } from 'vitest';
import type { BidFacts, NoticeEvent, NoticeKind } from '../../src/core/event.ts';
import { NOTICE_KINDS } from '../../src/core/event.ts';
import { seededRandom } from '../../src/core/random.ts';
import { cpmMicros } from '../../src/core/units.ts';
import { readNotice } from '../../src/learning/notice.ts';
import type { ExchangeProfile } from '../../src/openrtb/exchange-profile.ts';
import { bidFacts, NOW_MS, profileOf, reading, tokenOf } from './bid-facts.ts';

const HOUR_MS = 3_600_000;

function read(
  kind: NoticeKind,
  words: { p?: string; c?: string; l?: string; m?: string; x?: string; w?: string },
  profile: ExchangeProfile = profileOf(),
  facts: BidFacts = bidFacts(),
  nowMs = NOW_MS,
): NoticeEvent {
  const outcome = readNotice(kind, { t: tokenOf(kind, facts), ...words }, reading(profile, nowMs));
  if (!outcome.ok) throw new Error(outcome.refusal);
  return outcome.event;
}

const money = ({ priceCpmMicros, priceFlag, billable }: NoticeEvent) => [priceCpmMicros, priceFlag, billable];

const BILLING: readonly (readonly [ExchangeProfile['billing'], NoticeKind])[] = [
  ['burl', 'billing'],
  ['impression', 'impression'],
  ['win', 'win'],
];

describe.each(BILLING)('where an exchange bills by %s', (billing, kind) => {
  const strict = profileOf({ billing });
  const trusting = profileOf({ billing, unreadablePrice: 'charge_maximum' });

  it.each([
    ['3.2', 3_200_000, ''],
    ['4', 4_000_000, ''],
    ['0.5', 500_000, ''],
    ['4.01', 4_000_000, 'above_bid'],
    ['40', 4_000_000, 'above_bid'],
    ['0.499999', 499_999, 'below_floor'],
    ['0', 0, 'below_floor'],
  ])('charges %s', (text, micros, flag) => {
    expect(money(read(kind, { p: text }, strict))).toEqual([micros, flag, true]);
    expect(money(read(kind, { p: text }, trusting))).toEqual([micros, flag, true]);
  });

  it.each([
    ['AUDIT', 'audit'],
    ['audit', 'audit'],
    ['40.000001', 'absurd'],
    ['4000', 'absurd'],
  ])('never charges %s', (text, flag) => {
    expect(money(read(kind, { p: text }, strict))).toEqual([undefined, flag, false]);
    expect(money(read(kind, { p: text }, trusting))).toEqual([undefined, flag, false]);
  });

  it.each([
    ['', 'missing'],
    ['UNKNOWN', 'missing'],
    ['${AUCTION_PRICE}', 'unexpanded'],
    ['-1', 'unreadable'],
    ['NaN', 'unreadable'],
    ['1,5', 'unreadable'],
    ['٣', 'unreadable'],
    ['0x10', 'unreadable'],
    ['1e99', 'unreadable'],
  ])('charges the maximum for %j only where the profile says so', (text, flag) => {
    expect(money(read(kind, { p: text }, strict))).toEqual([undefined, flag, false]);
    expect(money(read(kind, { p: text }, trusting))).toEqual([4_000_000, 'charged_at_maximum', true]);
  });

  it('charges nothing for a test request', () => {
    expect(money(read(kind, { p: '3' }, trusting, bidFacts({ test: true })))).toEqual([
      undefined,
      'test',
      false,
    ]);
  });

  it('charges no other kind', () => {
    for (const other of NOTICE_KINDS.filter((one) => one !== kind))
      expect([other, read(other, { p: '3' }, trusting).billable]).toEqual([other, false]);
  });
});

describe('an encrypted price', () => {
  const sealed = (sealedAtMs: number, priceMaxAgeSeconds: number): NoticeEvent => {
    const profile = profileOf({ priceMaxAgeSeconds });
    const facts = bidFacts({ bidAtMs: NOW_MS - 26 * HOUR_MS });
    const outcome = readNotice(
      'billing',
      { t: tokenOf('billing', facts), p: '3' },
      {
        ...reading(profile),
        readPrice: () => ({
          cpmMicros: cpmMicros(3_000_000),
          flag: '',
          sealedAtMs: facts.bidAtMs + sealedAtMs,
        }),
      },
    );
    if (!outcome.ok) throw new Error(outcome.refusal);
    return outcome.event;
  };

  it('of another time than its bid is not believed, where the profile looks at times', () => {
    for (const seconds of [-60, 0, 60])
      expect(money(sealed(seconds * 1000, 60))).toEqual([3_000_000, '', true]);
    for (const seconds of [-61, 61, 86_400])
      expect(money(sealed(seconds * 1000, 60))).toEqual([undefined, 'stale', false]);
    expect(money(sealed(-365 * 24 * HOUR_MS, 0))).toEqual([3_000_000, '', true]);
  });
});

describe('a notice', () => {
  it('keeps a price that it cannot charge, for learning', () => {
    expect(money(read('win', { p: '3.2' }))).toEqual([3_200_000, '', false]);
    expect(money(read('loss', { p: '9' }))).toEqual([9_000_000, '', false]);
    expect(money(read('click', { p: '3' }))).toEqual([undefined, '', false]);
    expect(money(read('impression', { p: '3' }))).toEqual([undefined, '', false]);
  });

  it.each([
    ['102', 102],
    ['0', 0],
    ['', undefined],
    ['${AUCTION_LOSS}', undefined],
    ['-1', undefined],
    ['99999', undefined],
  ])('reads loss code %j as %s', (text, code) => {
    expect(read('loss', { l: text }).lossCode).toBe(code);
    expect(read('win', { l: text }).lossCode).toBeUndefined();
  });

  it.each([
    ['loss', '5.25', 5_250_000],
    ['win', '3.9', 3_900_000],
    ['win', '4.1', undefined],
    ['loss', '0', undefined],
    ['loss', '10001', undefined],
    ['loss', '', undefined],
    ['loss', 'AUDIT', undefined],
    ['billing', '3', undefined],
  ] as const)('of a %s believes %j as the least bid that would have won: %s', (kind, text, micros) => {
    expect(read(kind, { m: text }).minToWinCpmMicros).toBe(micros);
  });

  it.each([
    ['win', 1],
    ['loss', 1],
    ['billing', 24],
    ['impression', 24],
    ['click', 720],
  ] as const)('of a %s is late after %i hours, and charged all the same', (kind, hours) => {
    const profile = profileOf({ billing: kind === 'win' || kind === 'impression' ? kind : 'burl' });
    const facts = bidFacts();
    const at = (late: number) =>
      read(kind, { p: '3' }, profile, facts, facts.bidAtMs + hours * HOUR_MS + late);
    expect(at(0).late).toBe(false);
    expect(at(1)).toEqual({ ...at(0), atMs: at(1).atMs, late: true });
  });

  it.each([
    ['EUR', '3', 3_750_000, 'converted'],
    ['eur', '3', 3_750_000, 'converted'],
    ['EUR', '3.3', 4_000_000, 'above_bid'],
    ['EUR', '33', undefined, 'absurd'],
    ['JPY', '300', undefined, 'other_currency'],
    ['USD', '3', 3_000_000, ''],
    ['', '3', 3_000_000, ''],
    ['AUDIT', '3', 3_000_000, ''],
    ['UNKNOWN', '3', 3_000_000, ''],
    ['${AUCTION_CURRENCY}', '3', 3_000_000, ''],
    ['euros', '3', 3_000_000, ''],
  ])('in %j is charged in the currency of the bid: %s', (c, p, micros, flag) => {
    expect(money(read('billing', { c, p }))).toEqual([micros, flag, micros !== undefined]);
    const trusting = profileOf({ unreadablePrice: 'charge_maximum' });
    if (flag === 'other_currency')
      expect(money(read('billing', { c, p }, trusting))).toEqual([4_000_000, 'charged_at_maximum', true]);
  });

  it('in another currency teaches what it takes to win in the bid’s, or nothing', () => {
    expect(read('loss', { m: '4', c: 'EUR' }).minToWinCpmMicros).toBe(5_000_000);
    expect(read('loss', { m: '400', c: 'JPY' }).minToWinCpmMicros).toBeUndefined();
  });

  it.each([
    ['7.5', 7500, ''],
    ['0.25', 250, ''],
    ['0.0001', 1, ''],
    ['12', undefined, ''],
    ['12.0004', undefined, ''],
    ['12.001', undefined, 'above_quantity'],
    ['1e6', undefined, 'above_quantity'],
    ['0', undefined, ''],
    ['-3', undefined, ''],
    ['', undefined, ''],
    ['AUDIT', undefined, ''],
    ['${AUCTION_MULTIPLIER}', undefined, ''],
  ])('for %j impressions of the 12 that were bid for', (x, quantityMilli, flag) => {
    const facts = bidFacts({ multiplierMilli: 12_000 });
    const event = read('billing', { p: '3', x }, profileOf(), facts);
    expect([event.quantityMilli, event.priceFlag]).toEqual([quantityMilli, flag]);
    expect(read('win', { p: '3', x }, profileOf(), facts).quantityMilli).toBeUndefined();
  });

  it('tells when it was shown, where that can be', () => {
    const bidAtMs = NOW_MS - 6 * HOUR_MS;
    const at = (w: string, kind: NoticeKind = 'billing') =>
      read(kind, { p: '3', w }, profileOf(), bidFacts({ bidAtMs })).shownAtMs;
    expect(at(String(bidAtMs + HOUR_MS))).toBe(bidAtMs + HOUR_MS);
    expect(at(String(bidAtMs + HOUR_MS), 'impression')).toBe(bidAtMs + HOUR_MS);
    expect(at(String(bidAtMs + HOUR_MS), 'win')).toBeUndefined();
    // Clocks differ a little.
    expect(at(String(bidAtMs - 30_000))).toBe(bidAtMs);
    expect(at(String(NOW_MS + 30_000))).toBe(NOW_MS);
    const seconds = String(Math.floor((bidAtMs + HOUR_MS) / 1000));
    const others = [
      bidAtMs - 60_001,
      NOW_MS + 60_001,
      seconds,
      '',
      'AUDIT',
      '${AUCTION_IMP_TS}',
      '-1',
      '1e12',
    ];
    for (const w of others) expect([w, at(String(w))]).toEqual([w, undefined]);
  });

  it('from a time before its bid is not late', () => {
    expect(read('billing', { p: '3' }, profileOf(), bidFacts(), NOW_MS - 2 * HOUR_MS).late).toBe(false);
  });

  it('of an exchange that is configured no more is told apart', () => {
    const token = tokenOf('billing', bidFacts());
    expect(readNotice('billing', { t: token, p: '3' }, reading(undefined))).toEqual({
      ok: false,
      refusal: 'unknown_exchange',
    });
  });

  it('is never taken with another token than its own, in 10,000 changed ones', () => {
    const seed = 20261123;
    const random = seededRandom(seed);
    const pick = (size: number): number => Math.floor(random.next() * size);
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ =%٣';
    const accepted: string[] = [];
    for (let round = 0; round < 10_000; round++) {
      const facts = bidFacts({ userKey: `person-${round}`, bidCpmMicros: (1 + pick(1e9)) as never });
      const kind = NOTICE_KINDS[pick(NOTICE_KINDS.length)]!;
      const token = tokenOf(kind, facts);
      const at = pick(token.length);
      const changed = [
        () => token.slice(0, at) + letters[pick(letters.length)] + token.slice(at + 1),
        () => token.slice(0, at),
        () => token.slice(0, at) + token.slice(at + 1),
        () => token + letters[pick(letters.length)],
        () => token.slice(at) + token.slice(0, at),
        () => tokenOf(NOTICE_KINDS[(NOTICE_KINDS.indexOf(kind) + 1 + pick(4)) % 5]!, facts),
        () => {
          const bytes = Buffer.from(token, 'base64url');
          bytes[pick(bytes.length)]! ^= 1 << pick(8);
          return bytes.toString('base64url');
        },
      ][pick(7)]!();
      if (changed !== token && readNotice(kind, { t: changed, p: '1' }, reading(profileOf())).ok)
        accepted.push(`seed ${seed}, round ${round}: ${changed}`);
    }
    expect(accepted).toEqual([]);
  });

  it('without a token is refused', () => {
    for (const t of [undefined, '', 'x', 'A'.repeat(5000)])
      expect(readNotice('billing', { t }, reading(profileOf()))).toEqual({
        ok: false,
        refusal: 'bad_signature',
      });
  });
});
