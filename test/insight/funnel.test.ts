import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addBit, bitset } from '../../src/core/bitset.ts';
import { REASON_LIST, REASONS, reasonCode } from '../../src/core/reason.ts';
import { FunnelCounter, funnelOf } from '../../src/insight/funnel.ts';
import { lossReasons } from '../../src/insight/losses.ts';
import type { CountRow } from '../../src/state/port.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 15, 30);
const HOUR_MS = Date.UTC(2026, 10, 23, 15);

function setOf(...lines: number[]) {
  const set = bitset(64);
  for (const line of lines) addBit(set, line);
  return set;
}

const sorted = (rows: readonly CountRow[]) =>
  rows
    .map(({ exchangeId, lineItemId, name, count }) => [exchangeId, lineItemId, name, count].join(' '))
    .sort();

describe('the funnel’s counters', () => {
  it('give each count once, by hour, exchange and line item', () => {
    const counter = new FunnelCounter();
    counter.useLines(['a', 'b'], NOW_MS);
    counter.countRequest('x', 2);
    counter.countConsidered('x', 2);
    counter.countCandidates(setOf(0, 1));
    counter.countCandidates(setOf(1));
    counter.countLine(0, reasonCode('paced'));
    counter.countBid(1, 'x');
    counter.countNoBid('y', 'no_line_items');
    const rows = counter.drain(NOW_MS);
    expect(rows.every(({ hourMs }) => hourMs === HOUR_MS)).toBe(true);
    expect(sorted(rows)).toEqual(
      [
        'x  requests 1',
        'x  impressions 2',
        'x  considered 2',
        'x  bids 1',
        'y  no_line_items 1',
        ' a candidates 1',
        ' a paced 1',
        ' b candidates 2',
        ' b bids 1',
      ].sort(),
    );
    expect(counter.drain(NOW_MS)).toEqual([]);
  });

  it('are drained no more often than their number may be kept', () => {
    const counter = new FunnelCounter();
    counter.useLines(['a', 'b'], NOW_MS);
    const countBoth = (): void => counter.countCandidates(setOf(0, 1));
    countBoth();
    expect(counter.drain(NOW_MS, 0.5)).toHaveLength(2);
    countBoth();
    expect(counter.drain(NOW_MS + 3999, 0.5)).toEqual([]);
    // A clock that went back would put it off for as long.
    countBoth();
    expect(sorted(counter.drain(NOW_MS - 1, 0.5))).toEqual([' a candidates 2', ' b candidates 2']);
    countBoth();
    expect(counter.drain(NOW_MS + 3999, 0.5)).toHaveLength(2);
    countBoth();
    expect(counter.drain(NOW_MS + 4000)).toHaveLength(2);
  });

  it('keep what was counted when the line items change, and bear numbers that are gone', () => {
    const counter = new FunnelCounter();
    counter.useLines(['a', 'b'], NOW_MS);
    counter.countLine(1, reasonCode('paced'));
    counter.useLines(['c'], NOW_MS);
    counter.countLine(0, reasonCode('paced'));
    counter.countLine(1, reasonCode('paced'));
    counter.countCandidates(setOf(7));
    expect(sorted(counter.drain(NOW_MS))).toEqual([' b paced 1', ' c paced 1']);
  });
});

const count = (name: string, value: number, lineItemId = 'a'): CountRow => ({
  hourMs: HOUR_MS,
  exchangeId: '',
  lineItemId,
  name,
  count: value,
});

describe('a funnel', () => {
  it('tells of every loss where it happened, and the greatest with its remedy', () => {
    const rows = [
      count('requests', 90, ''),
      count('impressions', 100, ''),
      count('considered', 95, ''),
      count('too_little_time', 5, ''),
      count('candidates', 40),
      count('paced', 10),
      count('below_floor', 15),
      count('bids', 15),
      count('paced', 999, 'another'),
    ];
    const funnel = funnelOf('a', true, rows, { wins: 6, impressions: 5 });
    expect(funnel.largest).toEqual({
      reason: 'not_targeted',
      stage: 'targeting',
      count: 55,
      remedy: REASONS.not_targeted.remedy,
    });
    expect(Object.fromEntries(funnel.steps.map(({ stage, lost }) => [stage, lost]))).toEqual({
      requests: 5,
      targeting: 55,
      creative_fit: 0,
      frequency_caps: 0,
      pacing: 10,
      budget: 0,
      value: 0,
      price: 15,
      auction: 9,
      delivery: 1,
    });
    expect(funnel).toMatchObject({ requests: 100, bids: 15, wins: 6, impressions: 5 });
  });

  it('names what exchanges say of lost bids, beside the reasons of our own', () => {
    const rows = [
      count('impressions', 10, ''),
      count('considered', 10, ''),
      count('candidates', 10),
      count('bids', 10),
    ];
    const lost = lossReasons([
      { key: {}, code: 202, count: 2 },
      { key: {}, code: 102, count: 5 },
    ]);
    const funnel = funnelOf('a', true, rows, { wins: 1, impressions: 1 }, lost);
    expect(funnel.reasons.map(({ reason, stage, count: often }) => [reason, stage, often])).toEqual([
      ['loss_to_higher_bid', 'auction', 5],
      ['loss_creative_disapproved', 'auction', 2],
    ]);
    expect(funnel.largest?.remedy).toContain('raise the bid');
    // What was not told is lost all the same, and nothing is lost twice.
    expect(funnel.steps.find(({ stage }) => stage === 'auction')?.lost).toBe(9);
  });

  it('of a line item that is not active blames its state, not its targeting', () => {
    const rows = [count('impressions', 10, ''), count('considered', 10, '')];
    expect(funnelOf('a', false, rows, { wins: 0, impressions: 0 }).largest?.reason).toBe('not_in_flight');
  });

  it('lets out of each stage what enters the next, whatever was counted', () => {
    const name = fc.constantFrom(...REASON_LIST, 'impressions', 'considered', 'candidates', 'bids');
    const row = fc
      .tuple(name, fc.nat(1000), fc.constantFrom('a', ''))
      .map(([what, value, line]) => count(what, value, line));
    fc.assert(
      fc.property(fc.array(row), fc.nat(100), fc.nat(100), (rows, wins, impressions) => {
        const { steps, requests } = funnelOf('a', true, rows, { wins, impressions });
        let entered = requests;
        for (const step of steps) {
          expect(step.entered).toBe(entered);
          expect(step.lost).toBeGreaterThanOrEqual(0);
          entered -= step.lost;
        }
        expect(entered).toBeGreaterThanOrEqual(0);
      }),
      { seed: 20261123 },
    );
  });
});
