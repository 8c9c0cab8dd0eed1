import { fc, test } from '@fast-check/vitest';
import { Counter, Histogram, Registry } from '@prometheus-io/client';
import { expect } from 'vitest';
import { counterFamily, histogramFamily } from '../../src/server/series.ts';

const BOUNDS = [0.001, 0.01, 0.5, 3];
const label = fc.constantFrom('a', 'b "quoted"', '');
const seen = fc.array(
  fc.tuple(label, label, fc.oneof(fc.constantFrom(...BOUNDS), fc.double({ min: 0, max: 9, noNaN: true }))),
);

/** Lines of the page in an order of their own, sums rounded: two ways to add differ in the last digits. */
async function page(registry: Registry): Promise<string[]> {
  const text = await registry.metrics();
  return text
    .split('\n')
    .map((line) =>
      line.replace(
        /(_sum\{.*\}) (.*)$/,
        (_, name: string, sum: string) => `${name} ${Number(sum).toPrecision(9)}`,
      ),
    )
    .map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join()}}`))
    .sort();
}

test.prop([seen])('series tell what the library’s own would', async (values) => {
  const library = new Registry();
  const ours = new Registry();
  const labelNames = ['one', 'other'];
  const registers = [library];
  const counter = new Counter({ name: 'c_total', help: 'c', labelNames, registers });
  const histogram = new Histogram({ name: 'h', help: 'h', labelNames, buckets: BOUNDS, registers });
  const counts = counterFamily(ours, { name: 'c_total', help: 'c', labelNames });
  const observed = histogramFamily(ours, { name: 'h', help: 'h', labelNames }, BOUNDS);
  for (const [one, other, value] of values) {
    counter.inc({ one, other }, value);
    counts(one, other).inc(value);
    histogram.observe({ one, other }, value);
    observed(one, other).observe(value);
  }
  const round = (lines: string[]) =>
    lines.map((line) =>
      line.replace(/(^c_total.*) (\S+)$/, (_, name, sum) => `${name} ${Number(sum).toPrecision(9)}`),
    );
  expect(round(await page(ours))).toEqual(round(await page(library)));
});
