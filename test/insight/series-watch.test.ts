import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { SeriesWatch } from '../../src/insight/alert/series-watch.ts';

/** A price with a day's rhythm and noise of a tenth. */
function price(seed: number, hours: number): number[] {
  const random = seededRandom(seed);
  const bell = (): number => random.next() + random.next() + random.next() + random.next() - 2;
  return Array.from(
    { length: hours },
    (_, hour) => 2 * (1 + 0.5 * Math.sin((hour / 24) * 2 * Math.PI)) * (1 + 0.1 * bell()),
  );
}

function alarmsIn(values: readonly number[]): number[] {
  const watch = new SeriesWatch();
  return values.flatMap((value, hour) => {
    if (Number.isNaN(value)) {
      watch.skip();
      return [];
    }
    return watch.next(value).isAlarm ? [hour] : [];
  });
}

describe('a watch over an hourly price', () => {
  it.each([1, 2, 3, 4, 5])('is quiet over ten quiet weeks (seed %i)', (seed) => {
    expect(alarmsIn(price(seed, 70 * 24))).toEqual([]);
  });

  it.each([
    ['a leap to four times', 4],
    ['a fall to a twentieth', 0.05],
    ['nothing at all', 0],
  ])('tells at once of %s', (_, factor) => {
    const values = price(7, 40 * 24);
    values[600]! *= factor;
    expect(alarmsIn(values)).toEqual([600]);
  });

  it('tells the same leap once in two months, and a greater one again', () => {
    const values = price(8, 110 * 24);
    const day = (number: number): number => 20 * 24 + 8 + number * 24;
    values[day(0)]! *= 6;
    for (const number of [8, 16]) values[day(number)]! *= 5;
    values[day(20)]! *= 12;
    values[day(81)]! *= 12;
    expect(alarmsIn(values)).toEqual([day(0), day(20), day(81)]);
  });

  it('says nothing in its first ten days', () => {
    const values = price(9, 12 * 24);
    values[200]! *= 20;
    expect(alarmsIn(values)).toEqual([]);
  });

  it('keeps the time of day over hours that nobody reported', () => {
    const values = price(10, 40 * 24).map((value, hour) => (hour > 300 && hour < 317 ? Number.NaN : value));
    expect(alarmsIn(values)).toEqual([]);
  });

  test.prop([fc.integer({ min: 1, max: 99 }), fc.double({ min: 0.01, max: 1000, noNaN: true })])(
    'goes by no unit',
    (seed, unit) => {
      const values = price(seed, 20 * 24);
      values[400]! *= 6;
      expect(alarmsIn(values.map((value) => value * unit))).toEqual(alarmsIn(values));
    },
  );
});
