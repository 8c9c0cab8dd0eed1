import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileCatalog } from '../../src/campaign/compile.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { AlertSources } from '../../src/insight/alert/alert.ts';
import { alertsOf } from '../../src/insight/alert/alerts.ts';
import type { ReportRow } from '../../src/state/port.ts';
import { configurationOf } from '../fixture/engine.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 23, 15, 30);
const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const catalog = compileCatalog(configurationOf(BOOK).book);
const [first, second] = catalog.lines.map(({ lineItem }) => lineItem.id);

function row(hoursAgo: number, lineItemId: string, sums: Partial<ReportRow> = {}): ReportRow {
  const hour = `${new Date(NOW_MS - hoursAgo * HOUR_MS).toISOString().slice(0, 13)}:00Z`;
  return {
    key: { hour, exchange: 'example', campaign: 'autumn', line_item: lineItemId },
    bids: 2000,
    wins: 500,
    losses: 0,
    billings: 400,
    impressions: 400,
    clicks: 4,
    conversions: 0,
    viewConversions: 0,
    conversionValueMicros: 0,
    conversionsByTouchTime: 0,
    retractions: 0,
    voidedClicks: 0,
    spendMicros: 800_000,
    lateSpendMicros: 0,
    flagged: 0,
    contradictions: 0,
    ...sums,
  };
}

/** Thirty quiet days of two line items. */
function month(
  change: (hoursAgo: number, lineItemId: string) => Partial<ReportRow> | undefined = () => ({}),
): ReportRow[] {
  const random = seededRandom(3);
  const rows: ReportRow[] = [];
  for (let hoursAgo = 30 * 24; hoursAgo >= 0; hoursAgo--) {
    for (const id of [first!, second!]) {
      const sums = change(hoursAgo, id);
      const spendMicros = Math.round(800_000 * (0.9 + 0.2 * random.next()));
      const wins = Math.round(500 * (0.9 + 0.2 * random.next()));
      if (sums) rows.push(row(hoursAgo, id, { spendMicros, wins, ...sums }));
    }
  }
  return rows;
}

const alerts = (rows: readonly ReportRow[], more: Partial<AlertSources> = {}) =>
  alertsOf({ catalog, nowMs: NOW_MS, rows, counts: [], rejections: [], ...more });

describe('alerts', () => {
  it('are none in a quiet month', () => {
    expect(alerts(month())).toEqual([]);
  });

  it('tell of a line item that has gone silent, since when, and what stands in its way', () => {
    const rows = month((hoursAgo, id) => (id === first && hoursAgo < 4 ? undefined : {}));
    const count = (name: string, lineItemId: string, times: number) => ({
      hourMs: NOW_MS - HOUR_MS,
      exchangeId: lineItemId === '' ? 'example' : '',
      lineItemId,
      name,
      count: times,
    });
    const counts = [
      count('requests', '', 900),
      count('impressions', '', 900),
      count('considered', '', 900),
      count('candidates', first!, 800),
      count('creative_not_approved', first!, 800),
    ];
    const [alert, ...others] = alerts(rows, { counts });
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      kind: 'no_delivery',
      objectId: first,
      sinceMs: NOW_MS - 3.5 * HOUR_MS,
      cause: 'creative_not_approved, 800 of 900 chances.',
      timesInMonth: 1,
    });
    expect(alert!.confidence).toBeGreaterThan(0.99);
  });

  it('tell of a price unlike any before, and of the line item that carried it', () => {
    const rows = month((hoursAgo, id) => (id === second && hoursAgo === 3 ? { spendMicros: 9_000_000 } : {}));
    expect(alerts(rows)).toMatchObject([
      { kind: 'price_shift', objectKind: 'exchange', objectId: 'example', timesInMonth: 1 },
    ]);
    expect(alerts(rows)[0]!.cause).toMatch(
      new RegExp(`^${second} made 9\\d % of it, the day before (4|5)\\d %`),
    );
    const daysLater = alerts(rows, { nowMs: NOW_MS + 26 * HOUR_MS });
    expect(daysLater.filter(({ kind }) => kind === 'price_shift')).toEqual([]);
  });

  it('tell of a win rate that has fallen', () => {
    const rows = month((hoursAgo) => (hoursAgo === 2 ? { wins: 3, impressions: 3 } : {}));
    expect(alerts(rows).map(({ kind }) => kind)).toEqual(['win_rate_shift']);
  });

  describe('of conversions', () => {
    const random = seededRandom(17);
    const poisson = (mean: number): number => {
      let [count, product] = [0, random.next()];
      for (; product > Math.exp(-mean); count++) product *= random.next();
      return count;
    };
    /** Six weeks of one line item at two exchanges; every click's conversions came within the hour. */
    const weeks = (rateOf: (hoursAgo: number, exchange: string) => number, hours = 44 * 24): ReportRow[] =>
      Array.from({ length: hours }, (_, hoursAgo) =>
        ['example', 'pays-on-win'].map((exchange) => {
          const conversions = poisson(10 * rateOf(hoursAgo, exchange));
          const plain = row(hoursAgo, first!, {
            clicks: 10,
            conversions,
            conversionsByTouchTime: conversions,
          });
          return { ...plain, key: { ...plain.key, exchange, creative: 'rye' } };
        }),
      ).flat();
    const AT_ONCE = new Float64Array(17).fill(1);
    const ask = (byCreative: readonly ReportRow[], more: Partial<AlertSources> = {}) =>
      alerts([], { byCreative, delaysOf: () => AT_ONCE, ...more });

    it('are none over many quiet weeks, seed 17', () => {
      for (let turn = 0; turn < 40; turn++) expect(ask(weeks(() => 0.2, 400))).toEqual([]);
    });

    it('tell of a page that sells less, of what we changed, and of an exchange whose people buy less', () => {
      const everywhere = weeks((hoursAgo) => (hoursAgo < 24 ? 0.08 : 0.2));
      const [alert] = ask(everywhere);
      expect(alert).toMatchObject({
        kind: 'conversion_rate_down',
        causeKind: 'site',
        objectId: first,
        timesInMonth: 1,
      });
      expect(alert!.cause).toContain('bakery.example');
      const edits = [{ atMs: NOW_MS - 25 * HOUR_MS, lineItemIds: [first!], what: `${first} (bid)` }];
      expect(ask(everywhere, { edits })[0]).toMatchObject({ causeKind: 'our_edit' });
      expect(ask(everywhere, { edits: [{ ...edits[0]!, lineItemIds: [second!] }] })[0]).toMatchObject({
        causeKind: 'site',
      });
      const oneExchange = weeks((hoursAgo, exchange) =>
        hoursAgo < 72 && exchange === 'example' ? 0.01 : 0.2,
      );
      const [other] = ask(oneExchange, { edits });
      expect(other).toMatchObject({ causeKind: 'exchange' });
      expect(other!.explains).toBeGreaterThan(0.7);
      expect(other!.cause).toMatch(/^example accounts/);
    });

    it('do not take conversions that are still to come for missing ones', () => {
      const slow = Float64Array.from({ length: 17 }, (_, span) => Math.min(1, ((span + 1) / 17) ** 4));
      const recent = weeks((hoursAgo) => (hoursAgo < 24 ? 0.05 : 0.2)).map((one) => ({
        ...one,
        conversions: 4,
      }));
      expect(ask(recent, { delaysOf: () => slow })).toEqual([]);
    });

    it('tell that an advertiser’s conversions are silent, and how often they were', () => {
      const [alert, ...others] = ask(
        weeks((hoursAgo) => (hoursAgo < 9 || (hoursAgo > 200 && hoursAgo < 215) ? 0 : 0.2)),
      );
      expect(others).toEqual([]);
      expect(alert).toMatchObject({
        kind: 'tracking_silent',
        objectId: 'bakery',
        causeKind: 'site',
        timesInMonth: 2,
      });
      expect((NOW_MS - alert!.sinceMs) / HOUR_MS).toBeLessThan(10);
    });
  });

  it('tell when a budget will end, and what will be left of one', () => {
    const budget = { scope: 'campaign', id: 'autumn', heldMicros: 0, leasedMicros: 0 } as const;
    const day = {
      ...budget,
      period: 'day',
      bucket: 'campaign/autumn/2026-11-23',
      limitMicros: 10e6,
      spentMicros: 8e6,
    } as const;
    // 1.6 an hour of both line items: the rest lasts 75 minutes, and the day in New York ten hours more.
    const [alert] = alerts(month(), { budgets: [day] });
    expect(alert).toMatchObject({ kind: 'budget_ending', objectId: 'autumn' });
    expect(alert!.message).toMatch(/will end at 1[12]:\d\d on 2026-11-23/);
    expect(alerts(month(), { budgets: [{ ...day, limitMicros: 100e6 }] })).toEqual([]);
    const flown = compileCatalog({
      ...catalog.book,
      campaigns: catalog.book.campaigns.map((one) => ({
        ...one,
        flight: { start: '2026-11-10', end: '2026-12-10' },
      })),
    });
    const life = {
      ...budget,
      period: 'lifetime',
      bucket: 'campaign/autumn/life',
      limitMicros: 5000e6,
      spentMicros: 500e6,
    } as const;
    expect(alerts(month(), { catalog: flown, budgets: [life] })).toMatchObject([
      { kind: 'under_delivery', objectId: 'autumn' },
    ]);
    expect(alerts(month(), { catalog: flown, budgets: [{ ...life, limitMicros: 1200e6 }] })).toEqual([]);
  });

  it('tell of packs that are empty or old, and of requests that could not be answered in time', () => {
    const packed = compileCatalog({
      ...catalog.book,
      lineItems: catalog.book.lineItems.map((line) => ({
        ...line,
        targeting: { audience: { include: ['buyers'] } },
      })),
    } as typeof catalog.book);
    const pack = {
      id: 'buyers',
      version: 'x',
      checksum: 'x',
      source: 'upload',
      createdMs: NOW_MS,
      expiresMs: undefined,
    } as const;
    expect(alerts([], { catalog: packed, packs: [{ ...pack, size: 0 }] })).toMatchObject([
      { kind: 'audience_empty' },
    ]);
    expect(
      alerts([], { catalog: packed, packs: [{ ...pack, size: 9, expiresMs: NOW_MS - 1 }] }),
    ).toMatchObject([{ kind: 'audience_stale' }]);
    expect(alerts([], { catalog: packed, packs: [{ ...pack, size: 9 }] })).toEqual([]);
    expect(alerts([], { packs: [{ ...pack, size: 0 }] })).toEqual([]);
    const count = (name: string, times: number) => ({
      hourMs: NOW_MS - HOUR_MS,
      exchangeId: 'example',
      lineItemId: '',
      name,
      count: times,
    });
    expect(alerts([], { counts: [count('requests', 1000), count('too_little_time', 80)] })).toMatchObject([
      { kind: 'exchange_timeouts', causeKind: 'exchange' },
    ]);
    expect(alerts([], { counts: [count('requests', 1000), count('too_little_time', 20)] })).toEqual([]);
  });

  it('tell of money beyond a limit and of creatives that are turned away', () => {
    const rows = month((hoursAgo) => (hoursAgo === 5 ? { lateSpendMicros: 250_000 } : {}));
    const rejections = [
      {
        exchangeId: 'example',
        creativeId: 'c',
        code: 210,
        inARow: 40,
        sinceMs: NOW_MS - HOUR_MS,
        lastMs: NOW_MS,
      },
      { exchangeId: 'example', creativeId: 'd', code: 210, inARow: 3, sinceMs: NOW_MS, lastMs: NOW_MS },
    ];
    expect(
      alerts(rows, { rejections }).map(({ kind, objectId, message }) => [kind, objectId, message]),
    ).toEqual([
      ['creative_rejected', 'c', 'example has turned c away 40 times in a row.'],
      ['overspend', 'autumn', 'autumn was charged 0.50 beyond its limit.'],
    ]);
  });
});
