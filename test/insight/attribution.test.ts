import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { HistoryTouch, TouchKind } from '../../src/core/history.ts';
import { ATTRIBUTION_MODELS } from '../../src/insight/attribution/index.ts';
import { chanceOfConversion } from '../../src/insight/attribution/markov.ts';
import type { PathQuestion } from '../../src/insight/attribution/own-paths.ts';
import { PathGatherer } from '../../src/insight/attribution/own-paths.ts';
import type { TouchPath } from '../../src/insight/attribution/path.ts';

const SEED = 11;
const model = (name: string) => ATTRIBUTION_MODELS.find((each) => each.name === name)!;

function path(text: string, conversions = 1, misses = 0): TouchPath {
  const channels = text === '' ? [] : text.split(' ');
  return {
    touches: channels.map((channel) => ({ channel })),
    conversions,
    misses,
    valueMicros: 1_000_000 * conversions,
  };
}

const credited = (name: string, paths: readonly TouchPath[]) =>
  Object.fromEntries(
    [...model(name).credits(paths)]
      .map(([channel, { conversions }]) => [channel, Number(conversions.toFixed(6))] as const)
      .filter(([, conversions]) => conversions > 0),
  );

const somePaths = fc.array(
  fc
    .tuple(
      fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 }),
      fc.nat(9),
      fc.nat(9),
    )
    .map(([channels, conversions, misses]) => path(channels.join(' '), conversions, misses)),
  { minLength: 1, maxLength: 12 },
);

describe('credit for a conversion', () => {
  it.each([
    ['last_touch', { c: 2 }],
    ['first_touch', { a: 2 }],
    ['linear', { a: 1, b: 0.5, c: 0.5 }],
    ['position_based', { a: 1, b: 0.2, c: 0.8 }],
    ['shapley', { a: 0.666667, b: 0.666667, c: 0.666667 }],
  ])('%s', (name, credits) => {
    expect(credited(name, [path('a b a c', 2)])).toEqual(credits);
  });

  it('halves with every week before it under time decay', () => {
    const touches = [
      { channel: 'old', hoursBefore: 14 * 24 },
      { channel: 'week', hoursBefore: 7 * 24 },
      { channel: 'now', hoursBefore: 0 },
    ];
    const credits = credited('time_decay', [{ ...path('', 7), touches }]);
    expect(credits).toEqual({ old: 1, week: 2, now: 4 });
  });

  // By hand: of 4 beginners all see a; half of those at a go to b and half leave; of those at b one in two converts. Without b nobody
  // converts, without a nobody begins: both effects are 1.
  it('goes by what would be lost under markov', () => {
    const paths = [path('a b', 1, 1), path('a', 0, 2)];
    expect(chanceOfConversion(paths)).toBeCloseTo(0.25, 12);
    expect(credited('markov', paths)).toEqual({ a: 0.5, b: 0.5 });
  });

  test.prop([somePaths], { seed: SEED })(
    'is given whole under every model, to channels that were there',
    (paths) => {
      const conversions = paths.reduce((sum, each) => sum + each.conversions, 0);
      for (const { name, credits } of ATTRIBUTION_MODELS) {
        const shared = [...credits(paths).values()];
        const sum = shared.reduce((total, credit) => total + credit.conversions, 0);
        expect(sum, name).toBeCloseTo(conversions, 6);
        expect(Math.min(0, ...shared.map((credit) => credit.conversions)), name).toBe(0);
      }
    },
  );

  test.prop([somePaths], { seed: SEED })(
    'under shapley is what the channel adds, over all orders of joining',
    (paths) => {
      const channels = ['a', 'b', 'c', 'd'];
      const worth = (set: readonly string[]): number =>
        paths.reduce(
          (sum, { touches, conversions }) =>
            sum + (touches.every(({ channel }) => set.includes(channel)) ? conversions : 0),
          0,
        );
      const orders = permutations(channels);
      const credits = model('shapley').credits(paths);
      for (const channel of channels) {
        const added = orders.reduce((sum, order) => {
          const before = order.slice(0, order.indexOf(channel));
          return sum + worth([...before, channel]) - worth(before);
        }, 0);
        expect(credits.get(channel)?.conversions ?? 0).toBeCloseTo(added / orders.length, 9);
      }
    },
  );

  test.prop([somePaths], { seed: SEED })(
    'under markov rests on the chance that walkers of the chain convert',
    (paths) => {
      // A slow twin: the chain walked step by step by everybody at once, until next to nobody is left.
      const next = new Map<string, Map<string, number>>();
      const step = (from: string, to: string, people: number): void => {
        const row = next.get(from) ?? new Map<string, number>();
        row.set(to, (row.get(to) ?? 0) + people);
        next.set(from, row);
      };
      for (const { touches, conversions, misses } of paths) {
        const places = ['start', ...touches.map(({ channel }) => channel)];
        for (let at = 1; at < places.length; at++) step(places[at - 1]!, places[at]!, conversions + misses);
        step(places.at(-1)!, 'converted', conversions);
        step(places.at(-1)!, 'gone', misses);
      }
      let walkers = new Map([['start', 1]]);
      let converted = 0;
      for (let round = 0; round < 3000; round++) {
        const moved = new Map<string, number>();
        for (const [at, share] of walkers) {
          const row = next.get(at) ?? new Map<string, number>();
          const all = [...row.values()].reduce((sum, people) => sum + people, 0);
          for (const [to, people] of row) {
            const part = all > 0 ? (share * people) / all : 0;
            if (to === 'converted') converted += part;
            else if (to !== 'gone') moved.set(to, (moved.get(to) ?? 0) + part);
          }
        }
        walkers = moved;
      }
      expect(chanceOfConversion(paths)).toBeCloseTo(converted, 6);
    },
  );
});

function permutations(items: readonly string[]): string[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}

describe('ways to conversions', () => {
  const HOUR_MS = 3_600_000;
  const question = {
    fromMs: 0,
    toMs: 100 * 24 * HOUR_MS,
    by: 'line_item',
    date: 'conversion',
    windowDays: 30,
  } as const;
  const touch = (
    userKey: string,
    hour: number,
    kind: TouchKind,
    lineItemId: string,
    bidId = `${hour}`,
  ): HistoryTouch => ({
    userKey,
    bidId,
    kind,
    atMs: hour * HOUR_MS,
    advertiserId: 'mill',
    campaignId: `campaign of ${lineItemId}`,
    lineItemId,
    creativeId: `picture of ${lineItemId}`,
  });
  const waysIn = (touches: readonly HistoryTouch[], asked: PathQuestion = question) => {
    const gatherer = new PathGatherer(asked);
    for (const each of touches) gatherer.take(each);
    return gatherer
      .paths()
      .map(({ touches: way, conversions, misses }) => [
        way.map(({ channel }) => channel).join(' '),
        conversions,
        misses,
      ]);
  };

  it('end at a conversion and begin anew; a click belongs to its showing', () => {
    const ways = waysIn([
      touch('one', 0, 'impression', 'rye'),
      touch('one', 1, 'impression', 'oat', 'b'),
      touch('one', 2, 'click', 'oat', 'b'),
      touch('one', 3, 'conversion', 'oat'),
      touch('one', 4, 'impression', 'rye'),
      touch('two', 5, 'impression', 'rye'),
      touch('', 6, 'conversion', 'rye'),
    ]);
    expect(ways).toEqual([
      ['rye oat', 1, 0],
      ['rye', 0, 2],
    ]);
  });

  it('forget what lies further back than the window', () => {
    const ways = waysIn([
      touch('one', 0, 'impression', 'rye'),
      touch('one', 31 * 24, 'impression', 'oat'),
      touch('one', 32 * 24, 'conversion', 'oat'),
    ]);
    expect(ways).toEqual([['oat', 1, 0]]);
  });

  it('are those of the period, by the date of the conversion or of the touch', () => {
    const touches = [
      touch('one', 10, 'impression', 'rye'),
      touch('one', 40, 'impression', 'oat'),
      touch('one', 50, 'conversion', 'oat'),
    ];
    const first = { ...question, toMs: 24 * HOUR_MS };
    expect(waysIn(touches, first)).toEqual([]);
    expect(waysIn(touches, { ...first, date: 'touch' })).toEqual([['rye (another time)', 1, 0]]);
    expect(waysIn(touches, { ...question, by: 'campaign' })).toEqual([
      ['campaign of rye campaign of oat', 1, 0],
    ]);
  });
});
