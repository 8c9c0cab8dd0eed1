import { describe, expect, it } from 'vitest';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import { drawNormal } from '../../src/core/sampling.ts';
import type { FatigueDay } from '../../src/insight/fatigue.ts';
import { fatigueOf } from '../../src/insight/fatigue.ts';

const SEED = 20261123;
const DAYS = 30;
const RATE = 0.002;

interface World {
  readonly own: FatigueDay[];
  readonly others: Map<string, FatigueDay>;
}

/** A month of a creative with a share of 40 to 90 % of its line item, which wanders; `market` and `wear` move rates by the day. */
function month(
  random: Random,
  {
    perDay,
    market = () => 1,
    wear = () => 1,
  }: { perDay: number; market?: (day: number) => number; wear?: (day: number) => number },
): World {
  const own: FatigueDay[] = [];
  const others = new Map<string, FatigueDay>();
  for (let number = 0; number < DAYS; number++) {
    const day = `2026-11-${String(number + 1).padStart(2, '0')}`;
    const share = 0.4 + 0.5 * random.next();
    const impressions = Math.round(perDay * share);
    const rest = Math.round(perDay * 3 * (1.3 - share));
    const clicksOf = (shown: number, factor: number) =>
      poisson(shown * RATE * market(number) * factor, random);
    own.push({ day, impressions, clicks: clicksOf(impressions, wear(number)) });
    others.set(day, { day, impressions: rest, clicks: clicksOf(rest, 1) });
  }
  return { own, others };
}

function poisson(mean: number, random: Random): number {
  if (mean > 100) return Math.max(0, Math.round(mean + Math.sqrt(mean) * drawNormal(random)));
  let count = 0;
  for (let left = Math.exp(-mean), draw = random.next(); draw > left && count < 1000; count++) {
    draw -= left;
    left *= mean / (count + 1);
  }
  return count;
}

describe('fatigue', () => {
  it.each([
    ['stands', () => 1],
    ['falls by half', (day: number) => 1 - day / 60],
    ['swings', (day: number) => 1 + 0.4 * Math.sin(day)],
  ])(
    'is called for no more than 2 of 1,000 creatives that do not change where the market %s',
    (_, market) => {
      const random = seededRandom(SEED);
      let called = 0;
      for (let creative = 0; creative < 2000; creative++) {
        const { own, others } = month(random, { perDay: 2000, market });
        if (fatigueOf(own, others)?.fatigued) called++;
      }
      expect([SEED, called <= 4, called]).toEqual([SEED, true, called]);
    },
  );

  it('is called for about one of a hundred such creatives that are looked at each day of a month', () => {
    const random = seededRandom(SEED);
    let called = 0;
    for (let creative = 0; creative < 400; creative++) {
      const { own, others } = month(random, { perDay: 4000 });
      if (own.some((_, day) => fatigueOf(own.slice(0, day + 1), others)?.fatigued)) called++;
    }
    expect([SEED, called <= 8, called]).toEqual([SEED, true, called]);
  });

  it('finds three of four that lose half of their rate over 600 clicks, and says how much', () => {
    const random = seededRandom(SEED);
    let found = 0;
    let covered = 0;
    for (let creative = 0; creative < 200; creative++) {
      const { own, others } = month(random, { perDay: 20_000, wear: (day) => 0.5 ** (day / (DAYS - 1)) });
      const fatigue = fatigueOf(own, others)!;
      if (fatigue.fatigued) found++;
      if (fatigue.lostLow <= 0.5 && fatigue.lostHigh >= 0.5) covered++;
    }
    expect([SEED, found >= 150, covered >= 180, found, covered]).toEqual([SEED, true, true, found, covered]);
  });

  it('is told against itself where there are no others, and not at all where little is known', () => {
    const random = seededRandom(SEED);
    const { own, others } = month(random, { perDay: 20_000, wear: (day) => 1 - day / 40 });
    expect(fatigueOf(own, new Map())).toMatchObject({ fatigued: true, against: 'itself' });
    expect(fatigueOf(own, others)).toMatchObject({ fatigued: true, against: 'others' });
    expect(fatigueOf(own.slice(0, 2), others)).toBeUndefined();
    expect(fatigueOf([], others)).toBeUndefined();
    const rare = own.map((day) => ({ ...day, clicks: 0 }));
    expect(fatigueOf(rare, others)).toBeUndefined();
  });
});
