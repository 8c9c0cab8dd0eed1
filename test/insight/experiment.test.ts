import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  leastRise,
  peopleNeeded,
  sampleRatio,
  twoProportions,
  welch,
} from '../../src/insight/experiment/fixed.ts';
import { normalAt, normalBelow } from '../../src/insight/experiment/normal.ts';
import { alwaysValid, groupSequential } from '../../src/insight/experiment/sequential.ts';

describe('the normal distribution', () => {
  // Abramowitz & Stegun, table 26.1, and the far tail of its table 26.2.
  it.each([
    [0, 0.5],
    [1, 0.841344746068543],
    [1.96, 0.97500210485178],
    [-3, 0.00134989803163],
  ])('below %f lies %f', (z, share) => {
    expect(normalBelow(z)).toBeCloseTo(share, 12);
  });

  it('keeps its precision in the tails', () => {
    expect(normalBelow(-8) / 6.22096057427178e-16).toBeCloseTo(1, 6);
    expect(normalBelow(-10) / 7.61985302416053e-24).toBeCloseTo(1, 3);
  });

  test.prop([fc.double({ min: 0.0001, max: 0.9999, noNaN: true })])('is undone by its inverse', (share) => {
    expect(normalBelow(normalAt(share))).toBeCloseTo(share, 10);
  });
});

describe('a group-sequential test', () => {
  // Five even looks, two-sided 0.05, O'Brien-Fleming spending: the bounds of Lan & DeMets' program.
  it('has the published bounds', () => {
    const bounds = groupSequential([0.2, 0.4, 0.6, 0.8, 1]);
    const published = [4.8769, 3.3569, 2.6803, 2.2898, 2.031];
    bounds.forEach((bound, look) => {
      expect(bound, `look ${look + 1}`).toBeCloseTo(published[look]!, 3);
    });
  });

  it('with one look is the test at the horizon', () => {
    expect(groupSequential([1])[0]).toBeCloseTo(1.959964, 5);
  });

  it('never lowers its bound below that of the horizon', () => {
    const bounds = groupSequential(Array.from({ length: 60 }, (_, look) => (look + 1) / 60));
    expect(bounds.every((bound, look) => look === 0 || bound <= bounds[look - 1]!)).toBe(true);
    expect(bounds.at(-1)).toBeGreaterThan(1.96);
    expect(bounds.at(-1)).toBeLessThan(2.2);
  });
});

describe('an experiment at its end', () => {
  // Worked by hand: 200 and 250 of 10,000 each; pooled 2.25 %, z = 0.005 / sqrt(0.0225·0.9775·2/10,000).
  it('compares two rates', () => {
    const { z, p, difference, low, high } = twoProportions(
      { people: 10_000, successes: 200 },
      { people: 10_000, successes: 250 },
    );
    expect(z).toBeCloseTo(2.384, 3);
    expect(p).toBeCloseTo(0.01713, 4);
    expect([difference, low, high].map((value) => Number(value.toFixed(6)))).toEqual([
      0.005, 0.00089, 0.00911,
    ]);
  });

  it('compares two means of different spread', () => {
    const { z } = welch({ people: 100, mean: 10, variance: 4 }, { people: 400, mean: 11, variance: 36 });
    expect(z).toBeCloseTo(1 / Math.sqrt(0.04 + 0.09), 9);
  });

  it('knows a division that is not as intended', () => {
    expect(sampleRatio(5000, 5000, 0.5)).toBeCloseTo(1, 12);
    expect(sampleRatio(5200, 4800, 0.5)).toBeLessThan(0.001);
    expect(sampleRatio(9000, 1000, 0.1)).toBeCloseTo(1, 12);
  });

  it('says before how many people it takes, and what it can find among them', () => {
    // Fleiss: (1.96 + 0.8416)² · (0.02·0.98 + 0.022·0.978) / 0.002².
    expect(peopleNeeded(0.02, 0.1)).toBeGreaterThan(80_000);
    expect(peopleNeeded(0.02, 0.1)).toBeLessThan(81_000);
    expect(leastRise(0.02, peopleNeeded(0.02, 0.1))).toBeCloseTo(0.1, 3);
    expect(leastRise(0.5, 1)).toBe(Number.POSITIVE_INFINITY);
  });
});

test('a test that is always valid says nothing of no difference, and more of a greater one', () => {
  expect(alwaysValid(0, 0.04, 10_000, 0.003)).toBe(1);
  const [small, great] = [0.003, 0.006].map((difference) => alwaysValid(difference, 0.04, 20_000, 0.003));
  expect(great).toBeLessThan(small!);
  expect(alwaysValid(0.01, 0, 10, 0.003)).toBe(1);
});
