/** What shading one bid costs: `node bench/micro/shading.ts`. */
import { seededRandom } from '../../src/core/random.ts';
import { drawLogNormal } from '../../src/core/sampling.ts';
import type { CpmMicros } from '../../src/core/units.ts';
import { LandscapeHistogram } from '../../src/policy/price/landscape.ts';
import { surplusPricer } from '../../src/policy/price/surplus.ts';

const ROUNDS = 100_000;

const random = seededRandom(1);
const histogram = new LandscapeHistogram();
for (let count = 0; count < 5000; count++) histogram.observe(drawLogNormal(1_000_000, 0.6, random));
const landscape = histogram.publish();
const work = (round: number) =>
  surplusPricer.bid({
    valueCpmMicros: (2_000_000 + (round % 1000) * 1000) as CpmMicros,
    floorCpmMicros: 100_000 as CpmMicros,
    auctionType: 1,
    landscape,
  });
for (let round = 0; round < ROUNDS; round++) work(round);
const startMs = performance.now();
for (let round = 0; round < ROUNDS; round++) work(round);
process.stdout.write(`${(((performance.now() - startMs) / ROUNDS) * 1000).toFixed(2)} µs a bid\n`);
