/** Orders and repetitions of the notices of one bid, and what is counted in the end; billed by `burl` at 3.00. */

import type { Told } from '../fixture/noticed-bid.ts';

export type Turn =
  | Told
  | {
      readonly fire: Told;
      readonly price?: string;
      readonly times?: number;
      readonly headers?: Record<string, string>;
    }
  | { readonly head: Told }
  | { readonly wait: number };

export interface OrderCase {
  readonly what: string;
  readonly turns: readonly Turn[];
  /** Sums of the report that are not zero. */
  readonly counts: Readonly<Record<string, number>>;
  readonly why: string;
}

export const HOUR_MS = 3_600_000;
const ALL = { wins: 1, billings: 1, impressions: 1, spendMicros: 3000 };

export const ORDER_CASES: readonly OrderCase[] = [
  {
    what: 'nurl, tracker, burl, click',
    turns: ['nurl', 'impression', 'burl', 'click'],
    counts: { ...ALL, clicks: 1 },
    why: 'the ordinary way',
  },
  {
    what: 'click, burl, tracker, nurl',
    turns: ['click', 'burl', 'impression', 'nurl'],
    counts: { ...ALL, clicks: 1 },
    why: 'the order changes nothing',
  },
  {
    what: 'burl alone',
    turns: ['burl'],
    counts: { billings: 1, impressions: 1, spendMicros: 3000 },
    why: 'owed without a win notice, for exchanges may leave that out',
  },
  {
    what: 'nurl alone',
    turns: ['nurl'],
    counts: { wins: 1 },
    why: 'a win is not a showing (section 7.2): nothing is charged; its reservation falls after `holdSeconds`',
  },
  {
    what: 'tracker alone',
    turns: ['impression'],
    counts: { impressions: 1 },
    why: 'counts for caps and learning; what it costs is said by burl',
  },
  {
    what: 'burl a thousand times',
    turns: ['nurl', { fire: 'burl', times: 1000 }],
    counts: ALL,
    why: 'callers repeat until they see 200 or 204 (section 7.8)',
  },
  {
    what: 'burl without a price, then with one',
    turns: [{ fire: 'burl', price: '' }, 'burl'],
    counts: { billings: 1, impressions: 1, spendMicros: 3000, flagged: 1 },
    why: 'nothing was charged yet, so it still may be',
  },
  {
    what: 'burl at 3, then at 2',
    turns: ['burl', { fire: 'burl', price: '2' }],
    counts: { billings: 1, impressions: 1, spendMicros: 3000 },
    why: 'the first stays, the second is counted as `conflict`',
  },
  {
    what: 'AUDIT, then the real ones',
    turns: [{ fire: 'nurl', price: 'AUDIT' }, { fire: 'burl', price: 'AUDIT' }, 'nurl', 'burl'],
    counts: ALL,
    why: 'an audit takes nobody’s place',
  },
  {
    what: 'lurl alone',
    turns: ['lurl', 'lurl'],
    counts: { losses: 1 },
    why: 'what it held is free at once',
  },
  {
    what: 'nurl, burl, lurl',
    turns: ['nurl', 'burl', 'lurl'],
    counts: { ...ALL, losses: 1, contradictions: 1 },
    why: 'told won and lost: what was charged stays charged, and the contradiction is counted',
  },
  {
    what: 'lurl, nurl, burl',
    turns: ['lurl', 'nurl', 'burl'],
    counts: { ...ALL, losses: 1, contradictions: 1 },
    why: 'the same in any order; a showing is owed though it was called lost',
  },
  {
    what: 'burl 26 hours late',
    turns: ['nurl', { wait: 26 * HOUR_MS }, 'burl'],
    counts: { ...ALL, lateSpendMicros: 3000 },
    why: 'owed all the same, by the budget of the bid’s own day; nothing is reserved for it any more, so it is part of the overspend bound; `late` among the results of `notices_total`',
  },
  {
    what: 'burl four days late, once more',
    turns: ['nurl', 'burl', { wait: 96 * HOUR_MS }, 'burl', 'nurl'],
    counts: ALL,
    why: 'what was counted once is known for good',
  },
  {
    what: 'click twice',
    turns: ['burl', { fire: 'click', times: 2 }],
    counts: { billings: 1, impressions: 1, clicks: 1, spendMicros: 3000 },
    why: 'the impatient click counts once',
  },
  {
    what: 'HEAD of everything',
    turns: [{ head: 'nurl' }, { head: 'burl' }, { head: 'lurl' }, { head: 'impression' }, { head: 'click' }],
    counts: {},
    why: 'a link checker’s question; answered as GET would be',
  },
  {
    what: 'a click that a browser prefetches, then the click',
    turns: [{ fire: 'click', headers: { 'sec-purpose': 'prefetch' } }, 'click'],
    counts: { clicks: 1 },
    why: 'the prefetch is refused (403), so that the browser asks again when a person clicks',
  },
  {
    what: 'a click of a robot',
    turns: [{ fire: 'click', headers: { 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' } }],
    counts: {},
    why: 'led on to the landing page and not counted',
  },
];
