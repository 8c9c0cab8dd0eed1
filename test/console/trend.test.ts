import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../src/console/backoff.ts';
import type { Sample } from '../../src/console/trend.ts';
import {
  COST_PER_CONVERSION,
  extend,
  latest,
  linePoints,
  perSecond,
  series,
  shareOf,
} from '../../src/console/trend.ts';

const REQUESTS = perSecond((sample) => sample.requests);
const BID_RATE = shareOf(
  (sample) => sample.bids,
  (sample) => sample.requests,
);

/** One sample a second, with `perStep` requests in each and half as many bids. */
function samplesOf(count: number, perStep = 200): readonly Sample[] {
  let samples: readonly Sample[] = [];
  for (let step = 0; step < count; step++) samples = extend(samples, sampleAt(step, perStep));
  return samples;
}

function sampleAt(step: number, perStep = 200): Sample {
  const requests = step * perStep;
  return {
    atMs: step * 1000,
    requests,
    bids: requests / 2,
    wins: 0,
    spendMicros: step * 10,
    conversions: step,
  };
}

describe('rates', () => {
  it('need two moments', () => {
    expect(latest(samplesOf(0), REQUESTS)).toBeUndefined();
    expect(latest(samplesOf(1), REQUESTS)).toBeUndefined();
    expect(latest(samplesOf(2), REQUESTS)).toBe(200);
  });

  it('of rare events need more', () => {
    const conversions = perSecond((sample) => sample.conversions, 30);
    expect(latest(samplesOf(5), conversions)).toBeUndefined();
    expect(latest(samplesOf(6), conversions)).toBe(1);
  });

  it('look back over the last seconds only', () => {
    const quiet = { ...sampleAt(60), requests: sampleAt(59).requests };
    const samples = extend(samplesOf(60), quiet);
    expect(latest(samples, REQUESTS)).toBeCloseTo((200 * 5) / 6);
  });

  it('are shares of what came meanwhile', () => {
    expect(latest(samplesOf(30), BID_RATE)).toBe(0.5);
    expect(latest(samplesOf(30, 0), BID_RATE)).toBeUndefined();
  });

  it('take the cost of a conversion over everything so far', () => {
    expect(latest(samplesOf(5), COST_PER_CONVERSION)).toBe(10);
    expect(series(samplesOf(4), COST_PER_CONVERSION)).toEqual([10, 10, 10]);
  });
});

describe('the row of samples', () => {
  it('is bounded', () => {
    expect(samplesOf(500)).toHaveLength(120);
  });

  it('begins again when totals shrink, as they do with a new data folder', () => {
    const samples = extend(samplesOf(50), { ...sampleAt(50), requests: 3 });
    expect(samples).toHaveLength(1);
    expect(latest(samples, REQUESTS)).toBeUndefined();
  });

  it('takes two answers of nearly the same moment as one', () => {
    const samples = extend(samplesOf(3), { ...sampleAt(2), atMs: 2010, requests: 500 });
    expect(samples).toHaveLength(3);
    expect(samples.at(-1)?.requests).toBe(500);
  });
});

describe('sparklines', () => {
  it('lie inside their box, end at its right edge, and contain zero', () => {
    const points = linePoints([1, 2, 4], 100, 20)
      .split(' ')
      .map((point) => point.split(',').map(Number));
    expect(points).toHaveLength(3);
    expect(points.at(-1)?.[0]).toBe(100);
    // The highest stands at four fifths; a quarter of it at a fifth.
    expect(points.map(([, y]) => y)).toEqual([16, 12, 4]);
  });

  it('are empty before there is a line, and finite when all is zero', () => {
    expect(linePoints([], 100, 20)).toBe('');
    expect(linePoints([3], 100, 20)).toBe('');
    expect(linePoints([0, 0], 100, 20)).not.toMatch(/NaN|Infinity/);
  });
});

it('waits longer after each failure, and never longer than a quarter of a minute', () => {
  expect([0, 1, 2, 3, 4, 5, 1000].map(backoffMs)).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000]);
});
