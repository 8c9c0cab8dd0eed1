import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NoticeKind } from '../../src/core/event.ts';
import { readNotice } from '../../src/learning/notice.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { START_MS, testEngine } from '../fixture/engine.ts';
import { metricsOf } from '../fixture/metrics.ts';
import type { Addresses, Told } from '../fixture/noticed-bid.ts';
import { added, call, filled, NOTICE_BOOK, noticedBid, sumsOf, TOLD } from '../fixture/noticed-bid.ts';
import { bidFacts, profileOf, reading, tokenOf } from './bid-facts.ts';
import type { PriceCase } from './notice-cases.ts';
import { PRICE_CASES, WORD_CASES, WORD_OF } from './notice-cases.ts';
import type { Turn } from './notice-orders.ts';
import { HOUR_MS, ORDER_CASES } from './notice-orders.ts';
import { noticesPage } from './notice-page.ts';

const BILLING = { burl: 'billing', impression: 'impression', win: 'win' } as const satisfies Record<
  string,
  NoticeKind
>;
type Billing = keyof typeof BILLING;

let engine: TestEngine;
beforeAll(async () => {
  engine = await testEngine(NOTICE_BOOK);
});
afterAll(() => engine.close());

async function bidAt(exchange: string, twelve = false): Promise<Addresses> {
  return (await noticedBid(engine, { exchange, twelve }))!;
}

const flagsOf = async (exchange: string): Promise<Record<string, number>> => {
  const found: Record<string, number> = {};
  for (const [series, value] of await metricsOf(engine)) {
    const labels = /^notice_flags_total\{exchange="([^"]*)",kind="[^"]*",flag="([^"]*)"\}$/.exec(series);
    if (labels?.[1] === exchange) found[labels[2]!] = (found[labels[2]!] ?? 0) + value;
  }
  return found;
};

describe.each(Object.keys(BILLING) as Billing[])('where an exchange bills by %s', (billing) => {
  const told: Told = { burl: 'burl', impression: 'impression', win: 'nurl' }[billing] as Told;

  const tell = async (row: PriceCase, exchange: string) => {
    const links = await bidAt(exchange, row.twelve);
    const [sums, flags] = [await sumsOf(engine, exchange), await flagsOf(exchange)];
    const answer = await call(engine, filled(links[told]!, row.values) + (row.behind ?? ''));
    const { spendMicros = 0, flagged = 0 } = added(await sumsOf(engine, exchange), sums);
    return {
      status: answer.statusCode,
      charged: spendMicros,
      flags: added(await flagsOf(exchange), flags),
      flagged,
    };
  };
  const status = billing === 'impression' ? 200 : 204;
  const outcome = (charged: number, flag: PriceCase['flag']) => ({
    status,
    charged,
    flags: flag === '' ? {} : { [flag]: 1 },
    // An audit is no notice of the bid, so its sums do not know of it.
    flagged: flag === '' || flag === 'audit' ? 0 : 1,
  });

  it.each(PRICE_CASES.map((row) => [row.group, row.sent, row] as const))(
    '%s: %s',
    async (_group, _sent, row) => {
      expect(await tell(row, `${row.codec ?? 'plain'}-${billing}`)).toEqual(outcome(row.charged, row.flag));
      if (row.codec) return;
      const [charged, flag] =
        row.atMaximum === undefined
          ? [row.charged, row.flag]
          : [row.atMaximum, 'charged_at_maximum' as const];
      expect(await tell(row, `trusting-${billing}`)).toEqual(outcome(charged, flag));
    },
  );

  it('no other notice is charged', async () => {
    const exchange = `plain-${billing}`;
    const links = await bidAt(exchange);
    const before = await sumsOf(engine, exchange);
    for (const name of TOLD)
      if (name !== told && links[name])
        await call(engine, filled(links[name], { PRICE: '3', CURRENCY: 'USD' }));
    const { spendMicros } = added(await sumsOf(engine, exchange), before);
    expect(spendMicros).toBeUndefined();
  });
});

describe('a word', () => {
  it.each(WORD_CASES.map((row) => [row.macro, row.kind, row.sent, row.reads, row] as const))(
    '%s of a %s: %j reads %s',
    (macro, kind, sent, reads, row) => {
      const name = { LOSS: 'l', MIN_TO_WIN: 'm', IMP_TS: 'w' }[macro as string]!;
      const facts = bidFacts({ bidAtMs: START_MS });
      const search = new URLSearchParams(`t=${tokenOf(kind, facts)}&p=3&${name}=${sent}`);
      const outcome = readNotice(
        kind,
        Object.fromEntries(search),
        reading(profileOf(), START_MS + 2 * HOUR_MS),
      );
      if (!outcome.ok) throw new Error(outcome.refusal);
      expect(WORD_OF[row.macro]?.(outcome.event)).toBe(reads);
    },
  );
});

describe('in order or not', () => {
  it.each(ORDER_CASES.map((row) => [row.what, row] as const))('%s', async (_what, row) => {
    const exchange = 'plain-burl';
    const links = await bidAt(exchange);
    const before = await sumsOf(engine, exchange);
    for (const turn of row.turns) await take(turn, links);
    expect(added(await sumsOf(engine, exchange), before)).toEqual(row.counts);
    expect(engine.faults()).toBe(0);
  });

  const take = async (turn: Turn, links: Addresses): Promise<void> => {
    if (typeof turn === 'string') return take({ fire: turn }, links);
    if ('wait' in turn) {
      engine.clock.advance(turn.wait);
      return engine.tick();
    }
    const { method, name } =
      'head' in turn
        ? ({ method: 'HEAD', name: turn.head } as const)
        : ({ method: 'GET', name: turn.fire } as const);
    const { price = '3', times = 1, headers = {} } = 'fire' in turn ? turn : {};
    const url = filled(links[name]!, { PRICE: price, CURRENCY: 'USD', LOSS: '102' });
    const answers = await Promise.all(
      Array.from({ length: times }, () => call(engine, url, method, headers)),
    );
    const refused = headers['sec-purpose'] !== undefined;
    for (const { statusCode } of answers)
      expect(statusCode).toBe({ impression: 200, click: refused ? 403 : 302 }[name as string] ?? 204);
  };
});

it('the page in docs says the same as the tables', () => {
  const page = readFileSync(new URL('../../docs/notices.md', import.meta.url), 'utf8');
  expect(page, 'run: node test/learning/notice-page.ts').toBe(noticesPage());
});
