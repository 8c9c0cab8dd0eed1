/** Forecasts of simulated days against what those days brought, and whether a what-if says the same again, in another process too. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Range } from '../../src/insight/forecast/forecast.ts';
import type { Evaluation } from './evaluation.ts';
import type { FlownDay } from './forecast-flight.ts';
import { flyAndKeep, flyDays, whatIfDigests } from './forecast-flight.ts';

type Metric = 'impressions' | 'spendMicros' | 'clicks' | 'conversions';

const ACTUAL: Readonly<Record<Metric, (day: FlownDay) => number>> = {
  impressions: ({ actual }) => actual?.impressions ?? 0,
  spendMicros: ({ actual }) => actual?.spendMicros ?? 0,
  clicks: ({ actual }) => actual?.clicks ?? 0,
  conversions: ({ actual }) => actual?.conversionsByTouchTime ?? 0,
};
const METRICS = Object.keys(ACTUAL) as Metric[];
const FLIGHT_FILE = fileURLToPath(new URL('./forecast-flight.ts', import.meta.url));
const DIGEST_HOURS = 6;

export const forecast: Evaluation = {
  name: 'forecast',
  title: 'forecasts of a day against what it brought',
  settings: {
    worlds: { default: '3', means: 'simulated worlds, seeds from --seed on' },
    days: { default: '7', means: 'days that are forecast' },
    warm: { default: '2', means: 'days before them, to learn' },
    rate: { default: '0.2', means: 'requests a second' },
  },
  variant: () => '',
  run: async ({ seed, settings }) => {
    const flown: FlownDay[] = [];
    for (let world = 0; world < Number(settings.worlds); world++)
      flown.push(
        ...(await flyDays({
          seed: seed + world,
          days: Number(settings.days),
          warmDays: Number(settings.warm),
          requestsPerSecond: Number(settings.rate),
        })),
      );
    const told = METRICS.map((metric) => [metric, compare(flown, metric)] as const);
    const { first, second, elsewhere } = await digests(seed);
    const costs = {
      forecast: sum(flown, ({ forecast: { spendMicros } }) => spendMicros.mean),
      actual: sum(flown, ACTUAL.spendMicros),
    };
    const results = {
      forecast: sum(flown, ({ forecast: { conversions } }) => conversions.mean),
      actual: sum(flown, ACTUAL.conversions),
    };
    return {
      figures: {
        ...Object.fromEntries(
          told.flatMap(([metric, { bias, error, held }]) => [
            [`${metric}Bias`, bias],
            [`${metric}Error`, error],
            [`${metric}InRange`, held],
          ]),
        ),
        cpaBias: costs.forecast / results.forecast / (costs.actual / results.actual) - 1,
        sameTwice: first === second ? 1 : 0,
        sameElsewhere: first === elsewhere ? 1 : 0,
      },
      goals: { sameTwice: '>= 1', sameElsewhere: '>= 1' },
      tables: [
        {
          title: 'Days of line items',
          columns: ['of', 'days', 'forecast', 'came', 'bias', 'mean error', 'in range'],
          rows: told.map(([metric, { days, mean, came, bias, error, held }]) => [
            metric,
            days,
            mean.toFixed(0),
            came.toFixed(0),
            bias.toFixed(3),
            error.toFixed(3),
            held.toFixed(3),
          ]),
        },
        {
          title: 'Line items, all days',
          columns: ['line item', ...METRICS.flatMap((metric) => [metric, 'came', 'in range'])],
          rows: [...Map.groupBy(flown, ({ forecast: { lineItemId } }) => lineItemId)].map(([id, days]) => [
            id,
            ...METRICS.flatMap((metric) => {
              const { mean, came, held } = compare(days, metric);
              return [mean.toFixed(0), came.toFixed(0), held.toFixed(2)];
            }),
          ]),
        },
      ],
      notes: [
        'The demo’s book and market; each line item’s day is forecast at its beginning. Days with nothing forecast and nothing come are left out.',
        'Bias is forecast over what came, less one; the mean error is the sum of differences over the sum of what came; the range is that of nine in ten days.',
        'Conversions are those of the day’s impressions and clicks, whenever they came.',
      ],
    };
  },
};

/** Of the same kept state: asked twice in this process, and in one of its own. */
async function digests(seed: number) {
  const folder = mkdtempSync(join(tmpdir(), 'bidwright-forecast-'));
  try {
    const atMs = await flyAndKeep(seed, DIGEST_HOURS, folder);
    const [first, second] = await whatIfDigests(folder, atMs);
    const words = [FLIGHT_FILE, folder, String(atMs)];
    return { first, second, elsewhere: execFileSync(process.execPath, words, { encoding: 'utf8' }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compare(flown: readonly FlownDay[], metric: Metric) {
  const rangeOf = ({ forecast }: FlownDay): Range => forecast[metric];
  const truth = ACTUAL[metric];
  const days = flown.filter((day) => rangeOf(day).mean > 0 || truth(day) > 0);
  const [mean, came] = [sum(days, (day) => rangeOf(day).mean), sum(days, truth)];
  const isHeld = (day: FlownDay): boolean =>
    rangeOf(day).low <= truth(day) && truth(day) <= rangeOf(day).high;
  return {
    days: days.length,
    mean,
    came,
    bias: came > 0 ? mean / came - 1 : Number.NaN,
    error: came > 0 ? sum(days, (day) => Math.abs(rangeOf(day).mean - truth(day))) / came : Number.NaN,
    held: days.length > 0 ? days.filter(isHeld).length / days.length : Number.NaN,
  };
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
