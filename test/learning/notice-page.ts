/** docs/notices.md from the tables that are also run as tests; run as a script, it writes it. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { PriceFlag } from '../../src/core/event.ts';
import { LOSS_CODES, lossFacts } from '../../src/core/loss.ts';
import { formatMicros } from '../../src/core/units.ts';
import { PRICE_CASES, WORD_CASES } from './notice-cases.ts';
import { ORDER_CASES } from './notice-orders.ts';

const FLAGS: Readonly<Record<Exclude<PriceFlag, '' | 'test'>, string>> = {
  audit: 'somebody looks at the creative; nothing is kept',
  missing: 'the exchange does not know the price, or does not tell it',
  unexpanded:
    'nobody filled the macro in: ask the exchange which macros it knows, or choose another `billing`',
  unreadable: 'not a price in the agreed codec: look at `priceCodec`, `priceMacroSuffix` and the keys',
  stale: 'sealed too long before or after the bid (`priceMaxAgeSeconds`)',
  other_currency: 'another currency than the bid’s, without a rate: add it to `account.currencyRates`',
  absurd: 'more than ten times the bid: look at `priceUnit`',
  above_bid: 'above the bid: charged at the bid',
  above_quantity: 'more impressions than were offered: charged for those',
  converted: 'in another currency than the bid’s: charged by the account’s rate',
  below_floor: 'below the floor of the request: charged as told',
  charged_at_maximum: 'no price that can be read, and the profile says `charge_maximum`: charged at the bid',
};

export function noticesPage(): string {
  const groups = [...new Set(PRICE_CASES.map(({ group }) => group))];
  return `${[
    '# Notices',
    '',
    'What we ask an exchange to tell us, what it may write there, and what comes of it. Written from the tables in',
    '`test/learning/notice-cases.ts` and `notice-orders.ts`, whose rows are also told to a whole engine as tests;',
    '`node test/learning/notice-page.ts` writes it anew.',
    '',
    ...WHICH_NOTICE,
    '',
    ...ADDRESSES,
    '',
    '## Prices',
    '',
    'Bid at 4.00 over a floor of 0.50 in dollars. What is charged is the same whichever notice the exchange bills by. The last',
    'column is for `unreadablePrice: charge_maximum`, where that makes a difference.',
    ...groups.flatMap((group) => [
      '',
      `### ${group}`,
      '',
      '| written | charged for a thousand | flag | why | at maximum |',
      '| --- | --- | --- | --- | --- |',
      ...PRICE_CASES.filter((row) => row.group === group).map(
        ({ sent, charged, flag, why, atMaximum }) =>
          `| ${cell(sent)} | ${charged === 0 && flag !== 'below_floor' ? '–' : thousand(charged)} | ${flag} | ${why} | ${atMaximum === undefined ? '' : thousand(atMaximum)} |`,
      ),
    ]),
    '',
    '### Flags',
    '',
    'Counted by exchange, notice and flag as `bidder_notice_flags_total`; a report’s `flagged` counts the notices.',
    '',
    '| flag | means |',
    '| --- | --- |',
    ...Object.entries(FLAGS).map(([flag, means]) => `| \`${flag}\` | ${means} |`),
    '',
    '## Other macros',
    '',
    '| macro | notice | written | read as | why |',
    '| --- | --- | --- | --- | --- |',
    ...WORD_CASES.map(
      ({ macro, kind, sent, reads, why }) =>
        `| \`AUCTION_${macro}\` | ${kind} | ${cell(`\`${sent}\``)} | ${reads === undefined ? '–' : macro === 'MIN_TO_WIN' ? formatMicros(reads) : reads} | ${why} |`,
    ),
    '',
    '## Order and repetition',
    '',
    'One bid at an exchange that bills by `burl`, at 3.00. Counts that are not named are zero.',
    '',
    '| told | counted | why |',
    '| --- | --- | --- |',
    ...ORDER_CASES.map(
      ({ what, counts, why }) =>
        `| ${what} | ${
          Object.entries(counts)
            .map(([name, count]) =>
              name.endsWith('Micros')
                ? `${name === 'spendMicros' ? 'spend' : 'late'} ${formatMicros(count)}`
                : `${name} ${count}`,
            )
            .join(', ') || 'nothing'
        } | ${why} |`,
    ),
    '',
    ...CALLERS,
    '',
    '## Loss codes',
    '',
    'By line item, creative, exchange and time: `GET /api/v1/reports/losses?dimensions=exchange,creative`; in the funnel of a',
    'line item, stage `auction`; as `bidder_losses_total` by exchange and code. Creatives that an exchange turned away with',
    '201 to 215 when it last told of them: `GET /api/v1/reports/rejections`. One that loses as disapproved (202) as often in a',
    'row as the exchange’s `disapprovedAfter` is `flagged` there. It is not stopped: a win, or a loss to another bid, ends the row.',
    '',
    '| code | name | what can be done |',
    '| --- | --- | --- |',
    ...LOSS_CODES.map((code) => `| ${code} | \`${lossFacts(code).name}\` | ${lossFacts(code).remedy} |`),
    `| 500… | \`loss_500\`… | ${lossFacts(500).remedy} |`,
    `| none | \`${lossFacts(undefined).name}\` | ${lossFacts(undefined).remedy} |`,
    '',
    ...NO_BID,
  ].join('\n')}\n`;
}

const WHICH_NOTICE = [
  '## Which notice is charged',
  '',
  'One of three, by `billing` of the exchange’s profile. Win notice and tracker are counted and learned from where they are not',
  'charged; a `burl` is in bids only where it is.',
  '',
  '| `billing` | charged | choose it where |',
  '| --- | --- | --- |',
  '| `burl` | the billing notice, called by the exchange’s server | the exchange supports `burl`: the surest of the three, since it is repeated until we have answered, and no browser has to call it |',
  '| `impression` | our tracker in the markup, with the price in it | the exchange does not call `burl`, or sells video and audio by the VAST `Impression`, which is the billable signal there (OpenRTB 2.6 section 7.2); it must fill in macros in markup |',
  '| `win` | the win notice | the exchange charges for wins, shown or not; say `sendsWinNotices: true` beside it if its servers call `nurl` |',
  '',
  'Video and audio: the specification discourages `burl` beside the VAST impression. An exchange that fires both may be billed by',
  'either, for only one is charged. One that never fires `burl` for video needs `billing: impression`, else its showings',
  'stay uncharged; where it sells banners by `burl` and video by the tracker, give it two profiles with an address each.',
  'Google gives no price in VAST impression addresses: bill it by `burl` or by `win`.',
  '',
  'A win that is never billed is not charged; what it reserved comes back after `holdSeconds` of its medium. A notice that comes',
  'later than that is owed and charged all the same: what no reservation covered any more is the overspend that',
  '`GET /api/v1/budgets` states.',
];

const ADDRESSES = [
  '## What we ask for',
  '',
  'Every address carries a signed token with all that a charge needs: bid, price, currency, floor, budget, time. What an exchange',
  'writes beside it is believed within those bounds only.',
  '',
  '| macro | in | changes |',
  '| --- | --- | --- |',
  '| `${AUCTION_PRICE}` | nurl, burl, lurl; the tracker where `billing` is `impression` | what is charged and learned |',
  '| `${AUCTION_CURRENCY}` | wherever a price is | another currency than the bid’s is converted, or is no price |',
  '| `${AUCTION_MIN_TO_WIN}` | nurl, lurl | what is learned of the market |',
  '| `${AUCTION_LOSS}` | lurl | why a bid lost |',
  '| `${AUCTION_MULTIPLIER}` | the notice that is charged, where the impression counts for other than one (`imp.qty`) | for how many impressions is charged, never more than offered |',
  '| `${AUCTION_IMP_TS}` | burl, and the tracker where it is charged | the time of the showing, where a screen in public or a stitched stream bills hours later |',
  '| `${AUCTION_ID}`, `${AUCTION_BID_ID}`, `${AUCTION_IMP_ID}`, `${AUCTION_SEAT_ID}`, `${AUCTION_AD_ID}` | not asked for | the token says it, and cannot be changed on the way |',
  '| `${AUCTION_MBR}` | not asked for | the ratio of two prices that we have |',
  '| `${AUCTION_DISCOUNT_PCT}`, `${AUCTION_DISCOUNT_CPM}` | not asked for | the price is told after the discount (section 7.16) |',
  '',
  '`priceMacroSuffix` adds an encoding to the price macro, as in `${AUCTION_PRICE:B64}`; a `priceCodec` of `base64` asks for `B64` by',
  'itself.',
  '',
  'Encrypted prices are opened by `priceKeys` and, while keys are changed, by any pair in `priceKeysOther`. `priceMaxAgeSeconds` is',
  'off unless it is set, since not every sender writes a time into its vectors. It is held against the time of the bid, not of the',
  'notice: late notices are owed, and a price that was seen with another bid was sealed at another time. Within that time a price',
  'can still be repeated with another bid’s token; it is then bounded by that bid, and counts once.',
];

const CALLERS = [
  '## Who calls',
  '',
  'GET and POST are the same, with whatever body and media type. Notices are answered 204, the tracker 200 with a pixel, a click 302',
  'to the landing page; what is not signed by us 400; what cannot be kept on disk 503, so that it is sent again. A click is led on',
  'even then.',
  '',
  '- HEAD is answered as GET would be, and nothing is counted.',
  '- A click that a browser prefetches (`Sec-Purpose`, `Purpose`, `X-Purpose`, `X-Moz`) is refused with 403. Browsers drop a prefetch that',
  '  failed and ask again when the person clicks; one that was led on would be used without a second request.',
  '- A click of a robot that says so in its user agent is led on and not counted. Where a profile has `trustsForwarded`, the browser',
  '  that the exchange’s server names in `X-Device-User-Agent` is looked at in place of the server’s own.',
  '- Impressions and notices are counted whoever calls, for they are owed.',
  '- The caller’s network address, `X-Forwarded-For` and `X-Device-IP` are not read: nothing is decided by them, so nothing is kept.',
  '',
  'Set aside like this, a call is counted in `bidder_notices_total` as `head`, `prefetch` or `robot`.',
];

const NO_BID = [
  '## No-bid codes',
  '',
  'With `noBid: 200_nbr` each refusal says its code of the OpenRTB list: 0 where the list has none, 1 for a fault of ours, 2 for',
  'a request that cannot be read or holds nothing to bid on, 8 where a person must be known, 9 for caps, 15 for lack of time,',
  'and 10 to 17 for domains and supply chains. `noBidCodes` of a profile puts codes of 500 and above in their place, reason by',
  'reason, as agreed with that exchange: `noBidCodes: { budget_spent: 501 }`.',
];

function thousand(micros: number): string {
  return formatMicros(micros * 1000);
}

/** A cell may not hold the sign that ends it; an empty one says so. */
function cell(text: string): string {
  return text === '``' ? 'nothing' : text.replaceAll('|', '\\|');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(new URL('../../docs/notices.md', import.meta.url), noticesPage());
