import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { zoneNamed } from '../../src/core/zone.ts';
import type { SpendShape } from '../../src/policy/pacing/curve.ts';
import { plannedShare, TrafficCurve } from '../../src/policy/pacing/curve.ts';

const SEED = 80;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** A Monday, midnight UTC. */
const MONDAY_MS = Date.UTC(2026, 10, 23);
const AVITO = new URL('../../../shared/data/avito_traffic/traffic_share.csv', import.meta.url);

const byDay = (atMs: number): number => (new Date(atMs).getUTCHours() >= 8 ? 1000 : 200);

/** Ten-minute counts of some hours. */
function watch(curve: TrafficCurve, fromMs: number, hours: number, perHour: (atMs: number) => number): void {
  for (let atMs = fromMs; atMs < fromMs + hours * HOUR_MS; atMs += HOUR_MS / 6)
    curve.saw(atMs, atMs + HOUR_MS / 6, perHour(atMs) / 6);
}

describe('a traffic curve', () => {
  it('that has seen nothing expects the same at any time, or what its parent expects', () => {
    const parent = new TrafficCurve();
    watch(parent, MONDAY_MS, 168, byDay);
    const night = MONDAY_MS + WEEK_MS + 3 * HOUR_MS;
    expect(new TrafficCurve().weightAt(night)).toBe(1);
    expect(new TrafficCurve().weightAt(night, parent)).toBe(parent.weightAt(night));
  });

  it('expects next week what it saw this week', () => {
    const curve = new TrafficCurve();
    watch(curve, MONDAY_MS, 168, byDay);
    const next = MONDAY_MS + WEEK_MS;
    const ratio = curve.weightAt(next + 12 * HOUR_MS) / curve.weightAt(next + 3 * HOUR_MS);
    // Five, less what hours seen once are shrunk to the average.
    expect(ratio).toBeGreaterThan(2.2);
    for (let week = 1; week < 6; week++) watch(curve, MONDAY_MS + week * WEEK_MS, 168, byDay);
    const later = curve.weightAt(next + 12 * HOUR_MS) / curve.weightAt(next + 3 * HOUR_MS);
    expect(later).toBeGreaterThan(3.3);
    expect(later).toBeLessThan(5);
  });

  it('does not take its first minutes for a week', () => {
    const curve = new TrafficCurve();
    curve.saw(MONDAY_MS, MONDAY_MS + 60_000, 1e6);
    expect(curve.weightAt(MONDAY_MS)).toBeCloseTo(1, 6);
    expect(curve.weightAt(MONDAY_MS + DAY_MS)).toBeCloseTo(1, 6);
  });

  it('is the same after being written down, and believes nothing else', () => {
    const curve = new TrafficCurve();
    watch(curve, MONDAY_MS, 60, byDay);
    const restored = new TrafficCurve();
    expect(restored.restore(JSON.parse(JSON.stringify(curve.save())))).toBe(true);
    for (let hour = 0; hour < 168; hour++)
      expect(restored.weightAt(MONDAY_MS + hour * HOUR_MS)).toBe(curve.weightAt(MONDAY_MS + hour * HOUR_MS));
    for (const saved of [undefined, null, {}, { version: 2 }, { version: 1, counts: [1], hours: [1] }])
      expect(restored.restore(saved)).toBe(false);
  });

  it('is above 0 and finite whatever it is told', () => {
    const anyNumber = fc.oneof(
      fc.double(),
      fc.integer({ min: 0, max: 1e13 }),
      fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY),
    );
    const anyCall = fc.tuple(anyNumber, fc.integer({ min: -10, max: 600_000 }), anyNumber);
    fc.assert(
      fc.property(fc.array(anyCall, { maxLength: 20 }), anyNumber, (calls, atMs) => {
        const curve = new TrafficCurve();
        for (const [fromMs, length, count] of calls) curve.saw(fromMs, fromMs + length, count);
        const weight = curve.weightAt(atMs);
        expect(weight > 0 && weight < Number.POSITIVE_INFINITY, `gave ${weight}`).toBe(true);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it.runIf(existsSync(AVITO))('foretells recorded weeks better than a flat one, from a single week', () => {
    const regions = new Map<string, number[]>();
    for (const line of readFileSync(AVITO, 'utf8').trim().split('\n').slice(1)) {
      const [region, day, hour, share] = line.split(',') as [string, string, string, string];
      const shares = regions.get(region) ?? Array.from({ length: 168 }, () => 0);
      shares[(Number(day) - 1) * 24 + Number(hour)] = Number(share);
      regions.set(region, shares);
    }
    const random = seededRandom(SEED);
    let error = 0;
    let flat = 0;
    for (const shares of [...regions.values()].slice(0, 20)) {
      const curve = new TrafficCurve();
      const drift = () => 0.8 + 0.4 * random.next();
      const total = shares.reduce((sum, share) => sum + share, 0);
      watch(curve, MONDAY_MS, 168, (atMs) => {
        return 1e5 * shares[Math.floor((atMs - MONDAY_MS) / HOUR_MS)]! * drift();
      });
      shares.forEach((share, hour) => {
        const weight = curve.weightAt(MONDAY_MS + WEEK_MS + hour * HOUR_MS);
        error += Math.abs(weight / 168 - share / total);
        flat += Math.abs(1 / 168 - share / total);
      });
    }
    expect(error / flat).toBeLessThan(0.5);
  });
});

describe('a plan of spend', () => {
  const day = { startMs: MONDAY_MS, endMs: MONDAY_MS + DAY_MS };
  const flat = () => 1;

  it('is the clock’s where traffic is even, and ahead of it where asked to be', () => {
    const noon = MONDAY_MS + DAY_MS / 2;
    expect(plannedShare(day, noon, 'even', flat)).toBeCloseTo(0.5, 12);
    expect(plannedShare(day, noon, 'ahead', flat)).toBeCloseTo(0.5625, 3);
  });

  it('follows the traffic, or the buyer’s own weights', () => {
    const noon = MONDAY_MS + DAY_MS / 2;
    // 8 night hours of 200 and 16 by day of 1,000.
    expect(plannedShare(day, noon, 'even', byDay)).toBeCloseTo((8 * 200 + 4 * 1000) / 17_600, 12);
    expect(plannedShare(day, noon, [0, 0, 1], flat)).toBeCloseTo(10 / 22, 12);
  });

  it('rises from 0 to 1 through days of 23, 24 and 25 hours', () => {
    const zone = zoneNamed('Europe/Berlin');
    for (const date of ['2026-03-29', '2026-11-23', '2026-10-25']) {
      const period = zone.bounds(date);
      for (const shape of ['even', 'ahead', [3, 1, 2]] as SpendShape[]) {
        let before = 0;
        for (let atMs = period.startMs; atMs <= period.endMs; atMs += HOUR_MS / 4) {
          const share = plannedShare(period, atMs, shape, byDay);
          expect(share, `${date} ${shape}`).toBeGreaterThanOrEqual(before);
          before = share;
        }
        expect(plannedShare(period, period.startMs, shape, byDay)).toBe(0);
        expect(before).toBe(1);
      }
    }
  });

  it('stays in 0..1 whatever the weights', () => {
    const anyNumber = fc.oneof(fc.double(), fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY));
    fc.assert(
      fc.property(
        fc.array(anyNumber, { maxLength: 30 }),
        anyNumber,
        fc.integer({ min: -1, max: 25 }),
        (shape, weight, hour) => {
          const share = plannedShare(day, MONDAY_MS + hour * HOUR_MS, shape, () => weight);
          expect(share >= 0 && share <= 1, `gave ${share}`).toBe(true);
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
  });
});
