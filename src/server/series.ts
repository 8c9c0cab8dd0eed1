/**
 * Counters and histograms that a request adds to: one addition into a field, or into an array of buckets, found by their labels
 * without making a key of them. The library's own take 3 µs a request more; it still keeps the list and writes the page.
 */
import type { Metric, Registry } from '@prometheus-io/client';

export interface CounterSeries {
  inc(by?: number): void;
}
export interface HistogramSeries {
  observe(value: number): void;
}

interface Told {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

class CountedSeries implements CounterSeries {
  readonly labels: Readonly<Record<string, string>>;
  #sum = 0;

  constructor(labels: Readonly<Record<string, string>>) {
    this.labels = labels;
  }

  inc(by = 1): void {
    this.#sum += by;
  }

  told(): Told[] {
    return [{ labels: this.labels, value: this.#sum }];
  }
}

class ObservedSeries implements HistogramSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly #name: string;
  readonly #bounds: readonly number[];
  /** How many fell into each bucket alone; the last one is for what is above every bound. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(labels: Readonly<Record<string, string>>, name: string, bounds: readonly number[]) {
    this.labels = labels;
    this.#name = name;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > this.#bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
  }

  told(): Told[] {
    let below = 0;
    const buckets = [...this.#bounds, '+Inf'].map((le, bucket) => {
      below += this.#counts[bucket]!;
      return { labels: { le, ...this.labels }, value: below, metricName: `${this.#name}_bucket` };
    });
    return [
      ...buckets,
      { labels: this.labels, value: this.#sum, metricName: `${this.#name}_sum` },
      { labels: this.labels, value: below, metricName: `${this.#name}_count` },
    ];
  }
}

/** Labels of a family in the order of their names. */
export type Family<Series> = (...labels: string[]) => Series;

export interface FamilyFacts {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

export function counterFamily(registry: Registry, facts: FamilyFacts): Family<CounterSeries> {
  return register(registry, 'counter', facts, (labels) => new CountedSeries(labels));
}

/** `bounds` in rising order; a value equal to one is below it. */
export function histogramFamily(
  registry: Registry,
  facts: FamilyFacts,
  bounds: readonly number[],
): Family<HistogramSeries> {
  return register(registry, 'histogram', facts, (labels) => new ObservedSeries(labels, facts.name, bounds));
}

type Branch<Series> = Map<string, Branch<Series> | Series>;

function register<Series extends { told(): Told[] }>(
  registry: Registry,
  type: 'counter' | 'histogram',
  { name, help, labelNames }: FamilyFacts,
  make: (labels: Readonly<Record<string, string>>) => Series,
): Family<Series> {
  const all: Series[] = [];
  const root: Branch<Series> = new Map();
  const metric = {
    name,
    help,
    type,
    aggregator: 'sum',
    get: () => ({ name, help, type, aggregator: 'sum', values: all.flatMap((series) => series.told()) }),
    reset: () => undefined,
  };
  // Of the library's metrics the registry asks for no more than this.
  registry.registerMetric(metric as unknown as Metric);
  return (...labels) => {
    let branch = root;
    const last = labelNames.length - 1;
    for (let place = 0; place < last; place++) {
      const label = labels[place] ?? '';
      let next = branch.get(label) as Branch<Series> | undefined;
      if (!next) branch.set(label, (next = new Map()));
      branch = next;
    }
    const label = labels[last] ?? '';
    let series = branch.get(label) as Series | undefined;
    if (!series) {
      series = make(Object.fromEntries(labelNames.map((each, place) => [each, labels[place] ?? ''])));
      branch.set(label, series);
      all.push(series);
    }
    return series;
  };
}
