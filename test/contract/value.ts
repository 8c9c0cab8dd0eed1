/** What every model of what customers are worth must do. */
import { describe, expect, it } from 'vitest';
import type { Random } from '../../src/core/random.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { Customer, FittedValue, ValueModel } from '../../src/policy/value/customer.ts';
import { fitted } from '../../src/policy/value/customer.ts';

const SEED = 'customers';

/** Customers who buy at rates of their own and leave by chance, told until a day and judged on the days after it. */
export function simulatedCustomers(count: number, untilDay: number, laterDays: number, draws: Random) {
  return Array.from({ length: count }, () => {
    const everyDays = 10 + 200 * draws.next() ** 2;
    const leaving = 0.1 + 0.3 * draws.next();
    const meanMicros = 1e7 * (1 + 5 * draws.next());
    const first = Math.floor(draws.next() * 90);
    const days: number[] = [];
    let spendMicros = 0;
    let laterMicros = 0;
    for (let day = first; day < untilDay + laterDays; ) {
      const micros = Math.round(meanMicros * (0.5 + draws.next()));
      if (day < untilDay) {
        days.push(Math.floor(day));
        spendMicros += micros;
      } else laterMicros += micros;
      if (draws.next() < leaving) break;
      day += 1 - Math.log(1 - draws.next()) * everyDays;
    }
    const distinct = new Set(days);
    const customer: Customer = {
      repeats: distinct.size - 1,
      recencyDays: Math.max(...days) - first,
      ageDays: untilDay - 1 - first,
      spendMicros,
    };
    return { customer, laterMicros };
  });
}

export function valueContract(model: ValueModel): void {
  describe(`model of worth: ${model.name}`, () => {
    const people = simulatedCustomers(3000, 270, 120, seededRandom(SEED));
    const customers = people.map(({ customer }) => customer);
    const value = fitted(model, customers);
    const some = [
      ...customers.slice(0, 300),
      { repeats: 900, recencyDays: 5000, ageDays: 5001, spendMicros: 1e12 },
    ];

    it('gives chances that are chances, and amounts that are amounts', () => {
      for (const customer of some)
        for (const days of [0, 1, 30, 3650]) {
          expect(value.expectedPurchases(customer, days)).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(value.expectedSpendMicros(customer, days))).toBe(true);
          for (const chance of [value.chanceAlive(customer), value.chanceOfPurchase(customer, days)]) {
            expect(chance).toBeGreaterThanOrEqual(0);
            expect(chance).toBeLessThanOrEqual(1);
          }
        }
    });

    it('expects more of a longer time', () => {
      for (const customer of some)
        expect(value.expectedPurchases(customer, 60)).toBeGreaterThanOrEqual(
          value.expectedPurchases(customer, 30),
        );
    });

    it('expects less of whoever has been silent for longer, and more of whoever spends more', () => {
      const customer = { repeats: 6, recencyDays: 200, ageDays: 205, spendMicros: 1e8 };
      const silent = { ...customer, ageDays: 400 };
      expect(value.chanceAlive(silent)).toBeLessThan(value.chanceAlive(customer));
      expect(value.expectedPurchases(silent, 30)).toBeLessThan(value.expectedPurchases(customer, 30));
      const richer = { ...customer, spendMicros: 2e8 };
      expect(value.expectedSpendMicros(richer, 30)).toBeGreaterThan(value.expectedSpendMicros(customer, 30));
    });

    it('is not far off in the sum, and ranks later money well', () => {
      const expected = customers.map((customer) => value.expectedSpendMicros(customer, 120));
      const sum = (of: readonly number[]): number => of.reduce((total, each) => total + each, 0);
      const later = people.map(({ laterMicros }) => laterMicros);
      expect(sum(expected) / sum(later)).toBeGreaterThan(0.8);
      expect(sum(expected) / sum(later)).toBeLessThan(1.25);
      const best = later
        .map((_, index) => index)
        .sort((a, b) => expected[b]! - expected[a]!)
        .slice(0, 600);
      expect(sum(best.map((index) => later[index]!)) / sum(later)).toBeGreaterThan(0.45);
    });

    it('fits the same customers the same, whatever their currency is counted in', () => {
      const { parameters } = fitted(model, customers);
      expect(parameters).toEqual(value.parameters);
      const thousandfold = customers.map((each) => ({ ...each, spendMicros: each.spendMicros * 1000 }));
      const ratio = (fit: FittedValue, unit: number): number =>
        fit.expectedSpendMicros({ ...customers[0]!, spendMicros: customers[0]!.spendMicros * unit }, 30);
      expect(ratio(fitted(model, thousandfold), 1000) / ratio(value, 1)).toBeCloseTo(1000, -1);
    });

    it('comes to an end where there is next to nothing to learn from', () => {
      const lone = { repeats: 0, recencyDays: 0, ageDays: 0, spendMicros: 1 };
      for (const few of [[], [lone], [lone, lone], [{ ...lone, spendMicros: 0 }]])
        expect(Number.isFinite(fitted(model, few).expectedSpendMicros(lone, 30))).toBe(true);
    });

    it('lets others through after each pass over the customers', () => {
      let steps = 0;
      for (const _ of { [Symbol.iterator]: () => model.fit(customers.slice(0, 100)) }) steps++;
      expect(steps).toBeGreaterThan(50);
    });
  });
}
