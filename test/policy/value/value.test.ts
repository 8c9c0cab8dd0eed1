import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  chanceAlive,
  expectedPurchases,
  fitPurchases,
  logLikelihood,
} from '../../../src/policy/value/bg-nbd.ts';
import { finished } from '../../../src/policy/value/customer.ts';
import { expectedPurchaseMicros } from '../../../src/policy/value/gamma-gamma.ts';
import { VALUE_MODELS } from '../../../src/policy/value/index.ts';
import { stageOf } from '../../../src/policy/value/life-cycle.ts';
import { minimise } from '../../../src/policy/value/nelder-mead.ts';
import { fitPropensity } from '../../../src/policy/value/propensity.ts';
import { rfmClass, rfmScale } from '../../../src/policy/value/rfm.ts';
import { hypergeometric, logGamma } from '../../../src/policy/value/special.ts';
import { valueContract } from '../../contract/value.ts';

for (const model of VALUE_MODELS) valueContract(model);

/** Fader, Hardie & Lee 2005, a tenth of the CDNOW customers over 39 weeks. */
const PUBLISHED = { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
const CDNOW = new URL('../../../../shared/data/cdnow/dev.csv', import.meta.url);

describe('BG/NBD', () => {
  it('expects of the first customer of the published sample what the paper’s authors do', () => {
    const customer = { repeats: 2, recencyDays: 30.43 * 7, ageDays: 38.86 * 7 };
    expect(expectedPurchases(customer, 39 * 7, PUBLISHED, 'plain')).toBeCloseTo(1.226, 3);
  });

  it('takes whoever never came back for alive, in its plain form alone', () => {
    const once = { repeats: 0, recencyDays: 0, ageDays: 700 };
    expect(chanceAlive(once, PUBLISHED, 'plain')).toBe(1);
    expect(chanceAlive(once, PUBLISHED, 'modified')).toBeLessThan(0.9);
  });

  it('is smooth where a is 1 and the formula is not defined', () => {
    const customer = { repeats: 3, recencyDays: 100, ageDays: 150 };
    const at = (a: number): number => expectedPurchases(customer, 90, { ...PUBLISHED, a }, 'plain');
    expect(at(1)).toBeCloseTo((at(0.999) + at(1.001)) / 2, 5);
  });

  it.runIf(existsSync(CDNOW))(
    'fits all CDNOW customers to about what was published of a tenth of them',
    () => {
      const customers = cdnowCustomers();
      const found = finished(fitPurchases(customers, 'plain'));
      for (const name of ['r', 'alpha', 'a', 'b'] as const)
        expect(Math.abs(found[name] / PUBLISHED[name] - 1), `${name} ${found[name]}`).toBeLessThan(0.15);
      expect(logLikelihood(customers, found, 'plain')).toBeGreaterThan(
        logLikelihood(customers, PUBLISHED, 'plain'),
      );
    },
  );
});

function cdnowCustomers() {
  const days = new Map<string, Set<number>>();
  for (const line of readFileSync(CDNOW, 'utf8').trim().split('\n').slice(1)) {
    const [date = '', customer = ''] = line.split(',');
    const day = Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T00:00:00Z`) / 86_400_000;
    days.set(customer, (days.get(customer) ?? new Set()).add(day));
  }
  const end = Date.parse('1997-09-30T00:00:00Z') / 86_400_000;
  return [...days.values()].map((bought) => {
    const first = Math.min(...bought);
    return { repeats: bought.size - 1, recencyDays: Math.max(...bought) - first, ageDays: end - first };
  });
}

describe('Gamma-Gamma', () => {
  it('expects of the published sample’s first customer what its authors’ parameters give', () => {
    const spend = { p: 6.25, q: 3.74, gammaMicros: 15_440_000 };
    // Two purchases of 22.35 in the mean.
    const expected = expectedPurchaseMicros({ repeats: 1, spendMicros: 44_700_000 }, spend);
    expect(expected / 1e6).toBeCloseTo(24.66, 2);
    const population = expectedPurchaseMicros({ repeats: 0, spendMicros: 0 }, spend);
    expect(population / 1e6).toBeCloseTo((6.25 * 15.44) / 2.74, 6);
  });
});

describe('the functions behind them', () => {
  it('are right where their values are known', () => {
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 11);
    expect(logGamma(0.01)).toBeCloseTo(4.599479878042022, 11);
    expect(hypergeometric(1, 1, 2, 0.5)).toBeCloseTo(2 * Math.log(2), 12);
    expect(hypergeometric(-2, 3, 4, 0.25)).toBeCloseTo(1 - 1.5 * 0.25 + 0.6 * 0.0625, 12);
  });

  it('find the bottom of Rosenbrock’s valley, and end on a plain', () => {
    const valley = ([x = 0, y = 0]: readonly number[]): number => 100 * (y - x * x) ** 2 + (1 - x) ** 2;
    const found = finished(minimise(valley, [-1.2, 1], 0.5, { evaluationsMax: 1000, tolerance: 1e-12 }));
    expect(found.at[0]).toBeCloseTo(1, 3);
    expect(found.at[1]).toBeCloseTo(1, 3);
    const plain = finished(minimise(() => 0, [1, 2], 0.5, { evaluationsMax: 1000, tolerance: 1e-9 }));
    expect(plain.evaluations).toBe(3);
    const nowhere = finished(
      minimise(() => Number.NaN, [1, 2], 0.5, { evaluationsMax: 50, tolerance: 1e-9 }),
    );
    expect(nowhere.evaluations).toBeLessThan(60);
  });
});

describe('fifths', () => {
  const customers = Array.from({ length: 100 }, (_, number) => ({
    repeats: number,
    recencyDays: number,
    ageDays: 100,
    spendMicros: 100 - number,
  }));
  const scale = rfmScale(customers);

  it('part customers evenly, and give equals the same', () => {
    const scores = customers.map((customer) => scale.scoresOf(customer));
    for (const fifth of [1, 2, 3, 4, 5])
      for (const name of ['recency', 'frequency', 'monetary'] as const)
        expect(scores.filter((score) => score[name] === fifth)).toHaveLength(20);
    const same = rfmScale(customers.map(() => customers[7]!)).scoresOf(customers[7]!);
    expect(same).toEqual({ recency: 1, frequency: 1, monetary: 1 });
  });

  it.each([
    [5, 5, 5, 'champion'],
    [4, 5, 4, 'loyal'],
    [5, 1, 1, 'new'],
    [3, 2, 2, 'needs_attention'],
    [1, 5, 5, 'cannot_lose'],
    [2, 4, 4, 'at_risk'],
    [2, 1, 1, 'asleep'],
    [1, 1, 1, 'lost'],
  ] as const)('of %i %i %i are %s', (recency, frequency, monetary, name) => {
    expect(rfmClass({ recency, frequency, monetary })).toBe(name);
  });
});

describe('the stage of life', () => {
  const customer = { repeats: 3, recencyDays: 50, ageDays: 60, spendMicros: 1 };
  it.each([
    [{ customer: undefined, daysSinceSeen: 3, showedIntent: false }, 'visitor'],
    [{ customer: undefined, daysSinceSeen: 3, showedIntent: true }, 'prospect'],
    [{ customer: undefined, daysSinceSeen: 31, showedIntent: true }, 'dormant'],
    [
      { customer: { ...customer, repeats: 0, ageDays: 9 }, daysSinceSeen: 9, showedIntent: false },
      'new_customer',
    ],
    [{ customer, churnRisk: 0.1, daysSinceSeen: 9, showedIntent: false }, 'active_customer'],
    [{ customer, churnRisk: 0.7, daysSinceSeen: 90, showedIntent: false }, 'at_risk'],
    [{ customer, churnRisk: 0.9, daysSinceSeen: 200, showedIntent: false }, 'lapsed'],
  ] as const)('%#: %o', (standing, stage) => {
    expect(stageOf({ churnRisk: undefined, ...standing })).toBe(stage);
  });
});

describe('propensity', () => {
  it('learns what goes before a purchase, and is silent where there were too few', () => {
    const examples = Array.from({ length: 2000 }, (_, number) => {
      const keen = number % 4 === 0;
      return { features: [keen ? 7 : 9], base: 0.05, came: keen && number % 8 === 0 };
    });
    const propensity = finished(fitPropensity(examples))!;
    expect(propensity([7], 0.05)).toBeGreaterThan(0.2);
    expect(propensity([9], 0.05)).toBeLessThan(0.02);
    expect(propensity([1234], 0.05)).toBeCloseTo(0.05, 6);
    expect(finished(fitPropensity(examples.slice(0, 300)))).toBeUndefined();
  });
});
