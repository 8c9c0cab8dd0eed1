import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { drawLogNormal } from '../../src/core/sampling.ts';
import type { CpmMicros } from '../../src/core/units.ts';
import { KNOTS } from '../../src/policy/price/bins.ts';
import { ContextLandscape } from '../../src/policy/price/context.ts';
import { EXPLORED_SHARE } from '../../src/policy/price/explore.ts';
import { LandscapeHistogram } from '../../src/policy/price/landscape.ts';
import { priceBand } from '../../src/policy/price/market.ts';
import type { PriceLandscape } from '../../src/policy/price/pricer.ts';
import { surplusPricer } from '../../src/policy/price/surplus.ts';

const SEED = 29;

type Feedback = 'binary' | 'loss' | 'full';

/** Bids spread evenly over 0.2 to 4 times the median of the prices. */
function learned(feedback: Feedback, median: number, count: number, seed = SEED): LandscapeHistogram {
  const random = seededRandom(seed);
  const histogram = new LandscapeHistogram();
  for (let auction = 0; auction < count; auction++) {
    const price = drawLogNormal(median, 0.6, random);
    const bid = median * 0.2 * 20 ** random.next();
    const won = bid >= price;
    histogram.learn(bid, won, feedback === 'full' || (feedback === 'loss' && !won) ? price : undefined);
  }
  return histogram;
}

/** Of a log-normal price with deviation 0.6, at these multiples of the median. */
const TRUTH: readonly (readonly [multiple: number, share: number])[] = [
  [Math.exp(-0.6), 0.1587],
  [1, 0.5],
  [Math.exp(0.6), 0.8413],
];

describe('a landscape', () => {
  it.each(['binary', 'loss', 'full'] as const)('finds the distribution behind %s feedback', (feedback) => {
    const landscape = learned(feedback, 2_000_000, 20_000).publish();
    for (const [multiple, share] of TRUTH)
      expect(Math.abs(landscape.winProbability(2_000_000 * multiple) - share)).toBeLessThan(0.04);
  });

  it('concludes nothing from wins alone', () => {
    const histogram = new LandscapeHistogram();
    for (let win = 0; win < 1000; win++) histogram.learn(1_000_000, true);
    expect(histogram.publish().observations).toBe(0);
    const price = surplusPricer.bid({
      valueCpmMicros: 1_000_000 as CpmMicros,
      floorCpmMicros: 0 as CpmMicros,
      auctionType: 1,
      landscape: histogram.publish(),
    });
    expect(price).toBe(1_000_000);
  });

  it.each(['binary', 'loss', 'full'] as const)(
    'of two nodes is the landscape of all they saw (%s)',
    (feedback) => {
      const one = learned(feedback, 2_000_000, 900, 1);
      const other = learned(feedback, 1_000_000, 700, 2);
      const twin = LandscapeHistogram.restore(other.serialise())!;
      twin.merge(one);
      one.merge(other);
      expect(one.serialise()).toEqual(twin.serialise());
      expect(one.publish().shares).toEqual(twin.publish().shares);
      expect(one.publish().observations).toBe(1600);
    },
  );

  it.each(['binary', 'loss', 'full'] as const)('restored is the one that was saved (%s)', (feedback) => {
    const histogram = learned(feedback, 2_000_000, 500);
    histogram.decay(0.7);
    const again = LandscapeHistogram.restore(histogram.serialise())!;
    expect(again.serialise()).toEqual(histogram.serialise());
    expect(again.publish().shares).toEqual(histogram.publish().shares);
    expect(again.publish().observations).toBeCloseTo(histogram.publish().observations, 9);
  });
});

function contextual(feedback: Feedback, contextsMax?: number): ContextLandscape {
  const random = seededRandom(SEED);
  const landscape = new ContextLandscape(contextsMax);
  for (let auction = 0; auction < 4000; auction++) {
    const dear = random.next() < 0.5;
    const price = drawLogNormal(dear ? 4_000_000 : 1_000_000, 0.4, random);
    const bid = 200_000 * 60 ** random.next();
    const won = bid >= price;
    const told = feedback === 'full' || (feedback === 'loss' && !won) ? price : undefined;
    landscape.learn(dear ? ['dear', 'slot 1'] : ['cheap', `slot ${auction % 7}`], bid, won, told);
  }
  return landscape;
}

describe('a market by context', () => {
  it.each(['binary', 'loss', 'full'] as const)(
    'tells dear from cheap, and prices the unknown as its parent (%s)',
    (feedback) => {
      const market = contextual(feedback).publish();
      const chance = (context: readonly string[]) => market.within(context).winProbability(2_000_000);
      expect(chance(['cheap'])).toBeGreaterThan(0.88);
      expect(chance(['dear', 'slot 1'])).toBeLessThan(0.12);
      expect(chance(['cheap', 'never seen'])).toBe(chance(['cheap']));
      expect(chance(['never seen', 'slot 1'])).toBe(market.winProbability(2_000_000));
    },
  );

  it('that is fresh starts from its parent', () => {
    const landscape = contextual('full');
    landscape.learn(['cheap', 'new'], 500_000, false, 9_000_000);
    const market = landscape.publish();
    const [fresh, parent] = [market.within(['cheap', 'new']), market.within(['cheap'])];
    expect(fresh.winProbability(2_000_000)).toBeCloseTo(parent.winProbability(2_000_000), 1);
    expect(fresh.winProbability(2_000_000)).toBeLessThan(parent.winProbability(2_000_000));
  });

  it.each(['binary', 'loss', 'full'] as const)('restored and merged prices as before (%s)', (feedback) => {
    const landscape = contextual(feedback);
    const saved: unknown = JSON.parse(JSON.stringify(landscape.save()));
    const again = ContextLandscape.restore(saved)!;
    expect(again.save()).toEqual(landscape.save());
    const shares = (of: ContextLandscape) => of.publish().within(['cheap', 'slot 3']).shares;
    expect(shares(again)).toEqual(shares(landscape));
    const both = new ContextLandscape();
    both.merge(landscape);
    both.merge(again);
    expect(both.publish().observations).toBeCloseTo(2 * landscape.publish().observations, 6);
  });

  it('that was published stays as it was', () => {
    const landscape = contextual('full');
    const market = landscape.publish();
    const before = market.within(['dear']).winProbability(4_000_000);
    landscape.decay(0.01);
    for (let auction = 0; auction < 500; auction++) landscape.learn(['dear'], 1, false, 9_000_000);
    expect(market.within(['dear']).winProbability(4_000_000)).toBe(before);
    expect(landscape.publish().within(['dear']).winProbability(4_000_000)).toBeLessThan(before);
  });

  it('keeps to its bound, and gives up what has faded', () => {
    const bounded = contextual('full', 3);
    expect(Object.keys(bounded.save())).toHaveLength(1 + 3);
    bounded.decay(0.0001);
    expect(Object.keys(bounded.save())).toEqual(['']);
  });

  it('refuses what cannot be one', () => {
    const good = contextual('full').save();
    for (const saved of [undefined, null, 7, [], {}, { ...good, '': 'x' }, { ...good, dear: 5 }, 'x'])
      expect(ContextLandscape.restore(saved)).toBeUndefined();
    expect(ContextLandscape.restore(good)).toBeDefined();
  });

  it('names price bands by the factor they span', () => {
    expect(priceBand(0, 2)).toBe('none');
    expect(priceBand(1_000_000, 1)).toBe(priceBand(600_000, 1));
    expect(priceBand(1_000_000, 1)).not.toBe(priceBand(2_000_000, 1));
    expect(priceBand(1_048_576, 2)).not.toBe(priceBand(1_048_576 * 1.5, 2));
  });
});

function bidOf(value: number, landscape: PriceLandscape, more: object = {}): number {
  return surplusPricer.bid({
    valueCpmMicros: value as CpmMicros,
    floorCpmMicros: 0 as CpmMicros,
    auctionType: 1,
    landscape,
    ...more,
  });
}

describe('the best price', () => {
  it.each(['binary', 'loss', 'full'] as const)('is as good as the best of a fine grid (%s)', (feedback) => {
    const landscape = learned(feedback, 2_000_000, 600).publish();
    fc.assert(
      fc.property(fc.integer({ min: 100_000, max: 40_000_000 }), (value) => {
        const surplus = (price: number) => (value - price) * landscape.winProbability(price);
        let best = 0;
        // Every knot with all even steps between, down to the least that is looked at.
        for (let price = Math.ceil(value * 0.01); price < value; price += Math.ceil(value / 5000))
          best = Math.max(best, surplus(price));
        for (const knot of KNOTS)
          if (knot >= value * 0.01 && knot < value) best = Math.max(best, surplus(knot));
        expect(surplus(bidOf(value, landscape))).toBeGreaterThanOrEqual(best * 0.999);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('is one optimisation with the multiplier: the best for that many times the worth', () => {
    const landscape = learned('full', 2_000_000, 5000).publish();
    for (const multiplier of [0.3, 0.7, 1.6])
      expect(bidOf(5_000_000, landscape, { multiplier })).toBe(bidOf(5_000_000 * multiplier, landscape));
    const twice = 0.5 * bidOf(5_000_000, landscape);
    expect(bidOf(5_000_000, landscape, { multiplier: 0.5 })).toBeGreaterThan(twice);
  });

  it('looks around in two bids of a hundred where no price is told, and never above the worth', () => {
    const draws = seededRandom(SEED);
    const bare = learned('binary', 2_000_000, 300).publish();
    const usual = bidOf(3_000_000, bare);
    const bids = Array.from({ length: 20_000 }, () =>
      bidOf(3_000_000, bare, { draws, floorCpmMicros: 400_000 }),
    );
    const looked = bids.filter((bid) => bid !== usual);
    expect(looked.length / bids.length).toBeGreaterThan(EXPLORED_SHARE / 10);
    expect(looked.length / bids.length).toBeLessThan(EXPLORED_SHARE * 1.3);
    expect(Math.max(...bids)).toBeLessThanOrEqual(3_000_000);
    expect(Math.min(...bids)).toBeGreaterThanOrEqual(400_000);
    const told = learned('full', 2_000_000, 2000).publish();
    for (let bid = 0; bid < 500; bid++)
      expect(bidOf(3_000_000, told, { draws })).toBe(bidOf(3_000_000, told));
  });
});
