/**
 * What exchanges write into our addresses, and what comes of it. The rows are one thing: notice-table.test.ts tells each of
 * them to a whole engine, and docs/notices.md is the same rows for people.
 */
import type { NoticeEvent, NoticeKind, PriceFlag } from '../../src/core/event.ts';
import { sealPrice, vectorAt } from '../exchange/seal.ts';
import { START_MS } from '../fixture/engine.ts';

export type MacroName = 'PRICE' | 'CURRENCY' | 'MULTIPLIER' | 'LOSS' | 'MIN_TO_WIN' | 'IMP_TS';

/** Bid 4.00 over a floor of 0.50 in dollars, account in dollars; one euro is 1.25 dollars. */
export interface PriceCase {
  readonly group: string;
  readonly sent: string;
  readonly values: Readonly<Partial<Record<MacroName, string>>>;
  /** Written behind the address. */
  readonly behind?: string;
  /** The impression counts for twelve (`imp.qty`). */
  readonly twelve?: boolean;
  readonly codec?: 'encoded' | 'sealed';
  /** Millionths of a dollar, whichever notice is the one that is charged. */
  readonly charged: number;
  readonly flag: PriceFlag;
  /** With `unreadablePrice: charge_maximum`, where that makes a difference. */
  readonly atMaximum?: number;
  readonly why: string;
}

const UNTOUCHED = '${AUCTION_PRICE}';
const inBase64 = (text: string): string => Buffer.from(text).toString('base64');
export const SEALING_KEYS = {
  now: {
    encryption: 'dGhlIGVuY3J5cHRpb24ga2V5IHRoYXQgaXMgdXNlZCA=',
    integrity: 'dGhlIGludGVncml0eSBrZXkgdGhhdCBpcyB1c2VkICE=',
  },
  before: {
    encryption: 'dGhlIGVuY3J5cHRpb24ga2V5IG9mIGxhc3QgeWVhciE=',
    integrity: 'dGhlIGludGVncml0eSBrZXkgb2YgbGFzdCB5ZWFyISE=',
  },
};
const MINUTE_MS = 60_000;
/** 3.00 for a thousand is 3000 micros for one. */
const sealed = (minutes = 0, keys = SEALING_KEYS.now): string =>
  sealPrice(3000n, vectorAt(START_MS + minutes * MINUTE_MS), keys);

function cases(group: string, rows: readonly Omit<PriceCase, 'group'>[]): PriceCase[] {
  return rows.map((row) => ({ group, ...row }));
}

const plain = (sent: string, charged: number, flag: PriceFlag, why: string): Omit<PriceCase, 'group'> => ({
  sent: `\`${sent}\``,
  values: { PRICE: sent },
  charged,
  flag,
  why,
});
const noPrice = (sent: string, flag: PriceFlag, why: string): Omit<PriceCase, 'group'> => ({
  ...plain(sent, 0, flag, why),
  atMaximum: 4000,
});

export const PRICE_CASES: readonly PriceCase[] = [
  ...cases('A price', [
    plain('3', 3000, '', 'charged as told'),
    plain('3.2', 3200, '', 'charged as told'),
    plain(
      '2.999999',
      2999,
      '',
      'to the millionth; the thousandths of a micro are carried to the next charge',
    ),
    plain('4', 4000, '', 'the bid itself'),
    plain('.5', 500, '', 'some printers leave out the zero'),
    plain('3.', 3000, '', 'and some the digits behind the point'),
    plain('1e-3', 1, 'below_floor', 'exponents are numbers'),
    plain(' 1.2 ', 1200, '', 'spaces around it mean nothing'),
    plain('3%2E2', 3200, '', 'encoded once more than needed'),
    plain('3%252E2', 3200, '', 'encoded twice more'),
    plain(
      '2.5',
      2500,
      '',
      'rounded down to a bucket by a server on the way: nobody can tell, so it is charged',
    ),
    plain('4.5', 4000, 'above_bid', 'rounded up, or a fee put on: never more than the bid'),
    plain('40', 4000, 'above_bid', 'up to ten times the bid'),
    plain('40.01', 0, 'absurd', 'more than ten times is a unit mixed up, not a price'),
    plain('3000000', 0, 'absurd', 'micros where currency units were agreed'),
    plain('0.3', 300, 'below_floor', 'charged as told, for the seller may take less'),
    plain('0', 0, 'below_floor', 'free of charge, and settled by it'),
    {
      sent: '`p=3&…&p=9`',
      values: { PRICE: '3' },
      behind: '&p=9',
      charged: 3000,
      flag: '',
      why: 'named twice: the first is ours',
    },
  ]),
  ...cases('No price', [
    noPrice('', 'missing', 'empty: not known (section 4.4)'),
    noPrice('UNKNOWN', 'missing', 'Google’s word for it'),
    plain(
      'AUDIT',
      0,
      'audit',
      'a look at the creative: nothing was sold, so not even the maximum is charged',
    ),
    plain('audit', 0, 'audit', 'in whatever letters'),
    noPrice(UNTOUCHED, 'unexpanded', 'nobody filled it in'),
    noPrice('%24%7BAUCTION_PRICE%7D', 'unexpanded', 'nor after encoding the address'),
    noPrice('%2524%257BAUCTION_PRICE%257D', 'unexpanded', 'nor after doing so twice'),
    noPrice('$%7BAUCTION_PRICE%7D', 'unexpanded', 'nor after encoding half of it'),
    noPrice('%%WINNING_PRICE%%', 'unexpanded', 'Google’s own macro'),
    noPrice('1,2', 'unreadable', 'a comma may part thousands or decimals: not guessed'),
    noPrice('3.03.0', 'unreadable', 'filled in by two servers, one behind the other'),
    noPrice('-1', 'unreadable', 'a price is not negative'),
    noPrice('NaN', 'unreadable', 'a server’s division by zero'),
    noPrice('Infinity', 'unreadable', 'another'),
    noPrice('0x10', 'unreadable', 'decimal only'),
    noPrice('1e99', 'unreadable', 'beyond any amount'),
    noPrice('9'.repeat(40), 'unreadable', 'also by its digits'),
    noPrice('null', 'unreadable', 'a word of a programming language'),
  ]),
  ...cases('A price in base64 (`priceCodec: base64`, asked for as `${AUCTION_PRICE:B64}`)', [
    encoded(inBase64('3'), 3000, '', 'of `3`'),
    encoded(inBase64('3.25').replace(/=+$/, ''), 3250, '', 'of `3.25`, padding left out'),
    encoded(inBase64('3.25').replaceAll('=', '%253D'), 3250, '', 'of `3.25`, padding encoded twice'),
    encoded(inBase64('AUDIT'), 0, 'audit', 'of `AUDIT`'),
    encoded('AUDIT', 0, 'audit', 'the word itself, not encoded'),
    encoded('', 0, 'missing', 'empty'),
    encoded(inBase64('UNKNOWN'), 0, 'missing', 'of `UNKNOWN`'),
    encoded('${AUCTION_PRICE:B64}', 0, 'unexpanded', 'an exchange that does not know the suffix'),
    encoded(inBase64(UNTOUCHED), 0, 'unexpanded', 'of the macro'),
    encoded('3.25', 0, 'unreadable', 'plain, where base64 was agreed'),
  ]),
  ...cases(
    'An encrypted price (`priceCodec: google-hmac-sha1`, unit `cpi_micros`, `priceMaxAgeSeconds: 3600`)',
    [
      closed('of 3000 micros for one impression', sealed(), 3000, '', 'opened by the key pair in use'),
      closed(
        'the same, under the former keys',
        sealed(0, SEALING_KEYS.before),
        3000,
        '',
        'opened by `priceKeysOther`',
      ),
      closed('with padding', `${sealed()}==`, 3000, '', 'as some libraries write it'),
      closed('sealed an hour after the bid', sealed(60), 3000, '', 'within the time allowed'),
      closed('sealed 61 minutes after it', sealed(61), 0, 'stale', 'a price of another bid, perhaps'),
      closed('sealed 61 minutes before it', sealed(-61), 0, 'stale', 'one that was seen already'),
      closed(
        'one character changed',
        `${sealed().slice(0, -1)}${sealed().endsWith('A') ? 'Q' : 'A'}`,
        0,
        'unreadable',
        'forged',
      ),
      closed('`3`', '3', 0, 'unreadable', 'whoever cannot encrypt has no say in the price'),
      closed('`UNKNOWN`', 'UNKNOWN', 0, 'missing', 'not priced yet'),
      closed('`AUDIT`', 'AUDIT', 0, 'audit', 'a look at the creative'),
    ],
  ),
  ...cases('The currency (`${AUCTION_CURRENCY}`) of a price of `3`', [
    ofCurrency('USD', 3000, '', 'that of the bid'),
    ofCurrency('EUR', 3750, 'converted', 'another with a rate: converted by the account’s rate of the day'),
    ofCurrency('JPY', 0, 'other_currency', 'another without a rate is no price'),
    ofCurrency('', 3000, '', 'not told: prices are in the currency of the bid'),
    ofCurrency('AUDIT', 3000, '', 'the price alone says whether it is an audit'),
    ofCurrency('${AUCTION_CURRENCY}', 3000, '', 'nobody filled it in'),
    ofCurrency('dollars', 3000, '', 'no currency code'),
  ]),
  ...cases('How many impressions (`${AUCTION_MULTIPLIER}`) of a bid for 12 at `3`', [
    ofQuantity('12', 36_000, '', 'as offered'),
    ofQuantity('7.5', 22_500, '', 'fewer: the rest of the reservation is free again'),
    ofQuantity('0.25', 750, '', 'less than one'),
    ofQuantity('20', 36_000, 'above_quantity', 'never more than was offered and reserved'),
    ofQuantity('0', 36_000, '', 'not a number above zero'),
    ofQuantity('', 36_000, '', 'not told'),
    ofQuantity('${AUCTION_MULTIPLIER}', 36_000, '', 'nobody filled it in'),
  ]),
];

function encoded(text: string, charged: number, flag: PriceFlag, why: string): Omit<PriceCase, 'group'> {
  return { ...plain(text, charged, flag, why), codec: 'encoded' };
}

function closed(
  sent: string,
  text: string,
  charged: number,
  flag: PriceFlag,
  why: string,
): Omit<PriceCase, 'group'> {
  return { sent, values: { PRICE: text }, charged, flag, why, codec: 'sealed' };
}

function ofCurrency(code: string, charged: number, flag: PriceFlag, why: string): Omit<PriceCase, 'group'> {
  const values = { PRICE: '3', CURRENCY: code };
  const atMaximum = flag === 'other_currency' ? { atMaximum: 4000 } : {};
  return { sent: `\`${code}\``, values, charged, flag, ...atMaximum, why };
}

function ofQuantity(number: string, charged: number, flag: PriceFlag, why: string): Omit<PriceCase, 'group'> {
  const values = { PRICE: '3', MULTIPLIER: number };
  return { sent: `\`${number}\``, values, twelve: true, charged, flag, why };
}

/** Words that carry no money: what is read of them. */
export interface WordCase {
  readonly macro: MacroName;
  readonly kind: NoticeKind;
  readonly sent: string;
  readonly reads: number | undefined;
  readonly why: string;
}

export const WORD_OF: Readonly<Partial<Record<MacroName, (event: NoticeEvent) => number | undefined>>> = {
  LOSS: (event) => event.lossCode,
  MIN_TO_WIN: (event) => event.minToWinCpmMicros,
  IMP_TS: (event) => event.shownAtMs,
};

const words =
  (macro: MacroName, kind: NoticeKind) =>
  (sent: string, reads: number | undefined, why: string): WordCase => ({ macro, kind, sent, reads, why });
const loss = words('LOSS', 'loss');
const least = words('MIN_TO_WIN', 'loss');
const leastOfWin = words('MIN_TO_WIN', 'win');
const shown = words('IMP_TS', 'billing');

export const WORD_CASES: readonly WordCase[] = [
  loss('102', 102, 'a code of the list below'),
  loss('503', 503, 'an exchange’s own'),
  loss(' 202 ', 202, 'spaces around it mean nothing'),
  loss('%31%30%32', 102, 'encoded once more than needed'),
  loss('', undefined, 'counted as not told'),
  loss('AUDIT', undefined, 'counted as not told'),
  loss('UNKNOWN', undefined, 'counted as not told'),
  loss('${AUCTION_LOSS}', undefined, 'nobody filled it in'),
  loss('-1', undefined, 'no code'),
  loss('102.0', undefined, 'no code'),
  loss('99999', undefined, 'no code'),
  least('5.25', 5_250_000, 'what would have won: learned from'),
  least('0', undefined, 'nothing is learned of a price of nothing'),
  least('10001', undefined, 'nor of one that no campaign can bid'),
  least('', undefined, 'not told'),
  least('AUDIT', undefined, 'nothing was sold'),
  least('${AUCTION_MIN_TO_WIN}', undefined, 'nobody filled it in'),
  leastOfWin('3.9', 3_900_000, 'what would have been enough'),
  leastOfWin('4.1', undefined, 'whoever won did so with no more than the bid'),
  shown(String(START_MS + 60_000), START_MS + 60_000, 'a minute after the bid: the showing is dated by it'),
  shown(String(START_MS - 30_000), START_MS, 'before the bid by a little: clocks differ'),
  shown(String(START_MS - 61_000), undefined, 'long before the bid: not believed'),
  shown(String(START_MS + 7_300_000), undefined, 'after the notice itself: not believed'),
  shown(String(START_MS / 1000 + 60), undefined, 'seconds, where milliseconds were agreed'),
  shown('', undefined, 'not told: dated by the notice'),
  shown('AUDIT', undefined, 'dated by the notice'),
  shown('${AUCTION_IMP_TS}', undefined, 'nobody filled it in: dated by the notice'),
];
