import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileCatalog } from '../../src/campaign/compile.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { AlertSources } from '../../src/insight/alert/alerts.ts';
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
