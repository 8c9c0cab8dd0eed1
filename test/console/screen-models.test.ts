/** What screens work out for themselves: addresses, charts, days, reports, experiments, and what would unlock a line item. */
import { describe, expect, it } from 'vitest';
import { frameOf, nearest, niceAbove, polyline } from '../../src/console/chart-model.ts';
import { isSoundPlan, patchIn } from '../../src/console/experiment-model.ts';
import type { ForecastView, LineObject, Outcome } from '../../src/console/line-model.ts';
import { bidLadder, ceilingOf, rankedOutcomes, relaxationsOf } from '../../src/console/line-model.ts';
import { dayStartMs, evenPlan, spentSoFar } from '../../src/console/pacing-model.ts';
import { areKeptTogether, csvOf, dimensionsIn, kindOf, metricsIn } from '../../src/console/report-model.ts';
import { hrefOf, routeOf } from '../../src/console/route-model.ts';

const LINE: LineObject = {
  id: 'l',
  campaignId: 'c',
  bid: { strategy: 'max_cpm', maxCpmMicros: 20_000 },
  budget: { dailyMicros: 5e6 },
  pacing: 'even',
  targeting: { geo: {}, format: {} },
};

describe('an address', () => {
  it('leads to its screen and object, and back', () => {
    expect(routeOf(hrefOf('line-items', 'a/b ü'))).toEqual({ screen: 'line-items', id: 'a/b ü' });
    expect(routeOf('#/history')).toEqual({ screen: 'history', id: undefined });
  });

  it('that is none leads to the first screen, and a broken escape stands for itself', () => {
    expect(routeOf('#/<script>')).toEqual({ screen: 'overview', id: undefined });
    expect(routeOf('')).toEqual({ screen: 'overview', id: undefined });
    expect(routeOf('#/line-items/%E0%A4%A')).toEqual({ screen: 'line-items', id: '%E0%A4%A' });
  });
});

describe('a chart', () => {
  it('begins at zero and ends at a round number', () => {
    expect([0, 0.7, 1, 1.1, 24, 26, 900].map(niceAbove)).toEqual([1, 1, 1, 2, 25, 50, 1000]);
    const points = [
      { x: 10, y: 0 },
      { x: 20, y: 50 },
    ];
    const frame = frameOf([{ name: 'a', tone: 'main', points }])!;
    expect(frame).toEqual({ xMin: 10, xMax: 20, yMax: 50 });
    expect(polyline(frame, points)).toBe('0.0,300.0 1000.0,0.0');
    expect(nearest(points, 16)?.x).toBe(20);
    expect(frameOf([])).toBeUndefined();
  });
});

describe('a day', () => {
  it('begins at midnight of its zone', () => {
    const nowMs = Date.UTC(2026, 10, 23, 3, 30, 5, 250);
    expect(new Date(dayStartMs(nowMs, 'America/New_York')).toISOString()).toBe('2026-11-22T05:00:00.000Z');
    expect(new Date(dayStartMs(nowMs, 'UTC')).toISOString()).toBe('2026-11-23T00:00:00.000Z');
  });

  it('adds hours up in the order of time, the running one until now', () => {
    const row = (hour: string, spendMicros: number) => ({
      key: { hour },
      spendMicros,
      impressions: 0,
      wins: 0,
      bids: 0,
      conversions: 0,
    });
    const startMs = Date.UTC(2026, 10, 23);
    const rows = [row('2026-11-23T01:00Z', 5), row('2026-11-22T23:00Z', 99), row('2026-11-23T00:00Z', 2)];
    const nowMs = startMs + 5_400_000;
    expect(spentSoFar(rows, startMs, nowMs).map(({ y }) => y)).toEqual([0, 2, 7]);
    expect(spentSoFar(rows, startMs, nowMs).at(-1)?.x).toBe(nowMs);
    expect(evenPlan(24, startMs).at(-1)).toEqual({ x: startMs + 86_400_000, y: 24 });
  });
});

describe('a report', () => {
  it('leaves the first of two names of places that are not summed together', () => {
    expect(areKeptTogether('publication', 'device')).toBe(false);
    expect(areKeptTogether('creative', 'pack')).toBe(false);
    expect(areKeptTogether('day', 'pack') && areKeptTogether('creative', 'day')).toBe(true);
  });

  it('offers the dimensions that the bidder says it has', () => {
    const description = 'Comma-separated: hour, day, new_one.';
    const get = { parameters: [{ name: 'dimensions', description }] };
    expect(dimensionsIn({ paths: { '/api/v1/reports': { get } } })).toEqual(['hour', 'day', 'new_one']);
    expect(dimensionsIn(undefined)).toContain('line_item');
  });

  it('puts the usual metrics in front, and writes each by its name', () => {
    expect(metricsIn([{ key: {}, zeal: 1, clicks: 2, spendMicros: 3 }])).toEqual([
      'spendMicros',
      'clicks',
      'zeal',
    ]);
    expect(['cpaMicros', 'winRate', 'clicks'].map(kindOf)).toEqual(['money', 'share', 'count']);
  });

  it('writes no formula into a spreadsheet, and quotes what needs it', () => {
    expect(
      csvOf(
        ['a', 'b'],
        [
          ['=1+1', 'x "y", z'],
          ['-2', 3],
        ],
      ),
    ).toBe('a,b\r\n\'=1+1,"x ""y"", z"\r\n\'-2,3\r\n');
  });
});

describe('an experiment', () => {
  it('is asked about only within what the bidder takes', () => {
    const question = { rate: 0.01, people_per_day: 1000, change: 0.1, days: 14 };
    expect(isSoundPlan(question)).toBe(true);
    for (const wrong of [
      { rate: 0 },
      { rate: 0.6 },
      { days: 1.5 },
      { change: 0 },
      { people_per_day: Number.NaN },
    ])
      expect(isSoundPlan({ ...question, ...wrong })).toBe(false);
  });

  it('takes an object as its changes and nothing else', () => {
    expect(patchIn('{"bid":{}}')).toEqual({ ok: true, patch: { bid: {} } });
    for (const text of ['', '[]', 'null', '3', '{']) expect(patchIn(text).ok).toBe(false);
  });
});

describe('what would unlock a line item', () => {
  it('is asked one setting at a time, bids up to where the market is', () => {
    const found = relaxationsOf(LINE, 2_000_000);
    expect([...new Set(found.map(({ key }) => key))]).toEqual([
      'targeting.geo',
      'targeting.format',
      'pacing',
      'budget',
      'bid',
    ]);
    const bids = found.flatMap(({ patch }) => (patch['bid'] ? [patch['bid'] as Record<string, number>] : []));
    expect(Math.max(...bids.map((bid) => bid['maxCpmMicros']!))).toBe(6_000_000);
    expect(bidLadder(20_000, undefined)).toContain(20_000);
    expect(ceilingOf({ ...LINE, bid: { strategy: 'target_cpa', targetMicros: 1 } })).toBeUndefined();
  });

  it('is one answer a setting: the cheapest bid that gives most of it, the greatest gain first', () => {
    const forecast = (mean: number): ForecastView => {
      const range = { mean, low: mean, high: mean };
      const figures = {
        bids: range,
        impressions: range,
        spendMicros: range,
        clicks: range,
        conversions: range,
      };
      return { lineItemId: 'l', ...figures, winRate: 0, budgetShare: 1, pricesKnown: 1 };
    };
    const outcome = (key: string, value: number, gain: number): Outcome => ({
      relaxation: { key, patch: key === 'bid' ? { bid: { maxCpmMicros: value } } : {} },
      before: forecast(10),
      after: forecast(10 + gain),
    });
    const ranked = rankedOutcomes([
      outcome('pacing', 0, 0),
      outcome('targeting.geo', 0, 40),
      outcome('bid', 6e6, 100),
      outcome('bid', 3e6, 75),
      outcome('bid', 1e6, 20),
    ]);
    expect(ranked.map(({ relaxation, after }) => [relaxation.key, after.impressions.mean])).toEqual([
      ['bid', 85],
      ['targeting.geo', 50],
    ]);
  });
});
