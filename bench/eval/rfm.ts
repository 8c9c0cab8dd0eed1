/**
 * What customers will be worth, from purchases before a date, judged by what they bought after it: the order (share of later
 * revenue in the fifth that was ranked best), who comes back (area under the curve) and how much (error of the expected value).
 */
import type { Profile } from '../../src/core/profile.ts';
import { areaUnderCurve } from '../../src/policy/predict/quality.ts';
import type { Customer } from '../../src/policy/value/customer.ts';
import { finished, fitted } from '../../src/policy/value/customer.ts';
import { customerAt } from '../../src/policy/value/history.ts';
import { servedValueModel as SERVED, VALUE_MODELS } from '../../src/policy/value/index.ts';
import { fitPropensity, propensityFeatures } from '../../src/policy/value/propensity.ts';
import { rfmScale, rfmSum } from '../../src/policy/value/rfm.ts';
import { Profiles } from '../../src/state/memory/profiles.ts';
import type { CsvFile } from './csv.ts';
import { readCsv } from './csv.ts';
import type { Evaluation } from './evaluation.ts';

const DAY_MS = 86_400_000;
const TOP_SHARE = 0.2;
const PURCHASE = 'purchase';

export const rfm: Evaluation = {
  name: 'rfm',
  title: 'what customers will be worth, judged by later purchases',
  settings: {
    split: {
      default: '',
      means: 'first day of the part that is judged, as 1997-07-01; half way through where absent',
    },
  },
  variant: ({ split }) => (split ?? '').replaceAll('-', ''),
  run: ({ files, settings }) => {
    const judged = files.map((path) => judge(readCsv(path), settings.split ?? ''));
    const mean = (name: string, column: number): number =>
      judged.reduce((sum, { rows }) => sum + Number(rows.find((row) => row[1] === name)![column]), 0) /
      judged.length;
    return {
      figures: {
        topShare: mean(SERVED.name, 2),
        repeatAreaUnderCurve: mean(SERVED.name, 3),
        expectedForActualRevenue: mean(SERVED.name, 4),
        meanErrorForMeanRevenue: mean(SERVED.name, 5),
        propensityAreaUnderCurve: mean('propensity', 3),
        topShareAboveRfmSum: mean(SERVED.name, 2) - mean('rfm sum', 2),
        bgNbdTopShare: mean('bg_nbd', 2),
        bgNbdRepeatAreaUnderCurve: mean('bg_nbd', 3),
        bgNbdExpectedForActualRevenue: mean('bg_nbd', 4),
        bgNbdMeanErrorForMeanRevenue: mean('bg_nbd', 5),
        recencyTopShare: mean('recency', 2),
        frequencyTopShare: mean('frequency', 2),
        monetaryTopShare: mean('monetary', 2),
        rfmSumTopShare: mean('rfm sum', 2),
        rfmSumRepeatAreaUnderCurve: mean('rfm sum', 3),
        perfectTopShare: mean('perfect', 2),
        everybodyTheMeanError: mean('everybody the mean', 5),
      },
      goals: { topShareAboveRfmSum: '>= 0', repeatAreaUnderCurve: '> 0.5' },
      tables: [
        {
          title: 'By file and ranking',
          columns: ['file', 'ranked by', 'top 20 %', 'comes back', 'expected / actual', 'error / mean'],
          rows: judged.flatMap(({ rows }) => rows),
        },
        {
          title: 'Fitted',
          columns: ['file', 'model', 'customers', 'r', 'alpha', 'a', 'b', 'p', 'q', 'gamma'],
          rows: judged.flatMap(({ parameters }) => parameters),
        },
      ],
      notes: [
        ...judged.map(({ told }) => told),
        '`top 20 %`: share of later revenue in the fifth of customers ranked best; equals share what they hold between them. `comes back`: area under the curve of whether they bought again. `expected / actual`: revenue of all. `error / mean`: mean distance of expected from actual revenue of a customer, for the mean revenue.',
        'Whoever bought for the first time after the split was not known before it, and is left out.',
      ],
    };
  },
};

interface Judged {
  readonly profile: Profile;
  readonly customer: Customer;
  readonly laterMicros: number;
}

function judge(csv: CsvFile, written: string) {
  const purchases = purchasesOf(csv);
  const lastDay = purchases.reduce((last, { day }) => Math.max(last, day), Number.NEGATIVE_INFINITY);
  const firstDay = purchases.reduce((first, { day }) => Math.min(first, day), Number.POSITIVE_INFINITY);
  const split = written === '' ? Math.ceil((firstDay + lastDay + 1) / 2) : dayOf(written);
  if (split === undefined || split <= firstDay || split > lastDay)
    throw new Error(
      `--split ${written} is no day between ${textOf(firstDay + 1)} and ${textOf(lastDay)}, where ${csv.name} has purchases on both sides`,
    );
  const people = customersOf(purchases, split);
  const customers = people.map(({ customer }) => customer);
  const days = lastDay + 1 - split;
  const later = people.map(({ laterMicros }) => laterMicros);
  const came = later.map((micros) => (micros > 0 ? 1 : 0));
  const total = later.reduce((sum, micros) => sum + micros, 0);
  const scale = rfmScale(customers);
  const mean = total / people.length;
  const error = (expected: readonly number[]): number =>
    expected.reduce((sum, micros, index) => sum + Math.abs(micros - later[index]!), 0) / total;
  const row = (name: string, order: readonly number[], chance = order, expected?: readonly number[]) => [
    csv.name,
    name,
    topShare(order, later),
    areaUnderCurve({ chance, came }),
    expected ? expected.reduce((sum, micros) => sum + micros, 0) / total : '',
    expected ? error(expected) : '',
  ];
  const models = VALUE_MODELS.map((model) => ({ model, value: fitted(model, customers) }));
  return {
    told: `${csv.name}: ${people.length} customers until ${textOf(split - 1)}, judged on the ${days} days from ${textOf(split)}.`,
    rows: [
      row(
        'recency',
        customers.map(({ recencyDays, ageDays }) => recencyDays - ageDays),
      ),
      row(
        'frequency',
        customers.map(({ repeats }) => repeats),
      ),
      row(
        'monetary',
        customers.map(({ spendMicros }) => spendMicros),
      ),
      row(
        'rfm sum',
        customers.map((customer) => rfmSum(scale.scoresOf(customer))),
      ),
      row('propensity', propensityOf(people, split, days)),
      ...models.map(({ model, value }) => {
        const expected = customers.map((customer) => value.expectedSpendMicros(customer, days));
        const chance = customers.map((customer) => value.chanceOfPurchase(customer, days));
        return row(model.name, expected, chance, expected);
      }),
      row(
        'everybody the mean',
        later.map(() => 0),
        undefined,
        later.map(() => mean),
      ),
      row('perfect', later, came, later),
    ],
    parameters: models.map(({ model, value: { parameters } }) => [
      csv.name,
      model.name,
      people.length,
      ...['r', 'alpha', 'a', 'b', 'p', 'q'].map((name) => parameters[name] ?? ''),
      (parameters.gammaMicros ?? 0) / 1e6,
    ]),
  };
}

/** Learned where the judge does not look: what was known a period before the split, against what was bought in that period. */
function propensityOf(people: readonly Judged[], split: number, days: number): number[] {
  const at = (day: number) => {
    const known = people.flatMap(({ profile }) => {
      const customer = customerAt(profile, PURCHASE, day);
      return customer ? [{ profile, customer }] : [];
    });
    const customers = known.map(({ customer }) => customer);
    const value = fitted(SERVED, customers);
    const scale = rfmScale(customers);
    return known.map(({ profile, customer }) => {
      const base = value.chanceOfPurchase(customer, days);
      const features = propensityFeatures(profile, day, base, scale.scoresOf(customer));
      return { features, base, came: profile.totals(PURCHASE, day + 1, day + days).count > 0 };
    });
  };
  const propensity = finished(fitPropensity(at(split - 1 - days)));
  return at(split - 1).map(({ features, base }) => propensity?.(features, base) ?? base);
}

interface Purchase {
  readonly customer: string;
  readonly day: number;
  readonly micros: number;
}

/** Days are counted from 1970. What cost nothing was no purchase. */
function purchasesOf(csv: CsvFile): Purchase[] {
  const dates = csv.texts('date');
  const customers = csv.texts('customer');
  const purchases: Purchase[] = [];
  csv.numbers('amount').forEach((amount, row) => {
    const day = dayOf(dates[row]!);
    if (day === undefined) throw new Error(`${csv.name}:${row + 2} date is no day: ${dates[row]}`);
    const micros = Math.round(amount * 1e6);
    if (micros > 0) purchases.push({ customer: customers[row]!, day, micros });
  });
  return purchases;
}

/** As 1997-07-01 or 19970701. */
function dayOf(text: string): number | undefined {
  const parts = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text.trim());
  if (!parts) return undefined;
  const atMs = Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}T00:00:00Z`);
  return Number.isNaN(atMs) ? undefined : atMs / DAY_MS;
}

function textOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The models see what was before the split, as profiles keep it, and the judge alone what came after. */
function customersOf(purchases: readonly Purchase[], split: number): Judged[] {
  const profiles = new Profiles();
  const later = new Map<string, number>();
  for (const { customer, day, micros } of purchases)
    if (day < split) profiles.add(customer, PURCHASE, day, 1, micros);
    else later.set(customer, (later.get(customer) ?? 0) + micros);
  return profiles.page(0, profiles.people).people.map((person) => {
    const profile = profiles.profileOf(person)!;
    return {
      profile,
      customer: customerAt(profile, PURCHASE, split - 1)!,
      laterMicros: later.get(person) ?? 0,
    };
  });
}

/** A fifth may end among equals: then each of them brings the same part of what they hold together. */
function topShare(order: readonly number[], later: readonly number[]): number {
  const byRank = order.map((_, index) => index).sort((a, b) => order[b]! - order[a]!);
  let left = TOP_SHARE * order.length;
  let held = 0;
  for (let from = 0; from < byRank.length && left > 0; ) {
    let to = from;
    let sum = 0;
    while (to < byRank.length && order[byRank[to]!] === order[byRank[from]!]) sum += later[byRank[to++]!]!;
    held += sum * Math.min(1, left / (to - from));
    left -= to - from;
    from = to;
  }
  return held / later.reduce((sum, micros) => sum + micros, 0);
}
