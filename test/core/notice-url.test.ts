import { expect, test } from 'vitest';
import type { NoticeHabits } from '../../src/core/notice-url.ts';
import { noticeLinks } from '../../src/core/notice-url.ts';

const TOKENS = { win: 'W', billing: 'B', loss: 'L', impression: 'I', click: 'C' };
const links = (habits: Partial<NoticeHabits> = {}, quantity = false) =>
  noticeLinks(
    'http://a.example',
    'https://a.example',
    TOKENS,
    { billing: 'burl', priceCodec: 'plain', ...habits },
    quantity,
  );

test('addresses ask for what the exchange alone knows', () => {
  expect(links()).toEqual({
    nurl: 'http://a.example/n/win?t=W&p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}&m=${AUCTION_MIN_TO_WIN}',
    burl: 'http://a.example/n/bill?t=B&p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}&w=${AUCTION_IMP_TS}',
    lurl: 'http://a.example/n/loss?t=L&l=${AUCTION_LOSS}&m=${AUCTION_MIN_TO_WIN}&p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}',
    impressionUrl: 'https://a.example/t/imp?t=I',
    clickUrl: 'https://a.example/t/click?t=C',
    documentUrl: '',
  });
});

test('the quantity is asked of the notice that is charged', () => {
  const asked = '&x=${AUCTION_MULTIPLIER}';
  const asks = (billing: NoticeHabits['billing']) =>
    Object.entries(links({ billing }, true)).flatMap(([name, url]) => (url.includes(asked) ? [name] : []));
  expect([asks('burl'), asks('impression'), asks('win')]).toEqual([
    ['burl'],
    ['burl', 'impressionUrl'],
    ['nurl', 'burl'],
  ]);
  expect(links({ billing: 'impression' }).impressionUrl).toBe(
    'https://a.example/t/imp?t=I&p=${AUCTION_PRICE}&c=${AUCTION_CURRENCY}&w=${AUCTION_IMP_TS}',
  );
});

test.each([
  [{ priceCodec: 'base64' }, '${AUCTION_PRICE:B64}'],
  [{ priceCodec: 'base64', priceMacroSuffix: '' }, '${AUCTION_PRICE}'],
  [{ priceCodec: 'google-hmac-sha1', priceMacroSuffix: 'ENC' }, '${AUCTION_PRICE:ENC}'],
  [{ priceCodec: 'plain' }, '${AUCTION_PRICE}'],
])('of an exchange with %j the price is asked for as %s', (habits, macro) => {
  for (const url of [links(habits).nurl, links(habits).burl, links(habits).lurl])
    expect(url).toContain(`p=${macro}&`);
});
